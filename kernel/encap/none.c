// SPDX-License-Identifier: GPL-2.0-only
/*
 * No encapsulation: the same L3 packet to another next hop, as TEE does it. The
 * link header is all that is new; TTL and DF stay as they are.
 */

#include <linux/skbuff.h>

#include "encap.h"

static unsigned int none_hlen(const struct rmirror_conf *conf)
{
	return 0;
}

static void none_push(const struct rmirror_job *job, struct sk_buff *skb)
{
}

/* No packet tells: rmirror_send_is_from_next_hop() does. */
static int none_inner(const struct sk_buff *skb, int off)
{
	return -1;
}

const struct rmirror_encap_ops rmirror_encap_NONE = {
	.per_frame	= rmirror_encap_never,
	.numbered	= rmirror_encap_never,
	.hlen		= none_hlen,
	.constant	= rmirror_encap_varies,
	.selectors	= rmirror_encap_select_none,
	.push		= none_push,
	.inner		= none_inner,
};
