/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A field of some bits is masked, brought to host order and shifted; it is shown as it was written: as
 * the field.
 */
static struct expr *rmirror_key_field(struct rule_pp_ctx *ctx, struct expr *key)
{
	unsigned int offset;
	uint32_t shift = 0;
	struct expr *and;

	and = key;
	if (and->etype == EXPR_BINOP && and->op == OP_RSHIFT && and->right->etype == EXPR_VALUE) {
		/* as it was in the message, in host byte order */
		mpz_export_data(&shift, and->right->value, BYTEORDER_BIG_ENDIAN, sizeof(shift));
		and = and->left;
	}
	if (and->etype == EXPR_UNARY)
		and = and->arg;
	if (and->etype != EXPR_BINOP || and->op != OP_AND || and->right->etype != EXPR_VALUE ||
	    mpz_scan1(and->right->value, 0) != shift)
		return NULL;

	switch (and->left->etype) {
	case EXPR_PAYLOAD:
		if (payload_expr_trim(and->left, and->right, rmirror_proto_ctx(ctx), &offset))
			return and->left;
		break;
	case EXPR_EXTHDR:
		if (exthdr_find_template(and->left, and->right, &offset))
			return and->left;
		break;
	default:
		break;
	}
	return NULL;
}

static void rmirror_replace_expr(struct expr **exprp, struct expr *part)
{
	expr_get(part);
	expr_free(*exprp);
	*exprp = part;
}

/*
 * As expr_postprocess(), which loses a shift of what is masked. Nothing shows changes of the byte order; they
 * are taken out, because nft misses the braces around what is behind one.
 */
static void rmirror_key_postprocess(struct rule_pp_ctx *ctx, struct expr **keyp)
{
	struct expr *key = *keyp, *field = rmirror_key_field(ctx, key);
	bool is_shift, in_host_order;

	if (field)
		rmirror_replace_expr(keyp, field);
	if (field || (key->etype != EXPR_UNARY && key->etype != EXPR_BINOP)) {
		expr_postprocess(ctx, keyp);
		return;
	}
	if (key->etype == EXPR_UNARY) {
		rmirror_replace_expr(keyp, key->arg);
		rmirror_key_postprocess(ctx, keyp);
		expr_set_type(*keyp, (*keyp)->dtype, BYTEORDER_HOST_ENDIAN);
		return;
	}

	rmirror_key_postprocess(ctx, &key->left);
	is_shift = key->op == OP_LSHIFT || key->op == OP_RSHIFT;
	in_host_order = is_shift || key->right->len > key->left->len;
	expr_set_type(key->right, is_shift ? &integer_type : key->left->dtype,
		      in_host_order ? BYTEORDER_HOST_ENDIAN : key->left->byteorder);
	expr_postprocess(ctx, &key->right);
	expr_set_type(key, is_shift ? &integer_type : key->left->dtype,
		      is_shift ? BYTEORDER_HOST_ENDIAN : key->left->byteorder);
}

