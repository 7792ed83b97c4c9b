// SPDX-License-Identifier: GPL-2.0-only
/*
 * ERSPAN types I, II and III (draft-foschiano-erspan-03 section 4).
 *
 * A VLAN tag stays in the frame (En 3) and the VLAN field is 0, so that no
 * receiver counts it twice.
 */

#include <linux/if_ether.h>
#include <linux/if_tunnel.h>
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/math64.h>
#include <linux/skbuff.h>

#include "encap.h"

#define ETH_P_ERSPAN_I_II	0x88BE
#define ETH_P_ERSPAN_III	0x22EB

#define ERSPAN_VERSION(v)	((v) << 12)	/* I has none, II is 1, III is 2 */
#define ERSPAN_COS_SHIFT	13
#define ERSPAN_EN_IN_FRAME	(3 << 11)	/* type II only */
#define ERSPAN_TRUNCATED	(1 << 10)
#define ERSPAN3_ETHERNET	(1 << 15)	/* P */
#define ERSPAN3_EGRESS		(1 << 3)	/* D */
#define ERSPAN3_GRA_100NS	(1 << 1)
#define ERSPAN3_SUBHEADER	(1 << 0)	/* O */
#define ERSPAN3_PLATFORM_ID	3U

struct gre_erspan {
	__be16	flags;
	__be16	protocol;
};

struct gre_erspan_seq {
	struct gre_erspan	gre;
	__be32			seq;
	__be16			version_vlan;
	__be16			cos_en_t_session;
};

struct erspan2 {
	struct gre_erspan_seq	common;
	__be32			index;
};

struct erspan3 {
	struct gre_erspan_seq	common;
	__be32			timestamp;
	__be16			sgt;
	__be16			flags;
};

struct erspan3_platform {
	__be32	id_port;
	__be32	timestamp_high;
};

static void erspan_push(const struct rmirror_job *job, struct gre_erspan_seq *h,
			u16 protocol, u16 version, bool truncated)
{
	u16 word = job->frame->cos << ERSPAN_COS_SHIFT | job->path.key;

	if (truncated)
		word |= ERSPAN_TRUNCATED;
	if (version == 1 && job->frame->tags)
		word |= ERSPAN_EN_IN_FRAME;
	h->gre.flags = GRE_SEQ;
	h->gre.protocol = htons(protocol);
	h->seq = htonl(atomic_fetch_inc(job->path.hop->seq));
	h->version_vlan = htons(ERSPAN_VERSION(version));
	h->cos_en_t_session = htons(word);
}

static const struct gre_erspan *find_protocol(const struct sk_buff *skb, int off, u16 protocol,
					      struct gre_erspan *buf)
{
	const struct gre_erspan *gre = skb_header_pointer(skb, off, sizeof(*buf), buf);

	return gre && get_unaligned(&gre->protocol) == htons(protocol) ? gre : NULL;
}

/* Types I and II share a protocol, and either may be the other's copy: a number tells. */
static int erspan_inner(const struct sk_buff *skb, int off)
{
	const struct gre_erspan *gre;
	struct gre_erspan buf;

	gre = find_protocol(skb, off, ETH_P_ERSPAN_I_II, &buf);
	if (!gre)
		return -1;
	return off + (get_unaligned(&gre->flags) & GRE_SEQ ? sizeof(struct erspan2) :
							      sizeof(struct gre_erspan));
}

static int erspan3_inner(const struct sk_buff *skb, int off)
{
	const struct erspan3 *h;
	struct gre_erspan gre;
	struct erspan3 buf;

	if (!find_protocol(skb, off, ETH_P_ERSPAN_III, &gre))
		return -1;
	h = skb_header_pointer(skb, off, sizeof(buf), &buf);
	off += sizeof(*h);
	if (h && get_unaligned(&h->flags) & htons(ERSPAN3_SUBHEADER))
		off += sizeof(struct erspan3_platform);
	return off;
}

