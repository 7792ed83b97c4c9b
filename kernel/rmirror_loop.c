// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the packet a copy itself?
 *
 * A copy that is mirrored again feeds on itself: on this host, between two
 * hosts that mirror each other's copies, or through a collector that answers
 * each with an ICMP error. The recursion guard stops what happens on one stack;
 * this stops the rest, by what the packet is: outer packets of any mirror's
 * encapsulation to or from the rule's collector, and ICMP errors that quote one.
 *
 * A tunnel that encrypts in its own time, as WireGuard does, hides a copy from
 * both. Such a copy is given a flow hash that no other packet has: the hash is
 * what the kernel carries from the inner to the outer packet.
 */

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/random.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/neighbour.h>
#include <net/xfrm.h>

#include "encap.h"

/* The hash of copies that may come back in disguise: random, so that nobody outside knows it */
u32 rmirror_loop_hash __read_mostly;

/**
 * rmirror_loop_init - choose the tag
 */
void __init rmirror_loop_init(void)
{
	rmirror_loop_hash = get_random_u32();
}

/**
 * rmirror_loop_tag - make a copy known again behind a tunnel
 * @copy: with its route
 *
 * Only where the device or a transformation may hold it back: any other copy
 * needs its own hash, which spreads it over the queues of its device.
 */
void rmirror_loop_tag(struct sk_buff *copy)
{
	const struct dst_entry *dst = skb_dst(copy);

	if (unlikely(dst->dev->type != ARPHRD_ETHER || dst_xfrm(dst)))
		__skb_set_sw_hash(copy, rmirror_loop_hash, true);
}

static bool is_tagged(const struct sk_buff *skb)
{
	return unlikely(skb->hash == rmirror_loop_hash) && skb->sw_hash && skb->l4_hash;
}

/* Does an encapsulation stand directly behind the outer IP header? */
static bool may_wrap(int proto)
{
	return proto == IPPROTO_GRE || proto == IPPROTO_UDP;
}

/*
 * Of a fragment but the first, the protocol is all that can be told. A copy in
 * another encapsulation than ours ends here all the same: its first fragment is
 * known, and so is the whole copy that is made of each other one.
 */
static bool is_our_fragment(const struct rmirror *m, int proto)
{
	return proto == m->encap->proto;
}

static bool is_copy4(const struct rmirror_job *job, const struct sk_buff *skb, int off,
		     const struct iphdr *iph)
{
	const struct rmirror *m = job->m;

	if (m->conf.family != NFPROTO_IPV4 || !may_wrap(iph->protocol))
		return false;
	if (!rmirror_route_known(job, (const union nf_inet_addr *)&iph->daddr) &&
	    !rmirror_route_known(job, (const union nf_inet_addr *)&iph->saddr))
		return false;
	if (iph->frag_off & htons(IP_OFFSET))
		return is_our_fragment(m, iph->protocol);
	return rmirror_encap_owns(m, iph->protocol, skb, off + iph->ihl * 4);
}

static bool match4(const struct rmirror_job *job, const struct sk_buff *skb, int off)
{
	struct icmphdr *icmph, icmpbuf;
	struct iphdr *iph, buf;

	iph = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!iph || iph->ihl < 5)
		return false;
	if (iph->protocol != IPPROTO_ICMP || iph->frag_off & htons(IP_OFFSET))
		return is_copy4(job, skb, off, iph);

	off += iph->ihl * 4;
	icmph = skb_header_pointer(skb, off, sizeof(icmpbuf), &icmpbuf);
	if (!icmph || !icmp_is_err(icmph->type))
		return false;
	off += sizeof(*icmph);
	iph = skb_header_pointer(skb, off, sizeof(buf), &buf);
	return iph && iph->ihl >= 5 && is_copy4(job, skb, off, iph);
}

/* The protocol after all extension headers, its offset in *@off; -1 if it is not there */
static int transport6(const struct sk_buff *skb, int *off, u8 nexthdr, __be16 *frag_off)
{
	*off = ipv6_skip_exthdr(skb, *off + sizeof(struct ipv6hdr), &nexthdr, frag_off);
	return *off < 0 ? -1 : nexthdr;
}

static bool is_copy6(const struct rmirror_job *job, const struct sk_buff *skb, int off,
		     const struct ipv6hdr *ip6h)
{
	const struct rmirror *m = job->m;
	__be16 frag_off;
	int proto;

	if (m->conf.family != NFPROTO_IPV6 ||
	    (!rmirror_route_known(job, (const union nf_inet_addr *)&ip6h->daddr) &&
	     !rmirror_route_known(job, (const union nf_inet_addr *)&ip6h->saddr)))
		return false;
	proto = transport6(skb, &off, ip6h->nexthdr, &frag_off);
	if (!may_wrap(proto))
		return false;
	if (frag_off & htons(IP6_OFFSET))
		return is_our_fragment(m, proto);
	return rmirror_encap_owns(m, proto, skb, off);
}

static bool match6(const struct rmirror_job *job, const struct sk_buff *skb, int off)
{
	struct icmp6hdr *icmph, icmpbuf;
	struct ipv6hdr *ip6h, buf;
	__be16 frag_off;
	int inner = off;

	ip6h = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!ip6h)
		return false;
	if (transport6(skb, &inner, ip6h->nexthdr, &frag_off) != IPPROTO_ICMPV6)
		return is_copy6(job, skb, off, ip6h);

	icmph = skb_header_pointer(skb, inner, sizeof(icmpbuf), &icmpbuf);
	if (frag_off & htons(IP6_OFFSET) || !icmph || !icmpv6_is_err(icmph->icmp6_type))
		return false;
	inner += sizeof(*icmph);
	ip6h = skb_header_pointer(skb, inner, sizeof(buf), &buf);
	return ip6h && is_copy6(job, skb, inner, ip6h);
}

/**
 * rmirror_loop_match - tell a copy from an original
 * @job: the packet, with its collector
 *
 * Trusts nothing: on netdev hooks no header has been checked by anyone.
 */
bool rmirror_loop_match(const struct rmirror_job *job)
{
	const struct rmirror_frame *frame = job->frame;
	const int off = rmirror_frame_l3_offset(frame);

	if (is_tagged(frame->skb))
		return true;
	if (frame->proto == htons(ETH_P_IP))
		return match4(job, frame->skb, off);
	if (frame->proto == htons(ETH_P_IPV6))
		return match6(job, frame->skb, off);
	return false;
}

/**
 * rmirror_loop_from_next_hop - did the next hop of bare copies send the packet?
 * @job: the packet, with its path; the frame is still a frame
 *
 * A copy without encapsulation looks like any packet. What comes from where it
 * would be sent to is not sent back there.
 */
bool rmirror_loop_from_next_hop(const struct rmirror_job *job)
{
	const struct rmirror_frame *frame = job->frame;
	struct neighbour *n;
	u8 ha[ETH_ALEN], source[ETH_ALEN];
	bool from;

	if (frame->outbound || !rmirror_frame_source(frame, source))
		return false;
	n = rmirror_xmit_next_hop(job->path.hop->dst, job->path.addr);
	from = !IS_ERR(n) && n->dev->addr_len == sizeof(ha) &&
	       READ_ONCE(n->nud_state) & NUD_VALID;
	if (from)
		neigh_ha_snapshot(ha, n, n->dev);
	return from && ether_addr_equal_unaligned(ha, source);
}
