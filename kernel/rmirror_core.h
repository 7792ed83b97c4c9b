/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Internal to rmirror_core: the life of a copy, in the order of the calls.
 *
 *   rmirror_mirror.c   one matched packet: guard, decide, send, count
 *   rmirror_fast.h     what most packets need of the following, inline
 *   rmirror_loop.c     is the packet a copy itself?
 *   rmirror_route.c    the way to the collector
 *   rmirror_l2.c       the frame: which bytes belong to it
 *   rmirror_copy.c     a fresh skb that holds them
 *   rmirror_gso.c      superframes and copies that are cut to fit
 *   encap*.c           the header between outer IP and frame
 *   rmirror_outer.c    the outer IP header
 *   rmirror_xmit.c     neighbour, device
 *   rmirror_pending.c  copies that wait for a neighbour
 *   rmirror_stats.c    counters, /proc/net/rmirror
 *   rmirror_conf.c     what a statement may say
 *   rmirror_main.c     module, netns, life of a mirror
 */
#ifndef _RMIRROR_CORE_H
#define _RMIRROR_CORE_H

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/skbuff.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <net/dst.h>

#include "rmirror.h"

/*
 * The counters of a mirror, in the order of the columns of /proc/net/rmirror.
 * The first three count what happened; every matched packet then adds one to
 * exactly one of SENT and the rows below BYTES, its outcome.
 */
#define RMIRROR_COUNTERS(X)			\
	X(MATCHED,	"matched")		\
	X(SENT,		"sent")			\
	X(BYTES,	"bytes")		\
	X(RESEGMENTED,	"resegmented")		\
	X(FRAGMENTED,	"fragmented")		\
	X(TRUNCATED,	"truncated")		\
	X(TOO_BIG,	"too-big")		\
	X(NO_ROUTE,	"no-route")		\
	X(NO_NEIGHBOUR,	"no-neighbour")		\
	X(NO_MEMORY,	"no-memory")		\
	X(TX_DROP,	"tx-drop")		\
	X(LOOP,		"loop")			\
	X(LOCAL,	"local")

/**
 * enum rmirror_outcome - what became of one matched packet
 *
 * The index of a counter, or RMIRROR_PENDING: the copy waits for its neighbour
 * and is counted when that is settled.
 */
enum rmirror_outcome {
#define X(id, name) RMIRROR_##id,
	RMIRROR_COUNTERS(X)
#undef X
	__RMIRROR_COUNTER_MAX,
	RMIRROR_PENDING = __RMIRROR_COUNTER_MAX,
};

struct rmirror_stats {
	u64_stats_t		counter[__RMIRROR_COUNTER_MAX];
	struct u64_stats_sync	syncp;
};

/**
 * struct rmirror_hop - the way to a collector, as one CPU knows it
 *
 * @dst: its route, referenced; NULL if there is none yet
 * @cookie: for dst_check()
 * @generation: of the mirror when it was looked up
 * @plain_mtu: the MTU is the device's as long as that is so much; 0: it depends
 * @local: it leads to this host, or to all on a link
 * @ip_output: IPsec or a lightweight tunnel has to transform the packet
 * @ident: the next of the IP identifications that the CPU has taken
 * @idents: so many of them are left
 * @sum4: sum of @ip4
 * @ip4: the outer header, with everything in it that is the same for each copy
 * @ip6: likewise
 *
 * Written by its own CPU only, with BHs off.
 */
struct rmirror_hop {
	struct dst_entry	*dst;
	u32			cookie;
	unsigned int		generation;
	unsigned int		plain_mtu;
	bool			local;
	bool			ip_output;
	u16			ident;
	u16			idents;
	__wsum			sum4;
	union {
		struct iphdr	ip4;
		struct ipv6hdr	ip6;
	};
};

/**
 * struct rmirror_route - the cached way to a collector
 *
 * @addr: the collector
 * @hop: the way there, per CPU
 * @node: entry in struct rmirror_routes
 */
struct rmirror_route {
	union nf_inet_addr		addr;
	struct rmirror_hop __percpu	*hop;
	struct hlist_node		node;
};

/* Collectors of one register: so many are remembered, with their routes */
#define RMIRROR_ROUTES_MAX	1024
#define RMIRROR_ROUTES_BITS	8

