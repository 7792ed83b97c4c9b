// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frame: which bytes the packet has, or will have, on its wire.
 *
 * On the way in (ingress, prerouting, input, forward) the Ethernet header is
 * the one that was received, in a bridge and at egress the one that is there.
 * At IP's output and postrouting it is the one that the device will write. A
 * device without Ethernet headers gets one with zero addresses. VLAN tags that
 * the hardware or a VLAN device has taken out, or will put in, are in their
 * place.
 */

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <net/arp.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "compat/ipv6.h"
#include "rmirror_core.h"

struct vlan_tag {
	__be16	proto;
	__be16	tci;
};

static bool is_outbound(const struct nf_hook_state *state)
{
	switch (state->pf) {
	case NFPROTO_NETDEV:
		return state->hook == NF_NETDEV_EGRESS;
	case NFPROTO_ARP:
		return state->hook == NF_ARP_OUT;
	default:
		return state->hook == NF_INET_LOCAL_OUT || state->hook == NF_INET_POST_ROUTING;
	}
}

/* IP's own output hooks come before the device writes its header. */
static bool is_before_header(const struct nf_hook_state *state, bool outbound)
{
	return outbound && (state->pf == NFPROTO_IPV4 || state->pf == NFPROTO_IPV6);
}

/* Loopback frames have an Ethernet header too, all zero. */
static bool has_ethernet(const struct net_device *dev)
{
	return dev->type == ARPHRD_ETHER || dev->type == ARPHRD_LOOPBACK;
}

/* With REORDER_HDR off, a VLAN device leaves the tag of what it receives in the header. */
static bool keeps_tag_in_line(const struct net_device *vlan)
{
	return !(vlan_dev_priv(vlan)->flags & VLAN_FLAG_REORDER_HDR);
}

/*
 * The tags that are not in line, outermost first: those that a stack of VLAN
 * devices stands for, then the one in the skb.
 */
static int frame_tags(struct net_device *dev, const struct sk_buff *skb,
		      bool outbound, struct vlan_tag tags[RMIRROR_L2_TAGS_MAX])
{
	int n = 0;

	if (skb_vlan_tag_present(skb)) {
		tags[0].proto = skb->vlan_proto;
		tags[0].tci = htons(skb_vlan_tag_get(skb));
		n = 1;
	}
	for (; is_vlan_dev(dev) && n < RMIRROR_L2_TAGS_MAX; dev = vlan_dev_real_dev(dev)) {
		u16 tci = vlan_dev_vlan_id(dev);

		if (outbound)
			tci |= vlan_dev_get_egress_qos_mask(dev, skb->priority);
		else if (keeps_tag_in_line(dev))
			continue;
		memmove(tags + 1, tags, n * sizeof(*tags));
		tags[0].proto = vlan_dev_vlan_proto(dev);
		tags[0].tci = htons(tci);
		n++;
	}
	return n;
}

static __be16 frame_proto(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	switch (state->pf) {
	case NFPROTO_IPV4:
		return htons(ETH_P_IP);
	case NFPROTO_IPV6:
		return htons(ETH_P_IPV6);
	default:
		return skb->protocol;
	}
}

static void frame_push(struct rmirror_frame *frame, const void *data, unsigned int len)
{
	memcpy(frame->hdr + frame->hlen, data, len);
	frame->hlen += len;
}

/* The address that the neighbour layer will write, as far as it is known now */
static void neighbour_address(u8 *to, const struct net_device *dev, struct neighbour *n)
{
	if (n && READ_ONCE(n->nud_state) & NUD_VALID)
		neigh_ha_snapshot(to, n, dev);
}

static void next_hop_address4(u8 *to, struct net_device *dev, const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);
	const __be32 daddr = ip_hdr(skb)->daddr;

	if (rt->rt_flags & RTCF_BROADCAST) {
		ether_addr_copy(to, dev->broadcast);
	} else if (rt->rt_flags & RTCF_MULTICAST || ipv4_is_multicast(daddr)) {
		ip_eth_mc_map(daddr, to);
	} else if (rt->rt_gw_family == AF_INET6) {
		neighbour_address(to, dev, __ipv6_neigh_lookup_noref(dev, &rt->rt_gw6));
	} else {
		const __be32 next_hop = rt->rt_gw_family ? rt->rt_gw4 : daddr;

		neighbour_address(to, dev,
				  __ipv4_neigh_lookup_noref(dev, (__force u32)next_hop));
	}
}

static void next_hop_address6(u8 *to, struct net_device *dev, const struct sk_buff *skb)
{
	const struct in6_addr *daddr = &ipv6_hdr(skb)->daddr;
	const struct in6_addr *next_hop = rt6_nexthop(dst_rt6_info(skb_dst(skb)), daddr);

	if (ipv6_addr_is_multicast(daddr))
		ipv6_eth_mc_map(daddr, to);
	else
		neighbour_address(to, dev, __ipv6_neigh_lookup_noref(dev, next_hop));
}

