/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rmirror statement as a user writes it: which arguments there are, and what they may be.
 */
#if __has_include(<nft.h>)
#include <nft.h>
#endif

#include <stdio.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>
#include <errno.h>
#include <arpa/inet.h>
#include <linux/netfilter.h>

#include <expression.h>
#include <statement.h>
#include <rule.h>
#include <erec.h>
#include <gmputil.h>
#include <proto.h>
#include <utils.h>
#include <json.h>

#ifdef expr_set		/* nftables 1.1.4 and later */
#define set_elements(expr)	(&expr_set(expr)->expressions)
#else
#define set_elements(expr)	(&(expr)->expressions)
#endif

int rmirror_error(struct list_head *msgs, const struct location *loc, const char *msg)
{
	erec_queue(error(loc, "%s", msg), msgs);
	return -1;
}

/*
 * Arguments
 */
/* Which encapsulation there is, what the family of the collector is: what an option may be depends on them. */
static int bad_value(const struct stmt *stmt, enum rmirror_option opt, const struct location *loc,
		     const char *word, const char *hint, struct list_head *msgs)
{
	char text[RMIRROR_TEXT_MAX];

	rmirror_text_bad_value(text, opt, stmt->rmirror.options->value[RMIRROR_OPT_ENCAP],
			       stmt->rmirror.family, word, strlen(word));
	erec_queue(error(loc, "%s%s", text, hint), msgs);
	return -1;
}

void rmirror_unknown_option(const struct location *loc, const char *word, struct list_head *msgs)
{
	char quoted[RMIRROR_TEXT_MAX], words[RMIRROR_TEXT_MAX];

	rmirror_text_quoted(quoted, word, strlen(word));
	rmirror_text_options(words);
	erec_queue(error(loc, "unknown option %s, expected one of %s or another statement", quoted, words), msgs);
}

static bool is_given(const struct stmt *stmt, enum rmirror_option opt)
{
	return stmt->rmirror.options->arg[opt] != NULL;
}

static int repeated(enum rmirror_option opt, const struct location *loc, struct list_head *msgs)
{
	char msg[RMIRROR_TEXT_MAX];

	snprintf(msg, sizeof(msg), "repeated option '%s'", rmirror_option_rows[opt].word);
	return rmirror_error(msgs, loc, msg);
}

/*
 * A word in the place of a number: the number was forgotten, and what comes next would be told to be
 * a syntax error.
 */
static int check_number(const struct stmt *stmt, enum rmirror_option opt, const struct expr *arg,
			struct list_head *msgs)
{
	if (rmirror_option_rows[opt].kind != RMIRROR_KIND_NUM || arg->etype != EXPR_SYMBOL ||
	    isdigit((unsigned char)arg->identifier[0]))
		return 0;
	return bad_value(stmt, opt, &arg->location, arg->identifier,
			 opt == RMIRROR_OPT_MARK && !strcmp(arg->identifier, "set") ?
			 " (for the mark of the packet itself write 'meta mark')" : "", msgs);
}

/**
 * rmirror_stmt_set_arg - take the value of an option
 * @stmt:	rmirror statement
 * @opt:	the option
 * @loc:	where its word is
 * @arg:	a symbol or a variable; taken over
 * @msgs:	for an error
 */
int rmirror_stmt_set_arg(struct stmt *stmt, enum rmirror_option opt, const struct location *loc,
			 struct expr *arg, struct list_head *msgs)
{
	int err;

	err = is_given(stmt, opt) ? repeated(opt, loc, msgs) : check_number(stmt, opt, arg, msgs);
	if (err < 0)
		expr_free(arg);
	else
		stmt->rmirror.options->arg[opt] = arg;
	return err;
}

/* An option without a value. */
int rmirror_stmt_set_flag(struct stmt *stmt, enum rmirror_option opt, const struct location *loc,
			  struct list_head *msgs)
{
	if (is_given(stmt, opt))
		return repeated(opt, loc, msgs);
	stmt->rmirror.options->arg[opt] =
		symbol_expr_alloc(loc, SYMBOL_VALUE, NULL, rmirror_option_rows[opt].word);
	return 0;
}

