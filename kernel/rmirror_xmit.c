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
#include <net/ip6_route.h>
#include <net/ipv6_stubs.h>
#include <net/lwtunnel.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "compat/compat.h"
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

/*
 * The last step of a fragment: the fragmenting functions call it for each. The
 * destination is that of the outer header; where there is none, the route has a
 * gateway, see rmirror_xmit_may_fragment().
 */
static int xmit_fragment(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	const void *daddr = skb->protocol == htons(ETH_P_IP) ?
			    (const void *)&ip_hdr(skb)->daddr : &ipv6_hdr(skb)->daddr;
	struct neighbour *n = rmirror_xmit_next_hop(skb_dst(skb), daddr);

	if (IS_ERR(n)) {
		kfree_skb(skb);
		return PTR_ERR(n);
	}
	return output(n, skb);
}

/**
 * rmirror_xmit_may_fragment - can a copy that does not fit be sent in fragments?
 * @job: the packet
 * @copy: the frame, not yet wrapped
 *
 * An outer packet can. A bare one must be of the family of its route, which
 * must know the next hop without being told the destination.
 */
bool rmirror_xmit_may_fragment(const struct rmirror_job *job, const struct sk_buff *copy)
{
	const struct dst_entry *dst = job->path.dst;

	if (job->m->conf.encap != RMIRROR_ENCAP_NONE)
		return true;
	if (dst->ops->family == AF_INET6)
		return copy->protocol == htons(ETH_P_IPV6) &&
		       dst_rt6_info(dst)->rt6i_flags & (RTF_GATEWAY | RTF_CACHE);
	return copy->protocol == htons(ETH_P_IP) &&
	       container_of(dst, struct rtable, dst)->rt_gw_family;
}

static int fragment4(struct net *net, struct sk_buff *skb)
{
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	/* Only a bare copy has DF, of the original, whose sender must not hear of this. */
	skb->ignore_df = 1;
	return ip_do_fragment(net, NULL, skb, xmit_fragment);
}

static int fragment6(struct net *net, struct sk_buff *skb)
{
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	/* Not a forwarded packet: an ICMP error to its source would be to us. */
	skb->ignore_df = 1;
	return ipv6_stub->ipv6_fragment(net, NULL, skb, xmit_fragment);
}

static int xmit_neighbour(struct net *net, struct sk_buff *skb, struct neighbour *n)
{
	if (skb_is_gso(skb) || skb->len <= dst_mtu(skb_dst(skb)))
		return output(n, skb);
	if (skb->protocol == htons(ETH_P_IP))
		return fragment4(net, skb);
	return fragment6(net, skb);
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
