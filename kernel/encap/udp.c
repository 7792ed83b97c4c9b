// SPDX-License-Identifier: GPL-2.0-only
/*
 * The encapsulations over UDP: VXLAN (RFC 7348 section 5) and Geneve (RFC 8926
 * section 3), and what TZSP needs of them.
 *
 * The source port is taken from the copy's flow hash, so that both directions of
 * a connection reach the same queue of the collector.
 */

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/ip6_checksum.h>
#include <net/udp.h>

#include "udp.h"

#define UDP_SPORT_MIN	49152	/* the dynamic ports, RFC 6335 section 6 */
#define UDP_SPORT_SHIFT	18	/* the upper 14 bits of a hash */
#define VXLAN_VNI_VALID	0x08000000
#define VNI_SHIFT	8
#define GENEVE_OPTIONS_MASK	0x3f
#define GENEVE_OPTIONS_SHIFT	24

/**
 * rmirror_udp_push - write the UDP header
 * @job: the packet
 * @skb: its data is the UDP payload
 *
 * Over IPv4 the checksum is 0, as RFC 7348 has it; over IPv6 there has to be
 * one (RFC 8200 section 8.1), and Linux' own VXLAN device insists.
 */
void rmirror_udp_push(const struct rmirror_job *job, struct sk_buff *skb)
{
	const struct rmirror_conf *conf = &job->m->conf;
	const bool ipv6 = conf->family == NFPROTO_IPV6;
	struct udphdr *uh = __skb_push(skb, sizeof(*uh));

	uh->source = htons(UDP_SPORT_MIN + (skb->hash >> UDP_SPORT_SHIFT));
	uh->dest = htons(conf->port);
	uh->len = htons(skb->len);
	uh->check = 0;
	skb_reset_transport_header(skb);
	if (skb_is_gso(skb))
		skb_shinfo(skb)->gso_type |= ipv6 ? SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL;
	if (ipv6)
		udp6_set_csum(false, skb, &job->path.hop->ip6.saddr, &job->path.hop->ip6.daddr,
			      skb->len);
}

void rmirror_udp_select(const struct rmirror_conf *conf, union flowi_uli *uli)
{
	uli->ports.dport = htons(conf->port);
}

/**
 * rmirror_udp_starts_with - what a UDP payload starts with
 * @skb: any packet
 * @off: of its UDP header, relative to skb->data
 * @form: of the first word
 */
bool rmirror_udp_starts_with(const struct sk_buff *skb, int off, enum rmirror_udp_form form)
{
	const __be32 *first;
	__be32 buf;

	first = skb_header_pointer(skb, off + RMIRROR_UDP_HLEN, sizeof(buf), &buf);
	return first && rmirror_udp_form(get_unaligned(first)) == form;
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
	struct vni_header *h = __skb_push(skb, sizeof(*h));

	h->first = htonl(first);
	h->vni = htonl(job->path.key << VNI_SHIFT);
	rmirror_udp_push(job, skb);
}

static void vxlan_push(const struct rmirror_job *job, struct sk_buff *skb)
{
	vni_push(job, skb, VXLAN_VNI_VALID);
}

#define METADATA_WORDS	(sizeof(struct rmirror_geneve_metadata) / sizeof(__be32))

static bool has_metadata(const struct rmirror_conf *conf)
{
	return conf->flags & RMIRROR_F_METADATA;
}

static unsigned int geneve_hlen(const struct rmirror_conf *conf)
{
	return vni_hlen(conf) + (has_metadata(conf) ? sizeof(struct rmirror_geneve_metadata) : 0);
}

static __be32 index_of(const struct net_device *dev)
{
	return dev ? htonl(dev->ifindex) : 0;
}

/* What the frame itself does not tell of the packet */
static void push_metadata(const struct rmirror_job *job, struct sk_buff *skb)
{
	const unsigned int wire_len = rmirror_cb(skb)->wire_len;
	const struct nf_hook_state *state = job->state;
	const u64 time = rmirror_encap_time(job);
	struct rmirror_geneve_metadata *h = __skb_push(skb, sizeof(*h));

	*h = (struct rmirror_geneve_metadata) {
		.opt_class	= htons(RMIRROR_GENEVE_CLASS),
		.type		= RMIRROR_GENEVE_METADATA,
		.length		= METADATA_WORDS - 1,
		.time		= { htonl(upper_32_bits(time)), htonl(lower_32_bits(time)) },
		.len		= htonl(wire_len),
		.iif		= index_of(state->in),
		.oif		= index_of(state->out),
		.mark		= htonl(job->frame->skb->mark),
		.direction	= job->frame->outbound,
		.family		= state->pf,
		.hook		= state->hook,
	};
}

static void geneve_push(const struct rmirror_job *job, struct sk_buff *skb)
{
	u32 options = 0;

	if (has_metadata(&job->m->conf)) {
		push_metadata(job, skb);
		options = METADATA_WORDS << GENEVE_OPTIONS_SHIFT;
	}
	vni_push(job, skb, options | ETH_P_TEB);
}

static int vxlan_inner(const struct sk_buff *skb, int off)
{
	if (!rmirror_udp_starts_with(skb, off, RMIRROR_UDP_VXLAN))
		return -1;
	return off + RMIRROR_UDP_HLEN + sizeof(struct vni_header);
}

/* The header is followed by as many words of options as it says. */
static int geneve_inner(const struct sk_buff *skb, int off)
{
	const struct vni_header *h;
	struct vni_header buf;

	if (!rmirror_udp_starts_with(skb, off, RMIRROR_UDP_GENEVE))
		return -1;
	off += RMIRROR_UDP_HLEN;
	h = skb_header_pointer(skb, off, sizeof(buf), &buf);
	off += sizeof(buf);
	if (h)
		off += (ntohl(get_unaligned(&h->first)) >> GENEVE_OPTIONS_SHIFT &
			GENEVE_OPTIONS_MASK) * sizeof(__be32);
	return off;
}

const struct rmirror_encap_ops rmirror_encap_VXLAN = {
	.proto		= IPPROTO_UDP,
	.per_frame	= rmirror_encap_never,
	.numbered	= rmirror_encap_never,
	.hlen		= vni_hlen,
	.constant	= rmirror_encap_varies,
	.selectors	= rmirror_udp_select,
	.push		= vxlan_push,
	.inner		= vxlan_inner,
};

const struct rmirror_encap_ops rmirror_encap_GENEVE = {
	.proto		= IPPROTO_UDP,
	.per_frame	= has_metadata,
	.numbered	= rmirror_encap_never,
	.hlen		= geneve_hlen,
	.constant	= rmirror_encap_varies,
	.selectors	= rmirror_udp_select,
	.push		= geneve_push,
	.inner		= geneve_inner,
};