/**
 * struct rmirror_routes - the collectors that a register has named so far
 *
 * @lock: protects additions; look-ups are under RCU, and nothing goes before
 *	the mirror does
 * @count: how many there are
 * @bucket: by address
 */
struct rmirror_routes {
	spinlock_t		lock;
	unsigned int		count;
	struct hlist_head	bucket[1 << RMIRROR_ROUTES_BITS];
};

/**
 * struct rmirror - a live statement
 *
 * @conf: as given; constant
 * @encap: its encapsulation
 * @hlen: bytes of encapsulation header between outer IP header and frame
 * @outer_len: bytes that a copy is longer than its frame
 * @net: the netns of the rule; routes and devices are looked up here only
 * @stats: per CPU
 * @route: to the constant collector; of a register, to the last one of those
 *	that there was no room for in @routes
 * @routes: to the collectors that a register named; NULL if it is constant
 * @generation: of what is in the caches; a change makes all of it obsolete
 * @list: entry in struct rmirror_net
 * @seq: next sequence number: the one thing that CPUs share, written only by
 *	encapsulations that number their packets
 */
struct rmirror {
	struct rmirror_conf		conf;
	const struct rmirror_encap_ops	*encap;
	unsigned int			hlen;
	unsigned int			outer_len;
	struct net			*net;
	struct rmirror_stats __percpu	*stats;
	struct rmirror_route		route;
	struct rmirror_routes		*routes;
	unsigned int			generation;
	struct list_head		list;
	atomic_t			seq ____cacheline_aligned_in_smp;
};

/**
 * struct rmirror_net - the mirrors of a netns
 *
 * @lock: protects @mirrors, and the copies in @pending against the release of
 *	their mirror
 * @mirrors: all of them, oldest first
 * @pending: copies that wait for a neighbour; own lock
 * @waiting: how many wait, those that @work has in hand among them
 * @work: looks at them
 */
struct rmirror_net {
	struct mutex		lock;
	struct list_head	mirrors;
	struct sk_buff_head	pending;
	atomic_t		waiting;
	struct delayed_work	work;
};

struct rmirror_net *rmirror_net(const struct net *net);

/* A frame's VLAN tags and addresses, and the EtherType if it had to be made */
#define RMIRROR_L2_TAGS_MAX	4
#define RMIRROR_L2_MAX		(ETH_HLEN + RMIRROR_L2_TAGS_MAX * VLAN_HLEN)

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
 * @tags: VLAN tags in @hdr and in line
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
	bool			outbound;
	u8			hdr[RMIRROR_L2_MAX];
};

/**
 * struct rmirror_path - the way to the collector
 *
 * @addr: the collector
 * @hop: how to get there; valid as long as BHs are off and the RCU read side
 *	section lasts
 * @mtu: bytes an outer packet may have, IP header included
 * @headroom: bytes needed before the frame: link, outer IP, encapsulation
 */
struct rmirror_path {
	const union nf_inet_addr	*addr;
	struct rmirror_hop		*hop;
	unsigned int			mtu;
	unsigned int			headroom;
};

/**
 * struct rmirror_cb - what a copy carries in skb->cb until it is sent
 *
 * @wire_len: bytes of the frame before it was cut
 * @counts: it stands for a matched packet; set on the first only of the pieces
 *	of one
 * @outcome: what to count once it has been handed to the device; this and the
 *	rest only if it has to wait
 * @m: whose copy it is
 * @addr: the collector
 * @expires: when to stop waiting for the neighbour, in jiffies
 */
struct rmirror_cb {
	unsigned int		wire_len;
	bool			counts;
	enum rmirror_outcome	outcome;
	struct rmirror		*m;
	union nf_inet_addr	addr;
	unsigned long		expires;
};

static inline struct rmirror_cb *rmirror_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct rmirror_cb) > sizeof(skb->cb));
	return (struct rmirror_cb *)skb->cb;
}

/**
 * struct rmirror_job - one packet on its way through
 *
 * @m: the mirror
 * @frame: the packet
 * @path: the way to the collector
 * @want: bytes of a frame that the user wants
 * @limit: bytes of a frame that fit the path
 * @bytes: sent so far
 */
struct rmirror_job {
	struct rmirror			*m;
	const struct rmirror_frame	*frame;
	struct rmirror_path		path;
	unsigned int			want;
	unsigned int			limit;
	unsigned int			bytes;
};

