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
};

static unsigned int gre_hlen(const struct rmirror_conf *conf)
{
	unsigned int len = sizeof(struct gre_teb);

	if (rmirror_conf_given(conf, NFTA_RMIRROR_KEY))
		len += sizeof(__be32);
	return len;
}

static void gre_push(const struct rmirror *m, struct sk_buff *skb)
{
	bool has_key = rmirror_conf_given(&m->conf, NFTA_RMIRROR_KEY);
	struct gre_teb *gre = __skb_push(skb, m->hlen);

	gre->flags = has_key ? GRE_KEY : 0;
	gre->protocol = htons(ETH_P_TEB);
	if (has_key)
		*(__be32 *)(gre + 1) = htonl(m->conf.key);
}

/* Whatever key it has: the copies of two rules must not feed each other. */
static bool gre_owns(const struct sk_buff *skb, int off)
{
	const struct gre_teb *gre;
	struct gre_teb buf;

	gre = skb_header_pointer(skb, off, sizeof(buf), &buf);
	return gre && gre->protocol == htons(ETH_P_TEB);
}

const struct rmirror_encap_ops rmirror_encap_gre = {
	.proto		= IPPROTO_GRE,
	.gso_type	= SKB_GSO_GRE,
	.hlen		= gre_hlen,
	.push		= gre_push,
	.owns		= gre_owns,
};
