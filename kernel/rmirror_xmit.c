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

#include "rmirror_fast.h"

/**
 * rmirror_xmit_next_hop - the neighbour that a route leads to
 * @dst: the route
 * @addr: its destination, in case that there is no gateway
 *
 * BHs are off, within an RCU read side section. Return: the neighbour, or an
 * ERR_PTR.
 */
struct neighbour *rmirror_xmit_next_hop(struct dst_entry *dst, const union nf_inet_addr *addr)
{
	return rmirror_fast_next_hop(dst, addr);
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
static int xmit_fragments(struct net *net, struct sk_buff *skb, const union nf_inet_addr *addr)
{
	if (skb_dst(skb)->ops->family == AF_INET6)
		this_cpu_ptr(&fragment_addr)->in6 = addr->in6;
	else
		this_cpu_ptr(&fragment_addr)->ip = addr->ip;
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

static int xmit_neighbour(struct net *net, struct sk_buff *skb, struct neighbour *n,
			  unsigned int mtu, const union nf_inet_addr *addr)
{
	if (likely(skb->len <= mtu || skb_is_gso(skb)))
		return output(n, skb);
	return xmit_fragments(net, skb, addr);
}

static int xmit_ip_output(struct net *net, struct sk_buff *skb)
{
	memset(skb->cb, 0, sizeof(skb->cb));
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	return dst_output(net, NULL, skb);
}

/* The copy outlives the RCU read side section, and what it was made from. */
static enum rmirror_outcome wait(const struct rmirror_job *job, struct sk_buff *skb,
				 struct neighbour *n, enum rmirror_outcome outcome)
{
	struct rmirror_cb *cb = rmirror_cb(skb);

	neigh_event_send(n, NULL);
	if (!skb_dst_force(skb)) {
		kfree_skb(skb);
		return RMIRROR_NO_ROUTE;
	}
	cb->m = job->m;
	cb->outcome = outcome;
	if (job->m->conf.family == NFPROTO_IPV4)
		cb->addr.ip = job->path.addr->ip;
	else
		cb->addr.in6 = job->path.addr->in6;
	return rmirror_pending_add(skb);
}

/**
 * rmirror_xmit_wrapped - send an outer packet
 * @job: the packet
 * @skb: the outer packet, with its route; consumed
 * @outcome: what to count when it is on its way
 *
 * Return: as rmirror_xmit().
 */
enum rmirror_outcome rmirror_xmit_wrapped(struct rmirror_job *job, struct sk_buff *skb,
					  enum rmirror_outcome outcome)
{
	const struct rmirror_hop *hop = job->path.hop;
	const unsigned int bytes = skb->len;
	struct rmirror *m = job->m;
	struct neighbour *n;
	int err;

	if (hop->ip_output && m->conf.encap != RMIRROR_ENCAP_NONE) {
		err = xmit_ip_output(m->net, skb);
	} else {
		n = rmirror_xmit_next_hop(hop->dst, job->path.addr);
		if (IS_ERR(n)) {
			kfree_skb(skb);
			return RMIRROR_NO_MEMORY;
		}
		if (!(READ_ONCE(n->nud_state) & NUD_VALID))
			return wait(job, skb, n, outcome);
		err = xmit_neighbour(m->net, skb, n, job->path.mtu, job->path.addr);
	}
	if (net_xmit_eval(err))
		return RMIRROR_TX_DROP;
	job->bytes += bytes;
	return outcome;
}

/**
 * rmirror_xmit - wrap a frame and send it
 * @job: the packet
 * @copy: the frame, with @job->path.headroom before it; consumed
 * @outcome: what to count when it is on its way
 *
 * Return: @outcome, or the reason why it was dropped, or RMIRROR_PENDING.
 */
enum rmirror_outcome rmirror_xmit(struct rmirror_job *job, struct sk_buff *copy,
				  enum rmirror_outcome outcome)
{
	return rmirror_fast_xmit(job, copy, outcome);
}

/**
 * rmirror_xmit_resume - send a copy that has waited for its neighbour
 * @skb: the outer packet, with its route; consumed
 * @bytes: of what was sent
 *
 * BHs are off, and it runs within an RCU read side section.
 *
 * Return: as rmirror_xmit().
 */
enum rmirror_outcome rmirror_xmit_resume(struct sk_buff *skb, unsigned int *bytes)
{
	const struct rmirror_cb cb = *rmirror_cb(skb);
	struct dst_entry *dst = skb_dst(skb);
	const unsigned int len = skb->len;
	struct neighbour *n;
	int err;

	*bytes = 0;
	n = rmirror_xmit_next_hop(dst, &cb.addr);
	if (IS_ERR(n)) {
		kfree_skb(skb);
		return RMIRROR_NO_MEMORY;
	}
	err = xmit_neighbour(cb.m->net, skb, n, dst_mtu(dst), &cb.addr);
	if (net_xmit_eval(err))
		return RMIRROR_TX_DROP;
	*bytes = len;
	return cb.outcome;
}