#ifdef HAVE_LIBJANSSON
static bool json_has_type(enum rmirror_kind kind, const json_t *value)
{
	switch (kind) {
	case RMIRROR_KIND_NUM:
		return json_is_integer(value);
	case RMIRROR_KIND_DSCP:
		return json_is_integer(value) || json_is_string(value);
	case RMIRROR_KIND_FLAG:
		return json_is_true(value);
	default:
		return json_is_string(value);
	}
}

/* The member @word of the JSON object; false with a message in @error. */
bool rmirror_stmt_set_json(struct stmt *stmt, const char *word, const json_t *value,
			   char *error, size_t size)
{
	enum rmirror_option opt = rmirror_option_find(word);
	char buf[24], words[RMIRROR_TEXT_MAX], quoted[RMIRROR_TEXT_MAX];
	const char *text = word;
	uint32_t dscp;

	if (opt == __RMIRROR_OPT_MAX) {
		rmirror_text_options(words);
		rmirror_text_quoted(quoted, word, strlen(word));
		snprintf(error, size, "unknown member %s, expected to, family, %s", quoted, words);
		return false;
	}
	if (!json_has_type(rmirror_option_rows[opt].kind, value)) {
		snprintf(error, size, "invalid %s, expected %s", word, rmirror_json_type(opt));
		return false;
	}

	if (json_is_integer(value)) {
		snprintf(buf, sizeof(buf), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		text = buf;
	} else if (json_is_string(value)) {
		text = json_string_value(value);
		/* A number in quotes is not the name of a code point. */
		if (rmirror_option_rows[opt].kind == RMIRROR_KIND_DSCP && !rmirror_dscp_find(text, &dscp)) {
			rmirror_text_bad_value(words, opt, RMIRROR_ENCAP_GRE, NFPROTO_UNSPEC, text, strlen(text));
			snprintf(error, size, "%s", words);
			return false;
		}
	}
	stmt->rmirror.options->arg[opt] = symbol_expr_alloc(&internal_location, SYMBOL_VALUE, NULL, text);
	return true;
}
#endif

/*
 * Evaluation
 */
const struct datatype *rmirror_addr_type(uint32_t family)
{
	return family == NFPROTO_IPV4 ? &ipaddr_type : &ip6addr_type;
}

static uint32_t text_family(const char *text)
{
	uint8_t addr[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, text, addr) == 1)
		return NFPROTO_IPV4;
	if (inet_pton(AF_INET6, text, addr) == 1)
		return NFPROTO_IPV6;
	return NFPROTO_UNSPEC;
}

static uint32_t expr_family(const struct expr *expr);

static uint32_t set_family(const struct expr *set)
{
	const struct expr *element;
	uint32_t family;

	list_for_each_entry(element, set_elements(set), list) {
		family = expr_family(element);
		if (family != NFPROTO_UNSPEC)
			return family;
	}
	return NFPROTO_UNSPEC;
}

/* The address family of an expression that may not have been evaluated yet. */
static uint32_t expr_family(const struct expr *expr)
{
	switch (expr->etype) {
	case EXPR_SYMBOL:
		return expr->symtype == SYMBOL_VALUE ? text_family(expr->identifier) : NFPROTO_UNSPEC;
	case EXPR_VARIABLE:
		return expr_family(expr->sym->expr);
	case EXPR_MAP:
		return expr_family(expr->mappings);
	case EXPR_SET:
		return set_family(expr);
	case EXPR_SET_REF:
		return expr->set->data ? expr_family(expr->set->data) : NFPROTO_UNSPEC;
	case EXPR_SET_ELEM:
		return expr_family(expr->key);
	case EXPR_MAPPING:
		return expr_family(expr->right);
	case EXPR_RANGE:
	case EXPR_BINOP:
		return expr_family(expr->left);
	case EXPR_PREFIX:
		return expr_family(expr->prefix);
	default:
		break;
	}

	switch (expr->dtype ? expr->dtype->type : TYPE_INVALID) {
	case TYPE_IPADDR:
		return NFPROTO_IPV4;
	case TYPE_IP6ADDR:
		return NFPROTO_IPV6;
	default:
		return NFPROTO_UNSPEC;
	}
}

