// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the packet a copy itself?
 *
 * A copy that is mirrored again feeds on itself: on this host, between two
 * hosts that mirror each other's copies, or through a collector that answers
 * each with an ICMP error. The recursion guard stops what happens on one stack;
 * this stops the rest, by what the packet is: outer packets of the rule's
 * encapsulation to or from its collector, and ICMP errors that quote one.
 */

#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <net/icmp.h>
#include <net/ip.h>

#include "encap.h"

static bool is_copy4(const struct rmirror *m, const struct sk_buff *skb, int off,
		     const struct iphdr *iph)
{
	if (iph->protocol != m->encap->proto)
		return false;
	if (iph->daddr != m->conf.addr.ip && iph->saddr != m->conf.addr.ip)
		return false;
	/* Of a fragment but the first, nothing more can be told. */
	return iph->frag_off & htons(IP_OFFSET) ||
	       m->encap->owns(skb, off + iph->ihl * 4);
}

static bool quotes_copy4(const struct rmirror *m, const struct sk_buff *skb, int off)
{
	struct icmphdr *icmph, icmpbuf;
	struct iphdr *iph, ipbuf;

	icmph = skb_header_pointer(skb, off, sizeof(icmpbuf), &icmpbuf);
	if (!icmph || !icmp_is_err(icmph->type))
		return false;
	off += sizeof(*icmph);
	iph = skb_header_pointer(skb, off, sizeof(ipbuf), &ipbuf);
	return iph && iph->ihl >= 5 && is_copy4(m, skb, off, iph);
}

/**
 * rmirror_loop_match - tell a copy from an original
 * @m: the mirror it would be copied by
 * @frame: the packet
 *
 * Trusts nothing: on netdev hooks no header has been checked by anyone.
 */
bool rmirror_loop_match(const struct rmirror *m, const struct rmirror_frame *frame)
{
	const struct sk_buff *skb = frame->skb;
	int off = rmirror_frame_l3_offset(frame);
	struct iphdr *iph, buf;

	if (frame->proto != htons(ETH_P_IP))
		return false;
	iph = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!iph || iph->ihl < 5)
		return false;
	if (iph->protocol == IPPROTO_ICMP && !(iph->frag_off & htons(IP_OFFSET)))
		return quotes_copy4(m, skb, off + iph->ihl * 4);
	return is_copy4(m, skb, off, iph);
}
