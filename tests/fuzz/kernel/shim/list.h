/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists and the array of ports */
#ifndef _SHIM_LIST_H
#define _SHIM_LIST_H

struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	entry->prev->next = entry->next;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *list)
{
	entry->next = list;
	entry->prev = list->prev;
	list->prev->next = entry;
	list->prev = entry;
}

static inline void list_move_tail(struct list_head *entry, struct list_head *list)
{
	list_del(entry);
	list_add_tail(entry, list);
}

static inline void hlist_add_head_rcu(struct hlist_node *node, struct hlist_head *list)
{
	node->next = list->first;
	node->pprev = &list->first;
	if (node->next)
		node->next->pprev = &node->next;
	list->first = node;
}

static inline void hlist_del_rcu(struct hlist_node *node)
{
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
}

#define list_entry_of(pointer, like, member) container_of(pointer, __typeof__(*(like)), member)
#define list_for_each_entry(pos, list, member)				\
	for (pos = list_entry_of((list)->next, pos, member); &pos->member != (list);	\
	     pos = list_entry_of(pos->member.next, pos, member))
#define list_for_each_entry_rcu list_for_each_entry
#define list_for_each_entry_safe(pos, after, list, member)		\
	for (pos = list_entry_of((list)->next, pos, member),		\
	     after = list_entry_of(pos->member.next, pos, member);	\
	     &pos->member != (list);					\
	     pos = after, after = list_entry_of(after->member.next, after, member))
#define hlist_entry_or_null(node, like, member) \
	((node) ? list_entry_of(node, like, member) : NULL)
#define hlist_for_each_entry_rcu(pos, list, member, ...)			\
	for (pos = hlist_entry_or_null((list)->first, pos, member); pos;	\
	     pos = hlist_entry_or_null(pos->member.next, pos, member))

/* An array of all 16-bit indices, which is what ports are */
struct xarray { void *slot[1 << 16]; };

#define xa_mk_value(number) ((void *)((unsigned long)(number) << 1 | 1))
#define xa_to_value(entry) ((unsigned long)(entry) >> 1)
#define xa_init(array) ((void)(array))
#define xa_err(entry) 0

static inline void *xa_load(struct xarray *array, unsigned long index)
{
	return array->slot[index];
}

static inline void *xa_store(struct xarray *array, unsigned long index, void *entry, gfp_t gfp)
{
	void *old = array->slot[index];

	array->slot[index] = entry;
	return old;
}

static inline void *xa_erase(struct xarray *array, unsigned long index)
{
	return xa_store(array, index, NULL, 0);
}

#define xa_for_each(array, index, entry)				\
	for (index = 0; index < ARRAY_SIZE((array)->slot); index++)	\
		if ((entry = (array)->slot[index]))

#endif /* _SHIM_LIST_H */
