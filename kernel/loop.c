// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the packet a copy itself?
 *
 * A copy that is mirrored again feeds on itself: on this host, between hosts
 * that mirror each other's copies, or through a collector that answers each
 * with an ICMP error. The recursion guard stops what happens on one stack. This
 * stops the rest, and must not give anybody a way to hide: what goes between two
 * hosts that are neither this one nor a collector is never taken for a copy by
 * its outer header.
 *
 * A copy is what
 *   - has our tag: a queue or a tunnel has held it back, and the flow hash that the
 *     copy was given is what the kernel carries from the inner to the outer packet;
 *   - goes to a collector of the netns, in an encapsulation;
 *   - comes from one to this host, in an encapsulation;
 *   - is an ICMP error to this host about a copy of its own, or its own answer to
 *     a copy that came from a collector.
 *
 * Where hosts have different collectors a copy of a copy comes by in a foreign
 * one's header, and only what is nested in it tells. It may be a copy of a copy if
 *   - a packet that this host has sent is in it: a copy of ours, or one that IPsec
 *     or a tunnel has made of it;
 *   - it is wrapped three times;
 *   - it is cut where that would have to be seen.
 */

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/inetdevice.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat/ipv6.h"
#include "encap/encap.h"
#include "loop.h"

/* Headers, one in the other, that are looked at */
#define DEPTH_MAX	12
/* So often a packet is wrapped before it may be a copy that goes in a circle. */
#define WRAPPED_MAX	3

/* An IP header, and what follows it */
struct ip_packet {
	u8			family;		/* NFPROTO_IPV4 or NFPROTO_IPV6 */
	u8			proto;
	bool			later;		/* a fragment but the first */
	bool			cut;		/* there is less of it than it says */
	union nf_inet_addr	saddr;
	union nf_inet_addr	daddr;
	int			next;		/* offset of what follows the header */
};

static bool parse4(const struct sk_buff *skb, int off, struct ip_packet *ip)
{
	struct iphdr iph;

	if (skb_copy_bits(skb, off, &iph, sizeof(iph)) || iph.version != 4 || iph.ihl < 5)
		return false;
	*ip = (struct ip_packet) {
		.family	= NFPROTO_IPV4,
		.proto	= iph.protocol,
		.later	= iph.frag_off & htons(IP_OFFSET),
		.cut	= off + ntohs(iph.tot_len) > (int)skb->len,
		.saddr	= { .ip = iph.saddr },
		.daddr	= { .ip = iph.daddr },
		.next	= off + iph.ihl * 4,
	};
	return true;
}

static bool parse6(const struct sk_buff *skb, int off, struct ip_packet *ip)
{
	const struct frag_hdr *fh;
	struct frag_hdr fbuf;
	struct ipv6hdr ip6h;
	__be16 frag_off;

	if (skb_copy_bits(skb, off, &ip6h, sizeof(ip6h)) || ip6h.version != 6)
		return false;
	*ip = (struct ip_packet) {
		.family	= NFPROTO_IPV6,
		.proto	= ip6h.nexthdr,
		.cut	= off + (int)sizeof(ip6h) + ntohs(ip6h.payload_len) > (int)skb->len,
		.saddr	= { .in6 = ip6h.saddr },
		.daddr	= { .in6 = ip6h.daddr },
	};
	ip->next = ipv6_skip_exthdr(skb, off + sizeof(ip6h), &ip->proto, &frag_off);
	ip->later = frag_off & htons(IP6_OFFSET);
	if (ip->next < 0)
		return false;
	/* A later fragment ends the walk at its own header, which knows the protocol. */
	if (ip->later && ip->proto == NEXTHDR_FRAGMENT) {
		fh = skb_header_pointer(skb, ip->next, sizeof(fbuf), &fbuf);
		if (fh)
			ip->proto = fh->nexthdr;
	}
	return true;
}

static bool parse_ip(const struct sk_buff *skb, int off, __be16 type, struct ip_packet *ip)
{
	if (type == htons(ETH_P_IP))
		return parse4(skb, off, ip);
	return type == htons(ETH_P_IPV6) && parse6(skb, off, ip);
}

static bool is_ip(__be16 type)
{
	return type == htons(ETH_P_IP) || type == htons(ETH_P_IPV6);
}

static __be16 type_of(const struct ip_packet *ip)
{
	return ip->family == NFPROTO_IPV4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
}

/* Offset of the packet that an ICMP error quotes; -1: it is none */
static int quotation(const struct sk_buff *skb, const struct ip_packet *ip)
{
	const struct icmphdr *icmph;
	struct icmphdr buf;
	bool error;

	if (ip->later || ip->proto != (ip->family == NFPROTO_IPV4 ? IPPROTO_ICMP :
								     IPPROTO_ICMPV6))
		return -1;
	/* Those of IPv6 start alike. */
	icmph = skb_header_pointer(skb, ip->next, sizeof(buf), &buf);
	if (!icmph)
		return -1;
	error = ip->family == NFPROTO_IPV4 ? icmp_is_err(icmph->type) :
					     icmpv6_is_err(icmph->type);
	return error ? ip->next + (int)sizeof(*icmph) : -1;
}

