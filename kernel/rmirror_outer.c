// SPDX-License-Identifier: GPL-2.0-only
/*
 * The outer IP header.
 *
 * DF is never set: a router on the way may fragment a copy, and nobody gets an
 * ICMP error on its account.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "rmirror_fast.h"

static void prepare4(const struct rmirror *m, struct iphdr *iph, __be32 saddr, __be32 daddr)
{
	*iph = (struct iphdr) {
		.version	= 4,
		.ihl		= sizeof(*iph) / 4,
		.tos		= m->conf.dscp << 2,
		.ttl		= m->conf.ttl,
		.protocol	= m->encap->proto,
		.saddr		= saddr,
		.daddr		= daddr,
	};
}

static void prepare6(const struct rmirror *m, struct ipv6hdr *ip6h,
		     const struct in6_addr *saddr, const struct in6_addr *daddr)
{
	*ip6h = (struct ipv6hdr) {
		.nexthdr	= m->encap->proto,
		.hop_limit	= m->conf.ttl,
		.saddr		= *saddr,
		.daddr		= *daddr,
	};
	ip6_flow_hdr(ip6h, m->conf.dscp << 2, 0);
}

/**
 * rmirror_outer_prepare - what the outer headers of all copies have in common
 * @m: the mirror
 * @hop: gets it
 * @addr: the collector
 * @saddr: the outer source address
 */
void rmirror_outer_prepare(const struct rmirror *m, struct rmirror_hop *hop,
			   const union nf_inet_addr *addr, const union nf_inet_addr *saddr)
{
	if (m->conf.family == NFPROTO_IPV6) {
		prepare6(m, &hop->ip6, &saddr->in6, &addr->in6);
		return;
	}
	prepare4(m, &hop->ip4, saddr->ip, addr->ip);
	hop->sum4 = csum_partial(&hop->ip4, sizeof(hop->ip4), 0);
	hop->idents = 0;
}

/* So many identifications are taken from the kernel at a time. */
#define IDENT_BLOCK	512

/**
 * rmirror_outer_take_idents - take IP identifications from the kernel
 * @m: the mirror
 * @hop: gets them; what it had left is lost
 * @count: so many at least
 */
void rmirror_outer_take_idents(const struct rmirror *m, struct rmirror_hop *hop,
			       unsigned int count)
{
	struct iphdr iph = hop->ip4;

	hop->idents = max_t(unsigned int, count, IDENT_BLOCK);
	__ip_select_ident(m->net, &iph, hop->idents);
	hop->ident = ntohs(iph.id);
}

static void push6(const struct rmirror_job *job, struct sk_buff *skb)
{
	const unsigned int payload_len = skb->len;
	struct ipv6hdr *ip6h = __skb_push(skb, sizeof(*ip6h));

	*ip6h = job->path.hop->ip6;
	ip6h->payload_len = htons(payload_len);
	skb->protocol = htons(ETH_P_IPV6);
}

/**
 * rmirror_outer_len - bytes that a copy is longer than its frame
 * @m: the mirror, with its encapsulation
 */
unsigned int rmirror_outer_len(const struct rmirror *m)
{
	if (m->conf.encap == RMIRROR_ENCAP_NONE)
		return 0;
	return m->hlen + (m->conf.family == NFPROTO_IPV4 ? sizeof(struct iphdr) :
							   sizeof(struct ipv6hdr));
}

/**
 * rmirror_outer_push - wrap a frame
 * @job: the packet
 * @skb: the frame, with @job->path.headroom bytes before it
 *
 * Writes encapsulation and outer IP header. A superframe becomes an encapsulated
 * one: what was its only header is now the inner. Without encapsulation the
 * frame is an L3 packet already.
 */
void rmirror_outer_push(const struct rmirror_job *job, struct sk_buff *skb)
{
	if (job->m->conf.encap == RMIRROR_ENCAP_NONE)
		return;
	if (skb_is_gso(skb)) {
		skb_reset_inner_headers(skb);
		skb_set_inner_protocol(skb, htons(ETH_P_TEB));
		skb->encapsulation = 1;
	}
	job->m->encap->push(job, skb);
	skb_reset_transport_header(skb);
	if (job->m->conf.family == NFPROTO_IPV4)
		rmirror_fast_push4(job, skb);
	else
		push6(job, skb);
	skb_reset_network_header(skb);
	skb->priority = rt_tos2priority(job->m->conf.dscp << 2);
}
