// SPDX-License-Identifier: GPL-2.0-only
/*
 * GRE with an Ethernet frame as payload (RFC 2784 section 2, RFC 2890
 * section 2, protocol type "Trans Ether Bridging").
 *
 * The header is assembled here: gre_build_header() changed its flags argument
 * in 6.10 and would save nothing.
 */

#include <linux/if_ether.h>
#include <linux/if_tunnel.h>
#include <linux/in.h>
#include <linux/skbuff.h>

#include "encap.h"

struct gre_teb {
	__be16	flags;
	__be16	protocol;
	__be32	options[];	/* key, then sequence number */
};

static bool gre_has_key(const struct rmirror_conf *conf)
{
	return rmirror_conf_has_key(conf);
}

static bool gre_has_seq(const struct rmirror_conf *conf)
{
	return conf->flags & RMIRROR_F_SEQ;
}

static unsigned int gre_hlen(const struct rmirror_conf *conf)
{
	return sizeof(struct gre_teb) + gre_has_key(conf) * sizeof(__be32) +
	       gre_has_seq(conf) * sizeof(__be32);
}

/* All but the sequence number, the place of which it returns */
static __be32 *gre_write(const struct rmirror_conf *conf, u32 key, struct gre_teb *gre)
{
	__be32 *option = gre->options;

	gre->flags = 0;
	gre->protocol = htons(ETH_P_TEB);
	if (gre_has_key(conf)) {
		gre->flags |= GRE_KEY;
		*option++ = htonl(key);
	}
	if (gre_has_seq(conf))
		gre->flags |= GRE_SEQ;
	return option;
}

static bool gre_constant(const struct rmirror_conf *conf, void *header)
{
	if (gre_has_seq(conf) || conf->key_in_register)
		return false;
	gre_write(conf, conf->key, header);
	return true;
}

static void gre_push(const struct rmirror_job *job, struct sk_buff *skb)
{
	const struct rmirror_conf *conf = &job->m->conf;
	__be32 *seq = gre_write(conf, job->path.key, __skb_push(skb, job->m->hlen));

	if (gre_has_seq(conf))
		*seq = htonl(atomic_fetch_inc(job->path.hop->seq));
	if (skb_is_gso(skb))
		skb_shinfo(skb)->gso_type |= SKB_GSO_GRE;
}

/* With whatever options: the copies of two rules must not feed each other. */
static int gre_inner(const struct sk_buff *skb, int off)
{
	struct gre_teb gre;

	if (skb_copy_bits(skb, off, &gre, sizeof(gre)) || gre.protocol != htons(ETH_P_TEB))
		return -1;
	return off + sizeof(gre) + (gre.flags & GRE_CSUM ? sizeof(__be32) : 0) +
	       (gre.flags & GRE_KEY ? sizeof(__be32) : 0) +
	       (gre.flags & GRE_SEQ ? sizeof(__be32) : 0);
}

const struct rmirror_encap_ops rmirror_encap_GRE = {
	.proto		= IPPROTO_GRE,
	.alone		= true,
	.per_frame	= gre_has_seq,
	.numbered	= gre_has_seq,
	.hlen		= gre_hlen,
	.constant	= gre_constant,
	.selectors	= rmirror_encap_select_key,
	.push		= gre_push,
	.inner		= gre_inner,
};
