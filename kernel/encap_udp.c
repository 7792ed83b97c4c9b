// SPDX-License-Identifier: GPL-2.0-only
/*
 * The encapsulations over UDP: VXLAN (RFC 7348 section 5) and Geneve (RFC 8926
 * section 3), and what TZSP needs of them.
 *
 * The source port is taken from a symmetric hash of the mirrored flow, so that
 * both directions of a connection reach the same queue of the collector.
 */

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/ip6_checksum.h>
#include <net/udp.h>

#include "encap.h"

#define UDP_SPORT_MIN	49152	/* the dynamic ports, RFC 6335 section 6 */
#define VXLAN_VNI_VALID	0x08000000
#define VNI_SHIFT	8

/**
 * rmirror_udp_sport - source port of a copy
 * @frame: the frame, before anything is pushed; skb->dev is set
 */
u16 rmirror_udp_sport(const struct sk_buff *frame)
{
	const u32 hash = __skb_get_hash_symmetric((struct sk_buff *)frame);

	return UDP_SPORT_MIN + reciprocal_scale(hash, U16_MAX + 1 - UDP_SPORT_MIN);
}

/**
 * rmirror_udp_push - write the UDP header
 * @job: the packet
 * @skb: its data is the UDP payload
 * @sport: source port
 *
 * Over IPv4 the checksum is 0, as RFC 7348 has it; over IPv6 there has to be
 * one (RFC 8200 section 8.1), and Linux' own VXLAN device insists.
 */
void rmirror_udp_push(const struct rmirror_job *job, struct sk_buff *skb, u16 sport)
{
	const struct rmirror_conf *conf = &job->m->conf;
	const bool ipv6 = conf->family == NFPROTO_IPV6;
	struct udphdr *uh = __skb_push(skb, sizeof(*uh));

	uh->source = htons(sport);
	uh->dest = htons(conf->port);
	uh->len = htons(skb->len);
	uh->check = 0;
	skb_reset_transport_header(skb);
	if (skb_is_gso(skb))
		skb_shinfo(skb)->gso_type |= ipv6 ? SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL;
	if (ipv6)
		udp6_set_csum(false, skb, &job->path.saddr.in6, &job->path.addr.in6, skb->len);
}

/* The mirror's own port, or one that a mirror uses if it is not told otherwise */
static bool is_mirror_port(const struct rmirror *m, u16 port)
{
	unsigned int id;

	for (id = 0; id <= RMIRROR_ENCAP_MAX; id++) {
		if (port && port == rmirror_encap_port(id))
			return true;
	}
	return port == m->conf.port;
}

bool rmirror_udp_owns(const struct rmirror *m, const struct sk_buff *skb, int off)
{
	const struct udphdr *uh;
	struct udphdr buf;

	uh = skb_header_pointer(skb, off, sizeof(buf), &buf);
	return uh && is_mirror_port(m, ntohs(uh->dest));
}

/* Both have a word of flags or protocol, then the VNI and a reserved byte. */
struct vni_header {
	__be32	first;
	__be32	vni;
};

static unsigned int vni_hlen(const struct rmirror_conf *conf)
{
	return RMIRROR_UDP_HLEN + sizeof(struct vni_header);
}

static void vni_push(const struct rmirror_job *job, struct sk_buff *skb, u32 first)
{
	const u16 sport = rmirror_udp_sport(skb);
	struct vni_header *h = __skb_push(skb, sizeof(*h));

	h->first = htonl(first);
	h->vni = htonl(job->m->conf.key << VNI_SHIFT);
	rmirror_udp_push(job, skb, sport);
}

static void vxlan_push(const struct rmirror_job *job, struct sk_buff *skb)
{
	vni_push(job, skb, VXLAN_VNI_VALID);
}

static void geneve_push(const struct rmirror_job *job, struct sk_buff *skb)
{
	vni_push(job, skb, ETH_P_TEB);
}

const struct rmirror_encap_ops rmirror_encap_vxlan = {
	.proto		= IPPROTO_UDP,
	.per_frame	= rmirror_encap_same,
	.hlen		= vni_hlen,
	.push		= vxlan_push,
	.owns		= rmirror_udp_owns,
};

const struct rmirror_encap_ops rmirror_encap_geneve = {
	.proto		= IPPROTO_UDP,
	.per_frame	= rmirror_encap_same,
	.hlen		= vni_hlen,
	.push		= geneve_push,
	.owns		= rmirror_udp_owns,
};
