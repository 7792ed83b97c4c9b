/* SPDX-License-Identifier: GPL-2.0-only */
static void netlink_parse_rmirror(struct netlink_parse_ctx *ctx,
				  const struct location *loc,
				  const struct nftnl_expr *nle)
{
	enum nft_registers reg;
	struct stmt *stmt;
	struct expr *to;

	stmt = rmirror_stmt_alloc(loc);
	rmirror_stmt_parse(stmt, nle);

	reg = netlink_parse_register(nle, NFTNL_EXPR_RMIRROR_SREG_ADDR);
	if (reg) {
		to = netlink_get_register(ctx, loc, reg);
		if (to) {
			expr_set_type(to, rmirror_addr_type(stmt->rmirror.family),
				      BYTEORDER_BIG_ENDIAN);
			stmt->rmirror.to = to;
		}
	}
	if (!stmt->rmirror.to) {
		netlink_error(ctx, loc,
			      "rmirror statement has no collector expression");
		stmt_free(stmt);
		return;
	}

	ctx->stmt = stmt;
}

