/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * librmirror: rmirror statements for programs that speak nf_tables over libmnl
 * and libnftnl. The manual is librmirror(3).
 *
 * Conventions, as in libnftnl: objects are opaque; an attribute of a statement
 * has the number that it has in <linux/netfilter/rmirror.h>; numbers are in
 * host byte order, addresses in network byte order.
 *
 * A function that fails returns NULL, -1 or false, sets errno and, if its last
 * argument is an error object, writes there what is wrong and where. EINVAL is
 * wrong input, ENOMEM no memory; others are named below. Functions keep no
 * state: one object may be used by one thread at a time, different objects by
 * different threads.
 */
#ifndef _RMIRROR_RMIRROR_H
#define _RMIRROR_RMIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netfilter/rmirror.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct nlmsghdr;	/* <linux/netlink.h> */
struct nftnl_rule;	/* <libnftnl/rule.h> */

/**
 * struct rmirror_err - what was wrong
 *
 * Made with rmirror_err_alloc(), used as often as one likes. Every function
 * takes NULL in its place.
 */
struct rmirror_err;

struct rmirror_err *rmirror_err_alloc(void);
void rmirror_err_free(struct rmirror_err *err);

/**
 * rmirror_err_message - one line for a person, without a final full stop
 * @err: written by a function that failed
 *
 * It names the word, and what was expected: "invalid len '13', expected
 * 14..65535". Return: the message, valid until @err is used again or freed; ""
 * if there was no error.
 */
const char *rmirror_err_message(const struct rmirror_err *err);

/**
 * rmirror_err_begin - where in a text the wrong word begins
 * @err: written by rmirror_stmt_parse()
 *
 * Return: bytes from the start of the text, counted from 0. 0, as is
 * rmirror_err_end(), where there is no text: the message then names the
 * attribute or the member.
 */
size_t rmirror_err_begin(const struct rmirror_err *err);
/** rmirror_err_end - where it ends: the place of the first byte behind it */
size_t rmirror_err_end(const struct rmirror_err *err);

/**
 * struct rmirror_stmt - one statement
 *
 * Made with rmirror_stmt_alloc(), _clone(), _parse(), _parse_payload() or
 * rmirror_rule_nlmsg_get(); each of these passes the ownership to its caller,
 * who ends it with rmirror_stmt_free().
 */
struct rmirror_stmt;

struct rmirror_stmt *rmirror_stmt_alloc(void);
struct rmirror_stmt *rmirror_stmt_clone(const struct rmirror_stmt *stmt);
void rmirror_stmt_free(struct rmirror_stmt *stmt);

/** rmirror_stmt_equal - do two statements mean the same? */
bool rmirror_stmt_equal(const struct rmirror_stmt *a, const struct rmirror_stmt *b);

/**
 * rmirror_stmt_is_set - has the attribute a value of its own?
 * @stmt: a statement
 * @attr: NFTA_RMIRROR_*; of any other number the answer is no
 *
 * The default encapsulation or policy, and flags that are 0, count as not set.
 */
bool rmirror_stmt_is_set(const struct rmirror_stmt *stmt, uint16_t attr);

/** rmirror_stmt_unset - give an attribute its default back; other numbers are ignored */
void rmirror_stmt_unset(struct rmirror_stmt *stmt, uint16_t attr);

/* An attribute that stands in NFTA_RMIRROR_EXT: RMIRROR_STMT_EXT(NFTA_RMIRROR_EXT_SREG_KEY) */
#define RMIRROR_STMT_EXT(attr)	(0x100 + (attr))

/**
 * rmirror_stmt_set_u32 - set an attribute that is a number
 * @stmt: a statement
 * @attr: NFTA_RMIRROR_* of type NLA_U32, or RMIRROR_STMT_EXT() of such a one
 * @value: in host byte order
 * @err: may be NULL
 *
 * The value must be in the range of the option; what depends on other
 * attributes is checked when the statement is used, or by
 * rmirror_stmt_validate(). A collector, or a key, in a register replaces a constant one.
 *
 * Return: 0, or -1: EINVAL, or ERANGE for a value out of range.
 */
int rmirror_stmt_set_u32(struct rmirror_stmt *stmt, uint16_t attr, uint32_t value,
			 struct rmirror_err *err);

/**
 * rmirror_stmt_set_data - set an attribute that is an address
 * @stmt: a statement
 * @attr: NFTA_RMIRROR_ADDR or NFTA_RMIRROR_SADDR
 * @data: the address in network byte order
 * @data_len: 4 (IPv4) or 16 (IPv6)
 * @err: may be NULL
 *
 * Return: 0, or -1 with EINVAL.
 */
