/* SPDX-License-Identifier: GPL-2.0-only */
/* The differences between kernels that concern nf_tables; see compat.h. */
#ifndef _RMIRROR_COMPAT_NFT_H
#define _RMIRROR_COMPAT_NFT_H

#include <net/netfilter/nf_tables.h>

#include "compat.h"

/*
 * nft_expr_ops::dump is told whether to reset, or is not. Defines both functions, for
 * RMIRROR_COMPAT_DUMP, from one that is.
 */
#define RMIRROR_COMPAT_DEFINE_DUMP(function)						\
static int __maybe_unused function##_keep(struct sk_buff *skb, const struct nft_expr *expr)	\
{											\
	return function(skb, expr, false);						\
}

#define RMIRROR_COMPAT_DUMP(function)							\
	__builtin_choose_expr(__builtin_types_compatible_p(				\
		typeof(((const struct nft_expr_ops *)NULL)->dump),				\
		int (*)(struct sk_buff *, const struct nft_expr *)),			\
		function##_keep, function)

/*
 * nft_expr_ops::validate is given a place for data of an offload, or is not. Likewise, for
 * RMIRROR_COMPAT_VALIDATE, from one that is not.
 */
#define RMIRROR_COMPAT_DEFINE_VALIDATE(function)					\
static int __maybe_unused function##_data(const struct nft_ctx *ctx,			\
					  const struct nft_expr *expr,			\
					  const struct nft_data **data)			\
{											\
	return function(ctx, expr);							\
}

#define RMIRROR_COMPAT_VALIDATE(function)						\
	__builtin_choose_expr(__builtin_types_compatible_p(				\
		typeof(((const struct nft_expr_ops *)NULL)->validate),			\
		int (*)(const struct nft_ctx *, const struct nft_expr *,		\
			const struct nft_data **)),					\
		function##_data, function)

/* A register is looked at in the context of its chain, or by its number alone. */
#ifndef RMIRROR_HAVE_REGISTER_LOAD_CTX
#define nft_parse_register_load(ctx, attr, sreg, len) nft_parse_register_load(attr, sreg, len)
#endif

/* nft_expr_ops::reduce came and went. */
#ifdef NFT_REDUCE_READONLY
#define RMIRROR_COMPAT_REDUCE .reduce = NFT_REDUCE_READONLY,
#else
#define RMIRROR_COMPAT_REDUCE
#endif

#endif /* _RMIRROR_COMPAT_NFT_H */
