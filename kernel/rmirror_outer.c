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

#include "encap.h"

static void push4(const struct rmirror_job *job, struct sk_buff *skb)
{
	const struct rmirror_conf *conf = &job->m->conf;
	struct iphdr *iph;

	skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph = ip_hdr(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = conf->dscp << 2;
	iph->tot_len = htons(skb->len);
	iph->frag_off = 0;
	iph->ttl = conf->ttl;
	iph->protocol = job->m->encap->proto;
	iph->saddr = job->path.saddr.ip;
	iph->daddr = job->path.addr.ip;
	__ip_select_ident(job->m->net, iph, skb_shinfo(skb)->gso_segs ?: 1);
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
	skb->priority = rt_tos2priority(iph->tos);
}

static void push6(const struct rmirror_job *job, struct sk_buff *skb)
{
	const struct rmirror_conf *conf = &job->m->conf;
	const unsigned int payload_len = skb->len;
	struct ipv6hdr *ip6h;

	skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	ip6h = ipv6_hdr(skb);
	ip6_flow_hdr(ip6h, conf->dscp << 2, 0);
	ip6h->payload_len = htons(payload_len);
	ip6h->nexthdr = job->m->encap->proto;
	ip6h->hop_limit = conf->ttl;
	ip6h->saddr = job->path.saddr.in6;
	ip6h->daddr = job->path.addr.in6;
	skb->protocol = htons(ETH_P_IPV6);
	skb->priority = rt_tos2priority(conf->dscp << 2);
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
		push4(job, skb);
	else
		push6(job, skb);
}
