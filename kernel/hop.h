/* SPDX-License-Identifier: GPL-2.0-only */
/* The way to the collector, and the outer IP header that goes with it. */
#ifndef _RMIRROR_HOP_H
#define _RMIRROR_HOP_H

#include <linux/netdevice.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "compat/compat.h"
#include "compat/ipv6.h"
#include "core.h"
#include "stats.h"

/**
 * struct rmirror_next_hop - whom a packet is handed to
 *
 * @dev: on which device
 * @family: AF_INET or AF_INET6, of @addr, whatever the packet is
 * @addr: its address
 */
struct rmirror_next_hop {
	struct net_device	*dev;
	u8			family;
	union nf_inet_addr	addr;
};

/**
 * struct rmirror_hop_guard - who looks at the ways that a CPU knows
 *
 * @bh_lock: one lock for those of all mirrors
 */
struct rmirror_hop_guard {
	RMIRROR_COMPAT_BH_LOCK	bh_lock;
};

DECLARE_PER_CPU(struct rmirror_hop_guard, rmirror_hop_guard);

void rmirror_hop_forget(struct rmirror *m);
void rmirror_hop_renamed(struct net *net);
bool rmirror_hop_fill(struct rmirror *m, struct rmirror_hop *hop,
		      const struct rmirror_path *path);
struct dst_entry *rmirror_hop_look_up(const struct rmirror *m, const union nf_inet_addr *addr,
				      union nf_inet_addr *saddr);
bool rmirror_hop_find_device(const struct rmirror *m, int *ifindex);
u32 rmirror_hop_cookie(const struct dst_entry *dst);
void rmirror_hop_next(struct rmirror_next_hop *next, struct dst_entry *dst,
		      const union nf_inet_addr *addr);
unsigned int rmirror_hop_outer_len(const struct rmirror *m);
void rmirror_hop_take_idents(const struct rmirror *m, struct rmirror_hop *hop, unsigned int count);
void rmirror_hop_push6(const struct rmirror_job *job, struct sk_buff *skb);

static __always_inline const struct rtable *rmirror_hop_route4(const struct dst_entry *dst)
{
	return container_of(dst, struct rtable, dst);
}

/* Is the route still the way? As dst_check() has it, of which this is IPv4's. */
static __always_inline bool rmirror_hop_is_valid(const struct rmirror *m,
						 const struct rmirror_hop *hop)
{
	struct dst_entry *dst = hop->dst;

	if (unlikely(!dst || hop->generation != READ_ONCE(m->generation)))
		return false;
	if (likely(hop->plain))
		return READ_ONCE(dst->obsolete) == DST_OBSOLETE_FORCE_CHK &&
		       rmirror_hop_route4(dst)->rt_genid == rt_genid_ipv4(m->net);
	return dst_check(dst, hop->cookie);
}

/*
 * The CPU's own hop, or a copy of it: nothing is sent with the lock held, as devices have
 * locks, too, and may mirror in their turn. The route is under RCU.
 */
static __always_inline struct rmirror_hop *rmirror_hop_use(struct rmirror_path *path,
							   struct rmirror_hop *hop)
{
#if RMIRROR_COMPAT_BH_IS_SHARED
	path->copied = *hop;
	return &path->copied;
#else
	return hop;
#endif
}

/* False if there is no way. */
static __always_inline bool rmirror_hop_get(struct rmirror *m, struct rmirror_path *path)
{
	struct rmirror_hop *hop;
	bool found;

	rmirror_compat_bh_lock(&rmirror_hop_guard.bh_lock);
	hop = likely(!m->ways) ? this_cpu_ptr(m->way.hop) : rmirror_way_hop(m, path);
	found = likely(rmirror_hop_is_valid(m, hop)) || rmirror_hop_fill(m, hop, path);
	path->hop = rmirror_hop_use(path, hop);
	rmirror_compat_bh_unlock(&rmirror_hop_guard.bh_lock);
	return found;
}

/**
 * rmirror_hop_find - find the way to the collector
 * @m: the mirror; BHs are off, within an RCU read side section
 * @path: with the collector's address and the key; the rest of it is filled in
 *
 * Return: RMIRROR_SENT if there is one, else the reason why not.
 */
static __always_inline enum rmirror_outcome rmirror_hop_find(struct rmirror *m,
							     struct rmirror_path *path)
{
	const struct rmirror_hop *hop;
	const struct net_device *dev;

	if (unlikely(!rmirror_hop_get(m, path)))
		return RMIRROR_NO_ROUTE;
	hop = path->hop;
	if (unlikely(hop->local))
		return RMIRROR_LOCAL;
	dev = hop->dst->dev;
	if (unlikely(!netif_running(dev) || !netif_carrier_ok(dev)))
		return RMIRROR_NO_ROUTE;
	path->mtu = READ_ONCE(dev->mtu);
	if (unlikely(path->mtu != hop->plain_mtu))
		path->mtu = dst_mtu(hop->dst);
	path->headroom = LL_RESERVED_SPACE(dev) + hop->dst->header_len + m->outer_len;
	return RMIRROR_SENT;
}

/**
 * rmirror_hop_neighbour - the neighbour that a route leads to
 * @dst: the route
 * @addr: its destination, in case that there is no gateway
 *
 * BHs are off, within an RCU read side section. Return: the neighbour, or an
 * ERR_PTR.
 */
static __always_inline struct neighbour *rmirror_hop_neighbour(struct dst_entry *dst,
							       const union nf_inet_addr *addr)
{
	const struct rtable *rt = rmirror_hop_route4(dst);

	if (dst->ops->family == AF_INET6)
		return ip_neigh_gw6(dst->dev, rt6_nexthop(dst_rt6_info(dst), &addr->in6));
	if (unlikely(rt->rt_gw_family == AF_INET6))
		return ip_neigh_gw6(dst->dev, &rt->rt_gw6);
	return ip_neigh_gw4(dst->dev, rt->rt_gw_family ? rt->rt_gw4 : addr->ip);
}

/* Write the encapsulation header, which is the same for each copy. */
static __always_inline void rmirror_hop_push_encap(const struct rmirror_job *job,
						   struct sk_buff *skb)
{
	const struct rmirror_hop *hop = job->path.hop;
	const unsigned int half = sizeof(hop->encap) / 2;

	if (likely(job->m->hlen == half))
		memcpy(__skb_push(skb, half), hop->encap, half);
	else
		memcpy(__skb_push(skb, sizeof(hop->encap)), hop->encap, sizeof(hop->encap));
}

/**
 * rmirror_hop_push4 - write the outer IPv4 header
 * @job: the packet
 * @skb: its payload
 * @count: so many identifications it needs: a superframe one for each segment
 *
 * The kernel counts identifications for all CPUs together, and what CPUs share
 * is not to be written for each copy: they are taken from it in blocks.
 */
static __always_inline void rmirror_hop_push4(const struct rmirror_job *job, struct sk_buff *skb,
					      unsigned int count)
{
	struct iphdr *iph = __skb_push(skb, sizeof(*iph));
	struct rmirror_hop *hop = job->path.hop;

	if (unlikely(hop->idents < count))
		rmirror_hop_take_idents(job->m, hop, count);
	*iph = hop->ip4;
	iph->tot_len = htons(skb->len);
	iph->id = htons(hop->ident);
	iph->check = csum_fold(csum_add(hop->sum4, (__force __wsum)((__force u32)iph->tot_len +
								     (__force u32)iph->id)));
	hop->idents -= count;
	hop->ident += count;
	skb->protocol = htons(ETH_P_IP);
}

#endif /* _RMIRROR_HOP_H */
