/* SPDX-License-Identifier: GPL-2.0-only */
static void netlink_gen_rmirror_stmt(struct netlink_linearize_ctx *ctx,
				     const struct stmt *stmt)
{
	const struct expr *to = stmt->rmirror.to;
	enum nft_registers sreg;
	struct nftnl_expr *nle;

	nle = alloc_nft_expr("rmirror");
	rmirror_stmt_build(stmt, nle);

	if (to->etype != EXPR_VALUE) {
		sreg = get_register(ctx, to);
		netlink_gen_expr(ctx, to, sreg);
		netlink_put_register(nle, NFTNL_EXPR_RMIRROR_SREG_ADDR, sreg);
		release_register(ctx, to);
	}

	nft_rule_add_expr(ctx, nle, &stmt->location);
}

