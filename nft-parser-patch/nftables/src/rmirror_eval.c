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

/* How much of a word is shown in a message */
#define SHOWN		"%.64s"

int rmirror_error(struct list_head *msgs, const struct location *loc, const char *msg)
{
	erec_queue(error(loc, "%s", msg), msgs);
	return -1;
}

/*
 * Arguments
 */
static const char *encap_words(char *buf, size_t size, uint32_t set)
{
	size_t i, len = 0;

	buf[0] = '\0';
	for (i = 0; i < __RMIRROR_ENCAP_MAX; i++) {
		if (set & RMIRROR_BIT(i))
			len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "", rmirror_encap_rows[i].word);
	}
	return buf;
}

static uint32_t option_min(enum rmirror_option opt, uint32_t encap)
{
	if (opt == RMIRROR_OPT_LEN && encap == RMIRROR_ENCAP_NONE)
		return RMIRROR_LEN_MIN_NONE;
	return rmirror_option_rows[opt].min;
}

static uint32_t option_max(enum rmirror_option opt, uint32_t encap)
{
	if (opt == RMIRROR_OPT_KEY && rmirror_encap_rows[encap].key_max < rmirror_option_rows[opt].max)
		return rmirror_encap_rows[encap].key_max;
	return rmirror_option_rows[opt].max;
}

static bool dscp_find(const char *name, uint32_t *dscp)
{
	const struct symbolic_constant *s;

	for (s = dscp_type.sym_tbl->symbols; s->identifier; s++) {
		if (!strcmp(s->identifier, name)) {
			*dscp = s->value;
			return true;
		}
	}
	return false;
}

static bool read_number(const char *text, uint64_t *number)
{
	char *end;
	int base = 10;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		base = 16;
	else if (!isdigit((unsigned char)text[0]) || (text[0] == '0' && text[1]))
		return false;

	errno = 0;
	*number = strtoull(text, &end, base);
	return !errno && !*end;
}

void rmirror_expected_text(const struct stmt *stmt, enum rmirror_option opt, char *buf, size_t size)
{
	uint32_t encap = stmt->rmirror.options->value[RMIRROR_OPT_ENCAP];
	uint32_t min = option_min(opt, encap), max = option_max(opt, encap);
	char range[64];
	size_t i, len;

	snprintf(range, sizeof(range), "%u..%u", min, max);
	if (min != rmirror_option_rows[opt].min || max != rmirror_option_rows[opt].max) {
		len = strlen(range);
		snprintf(range + len, sizeof(range) - len, " with encap %s", rmirror_encap_rows[encap].word);
	}

	switch (rmirror_option_rows[opt].kind) {
	case KIND_ENCAP:
		len = snprintf(buf, size, "one of ");
		encap_words(buf + len, size - len, RMIRROR_E_ALL);
		break;
	case KIND_MTU:
		len = snprintf(buf, size, "one of ");
		for (i = 0; i < __RMIRROR_MTU_MAX; i++)
			len += snprintf(buf + len, size - len, "%s%s", i ? ", " : "", rmirror_mtu_words[i]);
		break;
	case KIND_DSCP:
		snprintf(buf, size, "%s or a name such as cs1, af11, ef", range);
		break;
	case KIND_ADDR:
		snprintf(buf, size, "an %s address, as the collector",
			 stmt->rmirror.family == NFPROTO_IPV4 ? "IPv4" : "IPv6");
		break;
	case KIND_NAME:
		snprintf(buf, size, "a name of %s bytes without white space, '/', ':' and '\"'", range);
		break;
	default:
		snprintf(buf, size, "%s", range);
		break;
	}
}

static bool is_given(const struct stmt *stmt, enum rmirror_option opt)
{
	return stmt->rmirror.options->arg[opt] != NULL;
}

