/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rmirror statement: mirror packets to a remote collector.
 *
 * Words, ranges and attributes come from rmirror_tables.h, which the kernel and
 * all other front ends are compiled with, too.
 */
#if __has_include(<nft.h>)
#include <nft.h>
#endif

#include <stdlib.h>
#include <stdio.h>
#include <stdint.h>
#include <inttypes.h>
#include <string.h>
#include <ctype.h>
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/netfilter.h>
#include <libnftnl/expr.h>

#include <expression.h>
#include <statement.h>
#include <rule.h>
#include <erec.h>
#include <gmputil.h>
#include <netlink.h>
#include <proto.h>
#include <utils.h>
#include <json.h>

#ifdef expr_set		/* nftables 1.1.4 and later */
#define set_elements(expr)	(&expr_set(expr)->expressions)
#else
#define set_elements(expr)	(&(expr)->expressions)
#endif

enum rmirror_kind { KIND_ENCAP, KIND_MTU, KIND_NUM, KIND_DSCP, KIND_ADDR, KIND_NAME, KIND_FLAG };

static const struct rmirror_option_row {
	const char		*word;
	enum rmirror_kind	kind;
	uint32_t		min;
	uint32_t		max;
	uint32_t		encaps;
	uint32_t		flag;	/* RMIRROR_F_*, 0 if it is none */
	uint16_t		attr;	/* NFTNL_EXPR_RMIRROR_*, the same number as NFTA_RMIRROR_* */
} options[__RMIRROR_OPT_MAX] = {
#define X(attr, word, kind, min, max, encaps)					\
	[RMIRROR_OPT_##attr] = { (word), KIND_##kind, (min), (max), (encaps),	\
				 RMIRROR_FLAG_OF_##kind(attr), RMIRROR_ATTR_OF_##kind(attr) },
	RMIRROR_OPTION_TABLE(X)
#undef X
};

static const struct rmirror_encap_row {
	const char	*word;
	uint32_t	key_max;
	uint32_t	port;
} encaps[] = {
#define X(id, word, key_max, port) [RMIRROR_ENCAP_##id] = { (word), (key_max), (port) },
	RMIRROR_ENCAP_TABLE(X)
#undef X
};

static const char *const mtus[] = {
#define X(id, word) [RMIRROR_MTU_##id] = (word),
	RMIRROR_MTU_TABLE(X)
#undef X
};

#define RMIRROR_BIT(opt)	(1u << (opt))

static struct error_record *rmirror_error(struct list_head *msgs, const struct location *loc,
					  const char *msg)
{
	struct error_record *erec = error(loc, "%s", msg);

	erec_queue(erec, msgs);
	return erec;
}

/*
 * Tables
 */

enum rmirror_option rmirror_option_find(const char *word)
{
	enum rmirror_option opt;

	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++) {
		if (!strcmp(options[opt].word, word))
			break;
	}
	return opt;
}

const char *rmirror_option_word(enum rmirror_option opt)
{
	return options[opt].word;
}

const char *rmirror_option_words(void)
{
#define X(attr, word, kind, min, max, encaps) ", " word
	return &(RMIRROR_OPTION_TABLE(X))[2];
#undef X
}

static const char *encap_words(char *buf, size_t size, uint32_t set)
{
	size_t i, len = 0;

	buf[0] = '\0';
	for (i = 0; i < array_size(encaps); i++) {
		if (set & RMIRROR_BIT(i))
			len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "", encaps[i].word);
	}
	return buf;
}

static uint32_t option_min(enum rmirror_option opt, uint32_t encap)
{
	if (opt == RMIRROR_OPT_LEN && encap == RMIRROR_ENCAP_NONE)
		return RMIRROR_LEN_MIN_NONE;
	return options[opt].min;
}

static uint32_t option_max(enum rmirror_option opt, uint32_t encap)
{
	if (opt == RMIRROR_OPT_KEY && encaps[encap].key_max < options[opt].max)
		return encaps[encap].key_max;
	return options[opt].max;
}

