/* SPDX-License-Identifier: GPL-2.0-only */
/* The netlink attributes of the expression: enum nft_rmirror_attributes. */
#ifndef _RMIRROR_CHAIN_ATTRIBUTES_H
#define _RMIRROR_CHAIN_ATTRIBUTES_H

#include <stdbool.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/rmirror.h>

/* Puts what stands in NFTA_EXPR_DATA. */
void attributes_put(struct nlmsghdr *nlh, const struct xt_rmirror_tginfo_v1 *info);

/**
 * attributes_get - from NFTA_EXPR_DATA
 * @data: that attribute, from the kernel
 * @info: the statement
 *
 * Return: false if the statement's collector or key is in a register, or if it has something that
 * is not known here.
 */
bool attributes_get(const struct nlattr *data, struct xt_rmirror_tginfo_v1 *info);

#endif /* _RMIRROR_CHAIN_ATTRIBUTES_H */