/* The 12 bytes of addresses that @dev will write */
static void outbound_addresses(u8 *to, struct net_device *dev, const struct sk_buff *skb,
			       __be16 proto)
{
	memset(to, 0, 2 * ETH_ALEN);
	if (dev->type != ARPHRD_ETHER)
		return;
	ether_addr_copy(to + ETH_ALEN, dev->dev_addr);
	if (!skb_valid_dst(skb))
		return;

	rcu_read_lock_bh();
	if (proto == htons(ETH_P_IP))
		next_hop_address4(to, dev, skb);
	else if (proto == htons(ETH_P_IPV6))
		next_hop_address6(to, dev, skb);
	rcu_read_unlock_bh();
}

/*
 * Offset of the Ethernet header in @skb, relative to skb->data. Returns false if
 * there is none. arp_create() writes one without marking it.
 */
static bool find_header(const struct net_device *dev, const struct sk_buff *skb,
			const struct nf_hook_state *state, int *off)
{
	if (!has_ethernet(dev))
		return false;
	if (likely(skb_mac_header_was_set(skb)))
		*off = skb_mac_offset(skb);
	else if (state->pf != NFPROTO_ARP || state->hook != NF_ARP_OUT)
		return false;
	if (unlikely(state->pf == NFPROTO_ARP && state->hook == NF_ARP_OUT))
		*off = 0;
	return *off + ETH_HLEN <= skb_network_offset(skb);
}

/* In-line tags of the original stand before the L3 header, in the frame as in @skb. */
static bool frame_find_l3(struct rmirror_frame *frame)
{
	const struct sk_buff *skb = frame->skb;
	int off = skb_network_offset(skb);

	while (unlikely(eth_type_vlan(frame->proto))) {
		struct vlan_hdr *vh, buf;

		vh = skb_header_pointer(skb, off, sizeof(buf), &buf);
		if (!vh)
			return false;
		frame->proto = vh->h_vlan_encapsulated_proto;
		off += VLAN_HLEN;
	}
	frame->l3 = frame->hlen + (off - frame->src);
	frame->tags = (frame->l3 - ETH_HLEN) / VLAN_HLEN;
	return true;
}

/* The header is there, and the tags go between its addresses and its type. */
static void insert_tags(struct rmirror_frame *frame, const struct vlan_tag *tags, int n)
{
	frame_push(frame, frame->skb->data + frame->src, 2 * ETH_ALEN);
	frame_push(frame, tags, n * sizeof(*tags));
	frame->src += 2 * ETH_ALEN;
}

/* There is no header; the frame starts with one, with the addresses as far as they are known. */
static void make_header(struct rmirror_frame *frame, struct net_device *dev, bool before_header,
			const struct vlan_tag *tags, int n)
{
	u8 addresses[2 * ETH_ALEN] = {};

	if (before_header)
		outbound_addresses(addresses, dev, frame->skb, frame->proto);
	frame_push(frame, addresses, sizeof(addresses));
	frame_push(frame, tags, n * sizeof(*tags));
	frame_push(frame, &frame->proto, sizeof(frame->proto));
}

/**
 * rmirror_frame_init - find out what the frame is
 * @frame: to be filled in
 * @skb: the packet, as a hook sees it; only read
 * @state: the hook
 *
 * BHs are off, and it runs within an RCU read side section.
 *
 * Return: false if the packet has no header that makes it a frame.
 */
bool rmirror_frame_init(struct rmirror_frame *frame, const struct sk_buff *skb,
			const struct nf_hook_state *state)
{
	const bool outbound = is_outbound(state);
	struct net_device *dev = outbound ? state->out : state->in;
	const bool before_header = is_before_header(state, outbound);
	struct vlan_tag tags[RMIRROR_L2_TAGS_MAX];
	int header, n;

	frame->skb = skb;
	frame->hlen = 0;
	frame->proto = frame_proto(skb, state);
	frame->outbound = outbound;

	n = frame_tags(dev, skb, outbound, tags);
	if (likely(!before_header && find_header(dev, skb, state, &header))) {
		frame->src = header;
		if (n)
			insert_tags(frame, tags, n);
	} else {
		frame->src = skb_network_offset(skb);
		make_header(frame, dev, before_header, tags, n);
	}
	frame->len = frame->hlen + skb->len - frame->src;
	return frame_find_l3(frame);
}

/**
 * rmirror_frame_strip - leave the L3 packet of a frame
 * @frame: the frame
 */
void rmirror_frame_strip(struct rmirror_frame *frame)
{
	const int off = rmirror_frame_l3_offset(frame);

	frame->src = off;
	frame->len = frame->skb->len - off;
	frame->hlen = 0;
	frame->tags = 0;
	frame->l3 = 0;
}

/**
 * rmirror_frame_source - the source address of a frame
 * @frame: the frame
 * @to: ETH_ALEN bytes
 *
 * Return: false if it has none.
 */
bool rmirror_frame_source(const struct rmirror_frame *frame, u8 *to)
{
	if (frame->l3 < ETH_HLEN)
		return false;
	if (frame->hlen)
		ether_addr_copy(to, frame->hdr + ETH_ALEN);
	else
		ether_addr_copy(to, frame->skb->data + frame->src + ETH_ALEN);
	return true;
}
