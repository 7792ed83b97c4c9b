// SPDX-License-Identifier: GPL-2.0-only
/*
 * Neighbour and device.
 *
 * A copy goes straight to the neighbour, so that it does not depend on the
 * OUTPUT rules that it may be observing; only what IPsec or a lightweight
 * tunnel has to transform takes the IP output path.
 */

#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/lwtunnel.h>
#include <net/neighbour.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "compat/ipv6.h"
#include "encap.h"

/**
 * rmirror_xmit - wrap a frame and send it
 * @job: the packet
 * @copy: the frame, with @job->path.headroom before it; consumed
 * @outcome: what to count when it is on its way
 *
 * Return: @outcome, or the reason why it was dropped, or RMIRROR_PENDING.
 */
enum rmirror_outcome rmirror_xmit(const struct rmirror_job *job, struct sk_buff *copy,
				  enum rmirror_outcome outcome)
{
	copy->dev = job->path.dst->dev;
	rmirror_outer_push(job, copy);

	skb_dst_set(copy, dst_clone(job->path.dst));
	rmirror_loop_tag(copy);
	copy->mark = job->m->conf.mark;
	rmirror_cb(copy)->m = job->m;
	rmirror_cb(copy)->addr = job->path.addr;
	rmirror_cb(copy)->outcome = outcome;
	return rmirror_xmit_resume(copy);
}

/**
 * rmirror_xmit_next_hop - the neighbour that a route leads to
 * @dst: the route
 * @addr: its destination, in case that there is no gateway
 *
 * Within rcu_read_lock_bh(). Return: the neighbour, or an ERR_PTR.
 */
struct neighbour *rmirror_xmit_next_hop(struct dst_entry *dst, const union nf_inet_addr *addr)
{
	const struct rtable *rt;

	if (dst->ops->family == AF_INET6)
		return ip_neigh_gw6(dst->dev, rt6_nexthop(dst_rt6_info(dst), &addr->in6));
	rt = container_of(dst, struct rtable, dst);
	if (rt->rt_gw_family == AF_INET6)
		return ip_neigh_gw6(dst->dev, &rt->rt_gw6);
	return ip_neigh_gw4(dst->dev, rt->rt_gw_family ? rt->rt_gw4 : addr->ip);
}

/* A cached link header has the EtherType of the neighbour's own protocol. */
static int output(struct neighbour *n, struct sk_buff *skb)
{
	return neigh_output(n, skb, n->tbl->protocol != skb->protocol);
}

/* The collector of the packet that is being fragmented, which need not be its destination */
static DEFINE_PER_CPU(union nf_inet_addr, fragment_addr);

/* The last step of a fragment: the fragmenting functions call it for each, before they return. */
static int xmit_fragment(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct neighbour *n = rmirror_xmit_next_hop(skb_dst(skb), this_cpu_ptr(&fragment_addr));

	if (IS_ERR(n)) {
		kfree_skb(skb);
		return PTR_ERR(n);
	}
	return output(n, skb);
}

/* IP's control block takes the place of ours. Nobody must get an error about the original's DF. */
static int xmit_fragments(struct net *net, struct sk_buff *skb)
{
	*this_cpu_ptr(&fragment_addr) = rmirror_cb(skb)->addr;
	memset(skb->cb, 0, sizeof(skb->cb));
	skb->ignore_df = 1;
	if (skb->protocol == htons(ETH_P_IP))
		return ip_do_fragment(net, NULL, skb, xmit_fragment);
	return ip6_fragment(net, NULL, skb, xmit_fragment);
}

/**
 * rmirror_xmit_may_fragment - can a copy that does not fit be sent in fragments?
 * @job: the packet
 * @copy: the frame, not yet wrapped
 *
 * An outer packet can. A bare one is fragmented by its route's own protocol.
 */
bool rmirror_xmit_may_fragment(const struct rmirror_job *job, const struct sk_buff *copy)
{
	if (job->m->conf.encap != RMIRROR_ENCAP_NONE)
		return true;
	return copy->protocol == (job->m->conf.family == NFPROTO_IPV4 ? htons(ETH_P_IP) :
									htons(ETH_P_IPV6));
}

static int xmit_neighbour(struct net *net, struct sk_buff *skb, struct neighbour *n)
{
	if (skb_is_gso(skb) || skb->len <= dst_mtu(skb_dst(skb)))
		return output(n, skb);
	return xmit_fragments(net, skb);
}

static bool needs_ip_output(const struct dst_entry *dst)
{
	return dst_xfrm(dst) || lwtunnel_xmit_redirect(dst->lwtstate) ||
	       lwtunnel_output_redirect(dst->lwtstate);
}

static int xmit_ip_output(struct net *net, struct sk_buff *skb)
{
	memset(skb->cb, 0, sizeof(skb->cb));
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	return dst_output(net, NULL, skb);
}

/**
 * rmirror_xmit_resume - send a wrapped copy as soon as its neighbour is known
 * @skb: the outer packet, with its route; consumed
 *
 * BHs are off, and it runs within an RCU read side section.
 *
 * Return: as rmirror_xmit().
 */
enum rmirror_outcome rmirror_xmit_resume(struct sk_buff *skb)
{
	const enum rmirror_outcome outcome = rmirror_cb(skb)->outcome;
	struct rmirror *m = rmirror_cb(skb)->m;
	const unsigned int bytes = skb->len;
	struct neighbour *n;
	int err;

	if (m->conf.encap != RMIRROR_ENCAP_NONE && needs_ip_output(skb_dst(skb))) {
		err = xmit_ip_output(m->net, skb);
		goto sent;
	}

	rcu_read_lock_bh();
	n = rmirror_xmit_next_hop(skb_dst(skb), &rmirror_cb(skb)->addr);
	if (IS_ERR(n)) {
		rcu_read_unlock_bh();
		kfree_skb(skb);
		return RMIRROR_NO_MEMORY;
	}
	if (!(READ_ONCE(n->nud_state) & NUD_VALID)) {
		neigh_event_send(n, NULL);
		rcu_read_unlock_bh();
		return rmirror_pending_add(skb);
	}
	err = xmit_neighbour(m->net, skb, n);
	rcu_read_unlock_bh();
sent:
	if (net_xmit_eval(err))
		return RMIRROR_TX_DROP;
	rmirror_stats_add(m, RMIRROR_BYTES, bytes);
	return outcome;
}