/* Of two names of one code point nft prints the first. */
static const char *dscp_name(uint32_t dscp)
{
	const struct symbolic_constant *s;

	for (s = dscp_type.sym_tbl->symbols; s->identifier; s++) {
		if (s->value == dscp)
			return s->identifier;
	}
	return NULL;
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

/*
 * Default values are the same as none: they are not there.
 */
static void drop_default(struct rmirror_options *o, enum rmirror_option opt, uint32_t value)
{
	if (o->value[opt] == value)
		o->given &= ~RMIRROR_BIT(opt);
}

static void drop_defaults(struct rmirror_options *o)
{
	uint32_t encap = o->value[RMIRROR_OPT_ENCAP];

	drop_default(o, RMIRROR_OPT_ENCAP, RMIRROR_ENCAP_GRE);
	drop_default(o, RMIRROR_OPT_MTU, RMIRROR_MTU_RESEGMENT);
	drop_default(o, RMIRROR_OPT_TTL, RMIRROR_TTL_DEFAULT);
	drop_default(o, RMIRROR_OPT_DSCP, 0);
	drop_default(o, RMIRROR_OPT_MARK, 0);
	if (encap > RMIRROR_ENCAP_MAX)	/* of a newer kernel */
		return;
	drop_default(o, RMIRROR_OPT_PORT, encaps[encap].port);
	/* A GRE key of 0 is on the wire, no key is not. */
	if (encap != RMIRROR_ENCAP_GRE)
		drop_default(o, RMIRROR_OPT_KEY, 0);
	if (RMIRROR_E_SEQ_ALWAYS & RMIRROR_BIT(encap))
		o->given &= ~RMIRROR_BIT(RMIRROR_OPT_SEQ);
}

/*
 * Text and JSON
 */
static const char *addr_text(const void *addr, uint32_t family, char *buf, size_t size)
{
	return inet_ntop(family == NFPROTO_IPV4 ? AF_INET : AF_INET6, addr, buf, size);
}

/* The word of a number that has one, or NULL. */
static const char *value_word(enum rmirror_option opt, uint32_t value, bool numeric)
{
	switch (options[opt].kind) {
	case KIND_ENCAP:
		return value < array_size(encaps) ? encaps[value].word : NULL;
	case KIND_MTU:
		return value < array_size(mtus) ? mtus[value] : NULL;
	case KIND_DSCP:
		return numeric ? NULL : dscp_name(value);
	default:
		return NULL;
	}
}

static void print_value(const struct stmt *stmt, enum rmirror_option opt, struct output_ctx *octx)
{
	const struct rmirror_options *o = stmt->rmirror.options;
	char buf[INET6_ADDRSTRLEN];
	const char *word;

	switch (options[opt].kind) {
	case KIND_FLAG:
		break;
	case KIND_ADDR:
		nft_print(octx, " %s", addr_text(o->from, stmt->rmirror.family, buf, sizeof(buf)));
		break;
	case KIND_NAME:
		nft_print(octx, " \"%s\"", o->device);
		break;
	default:
		word = value_word(opt, o->value[opt], nft_output_numeric_symbol(octx));
		if (word)
			nft_print(octx, " %s", word);
		else if (opt == RMIRROR_OPT_MARK)
			nft_print(octx, " 0x%08x", o->value[opt]);
		else
			nft_print(octx, " %u", o->value[opt]);
		break;
	}
}

static const char *family_word(uint32_t family)
{
	return family == NFPROTO_IPV4 ? "ip" : "ip6";
}

/* A constant shows its family. */
static bool needs_family(const struct stmt *stmt)
{
	return stmt->rmirror.to->etype != EXPR_VALUE;
}

static void rmirror_stmt_print(const struct stmt *stmt, struct output_ctx *octx)
{
	enum rmirror_option opt;

	nft_print(octx, "rmirror");
	if (needs_family(stmt))
		nft_print(octx, " %s", family_word(stmt->rmirror.family));
	nft_print(octx, " to ");
	expr_print(stmt->rmirror.to, octx);

	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++) {
		if (stmt->rmirror.options->given & RMIRROR_BIT(opt)) {
			nft_print(octx, " %s", options[opt].word);
			print_value(stmt, opt, octx);
		}
	}
}

#ifdef HAVE_LIBJANSSON
static json_t *value_json(const struct stmt *stmt, enum rmirror_option opt, struct output_ctx *octx)
{
	const struct rmirror_options *o = stmt->rmirror.options;
	char buf[INET6_ADDRSTRLEN];
	const char *word;

	switch (options[opt].kind) {
	case KIND_FLAG:
		return json_true();
	case KIND_ADDR:
		return json_string(addr_text(o->from, stmt->rmirror.family, buf, sizeof(buf)));
	case KIND_NAME:
		return json_string(o->device);
	default:
		word = value_word(opt, o->value[opt], nft_output_numeric_symbol(octx));
		return word ? json_string(word) : json_integer(o->value[opt]);
	}
}

