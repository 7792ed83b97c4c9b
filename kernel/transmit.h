/* SPDX-License-Identifier: GPL-2.0-only */
/* Hand an outer packet to its neighbour. */
#ifndef _RMIRROR_TRANSMIT_H
#define _RMIRROR_TRANSMIT_H

#include <linux/skbuff.h>

#include "core.h"
#include "stats.h"

struct neighbour;

bool rmirror_transmit_refuses_bare(void);
unsigned int rmirror_transmit_gso_bytes(const struct sk_buff *skb);
enum rmirror_outcome rmirror_transmit(const struct rmirror *m, struct sk_buff *skb,
				      struct dst_entry *dst, struct neighbour *n,
				      const union nf_inet_addr *addr, unsigned int mtu,
				      enum rmirror_outcome outcome, unsigned int *bytes);

/**
 * rmirror_transmit_bytes - bytes that an outer packet will have on the wire
 * @skb: the packet; if it is a superframe, the sum of what it stands for
 */
static inline unsigned int rmirror_transmit_bytes(const struct sk_buff *skb)
{
	return skb_is_gso(skb) ? rmirror_transmit_gso_bytes(skb) : skb->len;
}

#endif /* _RMIRROR_TRANSMIT_H */
