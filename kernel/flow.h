/* SPDX-License-Identifier: GPL-2.0-only */
/* The flow that a frame belongs to. */
#ifndef _RMIRROR_FLOW_H
#define _RMIRROR_FLOW_H

#include <linux/hash.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <net/ip.h>

#include "inner.h"

u32 __rmirror_flow_hash(const struct sk_buff *copy);

/* Two numbers, whichever comes first */
static inline u64 rmirror_flow_of_ends(u32 a, u32 b)
{
	return (u64)(a + b) << 32 | (a ^ b);
}

static inline u64 rmirror_flow_of_ports(const __be16 *ports)
{
	return rmirror_flow_of_ends((__force u16)get_unaligned(&ports[0]),
				    (__force u16)get_unaligned(&ports[1]));
}

static inline u64 rmirror_flow4(const struct iphdr *iph, u64 ports)
{
	return rmirror_flow_of_ends((__force u32)get_unaligned(&iph->saddr),
				    (__force u32)get_unaligned(&iph->daddr)) ^
	       (ports + iph->protocol) * GOLDEN_RATIO_64;
}

static inline u32 rmirror_flow_fold(u64 flow)
{
	return hash_64(flow, 32) ?: 1;
}

/**
 * rmirror_flow_hash - a symmetric hash of the flow
 * @copy: the frame, before anything is pushed
 *
 * Return: not 0; its upper bits are as good as its lower ones.
 */
static __always_inline u32 rmirror_flow_hash(const struct sk_buff *copy)
{
	const int off = skb_network_offset(copy);
	const struct iphdr *iph = (const struct iphdr *)(copy->data + off);
	const __be16 *ports = (const __be16 *)(iph + 1);

	/* As most are */
	if (copy->protocol == htons(ETH_P_IP) &&
	    off + (int)(sizeof(*iph) + 2 * sizeof(*ports)) <= (int)skb_headlen(copy) &&
	    (iph->protocol == IPPROTO_TCP || iph->protocol == IPPROTO_UDP) &&
	    rmirror_inner_hlen4(iph) == sizeof(*iph) &&
	    !rmirror_inner_is_fragment4(iph))
		return rmirror_flow_fold(rmirror_flow4(iph, rmirror_flow_of_ports(ports)));
	return __rmirror_flow_hash(copy);
}

#endif /* _RMIRROR_FLOW_H */
