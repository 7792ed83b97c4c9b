/* SPDX-License-Identifier: GPL-2.0-only */
/* Is the packet a copy itself? */
#ifndef _RMIRROR_LOOP_H
#define _RMIRROR_LOOP_H

#include "collector.h"
#include "encap/udp.h"
#include "frame.h"
#include "netns.h"

/* What a packet is to the mirrors of a netns */
enum rmirror_kin {
	RMIRROR_NO_KIN,
	RMIRROR_COPY,		/* a copy, or an answer to one */
	RMIRROR_MAYBE_COPY,	/* a copy of a copy, by what is in it */
};

enum rmirror_kin rmirror_loop_kin(struct rmirror_net *rn, const struct rmirror_frame *frame);
bool rmirror_loop_quotes_ours(struct rmirror_net *rn, const struct sk_buff *skb, int off,
			      u8 family);

/*
 * The flow hash of a copy that may come back in disguise has 4 bits of its flow,
 * twice, as queues are chosen by the upper bits of a hash or by the lower ones. The
 * rest is the tag. So few bits, as each doubles the number of originals whose hash is
 * by chance what it must not be: one in 2^28 of those whose hash software has made.
 */
#define RMIRROR_TAG_FLOW_SHIFT	28

/**
 * rmirror_loop_tag - a flow hash that tells of a copy
 * @rn: the netns
 * @hash: that of its flow
 */
static inline u32 rmirror_loop_tag(const struct rmirror_net *rn, u32 hash)
{
	const u32 flow = hash >> RMIRROR_TAG_FLOW_SHIFT;

	return rn->tag ^ (flow << RMIRROR_TAG_FLOW_SHIFT | flow);
}

/* Is it such a hash? */
static __always_inline bool rmirror_loop_has_tag(const struct rmirror_net *rn, u32 hash)
{
	const u32 flow = hash ^ rn->tag;

	return (flow & ((1U << RMIRROR_TAG_FLOW_SHIFT) - 1)) == flow >> RMIRROR_TAG_FLOW_SHIFT;
}

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

	if (unlikely(rmirror_loop_has_tag(rn, frame->skb->hash)))
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
