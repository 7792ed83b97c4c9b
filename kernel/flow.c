// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flow that a frame belongs to: a hash of its addresses, protocol and ports.
 *
 * Symmetric, so that both directions of a connection take the same queue of the
 * device and reach the same one of the collector: there they are wanted in
 * order. For the same reason the original's own hash is not used, not even where
 * it is as good: one direction may have that of a network card or of a socket, and
 * the other none. The kernel's, which looks into tunnels, costs as much as a
 * third of the copy.
 */

#include <linux/ipv6.h>
#include <net/ipv6.h>

#include "flow.h"

/* Both ports of a packet whose transport header is at @off, 0 if it has none */
static u64 flow_ports(const struct sk_buff *skb, int off, u8 protocol)
{
	const __be16 *ports;
	__be16 buf[2];

	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		ports = skb_header_pointer(skb, off, sizeof(buf), buf);
		if (ports)
			return rmirror_flow_of_ports(ports);
		fallthrough;
	default:
		return 0;
	}
}

/* Only the first fragment has ports: for all to go the same way they do not count. */
static u64 flow4(const struct sk_buff *skb, int off)
{
	const struct iphdr *iph;
	struct iphdr buf;
	u64 ports = 0;

	iph = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!iph)
		return 0;
	if (!rmirror_inner_is_fragment4(iph))
		ports = flow_ports(skb, off + rmirror_inner_hlen4(iph), iph->protocol);
	return rmirror_flow4(iph, ports);
}

static u32 fold6(const struct in6_addr *addr)
{
	const __be32 *word = addr->s6_addr32;

	return (__force u32)get_unaligned(&word[0]) ^
	       rol32((__force u32)get_unaligned(&word[1]), 7) ^
	       rol32((__force u32)get_unaligned(&word[2]), 13) ^
	       rol32((__force u32)get_unaligned(&word[3]), 22);
}

static u64 flow6(const struct sk_buff *skb, int off)
{
	const struct ipv6hdr *ip6h;
	struct ipv6hdr buf;
	u64 ports;

	ip6h = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!ip6h)
		return 0;
	ports = flow_ports(skb, off + sizeof(*ip6h), ip6h->nexthdr);
	return rmirror_flow_of_ends(fold6(&ip6h->saddr), fold6(&ip6h->daddr)) ^
	       (ports + ip6h->nexthdr) * GOLDEN_RATIO_64;
}

/* What is no IP has its Ethernet addresses. */
static u64 flow_ethernet(const struct sk_buff *skb)
{
	const struct ethhdr *eth;
	struct ethhdr buf;
	u32 from, to;

	eth = skb_header_pointer(skb, 0, sizeof(buf), &buf);
	if (!eth)
		return 0;
	memcpy(&from, eth->h_source + 2, sizeof(from));
	memcpy(&to, eth->h_dest + 2, sizeof(to));
	return rmirror_flow_of_ends(from, to);
}

/**
 * __rmirror_flow_hash - rmirror_flow_hash() of whatever there may be
 * @copy: the frame, before anything is pushed
 */
u32 __rmirror_flow_hash(const struct sk_buff *copy)
{
	u64 flow;

	if (copy->protocol == htons(ETH_P_IP))
		flow = flow4(copy, skb_network_offset(copy));
	else if (copy->protocol == htons(ETH_P_IPV6))
		flow = flow6(copy, skb_network_offset(copy));
	else
		flow = flow_ethernet(copy);
	return rmirror_flow_fold(flow);
}