/* rmirror_l2.c */
bool rmirror_frame_init(struct rmirror_frame *frame, const struct sk_buff *skb,
			const struct nf_hook_state *state);
void rmirror_frame_strip(struct rmirror_frame *frame);
static inline int rmirror_frame_l3_offset(const struct rmirror_frame *frame)
{
	return frame->src + (int)(frame->l3 - frame->hlen);
}

bool rmirror_frame_source(const struct rmirror_frame *frame, u8 *to);

/* rmirror_loop.c */
extern u32 rmirror_loop_hash;
void rmirror_loop_init(void);
void rmirror_loop_tag(struct sk_buff *copy);
bool rmirror_loop_match(const struct rmirror_job *job);
bool rmirror_loop_from_next_hop(const struct rmirror_job *job);

/* rmirror_copy.c */
struct sk_buff *rmirror_copy(const struct rmirror_frame *frame, unsigned int keep,
			     unsigned int headroom);

/* rmirror_gso.c */
unsigned int rmirror_gso_frame_len(const struct rmirror_frame *frame);
void rmirror_gso_vouch(struct sk_buff *copy);
bool rmirror_gso_shrink(struct sk_buff *copy, unsigned int limit);
bool rmirror_gso_make(struct sk_buff *copy, unsigned int limit);
struct sk_buff *rmirror_gso_segment(struct sk_buff *copy, struct net_device *dev);

/* rmirror_route.c */
int rmirror_route_init(struct rmirror *m);
void rmirror_route_exit(struct rmirror *m);
bool rmirror_route_known(const struct rmirror_job *job, const union nf_inet_addr *addr);
struct rmirror_hop *rmirror_route_hop(struct rmirror *m, const union nf_inet_addr *addr);
bool rmirror_route_fill(const struct rmirror *m, struct rmirror_hop *hop,
			const union nf_inet_addr *addr);
void rmirror_route_renamed(struct net *net);

/* rmirror_outer.c */
unsigned int rmirror_outer_len(const struct rmirror *m);
void rmirror_outer_prepare(const struct rmirror *m, struct rmirror_hop *hop,
			   const union nf_inet_addr *addr, const union nf_inet_addr *saddr);
void rmirror_outer_take_idents(const struct rmirror *m, struct rmirror_hop *hop,
			       unsigned int count);
void rmirror_outer_push(const struct rmirror_job *job, struct sk_buff *skb);

/* rmirror_xmit.c */
enum rmirror_outcome rmirror_xmit(struct rmirror_job *job, struct sk_buff *copy,
				  enum rmirror_outcome outcome);
enum rmirror_outcome rmirror_xmit_wrapped(struct rmirror_job *job, struct sk_buff *skb,
					  enum rmirror_outcome outcome);
enum rmirror_outcome rmirror_xmit_resume(struct sk_buff *skb, unsigned int *bytes);
struct neighbour *rmirror_xmit_next_hop(struct dst_entry *dst, const union nf_inet_addr *addr);
bool rmirror_xmit_may_fragment(const struct rmirror_job *job, const struct sk_buff *copy);

/* rmirror_pending.c */
enum rmirror_outcome rmirror_pending_add(struct sk_buff *skb);
void rmirror_pending_purge(struct rmirror_net *rn, const struct rmirror *m);
void rmirror_pending_init(struct rmirror_net *rn);
void rmirror_pending_exit(struct rmirror_net *rn);

/* rmirror_stats.c */
/**
 * rmirror_stats_add - count
 * @m: the mirror; BHs are off
 * @matched: so many packets have matched
 * @outcome: what became of one; RMIRROR_PENDING: nothing yet
 * @bytes: so many bytes were sent
 */
static inline void rmirror_stats_add(struct rmirror *m, unsigned int matched,
				     enum rmirror_outcome outcome, unsigned int bytes)
{
	struct rmirror_stats *stats = this_cpu_ptr(m->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->counter[RMIRROR_MATCHED], matched);
	if (likely(outcome != RMIRROR_PENDING))
		u64_stats_add(&stats->counter[outcome], 1);
	u64_stats_add(&stats->counter[RMIRROR_BYTES], bytes);
	u64_stats_update_end(&stats->syncp);
}

int rmirror_stats_net_init(struct net *net);
void rmirror_stats_net_exit(struct net *net);

#endif /* _RMIRROR_CORE_H */
