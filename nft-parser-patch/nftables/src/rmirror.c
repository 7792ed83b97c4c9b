/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rmirror statement: mirror packets to a remote collector. How it is printed, and its
 * way to the kernel and back; rmirror_eval.c has what a user may write.
 *
 * Words, ranges, attributes and messages about values come from rmirror_rules.h and rmirror_tables.h, which all
 * other front ends are compiled with, too.
 */
#if __has_include(<nft.h>)
#include <nft.h>
#endif

#include <stdlib.h>
#include <stdio.h>
#include <stdint.h>
#include <inttypes.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/netfilter.h>
#include <libnftnl/expr.h>

#include <expression.h>
#include <statement.h>
#include <rule.h>
#include <gmputil.h>
#include <netlink.h>
#include <proto.h>
#include <utils.h>
#include <json.h>

/*
 * Default values are the same as none: they are not there.
 */
void rmirror_drop_defaults(struct rmirror_options *o)
{
	enum rmirror_option opt;

	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++) {
		if (rmirror_value_is_default(opt, o->value[RMIRROR_OPT_ENCAP], o->value[opt]))
			o->given &= ~RMIRROR_BIT(opt);
	}
}

/*
 * Text and JSON
 */
uint32_t rmirror_addr_len(const struct stmt *stmt)
{
	return stmt->rmirror.family == NFPROTO_IPV4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

const char *rmirror_addr_text(const void *addr, uint32_t family, char *buf, size_t size)
{
	return inet_ntop(family == NFPROTO_IPV4 ? AF_INET : AF_INET6, addr, buf, size);
}

/* The word of a number that has one, or NULL. Of code points nft may be asked for the number. */
static const char *value_word(enum rmirror_option opt, uint32_t value, const struct output_ctx *octx)
{
	if (rmirror_option_rows[opt].kind == RMIRROR_KIND_DSCP && nft_output_numeric_symbol(octx))
		return NULL;
	return rmirror_value_word(opt, value);
}

static void print_value(const struct stmt *stmt, enum rmirror_option opt, struct output_ctx *octx)
{
	const struct rmirror_options *o = stmt->rmirror.options;
	char text[RMIRROR_TEXT_MAX];
	const char *word;

	switch (rmirror_option_rows[opt].kind) {
	case RMIRROR_KIND_FLAG:
		break;
	case RMIRROR_KIND_ADDR:
		nft_print(octx, " %s", rmirror_addr_text(o->from, stmt->rmirror.family, text, sizeof(text)));
		break;
	case RMIRROR_KIND_NAME:
		nft_print(octx, " \"%s\"", o->device);
		break;
	default:
		word = value_word(opt, o->value[opt], octx);
		if (!word && opt == RMIRROR_OPT_MARK)
			nft_print(octx, " 0x%08x", o->value[opt]);
		else if (!word)
			nft_print(octx, " %u", o->value[opt]);
		else
			nft_print(octx, " %s", word);
		break;
	}
}

const char *rmirror_family_word(uint32_t family)
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
		nft_print(octx, " %s", rmirror_family_word(stmt->rmirror.family));
	nft_print(octx, " to ");
	expr_print(stmt->rmirror.to, octx);

	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++) {
		if (opt == RMIRROR_OPT_KEY && stmt->rmirror.key) {
			nft_print(octx, " %s ", rmirror_option_rows[opt].word);
			expr_print(stmt->rmirror.key, octx);
		} else if (stmt->rmirror.options->given & RMIRROR_BIT(opt)) {
			nft_print(octx, " %s", rmirror_option_rows[opt].word);
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

	switch (rmirror_option_rows[opt].kind) {
	case RMIRROR_KIND_FLAG:
		return json_true();
	case RMIRROR_KIND_ADDR:
		return json_string(rmirror_addr_text(o->from, stmt->rmirror.family, buf, sizeof(buf)));
	case RMIRROR_KIND_NAME:
		return json_string(o->device);
	default:
		word = value_word(opt, o->value[opt], octx);
		return word ? json_string(word) : json_integer(o->value[opt]);
	}
}

static json_t *rmirror_stmt_json(const struct stmt *stmt, struct output_ctx *octx)
{
	const struct expr *to = stmt->rmirror.to, *key = stmt->rmirror.key;
	json_t *object = json_object(), *root;
	enum rmirror_option opt;

	if (needs_family(stmt))
		json_object_set_new(object, "family", json_string(rmirror_family_word(stmt->rmirror.family)));
	json_object_set_new(object, "to", expr_ops(to)->json(to, octx));
	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++) {
		if (opt == RMIRROR_OPT_KEY && key)
			json_object_set_new(object, rmirror_option_rows[opt].word, expr_ops(key)->json(key, octx));
		else if (stmt->rmirror.options->given & RMIRROR_BIT(opt))
			json_object_set_new(object, rmirror_option_rows[opt].word, value_json(stmt, opt, octx));
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
	expr_free(stmt->rmirror.key);
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
 * Netlink
 */
void rmirror_stmt_build(const struct stmt *stmt, struct nftnl_expr *nle)
{
	const struct rmirror_options *o = stmt->rmirror.options;
	uint8_t addr[sizeof(struct in6_addr)];
	enum rmirror_option opt;
	uint32_t flags = 0;

	if (stmt->rmirror.to->etype == EXPR_VALUE) {
		mpz_export_data(addr, stmt->rmirror.to->value, BYTEORDER_BIG_ENDIAN, rmirror_addr_len(stmt));
		nftnl_expr_set(nle, NFTNL_EXPR_RMIRROR_ADDR, addr, rmirror_addr_len(stmt));
	} else {
		nftnl_expr_set_u32(nle, NFTNL_EXPR_RMIRROR_FAMILY, stmt->rmirror.family);
	}

	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++) {
		if (!(o->given & RMIRROR_BIT(opt)))
			continue;
		switch (rmirror_option_rows[opt].kind) {
		case RMIRROR_KIND_FLAG:
			flags |= rmirror_option_rows[opt].flag;
			break;
		case RMIRROR_KIND_ADDR:
			nftnl_expr_set(nle, rmirror_option_rows[opt].attr, o->from, rmirror_addr_len(stmt));
			break;
		case RMIRROR_KIND_NAME:
			nftnl_expr_set_str(nle, rmirror_option_rows[opt].attr, o->device);
			break;
		default:
			nftnl_expr_set_u32(nle, rmirror_option_rows[opt].attr, o->value[opt]);
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
		if (!nftnl_expr_is_set(nle, rmirror_option_rows[opt].attr))
			continue;
		switch (rmirror_option_rows[opt].kind) {
		case RMIRROR_KIND_FLAG:
			if (!(nftnl_expr_get_u32(nle, rmirror_option_rows[opt].attr) & rmirror_option_rows[opt].flag))
				continue;
			break;
		case RMIRROR_KIND_ADDR:
			data = nftnl_expr_get(nle, rmirror_option_rows[opt].attr, &len);
			if (len != rmirror_addr_len(stmt))
				continue;
			memcpy(o->from, data, len);
			break;
		case RMIRROR_KIND_NAME:
			snprintf(o->device, sizeof(o->device), "%s",
				 nftnl_expr_get_str(nle, rmirror_option_rows[opt].attr));
			break;
		default:
			o->value[opt] = nftnl_expr_get_u32(nle, rmirror_option_rows[opt].attr);
			break;
		}
		o->given |= RMIRROR_BIT(opt);
	}
	rmirror_drop_defaults(o);
}
