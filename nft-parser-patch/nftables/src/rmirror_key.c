/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The key of the rmirror statement as an expression: a number, which is brought to a register in host
 * byte order. How it gets back into its form is in netlink_delinearize.c.
 */
#if __has_include(<nft.h>)
#include <nft.h>
#endif

#include <stdio.h>
#include <stdint.h>

#include <expression.h>
#include <statement.h>
#include <rule.h>
#include <erec.h>
#include <netlink.h>
#include <utils.h>

/* Every header has its fields in network byte order. */
static bool is_swapped(const struct expr *expr)
{
	return expr->byteorder == BYTEORDER_BIG_ENDIAN && expr->len > BITS_PER_BYTE;
}

/* Takes over @expr. */
static struct expr *to_host_order(struct expr *expr)
{
	struct expr *host = unary_expr_alloc(&expr->location, OP_NTOH, expr);

	expr_set_type(host, expr->dtype, BYTEORDER_HOST_ENDIAN);
	host->len = round_up(expr->len, BITS_PER_BYTE);
	return host;
}

/* A field of some bits that are not the last of their bytes: nft masks and shifts them. */
static bool is_shifted_field(const struct expr *expr)
{
	return expr->etype == EXPR_BINOP && expr->op == OP_RSHIFT && is_swapped(expr->left);
}

/* Is such a field a part of this, where nft would shift it in the wrong byte order? */
static bool has_shifted_field(const struct expr *expr, bool is_part)
{
	if (is_part && is_shifted_field(expr))
		return true;
	switch (expr->etype) {
	case EXPR_BINOP:
		return has_shifted_field(expr->left, true) || has_shifted_field(expr->right, true);
	case EXPR_UNARY:
		return has_shifted_field(expr->arg, true);
	default:
		return false;
	}
}

/* What there is of registers, in bytes */
#define ALL_REGISTERS	(4 * NFT_REG_SIZE)

/* Registers that an expression takes beside that of its value: for what is looked up or hashed */
static unsigned int scratch_bytes(const struct expr *expr)
{
	const struct expr *part = NULL;

	if (expr->etype == EXPR_MAP)
		part = expr->map;
	else if (expr->etype == EXPR_HASH)
		part = expr->hash.expr;
	if (!part)
		return 0;
	return part->etype == EXPR_CONCAT ? div_round_up(part->len, BITS_PER_BYTE) : NFT_REG_SIZE;
}

static unsigned int collector_bytes(const struct stmt *stmt)
{
	return stmt->rmirror.to->etype == EXPR_VALUE ? 0 : NFT_REG_SIZE;
}

/* The ports of a connection have no type in some versions of nft. */
static bool is_number(const struct expr *expr)
{
	enum datatypes type = expr_basetype(expr)->type;

	if (expr->etype == EXPR_CONCAT || (type != TYPE_INTEGER && type != TYPE_INVALID))
		return false;
	switch (div_round_up(expr->len, BITS_PER_BYTE)) {
	case 1:
	case 2:
	case 4:
		return true;
	default:
		return false;
	}
}

static int check_key(const struct stmt *stmt, struct list_head *msgs)
{
	const struct expr *key = stmt->rmirror.key;
	char expected[RMIRROR_TEXT_MAX], msg[2 * RMIRROR_TEXT_MAX];

	if (key->etype == EXPR_MAP ? key->mappings->set->data->flags & EXPR_F_INTERVAL : expr_is_constant(key)) {
		rmirror_text_expected(expected, RMIRROR_OPT_KEY, stmt->rmirror.options->value[RMIRROR_OPT_ENCAP],
				      stmt->rmirror.family);
		snprintf(msg, sizeof(msg), "invalid key, expected %s or an expression", expected);
	} else if (!is_number(key)) {
		snprintf(msg, sizeof(msg), "datatype mismatch: expected a number of 8, 16 or 32 bits, "
			 "expression has type %s with length %u", key->dtype->desc, key->len);
	} else if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && key->len < NFT_REG32_SIZE * BITS_PER_BYTE) {
		/* It is at the beginning of its register, which there are the upper bits. */
		snprintf(msg, sizeof(msg), "invalid key, on this machine it has to be a number of 32 bits");
	} else if (has_shifted_field(key, false)) {
		snprintf(msg, sizeof(msg), "invalid key, this field of some bits cannot be a part of an operation");
	} else if (collector_bytes(stmt) + NFT_REG32_SIZE + scratch_bytes(key) > ALL_REGISTERS) {
		snprintf(msg, sizeof(msg), "invalid key, this needs more registers than there are");
	} else {
		return 0;
	}
	return rmirror_error(msgs, &key->location, msg);
}

/**
 * rmirror_stmt_eval_key - check a key that is an expression, and bring it to host byte order
 * @stmt:	rmirror statement, with the key evaluated
 * @msgs:	for an error
 */
int rmirror_stmt_eval_key(struct stmt *stmt, struct list_head *msgs)
{
	struct expr *key = stmt->rmirror.key;
	const struct expr *data;

	if (key->etype == EXPR_MAP) {
		/* nft leaves these as they were before the map was known. */
		data = key->mappings->set->data;
		key->len = data->len;
		key->byteorder = data->byteorder;
	}
	if (check_key(stmt, msgs) < 0)
		return -1;
	if (is_shifted_field(key)) {
		key->left = to_host_order(key->left);
		key->byteorder = BYTEORDER_HOST_ENDIAN;
	} else if (is_swapped(key)) {
		stmt->rmirror.key = to_host_order(key);
	}
	return 0;
}