static unsigned int erspan1_hlen(const struct rmirror_conf *conf)
{
	return sizeof(struct gre_erspan);
}

static bool erspan1_constant(const struct rmirror_conf *conf, void *header)
{
	struct gre_erspan *gre = header;

	gre->flags = 0;
	gre->protocol = htons(ETH_P_ERSPAN_I_II);
	return true;
}

static void erspan1_push(const struct rmirror_job *job, struct sk_buff *skb)
{
	erspan1_constant(&job->m->conf, __skb_push(skb, sizeof(struct gre_erspan)));
	if (skb_is_gso(skb))
		skb_shinfo(skb)->gso_type |= SKB_GSO_GRE;
}

static unsigned int erspan2_hlen(const struct rmirror_conf *conf)
{
	return sizeof(struct erspan2);
}

static void erspan2_push(const struct rmirror_job *job, struct sk_buff *skb)
{
	const bool truncated = skb->len < rmirror_cb(skb)->wire_len;
	struct erspan2 *h = __skb_push(skb, sizeof(*h));

	erspan_push(job, &h->common, ETH_P_ERSPAN_I_II, 1, truncated);
	h->index = 0;
}

static unsigned int erspan3_hlen(const struct rmirror_conf *conf)
{
	return sizeof(struct erspan3) +
	       (conf->flags & RMIRROR_F_PLATFORM ? sizeof(struct erspan3_platform) : 0);
}

static void erspan3_push(const struct rmirror_job *job, struct sk_buff *skb)
{
	const u64 time = div_u64(rmirror_encap_time(job), 100);
	const bool truncated = skb->len < rmirror_cb(skb)->wire_len;
	u16 flags = ERSPAN3_ETHERNET | ERSPAN3_GRA_100NS;
	struct erspan3 *h;

	if (job->frame->outbound)
		flags |= ERSPAN3_EGRESS;
	if (job->m->conf.flags & RMIRROR_F_PLATFORM) {
		struct erspan3_platform *p = __skb_push(skb, sizeof(*p));

		p->id_port = htonl(ERSPAN3_PLATFORM_ID << 26);
		p->timestamp_high = htonl(upper_32_bits(time));
		flags |= ERSPAN3_SUBHEADER;
	}
	h = __skb_push(skb, sizeof(*h));
	erspan_push(job, &h->common, ETH_P_ERSPAN_III, 2, truncated);
	h->timestamp = htonl(lower_32_bits(time));
	h->sgt = 0;
	h->flags = htons(flags);
}

const struct rmirror_encap_ops rmirror_encap_ERSPAN1 = {
	.proto		= IPPROTO_GRE,
	.alone		= true,
	.per_frame	= rmirror_encap_never,
	.numbered	= rmirror_encap_never,
	.hlen		= erspan1_hlen,
	.constant	= erspan1_constant,
	.selectors	= rmirror_encap_select_key,
	.push		= erspan1_push,
	.inner		= erspan_inner,
};

const struct rmirror_encap_ops rmirror_encap_ERSPAN = {
	.proto		= IPPROTO_GRE,
	.alone		= true,
	.per_frame	= rmirror_encap_always,
	.numbered	= rmirror_encap_always,
	.hlen		= erspan2_hlen,
	.constant	= rmirror_encap_varies,
	.selectors	= rmirror_encap_select_key,
	.push		= erspan2_push,
	.inner		= erspan_inner,
};

const struct rmirror_encap_ops rmirror_encap_ERSPAN3 = {
	.proto		= IPPROTO_GRE,
	.alone		= true,
	.per_frame	= rmirror_encap_always,
	.numbered	= rmirror_encap_always,
	.hlen		= erspan3_hlen,
	.constant	= rmirror_encap_varies,
	.selectors	= rmirror_encap_select_key,
	.push		= erspan3_push,
	.inner		= erspan3_inner,
};