int rmirror_stmt_set_data(struct rmirror_stmt *stmt, uint16_t attr, const void *data,
			  size_t data_len, struct rmirror_err *err);

/**
 * rmirror_stmt_set_str - set an attribute to what a word in a statement says
 * @stmt: a statement
 * @attr: NFTA_RMIRROR_*, but not _SREG_ADDR, _FAMILY and _FLAGS
 * @word: "10.0.0.5", "vxlan", "60", "ef", "eth0"
 * @err: may be NULL
 *
 * Return: 0, or -1 with EINVAL or ERANGE.
 */
int rmirror_stmt_set_str(struct rmirror_stmt *stmt, uint16_t attr, const char *word,
			 struct rmirror_err *err);

/**
 * rmirror_stmt_get_u32 - a number in force
 * @stmt: a statement
 * @attr: NFTA_RMIRROR_* of type NLA_U32, or RMIRROR_STMT_EXT() of such a one
 *
 * Return: the value that is set, else the default: of NFTA_RMIRROR_PORT that of
 * the encapsulation, and 0 of whatever has none, a length without a limit and an
 * attribute of another type too.
 */
uint32_t rmirror_stmt_get_u32(const struct rmirror_stmt *stmt, uint16_t attr);

/**
 * rmirror_stmt_get_data - an address
 * @stmt: a statement
 * @attr: NFTA_RMIRROR_ADDR or NFTA_RMIRROR_SADDR
 * @data_len: becomes 4 or 16, or 0 if it is not set; may be NULL
 *
 * Return: the address in network byte order, valid until @stmt is changed or
 * freed; NULL if it is not set.
 */
const void *rmirror_stmt_get_data(const struct rmirror_stmt *stmt, uint16_t attr,
				  size_t *data_len);

/**
 * rmirror_stmt_get_str - a word
 * @stmt: a statement
 * @attr: NFTA_RMIRROR_OIFNAME, _ENCAP or _MTU
 *
 * Return: the device, valid until @stmt is changed or freed, NULL if none is
 * set; the word of the encapsulation or the policy in force. NULL for any other
 * attribute.
 */
const char *rmirror_stmt_get_str(const struct rmirror_stmt *stmt, uint16_t attr);

/**
 * rmirror_stmt_validate - is this a statement that the kernel takes?
 * @stmt: a statement
 * @err: may be NULL
 *
 * Whatever writes a statement checks this first.
 *
 * Return: 0, or -1 with EINVAL: no collector, an option that does not belong to
 * the encapsulation or is out of its range, addresses of two families.
 */
int rmirror_stmt_validate(const struct rmirror_stmt *stmt, struct rmirror_err *err);

/**
 * enum rmirror_format - how a statement is written
 *
 * @RMIRROR_FORMAT_TEXT: as nft has it: rmirror to 10.0.0.5 len 60
 * @RMIRROR_FORMAT_JSON: as nft -j has it: {"rmirror": {"to": "10.0.0.5", "len": 60}}
 */
enum rmirror_format {
	RMIRROR_FORMAT_TEXT,
	RMIRROR_FORMAT_JSON,
};

/**
 * rmirror_stmt_parse - read a statement
 * @format: of the text
 * @text: ends with a NUL; blanks may come first
 * @end: if not NULL, becomes the number of bytes read, and anything may follow
 *	them: more of a rule, more of a JSON text. If NULL, nothing but blanks may.
 * @err: may be NULL
 *
 * Return: a new statement, or NULL with EINVAL or ENOMEM.
 */
struct rmirror_stmt *rmirror_stmt_parse(enum rmirror_format format, const char *text,
					size_t *end, struct rmirror_err *err);

/**
 * rmirror_stmt_snprintf - write a statement in its canonical form
 * @buf: gets the text and a NUL, cut as by snprintf(3); may be NULL if @size is 0
 * @size: of @buf
 * @stmt: need not be valid, a missing collector is shown as nothing
 * @format: of the text
 *
 * Defaults are left out. Return: the length of the whole text without its NUL,
 * as of snprintf(3); -1 with EINVAL or ENOMEM.
 */
int rmirror_stmt_snprintf(char *buf, size_t size, const struct rmirror_stmt *stmt,
			  enum rmirror_format format);

