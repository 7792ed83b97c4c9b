/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NFTABLES_RMIRROR_H
#define NFTABLES_RMIRROR_H

#include <net/if.h>
#include <netinet/in.h>
#include <rmirror_rules.h>

struct nftnl_expr;

/**
 * struct rmirror_options - options of an rmirror statement
 *
 * @given:	a bit for each enum rmirror_option that is not its default
 * @value:	those with a number, in host byte order
 * @from:	outer source address, in the family of the collector
 * @device:	name of the output device
 * @arg:	what the user wrote, until it is evaluated; NULL for absent ones
 */
struct rmirror_options {
	uint32_t	given;
	uint32_t	value[__RMIRROR_OPT_MAX];
	uint8_t		from[sizeof(struct in6_addr)];
	char		device[IFNAMSIZ];
	struct expr	*arg[__RMIRROR_OPT_MAX];
};

/**
 * struct rmirror_stmt - rmirror statement
 *
 * @to:		collector: a constant, or what is loaded to a register
 * @family:	NFPROTO_IPV4 or NFPROTO_IPV6, of the collector;
 *		NFPROTO_UNSPEC until it is evaluated, unless the user says so
 * @key:	what is loaded to a register as the key; NULL: the key is
 *		a number, one of the options, or there is none
 * @options:	all others, owned by the statement
 */
struct rmirror_stmt {
	struct expr		*to;
	struct expr		*key;
	uint32_t		family;
	struct rmirror_options	*options;
};

struct stmt_ops;
extern const struct stmt_ops rmirror_stmt_ops;

struct stmt *rmirror_stmt_alloc(const struct location *loc);

/* Scanner and parser */
void rmirror_arg_begins(void *scanner);
int rmirror_stmt_set_arg(struct stmt *stmt, enum rmirror_option opt, const struct location *loc,
			 struct expr *arg, struct list_head *msgs);
void rmirror_unknown_option(const struct location *loc, const char *word, struct list_head *msgs);
int rmirror_stmt_set_flag(struct stmt *stmt, enum rmirror_option opt, const struct location *loc,
			  struct list_head *msgs);

/* Evaluation, in this order; -1 with an error queued to msgs. */
int rmirror_stmt_eval_family(struct stmt *stmt, uint32_t table_family,
			     struct list_head *msgs);
int rmirror_stmt_eval_options(struct stmt *stmt, struct list_head *msgs);
int rmirror_stmt_eval_key(struct stmt *stmt, struct list_head *msgs);

/* What the source files use of each other */
int rmirror_error(struct list_head *msgs, const struct location *loc, const char *msg);
uint32_t rmirror_addr_len(const struct stmt *stmt);
const char *rmirror_addr_text(const void *addr, uint32_t family, char *buf, size_t size);
const char *rmirror_family_word(uint32_t family);
void rmirror_drop_defaults(struct rmirror_options *o);

/* All of the expression but the registers. */
void rmirror_stmt_build(const struct stmt *stmt, struct nftnl_expr *nle);
void rmirror_stmt_parse(struct stmt *stmt, const struct nftnl_expr *nle);
const struct datatype *rmirror_addr_type(uint32_t family);

#ifdef HAVE_LIBJANSSON
bool rmirror_stmt_set_json(struct stmt *stmt, const char *word, const json_t *value,
			   char *error, size_t size);
#endif

#endif /* NFTABLES_RMIRROR_H */