static const struct expr *resolve(const struct expr *expr)
{
	while (expr->etype == EXPR_VARIABLE)
		expr = expr->sym->expr;
	return expr;
}

int rmirror_stmt_eval_family(struct stmt *stmt, uint32_t table_family, struct list_head *msgs)
{
	const struct expr *to = resolve(stmt->rmirror.to);
	uint32_t family = expr_family(to);
	char msg[RMIRROR_TEXT_MAX];

	/* No names: what they resolve to is not for a ruleset to find out. */
	if (to->etype == EXPR_SYMBOL && to->symtype == SYMBOL_VALUE) {
		if (family == NFPROTO_UNSPEC) {
			rmirror_text_invalid(msg, "collector", to->identifier, strlen(to->identifier),
					     RMIRROR_ANY_ADDRESS);
			return rmirror_error(msgs, &stmt->rmirror.to->location, msg);
		}
		if (stmt->rmirror.family != NFPROTO_UNSPEC && stmt->rmirror.family != family) {
			rmirror_text_other_family(msg, to->identifier, strlen(to->identifier),
						  stmt->rmirror.family);
			return rmirror_error(msgs, &stmt->rmirror.to->location, msg);
		}
	}
	if (stmt->rmirror.family != NFPROTO_UNSPEC)
		return 0;

	if (family == NFPROTO_UNSPEC &&
	    (table_family == NFPROTO_IPV4 || table_family == NFPROTO_IPV6))
		family = table_family;
	if (family == NFPROTO_UNSPEC) {
		return rmirror_error(msgs, &stmt->rmirror.to->location,
			      "specify `rmirror ip to' or `rmirror ip6 to' to tell the family of the collector");
	}
	stmt->rmirror.family = family;
	return 0;
}

/*
 * In quotes an asterisk is a letter of the name like any other, else somebody thinks of `oifname eth*'. The
 * scanner takes the quotes off the text but not off the place.
 */
static bool is_wildcard(const struct expr *arg)
{
	return arg->etype == EXPR_SYMBOL && arg->symtype == SYMBOL_VALUE && strchr(arg->identifier, '*') &&
	       arg->location.last_column - arg->location.first_column + 1 == strlen(arg->identifier);
}

/* False: it is no value of this option. */
static bool read_value(struct stmt *stmt, enum rmirror_option opt, const char *text)
{
	struct rmirror_options *o = stmt->rmirror.options;

	switch (rmirror_option_rows[opt].kind) {
	case RMIRROR_KIND_FLAG:
		return true;
	case RMIRROR_KIND_ADDR:
		if (text_family(text) != stmt->rmirror.family)
			return false;
		return inet_pton(stmt->rmirror.family == NFPROTO_IPV4 ? AF_INET : AF_INET6, text,
				 o->from) == 1;
	case RMIRROR_KIND_NAME:
		if (!rmirror_device_fits(text, strlen(text)))
			return false;
		snprintf(o->device, sizeof(o->device), "%s", text);
		return true;
	default:
		return rmirror_value_read(opt, text, &o->value[opt]) &&
		       rmirror_value_fits(opt, o->value[RMIRROR_OPT_ENCAP], o->value[opt]);
	}
}

/* In the place of a number, and neither one nor several */
static bool is_expression(const struct expr *arg)
{
	switch (arg->etype) {
	case EXPR_SYMBOL:
	case EXPR_VALUE:
	case EXPR_PREFIX:
	case EXPR_RANGE:
	case EXPR_SET:
	case EXPR_LIST:
		return false;
	default:
		return true;
	}
}

