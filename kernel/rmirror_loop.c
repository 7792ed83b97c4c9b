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
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "encap.h"

static bool is_copy4(const struct rmirror *m, const struct sk_buff *skb, int off,
		     const struct iphdr *iph)
{
	if (m->conf.family != NFPROTO_IPV4 || iph->protocol != m->encap->proto)
		return false;
	if (iph->daddr != m->conf.addr.ip && iph->saddr != m->conf.addr.ip)
		return false;
	/* Of a fragment but the first, nothing more can be told. */
	return iph->frag_off & htons(IP_OFFSET) ||
	       m->encap->owns(m, skb, off + iph->ihl * 4);
}

static bool match4(const struct rmirror *m, const struct sk_buff *skb, int off)
{
	struct icmphdr *icmph, icmpbuf;
	struct iphdr *iph, buf;

	iph = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!iph || iph->ihl < 5)
		return false;
	if (iph->protocol != IPPROTO_ICMP || iph->frag_off & htons(IP_OFFSET))
		return is_copy4(m, skb, off, iph);

	off += iph->ihl * 4;
	icmph = skb_header_pointer(skb, off, sizeof(icmpbuf), &icmpbuf);
	if (!icmph || !icmp_is_err(icmph->type))
		return false;
	off += sizeof(*icmph);
	iph = skb_header_pointer(skb, off, sizeof(buf), &buf);
	return iph && iph->ihl >= 5 && is_copy4(m, skb, off, iph);
}

/* The protocol after all extension headers, its offset in *@off; -1 if it is not there */
static int transport6(const struct sk_buff *skb, int *off, u8 nexthdr, __be16 *frag_off)
{
	*off = ipv6_skip_exthdr(skb, *off + sizeof(struct ipv6hdr), &nexthdr, frag_off);
	return *off < 0 ? -1 : nexthdr;
}

static bool is_copy6(const struct rmirror *m, const struct sk_buff *skb, int off,
		     const struct ipv6hdr *ip6h)
{
	__be16 frag_off;

	if (m->conf.family != NFPROTO_IPV6 ||
	    (!ipv6_addr_equal(&ip6h->daddr, &m->conf.addr.in6) &&
	     !ipv6_addr_equal(&ip6h->saddr, &m->conf.addr.in6)))
		return false;
	return transport6(skb, &off, ip6h->nexthdr, &frag_off) == m->encap->proto &&
	       (frag_off & htons(IP6_OFFSET) || m->encap->owns(m, skb, off));
}

static bool match6(const struct rmirror *m, const struct sk_buff *skb, int off)
{
	struct icmp6hdr *icmph, icmpbuf;
	struct ipv6hdr *ip6h, buf;
	__be16 frag_off;
	int inner = off;

	ip6h = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!ip6h)
		return false;
	if (transport6(skb, &inner, ip6h->nexthdr, &frag_off) != IPPROTO_ICMPV6)
		return is_copy6(m, skb, off, ip6h);

	icmph = skb_header_pointer(skb, inner, sizeof(icmpbuf), &icmpbuf);
	if (frag_off & htons(IP6_OFFSET) || !icmph || !icmpv6_is_err(icmph->icmp6_type))
		return false;
	inner += sizeof(*icmph);
	ip6h = skb_header_pointer(skb, inner, sizeof(buf), &buf);
	return ip6h && is_copy6(m, skb, inner, ip6h);
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
	const int off = rmirror_frame_l3_offset(frame);

	if (frame->proto == htons(ETH_P_IP))
		return match4(m, frame->skb, off);
	if (frame->proto == htons(ETH_P_IPV6))
		return match6(m, frame->skb, off);
	return false;
}
