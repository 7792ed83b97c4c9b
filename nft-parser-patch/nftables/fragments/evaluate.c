/* SPDX-License-Identifier: GPL-2.0-only */
/* Before the rest: the type of a named map tells the family of the collectors in it. */
static int stmt_evaluate_rmirror_map(struct eval_ctx *ctx, struct expr *map)
{
	struct expr *mappings;

	if (map->mappings->etype == EXPR_VARIABLE) {
		mappings = expr_clone(map->mappings->sym->expr);
		expr_free(map->mappings);
		map->mappings = mappings;
	}
	if (map->mappings->etype == EXPR_SET)
		return 0;
	if (map->mappings->etype == EXPR_SYMBOL &&
	    map->mappings->symtype == SYMBOL_SET &&
	    expr_evaluate(ctx, &map->mappings) < 0)
		return -1;
	if (map->mappings->etype != EXPR_SET_REF ||
	    !set_is_datamap(map->mappings->set->flags))
		return expr_error(ctx->msgs, map->mappings,
				  "Expression is not a map");
	return 0;
}

/* Any number; in a map without a name they are marks. */
static int stmt_evaluate_rmirror_key(struct eval_ctx *ctx, struct stmt *stmt)
{
	struct expr *key = stmt->rmirror.key;

	if (!key)
		return 0;
	if (key->etype == EXPR_MAP && stmt_evaluate_rmirror_map(ctx, key) < 0)
		return -1;

	__expr_set_context(&ctx->ectx, &mark_type, BYTEORDER_HOST_ENDIAN,
			   4 * BITS_PER_BYTE, 0);
	if (expr_evaluate(ctx, &stmt->rmirror.key) < 0)
		return -1;

	return rmirror_stmt_eval_key(stmt, ctx->msgs);
}

static int stmt_evaluate_rmirror(struct eval_ctx *ctx, struct stmt *stmt)
{
	struct expr *to = stmt->rmirror.to;
	const struct datatype *dtype;

	if (to->etype == EXPR_MAP && stmt_evaluate_rmirror_map(ctx, to) < 0)
		return -1;
	if (rmirror_stmt_eval_family(stmt, ctx->rule->handle.family, ctx->msgs) < 0)
		return -1;

	dtype = rmirror_addr_type(stmt->rmirror.family);
	if (stmt_evaluate_arg(ctx, stmt, dtype, dtype->size,
			      BYTEORDER_BIG_ENDIAN, &stmt->rmirror.to) < 0)
		return -1;

	if (rmirror_stmt_eval_options(stmt, ctx->msgs) < 0)
		return -1;

	return stmt_evaluate_rmirror_key(ctx, stmt);
}