static bool is_port_of_mirror(struct rmirror_net *rn, const struct sk_buff *skb, int off)
{
	const struct udphdr *uh;
	struct udphdr buf;
	unsigned int id;
	u16 port;

	uh = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!uh)
		return false;
	port = ntohs(get_unaligned(&uh->dest));
	if (!rmirror_collector_port_maybe(rn, port))
		return false;
	for (id = 0; id <= RMIRROR_ENCAP_MAX; id++) {
		if (rmirror_encap_port(id) && port == rmirror_encap_port(id))
			return true;
	}
	return rmirror_collector_port_known(rn, port);
}

/*
 * Offset of the frame in an encapsulation that a mirror may have made; INT_MAX if
 * it is one of a form that no mirror of ours writes, -1 if it is none.
 */
static int wrapped(struct rmirror_net *rn, const struct sk_buff *skb, const struct ip_packet *ip)
{
	int inner;

	if (ip->later || !rmirror_encap_may_follow(ip->proto))
		return -1;
	inner = rmirror_encap_inner(ip->proto, skb, ip->next);
	if (inner < 0 && ip->proto == IPPROTO_UDP && is_port_of_mirror(rn, skb, ip->next))
		return INT_MAX;
	return inner;
}

/* Is it an address of this host, or one that its copies have as their source? */
static bool is_own(const struct rmirror_net *rn, u8 family, const union nf_inet_addr *addr)
{
	if (rmirror_collector_known(rn, RMIRROR_IS_SOURCE, family, addr))
		return true;
	return family == NFPROTO_IPV4 ? !!__ip_dev_find(rn->net, addr->ip, false) :
					rmirror_compat_is_local6(rn->net, &addr->in6);
}

/* Where a register names more collectors than are remembered, the source has to do. */
static bool goes_to_collector(const struct rmirror_net *rn, const struct ip_packet *ip)
{
	return rmirror_collector_known(rn, RMIRROR_IS_COLLECTOR, ip->family, &ip->daddr) ||
	       (unlikely(READ_ONCE(rn->collectors.overflown)) &&
		is_own(rn, ip->family, &ip->saddr));
}

static bool comes_from_collector(const struct rmirror_net *rn, const struct ip_packet *ip)
{
	return rmirror_collector_known(rn, RMIRROR_IS_COLLECTOR, ip->family, &ip->saddr);
}

/* A packet in an encapsulation that this host has sent, or was sent, as a copy */
static bool is_own_copy(struct rmirror_net *rn, const struct sk_buff *skb,
			const struct ip_packet *ip)
{
	return goes_to_collector(rn, ip) && is_own(rn, ip->family, &ip->saddr) &&
	       wrapped(rn, skb, ip) >= 0;
}

static bool is_copy_to_us(struct rmirror_net *rn, const struct sk_buff *skb,
			  const struct ip_packet *ip)
{
	return comes_from_collector(rn, ip) && is_own(rn, ip->family, &ip->daddr) &&
	       wrapped(rn, skb, ip) >= 0;
}

/* Where the packet at @off, of @type or in a frame of its own, is in the one being looked at */
struct nest {
	struct rmirror_net	*rn;
	const struct sk_buff	*skb;
	int			off;
	__be16			type;		/* EtherType; 0: a frame */
	unsigned int		wraps;		/* so many encapsulations around it */
	bool			whole;		/* if bytes lack, a mirror has cut them */
};

/*
 * Has this host sent it? What an error quotes must be a copy itself. In another
 * host's copy it may also be one that IPsec or a tunnel of ours has disguised, but not
 * what this host says and answers by itself.
 */
static bool is_ours(const struct nest *nest, const struct ip_packet *ip)
{
	if (!is_own(nest->rn, ip->family, &ip->saddr))
		return false;
	if (!nest->wraps)
		return is_own_copy(nest->rn, nest->skb, ip);
	return ip->proto != IPPROTO_TCP && ip->proto != IPPROTO_ICMP && ip->proto != IPPROTO_ICMPV6;
}

static bool is_cut_before_ip(const struct nest *nest)
{
	const int hlen = nest->type == htons(ETH_P_IP) ? sizeof(struct iphdr) :
							 sizeof(struct ipv6hdr);

	return nest->whole && nest->off + hlen > (int)nest->skb->len;
}

enum step { STEP_ON, STEP_END, STEP_FOUND };

/* From a frame to its packet. One that is cut before it can be told may be anything. */
static enum step step_into_frame(struct nest *nest)
{
	struct rmirror_l2 l2;

	if (!rmirror_frame_walk(nest->skb, nest->off, &l2))
		return nest->whole && l2.off > (int)nest->skb->len ? STEP_FOUND : STEP_END;
	nest->off = l2.off;
	nest->type = l2.proto;
	return is_ip(nest->type) ? STEP_ON : STEP_END;
}

