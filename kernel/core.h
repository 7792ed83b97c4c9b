/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all of rmirror_core shares: a live statement, and one packet on its way through it.
 *
 * Each file has a header of its own name with what others may use of it. Calls go one
 * way, from top to bottom, and tests/checks/kernel-layout keeps it so:
 *
 *   nft_rmirror.c xt_RMIRROR.c   front ends: parse, check, call (rmirror.h)
 *   main.c                       module, netns, life of a mirror
 *   mirror.c                     one matched packet: guard, copy, send, count
 *   learn.c                      ICMP: the path of the copies, and what is not to be said
 *   gso.c                        superframes and copies that are cut to fit
 *   send.c                       wrap a copy and send it
 *   wait.c                       copies that wait for a neighbour
 *   transmit.c                   neighbour, device, fragments
 *   hop.c                        the way to the collector, and the outer IP header
 *   way.c                        where the ways are kept
 *   loop.c                       is the packet a copy itself?
 *   collector.c                  what a netns knows of its collectors
 *   batch.c                      copies for a card, sent together
 *   stats.c conf.c               counters; what a statement may say
 *   encap/                       the header between outer IP and frame
 *   flow.c                       a hash of the flow that it belongs to
 *   copy.c                       a fresh skb that holds the frame
 *   buffer.c                     the memory of copies
 *   frame.c                      the frame: which bytes belong to it
 *   netns.c                      where the state of a netns is
 */
#ifndef _RMIRROR_CORE_H
#define _RMIRROR_CORE_H

#include <linux/list.h>
#include <linux/ratelimit.h>
#include <linux/skbuff.h>

#include "compat/compat.h"
#include "rmirror.h"
#include "way.h"

struct rmirror_encap_ops;
struct rmirror_frame;
struct rmirror_net;
struct rmirror_stats;

/**
 * struct rmirror - a live statement
 *
 * @conf: as given; constant
 * @place: where its rule stands
 * @encap: its encapsulation
 * @hlen: bytes of encapsulation header between outer IP header and frame
 * @outer_len: bytes that a copy is longer than its frame
 * @key_mask: the bits that a key may have
 * @net: the netns of the rule; routes and devices are looked up here only
 * @rn: its part of ours
 * @stats: per CPU
 * @way: to the constant collector; of a register, to the last one of those
 *	that there was no room for in @ways
 * @ways: to the collectors, and for the keys, that a register named; NULL if there
 *	is but one
 * @generation: of what is in the caches; a change makes all of it obsolete
 * @nested: how many header copies it may send of what may be copies of copies
 * @listed: so many lists of copies, see batch.c, have some of it
 * @list: entry in struct rmirror_net
 * @rcu: its end
 */
struct rmirror {
	struct rmirror_conf		conf;
	const struct rmirror_place	*place;
	const struct rmirror_encap_ops	*encap;
	unsigned int			hlen;
	unsigned int			outer_len;
	u32				key_mask;
	struct net			*net;
	struct rmirror_net		*rn;
	struct rmirror_stats __percpu	*stats;
	struct rmirror_way		way;
	struct rmirror_ways		*ways;
	unsigned int			generation;
	struct ratelimit_state		nested;
	atomic_t			listed;
	struct list_head		list;
	struct rcu_head			rcu;
};

/**
 * struct rmirror_path - the way to the collector
 *
 * @addr: the collector
 * @key: of the copy
 * @hop: how to get there; valid as long as BHs are off and the RCU read side
 *	section lasts
 * @mtu: bytes an outer packet may have, IP header included
 * @headroom: bytes needed before the frame: link, outer IP, encapsulation
 * @copied: what @hop points to, where the CPU's own may change at any time
 */
struct rmirror_path {
	const union nf_inet_addr	*addr;
	u32				key;
	struct rmirror_hop		*hop;
	unsigned int			mtu;
	unsigned int			headroom;
#if RMIRROR_COMPAT_BH_IS_SHARED
	struct rmirror_hop		copied;
#endif
};

/**
 * struct rmirror_job - one packet on its way through
 *
 * @m: the mirror
 * @frame: the packet
 * @state: the hook that it is at
 * @path: the way to the collector
 * @want: bytes of a frame that the user wants
 * @limit: bytes of a frame that fit the path
 * @bytes: sent so far
 * @bh_on: BHs were on when it came
 */
struct rmirror_job {
	struct rmirror			*m;
	const struct rmirror_frame	*frame;
	const struct nf_hook_state	*state;
	struct rmirror_path		path;
	unsigned int			want;
	unsigned int			limit;
	unsigned int			bytes;
	bool				bh_on;
};

/* Does it send the L3 packet alone, to a next hop? */
static inline bool rmirror_is_bare(const struct rmirror *m)
{
	return !m->hlen;
}

#endif /* _RMIRROR_CORE_H */
