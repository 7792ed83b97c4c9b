/* SPDX-License-Identifier: GPL-2.0-only */
/* Is the packet a copy itself? */
#ifndef _RMIRROR_LOOP_H
#define _RMIRROR_LOOP_H

#include "collector.h"
#include "encap/udp.h"
#include "frame.h"

/* What a packet is to the mirrors of a netns */
enum rmirror_kin {
	RMIRROR_NO_KIN,
	RMIRROR_COPY,		/* a copy, or an answer to one */
	RMIRROR_MAYBE_COPY,	/* a copy of a copy, by what is in it */
};

enum rmirror_kin rmirror_loop_kin(struct rmirror_net *rn, const struct rmirror_frame *frame);
bool rmirror_loop_quotes_ours(struct rmirror_net *rn, const struct sk_buff *skb, int off,
			      u8 family);

/* Is it UDP that is no encapsulation, neither by its port nor by what it holds? */
static __always_inline bool rmirror_loop_is_other_udp(const struct rmirror_net *rn,
						      const struct sk_buff *skb, int off)
{
	const void *header = skb->data + off;
	const struct udphdr *uh = header;

	if (off + (int)(sizeof(*uh) + sizeof(__be32)) > (int)skb_headlen(skb))
		return false;
	return !rmirror_collector_port_maybe(rn, ntohs(uh->dest)) &&
	       rmirror_udp_form(get_unaligned((const __be32 *)(header + sizeof(*uh)))) ==
	       RMIRROR_UDP_OTHER;
}

/**
 * rmirror_loop_is_stranger - is it plain to see that a packet is no copy?
 * @rn: the netns
 * @frame: the packet
 *
 * Return: false if rmirror_loop_kin() has to look.
 */
static __always_inline bool rmirror_loop_is_stranger(const struct rmirror_net *rn,
						     const struct rmirror_frame *frame)
{
	const int off = rmirror_frame_l3_offset(frame);
	const void *header = frame->skb->data + off;
	const int linear = (int)skb_headlen(frame->skb) - off;

	if (unlikely(frame->skb->hash == rn->tag))
		return false;
	if (frame->proto == htons(ETH_P_IP) && linear >= (int)sizeof(struct iphdr)) {
		const struct iphdr *iph = header;

		if (iph->protocol == IPPROTO_TCP)
			return true;
		return iph->protocol == IPPROTO_UDP && iph->ihl == 5 && !ip_is_fragment(iph) &&
		       rmirror_loop_is_other_udp(rn, frame->skb, off + sizeof(*iph));
	}
	if (frame->proto == htons(ETH_P_IPV6) && linear >= (int)sizeof(struct ipv6hdr)) {
		const struct ipv6hdr *ip6h = header;

		if (ip6h->nexthdr == IPPROTO_TCP)
			return true;
		return ip6h->nexthdr == IPPROTO_UDP &&
		       rmirror_loop_is_other_udp(rn, frame->skb, off + sizeof(*ip6h));
	}
	return false;
}

#endif /* _RMIRROR_LOOP_H */