/* Is it cut, by a mirror, where it would have to be told what is in it? */
static bool is_cut_before_inner(const struct nest *nest, const struct ip_packet *ip)
{
	/* As much as is needed to know an encapsulation, or an ICMP error */
	const int end = ip->next + (int)(sizeof(struct udphdr) + sizeof(__be32));

	return nest->whole && ip->cut && end > (int)nest->skb->len &&
	       (rmirror_encap_may_follow(ip->proto) || ip->proto == IPPROTO_ICMP ||
		ip->proto == IPPROTO_ICMPV6);
}

/* From a packet to the one in it */
static enum step step_into_packet(struct nest *nest)
{
	struct ip_packet ip;
	int inner;

	if (!parse_ip(nest->skb, nest->off, nest->type, &ip))
		return is_cut_before_ip(nest) ? STEP_FOUND : STEP_END;
	if (is_ours(nest, &ip) || is_cut_before_inner(nest, &ip))
		return STEP_FOUND;
	if (ip.later)
		return STEP_END;

	inner = quotation(nest->skb, &ip);
	if (inner >= 0) {
		nest->off = inner;
		nest->type = type_of(&ip);
		/* A quotation is always cut, unless the error itself was by a mirror. */
		nest->whole &= ip.cut;
		return STEP_ON;
	}
	if (ip.proto == IPPROTO_IPIP || ip.proto == IPPROTO_IPV6) {
		nest->off = ip.next;
		nest->type = ip.proto == IPPROTO_IPIP ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
		nest->whole |= !ip.cut;
		return STEP_ON;
	}
	inner = wrapped(nest->rn, nest->skb, &ip);
	if (inner < 0 || inner == INT_MAX)
		return STEP_END;
	if (++nest->wraps >= WRAPPED_MAX)
		return STEP_FOUND;
	nest->off = inner;
	nest->type = 0;
	nest->whole |= !ip.cut;
	return STEP_ON;
}

static enum rmirror_kin look_into(struct nest *nest)
{
	enum step step = STEP_ON;
	int depth;

	for (depth = 0; step == STEP_ON && depth < DEPTH_MAX; depth++)
		step = nest->type ? step_into_packet(nest) : step_into_frame(nest);
	return step == STEP_FOUND ? RMIRROR_MAYBE_COPY : RMIRROR_NO_KIN;
}

static enum rmirror_kin kin_of_error(struct rmirror_net *rn, const struct sk_buff *skb,
				     const struct ip_packet *ip, int quoted_off)
{
	struct nest nest = { .rn = rn, .skb = skb, .off = quoted_off, .type = type_of(ip) };
	struct ip_packet quoted;

	if (!parse_ip(skb, quoted_off, type_of(ip), &quoted))
		return RMIRROR_NO_KIN;
	if (is_own(rn, ip->family, &ip->daddr) && is_own_copy(rn, skb, &quoted))
		return RMIRROR_COPY;
	if (is_own(rn, ip->family, &ip->saddr) && is_copy_to_us(rn, skb, &quoted))
		return RMIRROR_COPY;
	return look_into(&nest);
}

static enum rmirror_kin kin_of_packet(struct rmirror_net *rn, const struct sk_buff *skb,
				      const struct ip_packet *ip)
{
	struct nest nest = { .rn = rn, .skb = skb, .wraps = 1, .whole = !ip->cut };

	if (ip->later && rmirror_encap_is_alone(ip->proto))
		return goes_to_collector(rn, ip) ? RMIRROR_COPY : RMIRROR_NO_KIN;
	nest.off = wrapped(rn, skb, ip);
	if (nest.off < 0)
		return RMIRROR_NO_KIN;
	if (goes_to_collector(rn, ip) || is_copy_to_us(rn, skb, ip))
		return RMIRROR_COPY;
	return nest.off == INT_MAX ? RMIRROR_NO_KIN : look_into(&nest);
}

/**
 * rmirror_loop_kin - tell a copy from an original
 * @rn: the netns; within an RCU read side section
 * @frame: the packet
 *
 * Trusts nothing: on netdev hooks no header has been checked by anyone.
 */
enum rmirror_kin rmirror_loop_kin(struct rmirror_net *rn, const struct rmirror_frame *frame)
{
	const struct sk_buff *skb = frame->skb;
	struct ip_packet ip;
	int quoted;

	if (unlikely(rmirror_loop_has_tag(rn, skb->hash)) && skb->sw_hash && skb->l4_hash)
		return RMIRROR_COPY;
	if (!parse_ip(skb, rmirror_frame_l3_offset(frame), frame->proto, &ip))
		return RMIRROR_NO_KIN;
	quoted = quotation(skb, &ip);
	return quoted < 0 ? kin_of_packet(rn, skb, &ip) : kin_of_error(rn, skb, &ip, quoted);
}

/**
 * rmirror_loop_quotes_ours - is a quoted packet a copy of this netns?
 * @rn: the netns; within an RCU read side section
 * @skb: an ICMP error
 * @off: offset of the quotation
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 */
bool rmirror_loop_quotes_ours(struct rmirror_net *rn, const struct sk_buff *skb, int off,
			      u8 family)
{
	const __be16 type = family == NFPROTO_IPV4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	struct ip_packet ip;

	return parse_ip(skb, off, type, &ip) && is_own_copy(rn, skb, &ip);
}
