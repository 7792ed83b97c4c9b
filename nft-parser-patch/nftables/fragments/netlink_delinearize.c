/* SPDX-License-Identifier: GPL-2.0-only */
static void netlink_parse_rmirror(struct netlink_parse_ctx *ctx,
				  const struct location *loc,
				  const struct nftnl_expr *nle)
{
	enum nft_registers reg;
	struct expr *to, *key;
	struct stmt *stmt;

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

	reg = netlink_parse_register(nle, NFTNL_EXPR_RMIRROR_SREG_KEY);
	if (reg) {
		key = netlink_get_register(ctx, loc, reg);
		if (!key) {
			netlink_error(ctx, loc,
				      "rmirror statement has no key expression");
			stmt_free(stmt);
			return;
		}
		if (key->etype == EXPR_VALUE)
			expr_set_type(key, &integer_type, BYTEORDER_HOST_ENDIAN);
		stmt->rmirror.key = key;
	}

	ctx->stmt = stmt;
}