static int eval_option(struct stmt *stmt, enum rmirror_option opt, struct list_head *msgs)
{
	struct rmirror_options *o = stmt->rmirror.options;
	const struct rmirror_option_row *row = &rmirror_option_rows[opt];
	uint32_t encap = o->value[RMIRROR_OPT_ENCAP];
	const struct expr *arg = o->arg[opt], *value;
	char expected[RMIRROR_TEXT_MAX], msg[2 * RMIRROR_TEXT_MAX];
	const char *why = NULL;

	if (!arg)
		return 0;
	if (!(row->encaps & RMIRROR_BIT(encap))) {
		rmirror_text_foreign(msg, opt, encap);
		return rmirror_error(msgs, &arg->location, msg);
	}

	value = resolve(arg);
	if (opt == RMIRROR_OPT_KEY && is_expression(value)) {
		/* is evaluated with the rest of the rule */
		stmt->rmirror.key = o->arg[opt];
		o->arg[opt] = NULL;
		return 0;
	}
	if (value->etype != EXPR_SYMBOL || value->symtype != SYMBOL_VALUE) {
		rmirror_text_expected(expected, opt, encap, stmt->rmirror.family);
		snprintf(msg, sizeof(msg), "invalid %s, expected %s", row->word, expected);
		return rmirror_error(msgs, &arg->location, msg);
	}
	if ((row->kind == RMIRROR_KIND_NAME && is_wildcard(arg)) || !read_value(stmt, opt, value->identifier)) {
		/* A word that is no encapsulation does not tell what the others may be, either. */
		o->value[opt] = 0;
		return bad_value(stmt, opt, &arg->location, value->identifier, "", msgs);
	}
	if (row->kind == RMIRROR_KIND_ADDR)
		why = rmirror_source_refused(o->from, rmirror_addr_len(stmt));
	if (why) {
		rmirror_text_invalid(msg, row->word, value->identifier, strlen(value->identifier), why);
		return rmirror_error(msgs, &arg->location, msg);
	}
	o->given |= RMIRROR_BIT(opt);
	return 0;
}

static int eval_constant(const struct stmt *stmt, struct list_head *msgs)
{
	const struct expr *to = stmt->rmirror.to;
	uint8_t addr[sizeof(struct in6_addr)];
	uint32_t len = rmirror_addr_len(stmt);
	char text[INET6_ADDRSTRLEN], msg[RMIRROR_TEXT_MAX];
	const char *why;

	mpz_export_data(addr, to->value, BYTEORDER_BIG_ENDIAN, len);
	why = rmirror_collector_refused(addr, len, stmt->rmirror.options->given &
					RMIRROR_BIT(RMIRROR_OPT_OIFNAME));
	if (!why)
		return 0;

	rmirror_addr_text(addr, stmt->rmirror.family, text, sizeof(text));
	rmirror_text_invalid(msg, "collector", text, strlen(text), why);
	return rmirror_error(msgs, &to->location, msg);
}

/* One address, not several. */
static int eval_collector(const struct stmt *stmt, struct list_head *msgs)
{
	const struct expr *to = stmt->rmirror.to;
	bool several;

	switch (to->etype) {
	case EXPR_VALUE:
		return eval_constant(stmt, msgs);
	case EXPR_MAP:
		several = to->mappings->set->data->flags & EXPR_F_INTERVAL;
		break;
	default:
		several = expr_is_constant(to);
		break;
	}
	if (!several)
		return 0;
	return rmirror_error(msgs, &to->location,
		      "invalid collector, expected one address: ranges, prefixes and sets are several");
}

int rmirror_stmt_eval_options(struct stmt *stmt, struct list_head *msgs)
{
	enum rmirror_option opt;

	/* The encapsulation is the first of the table: what others may be depends on it. */
	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++) {
		if (eval_option(stmt, opt, msgs) < 0)
			return -1;
	}
	if (eval_collector(stmt, msgs) < 0)
		return -1;
	rmirror_drop_defaults(stmt->rmirror.options);
	return 0;
}
