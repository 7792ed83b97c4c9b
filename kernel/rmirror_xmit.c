// SPDX-License-Identifier: GPL-2.0-only
/*
 * Outer IP header, neighbour, device.
 *
 * A copy goes straight to the neighbour, so that it does not depend on the
 * OUTPUT rules that it may be observing; only what IPsec or a lightweight
 * tunnel has to transform takes the IP output path. DF is never set: a router
 * on the way may fragment a copy, and nobody gets an ICMP error on its account.
 */

#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/lwtunnel.h>
#include <net/neighbour.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "compat/compat.h"
#include "encap.h"

/**
 * rmirror_outer_len - bytes that a copy is longer than its frame
 * @m: the mirror
 */
unsigned int rmirror_outer_len(const struct rmirror *m)
{
	return sizeof(struct iphdr) + m->hlen;
}

static void push_ip4(const struct rmirror *m, const struct rmirror_path *path,
		     struct sk_buff *skb)
{
	struct iphdr *iph;

	skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph = ip_hdr(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = m->conf.dscp << 2;
	iph->tot_len = htons(skb->len);
	iph->frag_off = 0;
	iph->ttl = m->conf.ttl;
	iph->protocol = m->encap->proto;
	iph->saddr = path->saddr.ip;
	iph->daddr = m->conf.addr.ip;
	__ip_select_ident(m->net, iph, skb_shinfo(skb)->gso_segs ?: 1);
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
}

static void push_encap(const struct rmirror *m, struct sk_buff *skb)
{
	if (skb_is_gso(skb)) {
		skb_reset_inner_headers(skb);
		skb_set_inner_protocol(skb, htons(ETH_P_TEB));
		skb->encapsulation = 1;
		skb_shinfo(skb)->gso_type |= m->encap->gso_type;
	}
	m->encap->push(m, skb);
	skb_reset_transport_header(skb);
}

/**
 * rmirror_xmit - wrap a frame and send it
 * @m: the mirror
 * @path: the way
 * @copy: the frame, with @path->headroom before it; consumed
 * @outcome: what to count when it is on its way
 *
 * Return: @outcome, or the reason why it was dropped, or RMIRROR_PENDING.
 */
enum rmirror_outcome rmirror_xmit(struct rmirror *m, const struct rmirror_path *path,
				  struct sk_buff *copy, enum rmirror_outcome outcome)
{
	push_encap(m, copy);
	push_ip4(m, path, copy);

	skb_dst_set(copy, dst_clone(path->dst));
	copy->dev = path->dst->dev;
	copy->mark = m->conf.mark;
	copy->priority = rt_tos2priority(ip_hdr(copy)->tos);
	rmirror_cb(copy)->m = m;
	rmirror_cb(copy)->outcome = outcome;
	return rmirror_xmit_resume(copy);
}

static struct neighbour *next_hop(struct sk_buff *skb, bool *is_v6gw)
{
	return ip_neigh_for_gw(skb_rtable(skb), skb, is_v6gw);
}

/* The last step of a fragment: ip_do_fragment() calls it for each. */
static int xmit_fragment(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	bool is_v6gw = false;
	struct neighbour *n = next_hop(skb, &is_v6gw);

	if (IS_ERR(n)) {
		kfree_skb(skb);
		return PTR_ERR(n);
	}
	return neigh_output(n, skb, is_v6gw);
}

static int xmit_neighbour(struct net *net, struct sk_buff *skb, struct neighbour *n,
			  bool is_v6gw)
{
	if (skb_is_gso(skb) || skb->len <= dst_mtu(skb_dst(skb)))
		return neigh_output(n, skb, is_v6gw);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	return ip_do_fragment(net, NULL, skb, xmit_fragment);
}

static bool needs_ip_output(const struct dst_entry *dst)
{
	return dst_xfrm(dst) || lwtunnel_xmit_redirect(dst->lwtstate) ||
	       lwtunnel_output_redirect(dst->lwtstate);
}

static int xmit_ip_output(struct net *net, struct sk_buff *skb)
{
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
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
	bool is_v6gw = false;
	struct neighbour *n;
	int err;

	if (needs_ip_output(skb_dst(skb))) {
		err = xmit_ip_output(m->net, skb);
		goto sent;
	}

	rcu_read_lock_bh();
	n = next_hop(skb, &is_v6gw);
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
	err = xmit_neighbour(m->net, skb, n, is_v6gw);
	rcu_read_unlock_bh();
sent:
	if (net_xmit_eval(err))
		return RMIRROR_TX_DROP;
	rmirror_stats_add(m, RMIRROR_BYTES, bytes);
	return outcome;
}
