/* SPDX-License-Identifier: GPL-2.0-only */
/* Wrap a copy and send it. */
#ifndef _RMIRROR_SEND_H
#define _RMIRROR_SEND_H

#include <net/neighbour.h>

#include "batch.h"
#include "copy.h"
#include "encap/encap.h"
#include "flow.h"
#include "hop.h"
#include "loop.h"
#include "netns.h"
#include "stats.h"
#include "transmit.h"
#include "wait.h"

enum rmirror_outcome rmirror_send(struct rmirror_job *job, struct sk_buff *copy,
				  enum rmirror_outcome outcome);
enum rmirror_outcome rmirror_send_wrapped(struct rmirror_job *job, struct sk_buff *skb,
					  enum rmirror_outcome outcome);
bool rmirror_send_may_fragment(const struct rmirror_job *job, const struct sk_buff *copy);
bool rmirror_send_is_from_next_hop(const struct rmirror_job *job);

/*
 * Encapsulation and outer IP header. A superframe becomes an encapsulated one:
 * what was its only header is now the inner.
 */
static __always_inline void rmirror_send_wrap(const struct rmirror_job *job, struct sk_buff *skb,
					      bool gso)
{
	if (gso) {
		skb_reset_inner_headers(skb);
		skb_set_inner_protocol(skb, htons(ETH_P_TEB));
		skb->encapsulation = 1;
	}
	if (likely(!gso && job->path.hop->prebuilt))
		rmirror_hop_push_encap(job, skb);
	else
		job->m->encap->push(job, skb);
	skb_reset_transport_header(skb);
	if (job->m->conf.family == NFPROTO_IPV4)
		rmirror_hop_push4(job, skb,
				  gso ? max_t(unsigned int, skb_shinfo(skb)->gso_segs, 1) : 1);
	else
		rmirror_hop_push6(job, skb);
	skb_reset_network_header(skb);
	skb->priority = job->path.hop->priority;
}

/**
 * __rmirror_send - wrap a frame and send it; inline, for the frame that most are
 * @job: the packet
 * @copy: the frame, with @job->path.headroom before it; consumed. Bare copies are
 *	L3 packets already.
 * @outcome: what to count when it is on its way
 * @gso: it is a superframe
 * @alone: it is none, and the only copy of its packet
 *
 * Return: @outcome, or the reason why it was dropped, or RMIRROR_PENDING.
 */
static __always_inline enum rmirror_outcome
__rmirror_send(struct rmirror_job *job, struct sk_buff *copy, enum rmirror_outcome outcome,
	       bool gso, bool alone)
{
	struct rmirror_hop *hop = job->path.hop;
	struct dst_entry *dst = hop->dst;
	const struct neighbour *n;
	unsigned int bytes;
	int err;

	copy->dev = dst->dev;
	__skb_set_sw_hash(copy, rmirror_flow_hash(copy), true);
	/* A bare copy has no route of its own: the collector's may be of another protocol. */
	if (likely(!rmirror_is_bare(job->m))) {
		rmirror_send_wrap(job, copy, gso);
		/* A device that has its packets without a route need not be given one. */
		if (unlikely(hop->ip_output || !(copy->dev->priv_flags & IFF_XMIT_DST_RELEASE)))
			skb_dst_set_noref(copy, dst);
	} else {
		copy->pkt_type = PACKET_OUTGOING;
	}
	if (unlikely(hop->tagged))
		copy->hash = rmirror_loop_tag(job->m->rn, copy->hash);
	copy->mark = job->m->conf.mark;

	n = likely(hop->plain) ? ip_neigh_gw4(dst->dev, hop->next4) :
				 rmirror_hop_neighbour(dst, job->path.addr);
	if (unlikely(hop->ip_output || IS_ERR(n) || (!gso && copy->len > job->path.mtu) ||
		     !(READ_ONCE(n->nud_state) & NUD_CONNECTED) || !READ_ONCE(n->hh.hh_len) ||
		     n->tbl->protocol != copy->protocol ||
		     rmirror_wait_any(job->m->rn)))
		return rmirror_send_wrapped(job, copy, outcome);
	if (hop->batched && !rmirror_batch_pauses()) {
		if (!alone)
			rmirror_batch_flush(dst->dev);
		else if (rmirror_batch_add(job, copy, &n->hh))
			return RMIRROR_PENDING;
	}
	bytes = gso ? rmirror_transmit_gso_bytes(copy) : copy->len;
	err = neigh_hh_output(&n->hh, copy);
	if (unlikely(net_xmit_eval(err)))
		return RMIRROR_TX_DROP;
	job->bytes += bytes;
	return outcome;
}

#endif /* _RMIRROR_SEND_H */
