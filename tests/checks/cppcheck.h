/* SPDX-License-Identifier: GPL-2.0-only */
/* Loops and markers of the kernel and of libraries, for tests/checks/cppcheck, which reads none of their headers. */
#define list_for_each_entry(pos, list, member)		for (pos = first_of(list); pos; pos = next_of(pos))
#define list_for_each_entry_rcu(pos, list, member)	list_for_each_entry(pos, list, member)
#define list_for_each_entry_safe(pos, after, list, member) \
	for (pos = first_of(list), after = next_of(pos); pos; pos = after, after = next_of(pos))
#define hlist_for_each_entry(pos, list, member)		list_for_each_entry(pos, list, member)
#define hlist_for_each_entry_rcu(pos, list, member, ...) list_for_each_entry(pos, list, member)
#define hlist_for_each_entry_safe(pos, after, list, member) \
	for (pos = first_of(list), after = next_of(pos); pos; pos = next_of(after))
#define for_each_possible_cpu(cpu)			for (cpu = 0; cpu < possible_cpus(); cpu++)
#define xa_for_each(array, index, entry) \
	for (index = first_of(array), entry = load_of(index); entry; index = next_of(index), entry = load_of(index))
#define mnl_attr_for_each(attr, nlh, offset)		for (attr = first_of(nlh); attr; attr = next_of(attr))
#define mnl_attr_for_each_nested(attr, nest)		for (attr = first_of(nest); attr; attr = next_of(attr))
#define ElfW(type)	Elf64_##type
#define TRACE_EVENT(...)