static json_t *rmirror_stmt_json(const struct stmt *stmt, struct output_ctx *octx)
{
	const struct expr *to = stmt->rmirror.to;
	json_t *object = json_object(), *root;
	enum rmirror_option opt;

	if (needs_family(stmt))
		json_object_set_new(object, "family", json_string(family_word(stmt->rmirror.family)));
	json_object_set_new(object, "to", expr_ops(to)->json(to, octx));
	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++) {
		if (stmt->rmirror.options->given & RMIRROR_BIT(opt))
			json_object_set_new(object, options[opt].word, value_json(stmt, opt, octx));
	}

	root = json_object();
	json_object_set_new(root, "rmirror", object);
	return root;
}
#endif

static void rmirror_stmt_destroy(struct stmt *stmt)
{
	enum rmirror_option opt;

	expr_free(stmt->rmirror.to);
	if (!stmt->rmirror.options)
		return;
	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++)
		expr_free(stmt->rmirror.options->arg[opt]);
	free(stmt->rmirror.options);
}

const struct stmt_ops rmirror_stmt_ops = {
	.type		= STMT_RMIRROR,
	.name		= "rmirror",
	.print		= rmirror_stmt_print,
#ifdef HAVE_LIBJANSSON
	.json		= rmirror_stmt_json,
#endif
	.destroy	= rmirror_stmt_destroy,
};

struct stmt *rmirror_stmt_alloc(const struct location *loc)
{
	struct stmt *stmt = stmt_alloc(loc, &rmirror_stmt_ops);

	stmt->rmirror.options = xzalloc(sizeof(*stmt->rmirror.options));
	return stmt;
}

/*
 * Arguments
 */

