/* SPDX-License-Identifier: GPL-2.0-only */
/* The frame: which bytes a packet has, or will have, on its wire. */
#ifndef _RMIRROR_FRAME_H
#define _RMIRROR_FRAME_H

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>

#include "compat/compat.h"

/* VLAN tags that are not in line but belong to the frame: as many as anybody stacks */
#define RMIRROR_FRAME_TAGS_MAX	8
/* Addresses, tags, and the EtherType if it had to be made */
#define RMIRROR_FRAME_HDR_MAX	(ETH_HLEN + RMIRROR_FRAME_TAGS_MAX * VLAN_HLEN)

/**
 * struct rmirror_frame - the Ethernet frame to be mirrored, not yet copied
 *
 * The frame is @hdr followed by the bytes of @skb from offset @src on. @hdr is
 * empty if the whole frame stands in @skb.
 *
 * @skb: the original; only ever read
 * @src: offset in @skb, relative to skb->data; negative before it
 * @len: bytes of the whole frame
 * @l3: offset of the L3 header in the frame
 * @proto: EtherType of what stands at @l3
 * @hlen: bytes of @hdr in use
 * @tags: VLAN tags, in @hdr and in line
 * @cos: priority of the outermost tag, 0 if there is none
 * @outbound: it leaves this host
 * @hdr: addresses, tags, type
 */
struct rmirror_frame {
	const struct sk_buff	*skb;
	int			src;
	unsigned int		len;
	unsigned int		l3;
	__be16			proto;
	u8			hlen;
	u8			tags;
	u8			cos;
	bool			outbound;
	u8			hdr[RMIRROR_FRAME_HDR_MAX];
};

/**
 * struct rmirror_l2 - what follows an Ethernet header
 *
 * @off: offset of the L3 header in the skb, relative to skb->data
 * @proto: its EtherType
 * @tags: VLAN tags before it
 * @tag: the first of them
 */
struct rmirror_l2 {
	int		off;
	__be16		proto;
	u8		tags;
	struct vlan_hdr	tag[RMIRROR_FRAME_TAGS_MAX];
};

bool rmirror_frame_walk(const struct sk_buff *skb, int mac, struct rmirror_l2 *l2);
void rmirror_frame_find(struct rmirror_frame *frame, const struct sk_buff *skb,
			const struct nf_hook_state *state);
void rmirror_frame_strip(struct rmirror_frame *frame);
bool rmirror_frame_source(const struct rmirror_frame *frame, u8 *to);
bool rmirror_frame_will_be_encrypted(const struct sk_buff *skb);

static inline int rmirror_frame_l3_offset(const struct rmirror_frame *frame)
{
	return frame->src + (int)(frame->l3 - frame->hlen);
}

/* Devices behind which there is another one, or tags */
#define RMIRROR_FRAME_STACKED	(IFF_802_1Q_VLAN | IFF_MACVLAN | IFF_L3MDEV_MASTER)

/* Loopback frames have an Ethernet header too, all zero. */
static inline bool rmirror_frame_has_ethernet(const struct net_device *dev)
{
	return dev->type == ARPHRD_ETHER || dev->type == ARPHRD_LOOPBACK;
}

/* A packet of IP that came in with an Ethernet header and no VLAN tag stands in @skb as it is. */
static __always_inline bool rmirror_frame_is_plain(struct rmirror_frame *frame,
						   const struct sk_buff *skb,
						   const struct nf_hook_state *state)
{
	__be16 proto;

	/* All hooks with an output device but this one are on the way out. */
	if (state->out && state->hook != NF_INET_FORWARD)
		return false;
	if (state->in->type != ARPHRD_ETHER || state->in->priv_flags & RMIRROR_FRAME_STACKED ||
	    skb_vlan_tag_present(skb) || skb->network_header - skb->mac_header != ETH_HLEN)
		return false;
	proto = eth_hdr(skb)->h_proto;
	if (proto != skb->protocol || (proto != htons(ETH_P_IP) && proto != htons(ETH_P_IPV6)))
		return false;
	frame->skb = skb;
	frame->src = skb_mac_offset(skb);
	frame->len = skb->len - frame->src;
	frame->l3 = ETH_HLEN;
	frame->proto = proto;
	frame->hlen = 0;
	frame->tags = 0;
	frame->cos = 0;
	frame->outbound = false;
	return true;
}

/**
 * rmirror_frame_is_clear - is it in clear only because something below will encrypt it?
 * @skb: the packet, as a hook sees it
 */
static inline bool rmirror_frame_is_clear(const struct sk_buff *skb)
{
	return unlikely(rmirror_compat_decrypted(skb)) ||
	       (unlikely(skb_sec_path(skb)) && rmirror_frame_will_be_encrypted(skb));
}

#endif /* _RMIRROR_FRAME_H */
