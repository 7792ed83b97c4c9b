/* SPDX-License-Identifier: GPL-2.0-only */
static void netlink_gen_rmirror_stmt(struct netlink_linearize_ctx *ctx,
				     const struct stmt *stmt)
{
	const struct expr *to = stmt->rmirror.to, *key = stmt->rmirror.key;
	bool in_register = to->etype != EXPR_VALUE;
	enum nft_registers sreg;
	struct nftnl_expr *nle;

	nle = alloc_nft_expr("rmirror");
	rmirror_stmt_build(stmt, nle);

	if (in_register) {
		sreg = get_register(ctx, to);
		netlink_gen_expr(ctx, to, sreg);
		netlink_put_register(nle, NFTNL_EXPR_RMIRROR_SREG_ADDR, sreg);
	}
	if (key) {
		sreg = __get_register(ctx, NFT_REG32_SIZE * BITS_PER_BYTE);
		netlink_gen_expr(ctx, key, sreg);
		netlink_put_register(nle, NFTNL_EXPR_RMIRROR_SREG_KEY, sreg);
		__release_register(ctx, NFT_REG32_SIZE * BITS_PER_BYTE);
	}
	if (in_register)
		release_register(ctx, to);

	nft_rule_add_expr(ctx, nle, &stmt->location);
}

