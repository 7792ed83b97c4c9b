/* SPDX-License-Identifier: GPL-2.0-only */
/* A host with devices, addresses and collectors, and a packet at one of its hooks. */
#ifndef _FUZZ_KERNEL_SCENE_H
#define _FUZZ_KERNEL_SCENE_H

#include "frame.h"
#include "netns.h"

/* What stands before the bytes of the packet in an input */
struct scene_input {
	u8	hook;		/* which one */
	u8	in, out;	/* which devices */
	u8	flags;		/* SCENE_* */
	u8	more;		/* SCENE_MORE_* */
	u8	network;	/* bytes before the network header */
	u8	linear;		/* bytes behind it in the linear part, in fours */
	u8	page;		/* bytes in a page, in eights; 0: all the rest */
	u8	headroom;	/* bytes before the packet */
	u8	keep;		/* bytes of a copy, in eights */
	u8	encap;		/* of a copy */
	u8	vlan[4];	/* the tag beside the packet, its type, a priority */
	u8	protocol[2];	/* EtherType beside the packet; 0: that in it */
};

#define SCENE_TAG		BIT(0)	/* a tag beside the packet */
#define SCENE_NO_MAC		BIT(1)	/* nobody knows where the Ethernet header is */
#define SCENE_BRIDGED		BIT(2)
#define SCENE_ROUTE		BIT(3)
#define SCENE_ROUTE6		BIT(4)
#define SCENE_GATEWAY		BIT(5)
#define SCENE_OUR_HASH		BIT(6)	/* a queue has held a copy back */
#define SCENE_AT_MAC		BIT(7)	/* skb->data is at the Ethernet header */

#define SCENE_MORE_OVERFLOWN	BIT(0)	/* too many collectors */
#define SCENE_MORE_BROADCAST	BIT(1)	/* of the route */
#define SCENE_MORE_GATEWAY6	BIT(2)
#define SCENE_MORE_NEIGHBOUR	BIT(3)	/* is known */
#define SCENE_MORE_SEC_PATH	BIT(4)

/* A packet at a hook, and what it refers to */
struct scene {
	struct sk_buff		*skb;
	struct nf_hook_state	state;
	union {
		struct rtable	rt4;
		struct rt6_info	rt6;
	};
	struct sec_path		sec_path;
	struct xfrm_state	xfrm;
	struct rmirror_net	*rn;
};

bool scene_set(struct scene *scene, const struct scene_input *input, const u8 *bytes, size_t len);
bool scene_is_own(u8 family, const void *addr);
bool scene_is_collector(u8 family, const void *addr);

#endif /* _FUZZ_KERNEL_SCENE_H */
