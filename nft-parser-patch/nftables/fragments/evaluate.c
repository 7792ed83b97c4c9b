/* SPDX-License-Identifier: GPL-2.0-only */
static int stmt_evaluate_rmirror(struct eval_ctx *ctx, struct stmt *stmt)
{
	struct expr *to = stmt->rmirror.to;
	const struct datatype *dtype;

	/* The type of a named map tells the family of the collectors in it. */
	if (to->etype == EXPR_MAP && to->mappings->etype == EXPR_SYMBOL) {
		if (expr_evaluate(ctx, &to->mappings) < 0)
			return -1;
		if (to->mappings->etype != EXPR_SET_REF ||
		    !set_is_datamap(to->mappings->set->flags))
			return expr_error(ctx->msgs, to->mappings,
					  "Expression is not a map");
	}

	if (rmirror_stmt_eval_family(stmt, ctx->rule->handle.family, ctx->msgs) < 0)
		return -1;

	dtype = rmirror_addr_type(stmt->rmirror.family);
	if (stmt_evaluate_arg(ctx, stmt, dtype, dtype->size,
			      BYTEORDER_BIG_ENDIAN, &stmt->rmirror.to) < 0)
		return -1;

	return rmirror_stmt_eval_options(stmt, ctx->msgs);
}