/* Takes @arg over; false if there is one already. */
bool rmirror_stmt_set_arg(struct stmt *stmt, enum rmirror_option opt, struct expr *arg)
{
	struct expr **place = &stmt->rmirror.options->arg[opt];

	if (*place) {
		expr_free(arg);
		return false;
	}
	*place = arg;
	return true;
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
		snprintf(error, size, "unknown member '%.64s', expected to, family, %s", word,
			 rmirror_option_words());
		return false;
	}
	if (!json_has_type(options[opt].kind, value, &expected)) {
		snprintf(error, size, "invalid %s, expected %s", word, expected);
		return false;
	}

	if (json_is_integer(value)) {
		snprintf(buf, sizeof(buf), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		text = buf;
	} else if (json_is_string(value)) {
		text = json_string_value(value);
		/* A number in quotes is not the name of a code point. */
		if (options[opt].kind == KIND_DSCP && !dscp_find(text, &dscp)) {
			snprintf(error, size, "invalid dscp '%.64s', expected %u..%u or a name such as "
				 "cs1, af11, ef", text, options[opt].min, options[opt].max);
			return false;
		}
	}
	rmirror_stmt_set_arg(stmt, opt, symbol_expr_alloc(&internal_location, SYMBOL_VALUE, NULL, text));
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
	char msg[256];

	/* No names: what they resolve to is not for a ruleset to find out. */
	if (to->etype == EXPR_SYMBOL && to->symtype == SYMBOL_VALUE) {
		if (family == NFPROTO_UNSPEC) {
			snprintf(msg, sizeof(msg),
				 "invalid collector '%.64s', expected an IPv4 or IPv6 address",
				 to->identifier);
			rmirror_error(msgs, &stmt->rmirror.to->location, msg);
			return -1;
		}
		if (stmt->rmirror.family != NFPROTO_UNSPEC && stmt->rmirror.family != family) {
			snprintf(msg, sizeof(msg),
				 "invalid collector '%.64s', expected an %s address after '%s'",
				 to->identifier,
				 stmt->rmirror.family == NFPROTO_IPV4 ? "IPv4" : "IPv6",
				 family_word(stmt->rmirror.family));
			rmirror_error(msgs, &stmt->rmirror.to->location, msg);
			return -1;
		}
	}
	if (stmt->rmirror.family != NFPROTO_UNSPEC)
		return 0;

	if (family == NFPROTO_UNSPEC &&
	    (table_family == NFPROTO_IPV4 || table_family == NFPROTO_IPV6))
		family = table_family;
	if (family == NFPROTO_UNSPEC) {
		rmirror_error(msgs, &stmt->rmirror.to->location,
			      "specify `rmirror ip to' or `rmirror ip6 to' to tell the family of the collector");
		return -1;
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

static uint32_t addr_len(const struct stmt *stmt)
{
	return stmt->rmirror.family == NFPROTO_IPV4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

/* As the kernel has it, less what a quoted string cannot hold. */
static bool is_device_name(const char *name, size_t max)
{
	const char *c;

	if (!*name || strlen(name) > max || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (c = name; *c; c++) {
		if (iscntrl((unsigned char)*c) || strchr(" /:\"*", *c))
			return false;
	}
	return true;
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

	switch (options[opt].kind) {
	case KIND_FLAG:
		return true;
	case KIND_ENCAP:
		return find_word(&encaps[0].word, sizeof(encaps[0]), array_size(encaps), text,
				 &o->value[opt]);
	case KIND_MTU:
		return find_word(mtus, sizeof(mtus[0]), array_size(mtus), text, &o->value[opt]);
	case KIND_ADDR:
		if (text_family(text) != stmt->rmirror.family)
			return false;
		return inet_pton(stmt->rmirror.family == NFPROTO_IPV4 ? AF_INET : AF_INET6, text,
				 o->from) == 1;
	case KIND_NAME:
		if (!is_device_name(text, options[opt].max))
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

static void expected_text(const struct stmt *stmt, enum rmirror_option opt, char *buf, size_t size)
{
	uint32_t encap = stmt->rmirror.options->value[RMIRROR_OPT_ENCAP];
	uint32_t min = option_min(opt, encap), max = option_max(opt, encap);
	char range[64];
	size_t i, len;

	snprintf(range, sizeof(range), "%u..%u", min, max);
	if (min != options[opt].min || max != options[opt].max) {
		len = strlen(range);
		snprintf(range + len, sizeof(range) - len, " with encap %s", encaps[encap].word);
	}

	switch (options[opt].kind) {
	case KIND_ENCAP:
		len = snprintf(buf, size, "one of ");
		encap_words(buf + len, size - len, RMIRROR_E_ALL);
		break;
	case KIND_MTU:
		len = snprintf(buf, size, "one of ");
		for (i = 0; i < array_size(mtus); i++)
			len += snprintf(buf + len, size - len, "%s%s", i ? ", " : "", mtus[i]);
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

static int eval_option(struct stmt *stmt, enum rmirror_option opt, struct list_head *msgs)
{
	struct rmirror_options *o = stmt->rmirror.options;
	const struct rmirror_option_row *row = &options[opt];
	uint32_t encap = o->value[RMIRROR_OPT_ENCAP];
	const struct expr *arg = o->arg[opt], *value;
	char expected[192], msg[384];
	bool known;

	if (!arg)
		return 0;
	if (!(row->encaps & RMIRROR_BIT(encap))) {
		snprintf(msg, sizeof(msg), "'%s' does not belong to encap %s, only to %s", row->word,
			 encaps[encap].word, encap_words(expected, sizeof(expected), row->encaps));
		rmirror_error(msgs, &arg->location, msg);
		return -1;
	}

	value = resolve(arg);
	known = value->etype == EXPR_SYMBOL && value->symtype == SYMBOL_VALUE;
	if (!known || !read_value(stmt, opt, value->identifier)) {
		expected_text(stmt, opt, expected, sizeof(expected));
		if (known)
			snprintf(msg, sizeof(msg), "invalid %s '%.64s', expected %s", row->word,
				 value->identifier, expected);
		else
			snprintf(msg, sizeof(msg), "invalid %s, expected %s", row->word, expected);
		rmirror_error(msgs, &arg->location, msg);
		return -1;
	}
	if (row->kind == KIND_ADDR &&
	    (is_unspecified(o->from, addr_len(stmt)) || is_multicast(o->from, addr_len(stmt)) ||
	     is_broadcast(o->from, addr_len(stmt)))) {
		snprintf(msg, sizeof(msg), "invalid %s '%.64s', expected a unicast address", row->word,
			 value->identifier);
		rmirror_error(msgs, &arg->location, msg);
		return -1;
	}
	o->given |= RMIRROR_BIT(opt);
	return 0;
}

static int eval_constant(const struct stmt *stmt, struct list_head *msgs)
{
	const struct expr *to = stmt->rmirror.to;
	uint8_t addr[sizeof(struct in6_addr)];
	uint32_t len = addr_len(stmt);
	char text[INET6_ADDRSTRLEN], msg[256];
	const char *why;

	mpz_export_data(addr, to->value, BYTEORDER_BIG_ENDIAN, len);
	if (is_unspecified(addr, len))
		why = "the unspecified address is nobody's";
	else if (is_broadcast(addr, len))
		why = "a copy is not broadcast";
	else if (is_multicast(addr, len) &&
		 !(stmt->rmirror.options->given & RMIRROR_BIT(RMIRROR_OPT_OIFNAME)))
		why = "a multicast address needs 'device'";
	else
		return 0;

	snprintf(msg, sizeof(msg), "invalid collector '%s', %s",
		 addr_text(addr, stmt->rmirror.family, text, sizeof(text)), why);
	rmirror_error(msgs, &to->location, msg);
	return -1;
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
	rmirror_error(msgs, &to->location,
		      "invalid collector, expected one address: ranges, prefixes and sets are several");
	return -1;
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
	drop_defaults(stmt->rmirror.options);
	return 0;
}

/*
 * Netlink
 */
void rmirror_stmt_build(const struct stmt *stmt, struct nftnl_expr *nle)
{
	const struct rmirror_options *o = stmt->rmirror.options;
	uint8_t addr[sizeof(struct in6_addr)];
	enum rmirror_option opt;
	uint32_t flags = 0;

	if (stmt->rmirror.to->etype == EXPR_VALUE) {
		mpz_export_data(addr, stmt->rmirror.to->value, BYTEORDER_BIG_ENDIAN, addr_len(stmt));
		nftnl_expr_set(nle, NFTNL_EXPR_RMIRROR_ADDR, addr, addr_len(stmt));
	} else {
		nftnl_expr_set_u32(nle, NFTNL_EXPR_RMIRROR_FAMILY, stmt->rmirror.family);
	}

	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++) {
		if (!(o->given & RMIRROR_BIT(opt)))
			continue;
		switch (options[opt].kind) {
		case KIND_FLAG:
			flags |= options[opt].flag;
			break;
		case KIND_ADDR:
			nftnl_expr_set(nle, options[opt].attr, o->from, addr_len(stmt));
			break;
		case KIND_NAME:
			nftnl_expr_set_str(nle, options[opt].attr, o->device);
			break;
		default:
			nftnl_expr_set_u32(nle, options[opt].attr, o->value[opt]);
			break;
		}
	}
	if (flags)
		nftnl_expr_set_u32(nle, NFTNL_EXPR_RMIRROR_FLAGS, flags);
}

static void parse_collector(struct stmt *stmt, const struct nftnl_expr *nle)
{
	const void *addr;
	uint32_t len;

	if (nftnl_expr_is_set(nle, NFTNL_EXPR_RMIRROR_FAMILY))
		stmt->rmirror.family = nftnl_expr_get_u32(nle, NFTNL_EXPR_RMIRROR_FAMILY);
	if (!nftnl_expr_is_set(nle, NFTNL_EXPR_RMIRROR_ADDR))
		return;

	addr = nftnl_expr_get(nle, NFTNL_EXPR_RMIRROR_ADDR, &len);
	stmt->rmirror.family = len == sizeof(struct in_addr) ? NFPROTO_IPV4 : NFPROTO_IPV6;
	stmt->rmirror.to = constant_expr_alloc(&stmt->location,
					       rmirror_addr_type(stmt->rmirror.family),
					       BYTEORDER_BIG_ENDIAN, len * BITS_PER_BYTE, addr);
}

void rmirror_stmt_parse(struct stmt *stmt, const struct nftnl_expr *nle)
{
	struct rmirror_options *o = stmt->rmirror.options;
	enum rmirror_option opt;
	const void *data;
	uint32_t len;

	parse_collector(stmt, nle);
	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++) {
		if (!nftnl_expr_is_set(nle, options[opt].attr))
			continue;
		switch (options[opt].kind) {
		case KIND_FLAG:
			if (!(nftnl_expr_get_u32(nle, options[opt].attr) & options[opt].flag))
				continue;
			break;
		case KIND_ADDR:
			data = nftnl_expr_get(nle, options[opt].attr, &len);
			if (len != addr_len(stmt))
				continue;
			memcpy(o->from, data, len);
			break;
		case KIND_NAME:
			snprintf(o->device, sizeof(o->device), "%s",
				 nftnl_expr_get_str(nle, options[opt].attr));
			break;
		default:
			o->value[opt] = nftnl_expr_get_u32(nle, options[opt].attr);
			break;
		}
		o->given |= RMIRROR_BIT(opt);
	}
	drop_defaults(o);
}