/**
 * rmirror_stmt_build_payload - append the attributes of NFTA_EXPR_DATA
 * @nlh: a message under construction, inside NFTA_EXPR_DATA
 * @size: of the buffer that @nlh is the start of
 * @stmt: a valid statement
 * @err: may be NULL
 *
 * For programs that put an expression together themselves; see
 * rmirror_rule_nlmsg_insert() for the others.
 *
 * Return: 0, or -1 with EINVAL or ENOMEM, or ENOBUFS if @size is too small: the
 * message then is what it was.
 */
int rmirror_stmt_build_payload(struct nlmsghdr *nlh, size_t size,
			       const struct rmirror_stmt *stmt, struct rmirror_err *err);

/**
 * rmirror_stmt_parse_payload - read the attributes inside NFTA_EXPR_DATA
 * @data: the attributes, from the kernel or anybody else
 * @data_len: bytes
 * @err: may be NULL
 *
 * Return: a new statement, or NULL with EINVAL or ENOMEM.
 */
struct rmirror_stmt *rmirror_stmt_parse_payload(const void *data, size_t data_len,
						struct rmirror_err *err);

/* The place behind the last expression of a rule */
#define RMIRROR_INDEX_END	UINT32_MAX

/**
 * rmirror_rule_nlmsg_insert - put a statement into a rule that is to be sent
 * @nlh: a complete NFT_MSG_NEWRULE, as by nftnl_rule_nlmsg_build_payload()
 * @size: of the buffer that @nlh is the start of
 * @index: so many expressions of the rule come before it; RMIRROR_INDEX_END: all
 * @stmt: a valid statement
 * @err: may be NULL
 *
 * A stock nftnl_rule holds no rmirror expression: it is written without, and
 * this adds it, once for each statement. To replace or check a rule, pass what
 * the rule consists of.
 *
 * Return: 0, or -1 with EINVAL (also: @nlh is no rule), ENOMEM, ERANGE if there
 * are not so many expressions, ENOBUFS if @size, or the length of a netlink
 * attribute, is too small: the message then is what it was.
 */
int rmirror_rule_nlmsg_insert(struct nlmsghdr *nlh, size_t size, uint32_t index,
			      const struct rmirror_stmt *stmt, struct rmirror_err *err);

/**
 * rmirror_rule_nlmsg_get - a statement of a rule that the kernel sent
 * @nlh: NFT_MSG_NEWRULE or NFT_MSG_DELRULE, from a dump, an echo or a monitor
 * @n: 0 for the first rmirror statement, 1 for the second, ..
 * @index: if not NULL, becomes its place among the expressions of the rule
 * @err: may be NULL
 *
 * Return: a new statement. NULL with ENOENT if there are no more than @n; EINVAL
 * if it cannot be read (a newer kernel's) or @nlh is no rule; ENOMEM.
 */
struct rmirror_stmt *rmirror_rule_nlmsg_get(const struct nlmsghdr *nlh, unsigned int n,
					    uint32_t *index, struct rmirror_err *err);

/**
 * rmirror_rule_nlmsg_get_counter - what a statement of a rule has counted
 * @nlh: as above
 * @n: as above
 * @counter: NFTA_RMIRROR_COUNTER_*
 * @value: becomes the count
 * @err: may be NULL
 *
 * Return: 0. -1 with ENOENT if there are no more than @n statements; ENODATA if
 * the message has no counters (an older kernel's); EINVAL if there is no such
 * counter or @nlh is no rule; ENOMEM.
 */
int rmirror_rule_nlmsg_get_counter(const struct nlmsghdr *nlh, unsigned int n,
				   uint16_t counter, uint64_t *value,
				   struct rmirror_err *err);

/**
 * rmirror_counter_name - the name of a counter, as in /proc/net/rmirror
 * @counter: NFTA_RMIRROR_COUNTER_*
 *
 * Return: "matched", ..; NULL if there is no such counter.
 */
const char *rmirror_counter_name(uint16_t counter);

/**
 * rmirror_rule_nlmsg_parse - nftnl_rule_nlmsg_parse() for any rule with rmirror
 * @nlh: as above
 * @rule: by nftnl_rule_alloc(); becomes the rule less its rmirror statements
 *
 * The function of libnftnl that this one calls refuses a whole rule for one
 * expression that it does not know. (It may end the program when a message is
 * malformed, as only one that does not come from the kernel can be.)
 *
 * Return: 0, or -1 with EINVAL, ENOMEM, or what libnftnl left in errno.
 */
int rmirror_rule_nlmsg_parse(const struct nlmsghdr *nlh, struct nftnl_rule *rule);

/** rmirror_version - the version of the library: "0.1.0" */
const char *rmirror_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* _RMIRROR_RMIRROR_H */
