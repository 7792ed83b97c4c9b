/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every copy passes through, inline: for the packet that most packets are,
 * an unfragmented one from an Ethernet device to a collector that is known
 * already, all of it is one function. What is rare is out of line, in the file
 * that bears its name.
 */
#ifndef _RMIRROR_FAST_H
#define _RMIRROR_FAST_H

#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "compat/ipv6.h"
#include "encap.h"

/* A packet that came in with an Ethernet header and no VLAN tag stands in @skb as it is. */
static __always_inline bool rmirror_fast_frame(struct rmirror_frame *frame,
					       const struct sk_buff *skb,
					       const struct nf_hook_state *state)
{
	/* All hooks with an output device but this one are on the way out. */
	if (state->out && state->hook != NF_INET_FORWARD)
		return false;
	if (state->in->type != ARPHRD_ETHER || is_vlan_dev(state->in) ||
	    skb_vlan_tag_present(skb) || eth_type_vlan(skb->protocol) ||
	    skb->network_header - skb->mac_header != ETH_HLEN)
		return false;
	frame->skb = skb;
	frame->src = skb_mac_offset(skb);
	frame->len = skb->len - frame->src;
	frame->l3 = ETH_HLEN;
	frame->proto = skb->protocol;
	frame->hlen = 0;
	frame->tags = 0;
	frame->outbound = false;
	return true;
}

/* Neither an ICMP error nor to or from the collector, as rmirror_loop_match() would find out */
static __always_inline bool rmirror_fast_no_copy(const struct rmirror_job *job)
{
	const struct rmirror_frame *frame = job->frame;
	const union nf_inet_addr *addr = job->path.addr;
	const int off = rmirror_frame_l3_offset(frame);
	const void *header = frame->skb->data + off;
	const int linear = (int)skb_headlen(frame->skb) - off;
	const struct rmirror *m = job->m;

	if (unlikely(frame->skb->hash == rmirror_loop_hash))
		return false;
	if (frame->proto == htons(ETH_P_IP) && linear >= (int)sizeof(struct iphdr)) {
		const struct iphdr *iph = header;

		if (iph->protocol == IPPROTO_TCP)
			return true;
		return iph->protocol == IPPROTO_UDP && !m->routes &&
		       (m->conf.family != NFPROTO_IPV4 ||
			(iph->saddr != addr->ip && iph->daddr != addr->ip));
	}
	if (frame->proto == htons(ETH_P_IPV6) && linear >= (int)sizeof(struct ipv6hdr)) {
		const struct ipv6hdr *ip6h = header;

		if (ip6h->nexthdr == IPPROTO_TCP)
			return true;
		return ip6h->nexthdr == IPPROTO_UDP && !m->routes &&
		       (m->conf.family != NFPROTO_IPV6 ||
			(!ipv6_addr_equal(&ip6h->saddr, &addr->in6) &&
			 !ipv6_addr_equal(&ip6h->daddr, &addr->in6)));
	}
	return false;
}

/*
 * The way to the collector in @path->addr; the rest of @path is filled in.
 * Returns RMIRROR_SENT if there is one, else the reason why not.
 */
static __always_inline enum rmirror_outcome rmirror_fast_route(struct rmirror *m,
							       struct rmirror_path *path)
{
	struct rmirror_hop *hop = likely(!m->routes) ? this_cpu_ptr(m->route.hop) :
						       rmirror_route_hop(m, path->addr);
	const struct net_device *dev;

	if (unlikely(!hop->dst || hop->generation != READ_ONCE(m->generation) ||
		     !dst_check(hop->dst, hop->cookie)) &&
	    !rmirror_route_fill(m, hop, path->addr))
		return RMIRROR_NO_ROUTE;
	if (unlikely(hop->local))
		return RMIRROR_LOCAL;
	dev = hop->dst->dev;
	if (unlikely(!netif_running(dev) || !netif_carrier_ok(dev)))
		return RMIRROR_NO_ROUTE;
	path->hop = hop;
	path->mtu = READ_ONCE(dev->mtu);
	if (unlikely(path->mtu != hop->plain_mtu))
		path->mtu = dst_mtu(hop->dst);
	path->headroom = LL_RESERVED_SPACE(dev) + hop->dst->header_len + m->outer_len;
	return RMIRROR_SENT;
}

/*
 * The outer IPv4 header. The kernel counts identifications for all CPUs together,
 * and what CPUs share is not to be written for each copy: they are taken from it
 * in blocks. A superframe needs one for each segment.
 */
static __always_inline void rmirror_fast_push4(const struct rmirror_job *job,
					       struct sk_buff *skb)
{
	const unsigned int count = max_t(unsigned int, skb_shinfo(skb)->gso_segs, 1);
	struct iphdr *iph = __skb_push(skb, sizeof(*iph));
	struct rmirror_hop *hop = job->path.hop;

	if (unlikely(hop->idents < count))
		rmirror_outer_take_idents(job->m, hop, count);
	*iph = hop->ip4;
	iph->tot_len = htons(skb->len);
	iph->id = htons(hop->ident);
	iph->check = csum_fold(csum_add(hop->sum4, (__force __wsum)((__force u32)iph->tot_len +
								     (__force u32)iph->id)));
	hop->idents -= count;
	hop->ident += count;
	skb->protocol = htons(ETH_P_IP);
}

/* As rmirror_xmit_next_hop() */
static __always_inline struct neighbour *rmirror_fast_next_hop(struct dst_entry *dst,
							       const union nf_inet_addr *addr)
{
	const struct rtable *rt;

	if (dst->ops->family == AF_INET6)
		return ip_neigh_gw6(dst->dev, rt6_nexthop(dst_rt6_info(dst), &addr->in6));
	rt = container_of(dst, struct rtable, dst);
	if (unlikely(rt->rt_gw_family == AF_INET6))
		return ip_neigh_gw6(dst->dev, &rt->rt_gw6);
	return ip_neigh_gw4(dst->dev, rt->rt_gw_family ? rt->rt_gw4 : addr->ip);
}

/* As rmirror_xmit() */
static __always_inline enum rmirror_outcome rmirror_fast_xmit(struct rmirror_job *job,
							      struct sk_buff *copy,
							      enum rmirror_outcome outcome)
{
	struct dst_entry *dst = job->path.hop->dst;
	const struct neighbour *n;
	unsigned int bytes;
	int err;

	copy->dev = dst->dev;
	rmirror_outer_push(job, copy);
	skb_dst_set_noref(copy, dst);
	if (unlikely(dst->dev->type != ARPHRD_ETHER || job->path.hop->ip_output))
		rmirror_loop_tag(copy);
	copy->mark = job->m->conf.mark;

	bytes = copy->len;
	n = rmirror_fast_next_hop(dst, job->path.addr);
	if (unlikely(job->path.hop->ip_output || IS_ERR(n) ||
		     (bytes > job->path.mtu && !skb_is_gso(copy)) ||
		     !(READ_ONCE(n->nud_state) & NUD_CONNECTED) || !READ_ONCE(n->hh.hh_len) ||
		     n->tbl->protocol != copy->protocol))
		return rmirror_xmit_wrapped(job, copy, outcome);
	err = neigh_hh_output(&n->hh, copy);
	if (unlikely(net_xmit_eval(err)))
		return RMIRROR_TX_DROP;
	job->bytes += bytes;
	return outcome;
}

#endif /* _RMIRROR_FAST_H */
