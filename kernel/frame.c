// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frame: which bytes the packet has, or will have, on its wire.
 *
 * Hooks of layer 2 (ingress, egress, bridge, arp) show the frame itself. At IP's
 * hooks there may be a header in front of the packet that is not, or no longer,
 * its own: after IPsec, SRv6 or a tunnel. One rule decides: walking its
 * EtherTypes must end exactly at the network header. Otherwise the header is
 * made again of its addresses, and on the way out of those that the device will
 * write. A device without Ethernet headers gets one with zero addresses. VLAN
 * tags that the hardware or a VLAN device has taken out, or will put in, are in
 * their place, each once.
 */

#include <linux/etherdevice.h>
#include <linux/if_macvlan.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>
#include <linux/ppp_defs.h>
#include <net/arp.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/neighbour.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "compat/ipv6.h"
#include "frame.h"

/* Tags, outermost first, and how many of them are already in line */
struct tag_list {
	struct vlan_hdr	tag[RMIRROR_FRAME_TAGS_MAX];	/* with its own type */
	int		n;
	int		in_line;
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

static bool is_ip_hook(const struct nf_hook_state *state)
{
	return state->pf == NFPROTO_IPV4 || state->pf == NFPROTO_IPV6;
}

/* The packet is on its way through a bridge: br_netfilter calls IP's hooks with a whole frame. */
static bool is_bridged(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	return nf_bridge_info_exists(skb);
#else
	return false;
#endif
}

static struct net_device *vrf_member_in(const struct sk_buff *skb, struct net_device *vrf,
					u8 pf)
{
	const int iif = pf == NFPROTO_IPV4 ? IPCB(skb)->iif : IP6CB(skb)->iif;

	return dev_get_by_index_rcu(dev_net(vrf), iif);
}

static struct net_device *vrf_member_out(const struct sk_buff *skb)
{
	return skb_valid_dst(skb) ? skb_dst(skb)->dev : NULL;
}

/* IP's hooks are run once more with a VRF as the device: the frame is that of its member. */
static struct net_device *frame_device(const struct sk_buff *skb, const struct nf_hook_state *state,
				       bool outbound)
{
	struct net_device *dev = outbound ? state->out : state->in, *member;

	if (!netif_is_l3_master(dev) || !is_ip_hook(state))
		return dev;
	member = outbound ? vrf_member_out(skb) : vrf_member_in(skb, dev, state->pf);
	return member && !netif_is_l3_master(member) ? member : dev;
}

/* The device that a virtual one hands its frames to; NULL: its frames are those of the wire */
static struct net_device *device_below(const struct net_device *dev)
{
	if (is_vlan_dev(dev))
		return vlan_dev_priv(dev)->real_dev;
	if (netif_is_macvlan(dev))
		return macvlan_dev_real_dev(dev);
	return NULL;
}

/* With REORDER_HDR off, a VLAN device leaves the tag of what it receives in the header. */
static bool keeps_tag_in_line(const struct net_device *vlan)
{
	return !(vlan_dev_priv(vlan)->flags & VLAN_FLAG_REORDER_HDR) &&
	       !netif_is_macvlan_port(vlan) && !netif_is_bridge_port(vlan);
}

static bool writes_tag_in_line(const struct net_device *vlan)
{
	return !(vlan_dev_priv(vlan)->flags & VLAN_FLAG_REORDER_HDR);
}

static struct vlan_hdr device_tag(struct net_device *vlan, const struct sk_buff *skb,
				  bool outbound)
{
	u16 tci = vlan_dev_vlan_id(vlan);

	if (outbound)
		tci |= vlan_dev_get_egress_qos_mask(vlan, skb->priority);
	return (struct vlan_hdr) {
		.h_vlan_TCI			= htons(tci),
		.h_vlan_encapsulated_proto	= vlan_dev_vlan_proto(vlan),
	};
}

static struct vlan_hdr skb_tag(const struct sk_buff *skb)
{
	return (struct vlan_hdr) {
		.h_vlan_TCI			= htons(skb_vlan_tag_get(skb)),
		.h_vlan_encapsulated_proto	= skb->vlan_proto,
	};
}

/* More tags than anybody stacks are left out. */
static void tags_append(struct tag_list *tags, struct vlan_hdr tag)
{
	if (tags->n < ARRAY_SIZE(tags->tag))
		tags->tag[tags->n++] = tag;
}

static void tags_prepend(struct tag_list *tags, struct vlan_hdr tag)
{
	if (tags->n == ARRAY_SIZE(tags->tag))
		return;
	memmove(tags->tag + 1, tags->tag, tags->n++ * sizeof(*tags->tag));
	tags->tag[0] = tag;
}

/* Of what a device has received: those that it and the ones below it have taken out */
static void tags_received(struct tag_list *tags, struct net_device *dev, const struct sk_buff *skb,
			  const struct rmirror_l2 *l2)
{
	struct net_device *vlan[RMIRROR_FRAME_TAGS_MAX];
	int n = 0;

	for (; dev && n < ARRAY_SIZE(vlan); dev = device_below(dev)) {
		if (is_vlan_dev(dev))
			vlan[n++] = dev;
	}
	while (n--) {
		struct vlan_hdr tag = device_tag(vlan[n], skb, false);

		/* A bridge's frame still has what a VLAN device on it stands for. */
		if (is_bridged(skb) && skb_vlan_tag_present(skb) &&
		    skb->vlan_proto == tag.h_vlan_encapsulated_proto &&
		    skb_vlan_tag_get_id(skb) == vlan_dev_vlan_id(vlan[n]))
			continue;
		if (keeps_tag_in_line(vlan[n]) && tags->in_line < l2->tags &&
		    l2->tag[tags->in_line].h_vlan_encapsulated_proto ==
		    tag.h_vlan_encapsulated_proto)
			tag = l2->tag[tags->in_line++];
		tags_append(tags, tag);
	}
	if (skb_vlan_tag_present(skb))
		tags_append(tags, skb_tag(skb));
	/* All of them stand there already. */
	if (tags->n == tags->in_line) {
		tags->n = 0;
		tags->in_line = 0;
	}
}

/* Of a frame that a device is to send: those that it and the ones below it will put in */
static void tags_to_be_sent(struct tag_list *tags, struct net_device *dev,
			    const struct sk_buff *skb, __be16 first_type, bool has_header)
{
	if (skb_vlan_tag_present(skb)) {
		tags_prepend(tags, skb_tag(skb));
		first_type = skb->vlan_proto;
	}
	for (; dev; dev = device_below(dev)) {
		if (!is_vlan_dev(dev))
			continue;
		/* As vlan_dev_hard_start_xmit() decides it */
		if (has_header && writes_tag_in_line(dev) && first_type == vlan_dev_vlan_proto(dev))
			continue;
		tags_prepend(tags, device_tag(dev, skb, true));
		first_type = vlan_dev_vlan_proto(dev);
	}
}

static void frame_push(struct rmirror_frame *frame, const void *data, unsigned int len)
{
	memcpy(frame->hdr + frame->hlen, data, len);
	frame->hlen += len;
}

static void frame_push_tags(struct rmirror_frame *frame, const struct tag_list *tags)
{
	int i;

	for (i = 0; i < tags->n; i++) {
		frame_push(frame, &tags->tag[i].h_vlan_encapsulated_proto, sizeof(__be16));
		frame_push(frame, &tags->tag[i].h_vlan_TCI, sizeof(__be16));
	}
}

static u8 cos_of(const struct vlan_hdr *tag)
{
	return ntohs(tag->h_vlan_TCI) >> VLAN_PRIO_SHIFT;
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

/* The 12 bytes of addresses that @dev will write. A route of another family tells nothing. */
static void outbound_addresses(u8 *to, struct net_device *dev, const struct sk_buff *skb,
			       u8 pf)
{
	memset(to, 0, 2 * ETH_ALEN);
	if (dev->type != ARPHRD_ETHER)
		return;
	ether_addr_copy(to + ETH_ALEN, dev->dev_addr);
	if (!skb_valid_dst(skb))
		return;

	rcu_read_lock_bh();
	if (pf == NFPROTO_IPV4 && skb_dst(skb)->ops->family == AF_INET)
		next_hop_address4(to, dev, skb);
	else if (pf == NFPROTO_IPV6 && skb_dst(skb)->ops->family == AF_INET6)
		next_hop_address6(to, dev, skb);
	rcu_read_unlock_bh();
}

/* RFC 2516 section 4, RFC 1661 section 2 */
struct pppoe_session {
	u8	version_type;
	u8	code;
	__be16	session;
	__be16	length;
	__be16	ppp;
};

/* A PPPoE session header, and what it holds */
static bool walk_pppoe(const struct sk_buff *skb, struct rmirror_l2 *l2)
{
	const struct pppoe_session *h;
	struct pppoe_session buf;

	h = skb_header_pointer(skb, l2->off, sizeof(buf), &buf);
	if (!h || h->version_type != 0x11 || h->code)
		return false;
	if (h->ppp == htons(PPP_IP))
		l2->proto = htons(ETH_P_IP);
	else if (h->ppp == htons(PPP_IPV6))
		l2->proto = htons(ETH_P_IPV6);
	else
		return false;
	l2->off += sizeof(buf);
	return true;
}

/**
 * rmirror_frame_walk - find what an Ethernet header leads to
 * @skb: any packet
 * @mac: offset of the Ethernet header, relative to skb->data
 * @l2: gets it
 *
 * Trusts nothing, and gives up after RMIRROR_FRAME_TAGS_MAX tags.
 *
 * Return: false if the headers end in the middle, or nowhere; @l2 is then at what
 * stands behind the Ethernet header, with the EtherType that it has there.
 */
bool rmirror_frame_walk(const struct sk_buff *skb, int mac, struct rmirror_l2 *l2)
{
	struct ethhdr *eth, buf;
	struct vlan_hdr *vh, vbuf;

	*l2 = (struct rmirror_l2) { .off = mac + ETH_HLEN };
	eth = skb_header_pointer(skb, mac, sizeof(buf), &buf);
	if (!eth)
		return false;
	l2->proto = eth->h_proto;
	while (eth_type_vlan(l2->proto)) {
		vh = skb_header_pointer(skb, l2->off, sizeof(vbuf), &vbuf);
		if (!vh || l2->tags == ARRAY_SIZE(l2->tag)) {
			*l2 = (struct rmirror_l2) {
				.off = mac + ETH_HLEN, .proto = eth->h_proto,
			};
			return false;
		}
		l2->tag[l2->tags].h_vlan_TCI = vh->h_vlan_TCI;
		l2->tag[l2->tags++].h_vlan_encapsulated_proto = l2->proto;
		l2->proto = vh->h_vlan_encapsulated_proto;
		l2->off += VLAN_HLEN;
	}
	if (l2->proto == htons(ETH_P_PPP_SES))
		walk_pppoe(skb, l2);
	return true;
}

/*
 * Offset of the Ethernet header in @skb, relative to skb->data. Returns false if
 * there is none. arp_create() writes one without marking it.
 */
static bool find_header(const struct net_device *dev, const struct sk_buff *skb,
			const struct nf_hook_state *state, int *off)
{
	if (!rmirror_frame_has_ethernet(dev))
		return false;
	if (unlikely(state->pf == NFPROTO_ARP && state->hook == NF_ARP_OUT))
		*off = 0;
	else if (likely(skb_mac_header_was_set(skb)))
		*off = skb_mac_offset(skb);
	else
		return false;
	return *off + ETH_HLEN <= (int)skb_headlen(skb);
}

/* The header is there; tags that are not go between its addresses and its type. */
static void take_header(struct rmirror_frame *frame, int mac, const struct rmirror_l2 *l2,
			const struct tag_list *tags)
{
	frame->src = mac;
	if (tags->n) {
		frame_push(frame, frame->skb->data + mac, 2 * ETH_ALEN);
		frame_push_tags(frame, tags);
		frame->src += 2 * ETH_ALEN + tags->in_line * VLAN_HLEN;
	}
	frame->proto = l2->proto;
	frame->l3 = frame->hlen + (l2->off - frame->src);
	frame->tags = tags->n - tags->in_line + l2->tags;
	if (tags->n)
		frame->cos = cos_of(&tags->tag[0]);
	else if (l2->tags)
		frame->cos = cos_of(&l2->tag[0]);
}

/* There is none, or it is another packet's; the frame starts with one of these addresses. */
static void make_header(struct rmirror_frame *frame, const u8 *addresses,
			__be16 proto, const struct tag_list *tags)
{
	frame_push(frame, addresses, 2 * ETH_ALEN);
	frame_push_tags(frame, tags);
	frame_push(frame, &proto, sizeof(proto));
	frame->src = skb_network_offset(frame->skb);
	frame->proto = proto;
	frame->l3 = frame->hlen;
	frame->tags = tags->n;
	if (tags->n)
		frame->cos = cos_of(&tags->tag[0]);
}

static __be16 hook_proto(const struct sk_buff *skb, const struct nf_hook_state *state)
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

/* IP's output hooks, before the device writes its header */
static void find_unwritten(struct rmirror_frame *frame, struct net_device *dev,
			   const struct nf_hook_state *state)
{
	struct tag_list tags = {};
	u8 addresses[2 * ETH_ALEN];

	tags_to_be_sent(&tags, dev, frame->skb, 0, false);
	outbound_addresses(addresses, dev, frame->skb, state->pf);
	make_header(frame, addresses, hook_proto(frame->skb, state), &tags);
}

/* There is an Ethernet header at @mac: is it that of the packet? */
static void find_written(struct rmirror_frame *frame, struct net_device *dev, int mac,
			 const struct nf_hook_state *state)
{
	const struct sk_buff *skb = frame->skb;
	const struct ethhdr *eth = (const struct ethhdr *)(skb->data + mac);
	const __be16 proto = hook_proto(skb, state);
	struct tag_list tags = {};
	struct rmirror_l2 l2;
	bool whole;
	int i;

	whole = rmirror_frame_walk(skb, mac, &l2);
	if (frame->outbound && !is_bridged(skb))
		tags_to_be_sent(&tags, dev, skb, eth->h_proto, true);
	else
		tags_received(&tags, dev, skb, &l2);

	if (!is_ip_hook(state) ||
	    (whole && l2.off == skb_network_offset(skb) && l2.proto == proto)) {
		take_header(frame, mac, &l2, &tags);
		return;
	}
	/* What it was behind has gone: not so the tags of the link. */
	if (!tags.n)
		tags.in_line = 0;
	for (i = tags.in_line; i < l2.tags; i++)
		tags_append(&tags, l2.tag[i]);
	make_header(frame, skb->data + mac, proto, &tags);
}

static void find_nothing(struct rmirror_frame *frame, struct net_device *dev,
			 const struct nf_hook_state *state)
{
	static const u8 zero[2 * ETH_ALEN];
	struct tag_list tags = {};
	const struct rmirror_l2 l2 = {};

	if (frame->outbound)
		tags_to_be_sent(&tags, dev, frame->skb, 0, false);
	else
		tags_received(&tags, dev, frame->skb, &l2);
	make_header(frame, zero, hook_proto(frame->skb, state), &tags);
}

/**
 * rmirror_frame_find - find out what the frame is
 * @frame: to be filled in
 * @skb: the packet, as a hook sees it; only read
 * @state: the hook
 *
 * BHs are off, and it runs within an RCU read side section.
 */
void rmirror_frame_find(struct rmirror_frame *frame, const struct sk_buff *skb,
			const struct nf_hook_state *state)
{
	const bool outbound = is_outbound(state);
	struct net_device *dev = frame_device(skb, state, outbound);
	int mac;

	frame->skb = skb;
	frame->hlen = 0;
	frame->cos = 0;
	frame->outbound = outbound;

	if (outbound && is_ip_hook(state) && !is_bridged(skb))
		find_unwritten(frame, dev, state);
	else if (likely(find_header(dev, skb, state, &mac)))
		find_written(frame, dev, mac, state);
	else
		find_nothing(frame, dev, state);
	frame->len = frame->hlen + skb->len - frame->src;
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

/**
 * rmirror_frame_will_be_encrypted - has IPsec left a packet to a device to encrypt?
 * @skb: the packet, with the path of its transformations
 *
 * A device that cannot has the kernel do it in software, below every hook, by
 * validate_xmit_xfrm(). What was received and decrypted has such a path, too.
 */
bool rmirror_frame_will_be_encrypted(const struct sk_buff *skb)
{
	const struct sec_path *sp = skb_sec_path(skb);

	if (!sp || !sp->olen || sp->len != sp->olen)
		return false;
	return !(sp->ovec[sp->olen - 1].flags & (XFRM_GRO | CRYPTO_DONE)) &&
	       sp->xvec[sp->len - 1]->xso.dir != XFRM_DEV_OFFLOAD_IN;
}
