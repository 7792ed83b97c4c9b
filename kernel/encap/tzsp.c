// SPDX-License-Identifier: GPL-2.0-only
/*
 * TZSP, the TaZmen Sniffer Protocol, as Wireshark's packet-tzsp.c reads it.
 *
 * Every copy carries the length that its frame had, which tells whether it was
 * cut, and the time in microseconds, modulo 2^32.
 */

#include <linux/in.h>
#include <linux/math64.h>
#include <linux/skbuff.h>

#include "udp.h"

#define TZSP_VERSION		1
#define TZSP_RECEIVED		0
#define TZSP_ETHERNET		1
#define TZSP_TAG_END		1
#define TZSP_TAG_TIMESTAMP	13
#define TZSP_TAG_LENGTH		41

struct tzsp {
	u8	version;
	u8	type;
	__be16	encapsulates;
	u8	time_tag;
	u8	time_len;
	__be32	time;
	u8	length_tag;
	u8	length_len;
	__be16	length;
	u8	end_tag;
} __packed;

static unsigned int tzsp_hlen(const struct rmirror_conf *conf)
{
	return RMIRROR_UDP_HLEN + sizeof(struct tzsp);
}

static void tzsp_push(const struct rmirror_job *job, struct sk_buff *skb)
{
	const unsigned int wire_len = rmirror_cb(skb)->wire_len;
	struct tzsp *h = __skb_push(skb, sizeof(*h));

	*h = (struct tzsp) {
		.version	= TZSP_VERSION,
		.type		= TZSP_RECEIVED,
		.encapsulates	= htons(TZSP_ETHERNET),
		.time_tag	= TZSP_TAG_TIMESTAMP,
		.time_len	= sizeof(h->time),
		.time		= htonl((u32)div_u64(rmirror_encap_time(job), NSEC_PER_USEC)),
		.length_tag	= TZSP_TAG_LENGTH,
		.length_len	= sizeof(h->length),
		.length		= htons(min_t(unsigned int, wire_len, U16_MAX)),
		.end_tag	= TZSP_TAG_END,
	};
	rmirror_udp_push(job, skb);
}

/* A mirror's header has the one form, others may have other tags: they end at the END tag. */
static int tzsp_inner(const struct sk_buff *skb, int off)
{
	const struct tzsp *h;
	struct tzsp buf;

	if (!rmirror_udp_starts_with(skb, off, RMIRROR_UDP_TZSP))
		return -1;
	off += RMIRROR_UDP_HLEN;
	h = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (h && h->time_tag == TZSP_TAG_TIMESTAMP && h->length_tag == TZSP_TAG_LENGTH)
		return off + sizeof(buf);
	return off + offsetof(struct tzsp, time_len);
}

const struct rmirror_encap_ops rmirror_encap_TZSP = {
	.proto		= IPPROTO_UDP,
	.per_frame	= rmirror_encap_always,
	.numbered	= rmirror_encap_never,
	.hlen		= tzsp_hlen,
	.constant	= rmirror_encap_varies,
	.selectors	= rmirror_udp_select,
	.push		= tzsp_push,
	.inner		= tzsp_inner,
};
