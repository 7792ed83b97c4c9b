/* SPDX-License-Identifier: GPL-2.0-only */
/* What a network namespace has of ours. */
#ifndef _RMIRROR_NETNS_H
#define _RMIRROR_NETNS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ratelimit_types.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/netns/generic.h>

#define RMIRROR_COLLECTOR_BUCKETS	64

/**
 * struct rmirror_collectors - addresses that mean something to the mirrors of a netns
 *
 * @lock: protects additions and removals; look-ups are under RCU
 * @bucket: collectors and outer sources, by address
 * @ports: UDP destination ports that mirrors were given, with how many were; own lock
 * @port_filter: a bit for each port modulo 64 that a mirror uses, or could use by default
 * @sequences: of collector, encapsulation and key
 * @idle: how many of them no mirror has at the moment
 * @closed: the netns goes: sequences go with their mirrors
 * @overflown: registers have named more collectors than can be remembered
 * @learnt: how many collectors the netns' registers have named
 */
struct rmirror_collectors {
	spinlock_t		lock;
	struct hlist_head	bucket[RMIRROR_COLLECTOR_BUCKETS];
	struct xarray		ports;
	u64			port_filter;
	struct list_head	sequences;
	unsigned int		idle;
	bool			closed;
	bool			overflown;
	atomic_t		learnt;
};

/**
 * struct rmirror_waiting - copies that wait for a neighbour
 *
 * @lock: protects the rest but @count
 * @queues: one for each neighbour
 * @queue_count: how many
 * @round: of looking at them
 * @closed: the netns goes: nothing may be added
 * @count: copies that wait, those in hand among them
 * @work: gives up those that have waited too long
 */
struct rmirror_waiting {
	spinlock_t		lock;
	struct list_head	queues;
	unsigned int		queue_count;
	unsigned int		round;
	bool			closed;
	atomic_t		count;
	struct delayed_work	work;
};

/**
 * struct rmirror_net - the mirrors of a netns
 *
 * @net: the netns
 * @lock: protects @mirrors against each other's additions and removals
 * @mirrors: all of them, oldest first; readers under @lock or RCU
 * @tag: what the flow hash of copies that may come back in disguise is made of, see
 *	loop.h; nobody else knows it
 * @collectors: where copies go
 * @waiting: copies that wait for a neighbour
 * @refusals: how many ICMP errors all mirrors are asked about
 * @narrowings: the same of those that tell a path's MTU
 */
struct rmirror_net {
	struct net			*net;
	struct mutex			lock;
	struct list_head		mirrors;
	u32				tag;
	struct rmirror_collectors	collectors;
	struct rmirror_waiting		waiting;
	struct ratelimit_state		refusals;
	struct ratelimit_state		narrowings;
};

extern unsigned int rmirror_net_id;

/**
 * rmirror_net - our part of a netns
 * @net: the netns
 */
static inline struct rmirror_net *rmirror_net(const struct net *net)
{
	return net_generic(net, rmirror_net_id);
}

#endif /* _RMIRROR_NETNS_H */