static int repeated(enum rmirror_option opt, const struct location *loc, struct list_head *msgs)
{
	char msg[RMIRROR_MSG_SIZE];

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
	char expected[RMIRROR_MSG_SIZE / 2], msg[RMIRROR_MSG_SIZE];
	uint64_t number;

	if (rmirror_option_rows[opt].kind != KIND_NUM || arg->etype != EXPR_SYMBOL ||
	    read_number(arg->identifier, &number))
		return 0;

	rmirror_expected_text(stmt, opt, expected, sizeof(expected));
	snprintf(msg, sizeof(msg), "invalid %s '" SHOWN "', expected %s%s",
		 rmirror_option_rows[opt].word, arg->identifier, expected,
		 opt == RMIRROR_OPT_MARK && !strcmp(arg->identifier, "set") ?
		 " (for the mark of the packet itself write 'meta mark')" : "");
	return rmirror_error(msgs, &arg->location, msg);
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
static bool json_has_type(enum rmirror_kind kind, const json_t *value, const char **expected)
{
	switch (kind) {
	case KIND_NUM:
		*expected = "an integer";
		return json_is_integer(value);
	case KIND_DSCP:
		*expected = "an integer or a string";
		return json_is_integer(value) || json_is_string(value);
	case KIND_FLAG:
		*expected = "true";
		return json_is_true(value);
	default:
		*expected = "a string";
		return json_is_string(value);
	}
}

/* The member @word of the JSON object; false with a message in @error. */
bool rmirror_stmt_set_json(struct stmt *stmt, const char *word, const json_t *value,
			   char *error, size_t size)
{
	enum rmirror_option opt = rmirror_option_find(word);
	const char *text = word, *expected;
	char buf[24];
	uint32_t dscp;

	if (opt == __RMIRROR_OPT_MAX) {
		snprintf(error, size, "unknown member '" SHOWN "', expected to, family, %s", word,
			 rmirror_option_words());
		return false;
	}
	if (!json_has_type(rmirror_option_rows[opt].kind, value, &expected)) {
		snprintf(error, size, "invalid %s, expected %s", word, expected);
		return false;
	}

	if (json_is_integer(value)) {
		snprintf(buf, sizeof(buf), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		text = buf;
	} else if (json_is_string(value)) {
		text = json_string_value(value);
		/* A number in quotes is not the name of a code point. */
		if (rmirror_option_rows[opt].kind == KIND_DSCP && !dscp_find(text, &dscp)) {
			snprintf(error, size, "invalid dscp '" SHOWN "', expected %u..%u or a name such as "
				 "cs1, af11, ef", text, rmirror_option_rows[opt].min, rmirror_option_rows[opt].max);
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
	char msg[RMIRROR_MSG_SIZE];

	/* No names: what they resolve to is not for a ruleset to find out. */
	if (to->etype == EXPR_SYMBOL && to->symtype == SYMBOL_VALUE) {
		if (family == NFPROTO_UNSPEC) {
			snprintf(msg, sizeof(msg),
				 "invalid collector '" SHOWN "', expected an IPv4 or IPv6 address",
				 to->identifier);
			return rmirror_error(msgs, &stmt->rmirror.to->location, msg);
		}
		if (stmt->rmirror.family != NFPROTO_UNSPEC && stmt->rmirror.family != family) {
			snprintf(msg, sizeof(msg),
				 "invalid collector '" SHOWN "', expected an %s address after '%s'",
				 to->identifier,
				 stmt->rmirror.family == NFPROTO_IPV4 ? "IPv4" : "IPv6",
				 rmirror_family_word(stmt->rmirror.family));
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

static bool is_unspecified(const uint8_t *addr, uint32_t len)
{
	static const uint8_t zero[sizeof(struct in6_addr)];

	return !memcmp(addr, zero, len);
}

static bool is_broadcast(const uint8_t *addr, uint32_t len)
{
	return len == sizeof(struct in_addr) && !memcmp(addr, "\xff\xff\xff\xff", len);
}

static bool is_multicast(const uint8_t *addr, uint32_t len)
{
	return len == sizeof(struct in_addr) ? (addr[0] & 0xf0) == 0xe0 : addr[0] == 0xff;
}

/* of IPv6: means nothing without a device */
static bool is_link_local(const uint8_t *addr, uint32_t len)
{
	return len == sizeof(struct in6_addr) && addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

/* As the kernel has it, less what a quoted string cannot hold. */
static bool is_device_name(const char *name, size_t max)
{
	const char *c;

	if (!*name || strlen(name) > max || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (c = name; *c; c++) {
		if (iscntrl((unsigned char)*c) || strchr(" /:\"", *c))
			return false;
	}
	return true;
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

static bool find_word(const char *const words[], size_t stride, size_t n, const char *text,
		      uint32_t *value)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(*(const char *const *)((const char *)words + i * stride), text)) {
			*value = i;
			return true;
		}
	}
	return false;
}

/* False: it is no value of this option. */
static bool read_value(struct stmt *stmt, enum rmirror_option opt, const char *text)
{
	struct rmirror_options *o = stmt->rmirror.options;
	uint32_t encap = o->value[RMIRROR_OPT_ENCAP];
	uint64_t number;

	switch (rmirror_option_rows[opt].kind) {
	case KIND_FLAG:
		return true;
	case KIND_ENCAP:
		return find_word(&rmirror_encap_rows[0].word, sizeof(rmirror_encap_rows[0]), __RMIRROR_ENCAP_MAX, text,
				 &o->value[opt]);
	case KIND_MTU:
		return find_word(rmirror_mtu_words, sizeof(rmirror_mtu_words[0]), __RMIRROR_MTU_MAX, text, &o->value[opt]);
	case KIND_ADDR:
		if (text_family(text) != stmt->rmirror.family)
			return false;
		return inet_pton(stmt->rmirror.family == NFPROTO_IPV4 ? AF_INET : AF_INET6, text,
				 o->from) == 1;
	case KIND_NAME:
		if (!is_device_name(text, rmirror_option_rows[opt].max))
			return false;
		snprintf(o->device, sizeof(o->device), "%s", text);
		return true;
	case KIND_DSCP:
		if (dscp_find(text, &o->value[opt]))
			return true;
		/* fall through */
	default:
		if (!read_number(text, &number) || number < option_min(opt, encap) ||
		    number > option_max(opt, encap))
			return false;
		o->value[opt] = number;
		return true;
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
	char expected[RMIRROR_MSG_SIZE / 2], msg[RMIRROR_MSG_SIZE];
	bool known;

	if (!arg)
		return 0;
	if (!(row->encaps & RMIRROR_BIT(encap))) {
		snprintf(msg, sizeof(msg), "'%s' does not belong to encap %s, only to %s", row->word,
			 rmirror_encap_rows[encap].word, encap_words(expected, sizeof(expected), row->encaps));
		return rmirror_error(msgs, &arg->location, msg);
	}

	value = resolve(arg);
	if (opt == RMIRROR_OPT_KEY && is_expression(value)) {
		/* is evaluated with the rest of the rule */
		stmt->rmirror.key = o->arg[opt];
		o->arg[opt] = NULL;
		return 0;
	}
	known = value->etype == EXPR_SYMBOL && value->symtype == SYMBOL_VALUE;
	if (!known || (row->kind == KIND_NAME && is_wildcard(arg)) || !read_value(stmt, opt, value->identifier)) {
		rmirror_expected_text(stmt, opt, expected, sizeof(expected));
		if (known)
			snprintf(msg, sizeof(msg), "invalid %s '" SHOWN "', expected %s", row->word,
				 value->identifier, expected);
		else
			snprintf(msg, sizeof(msg), "invalid %s, expected %s", row->word, expected);
		return rmirror_error(msgs, &arg->location, msg);
	}
	if (row->kind == KIND_ADDR &&
	    (is_unspecified(o->from, rmirror_addr_len(stmt)) || is_multicast(o->from, rmirror_addr_len(stmt)) ||
	     is_broadcast(o->from, rmirror_addr_len(stmt)))) {
		snprintf(msg, sizeof(msg), "invalid %s '" SHOWN "', expected a unicast address", row->word,
			 value->identifier);
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
	char text[INET6_ADDRSTRLEN], msg[RMIRROR_MSG_SIZE];
	const char *why;
	bool device;

	device = stmt->rmirror.options->given & RMIRROR_BIT(RMIRROR_OPT_OIFNAME);
	mpz_export_data(addr, to->value, BYTEORDER_BIG_ENDIAN, len);
	if (is_unspecified(addr, len))
		why = "the unspecified address is nobody's";
	else if (is_broadcast(addr, len))
		why = "a copy is not broadcast";
	else if (is_multicast(addr, len) && !device)
		why = "a multicast address needs 'device'";
	else if (is_link_local(addr, len) && !device)
		why = "a link-local address needs 'device'";
	else
		return 0;

	snprintf(msg, sizeof(msg), "invalid collector '%s', %s",
		 rmirror_addr_text(addr, stmt->rmirror.family, text, sizeof(text)), why);
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
