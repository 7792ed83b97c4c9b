// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrap a copy and send it.
 *
 * What IPsec or a lightweight tunnel has to transform takes the IP output path,
 * everything else goes straight to the neighbour.
 */

#include <net/dst.h>
#include <net/netfilter/nf_conntrack.h>

#include "batch.h"
#include "frame.h"
#include "send.h"
#include "transmit.h"
#include "wait.h"

/**
 * rmirror_send_may_fragment - can a copy that does not fit be sent in fragments?
 * @job: the packet
 * @copy: the frame, not yet wrapped
 *
 * An outer packet can. A bare one is fragmented by its route's own protocol.
 */
bool rmirror_send_may_fragment(const struct rmirror_job *job, const struct sk_buff *copy)
{
	if (!rmirror_is_bare(job->m))
		return true;
	return copy->protocol == (job->m->conf.family == NFPROTO_IPV4 ? htons(ETH_P_IP) :
									htons(ETH_P_IPV6));
}

/* The neighbour is asked for; one that has failed means that the route may be a bad one. */
static void ask_for_neighbour(struct rmirror *m, struct neighbour *n)
{
	if (READ_ONCE(n->nud_state) & NUD_FAILED)
		rmirror_hop_forget(m);
	neigh_event_send(n, NULL);
}

static int send_by_ip_output(struct net *net, struct sk_buff *skb)
{
	memset(skb->cb, 0, sizeof(skb->cb));
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	return dst_output(net, NULL, skb);
}

/**
 * rmirror_send_wrapped - send an outer packet
 * @job: the packet
 * @skb: the outer packet, with its route, or a bare one without; consumed
 * @outcome: what to count when it is on its way
 *
 * Return: as rmirror_send().
 */
enum rmirror_outcome rmirror_send_wrapped(struct rmirror_job *job, struct sk_buff *skb,
					  enum rmirror_outcome outcome)
{
	const struct rmirror_hop *hop = job->path.hop;
	struct rmirror *m = job->m;
	unsigned int bytes;
	struct neighbour *n;
	int err;

	rmirror_batch_flush(hop->dst->dev);
	if (hop->ip_output && !rmirror_is_bare(m)) {
		bytes = rmirror_transmit_bytes(skb);
		err = send_by_ip_output(m->net, skb);
		if (net_xmit_eval(err))
			return RMIRROR_TX_DROP;
		/* It waits for an SA, and nobody learns whether that comes. */
		if (hop->dst->flags & DST_XFRM_QUEUE)
			return RMIRROR_NO_ROUTE;
		job->bytes += bytes;
		return outcome;
	}
	n = rmirror_hop_neighbour(hop->dst, job->path.addr);
	if (IS_ERR(n)) {
		rmirror_stats_drop(skb, RMIRROR_NO_MEMORY);
		return RMIRROR_NO_MEMORY;
	}
	if (!(READ_ONCE(n->nud_state) & NUD_VALID))
		ask_for_neighbour(m, n);
	if ((!(READ_ONCE(n->nud_state) & NUD_VALID) || rmirror_wait_any(m->rn)) &&
	    rmirror_wait(job, skb, n, &outcome))
		return outcome;
	outcome = rmirror_transmit(m, skb, hop->dst, n, job->path.addr, job->path.mtu, outcome,
				   &bytes);
	job->bytes += bytes;
	return outcome;
}

/**
 * rmirror_send - wrap a frame and send it
 * @job: the packet
 * @copy: the frame, with @job->path.headroom before it; consumed
 * @outcome: what to count when it is on its way
 *
 * Return: @outcome, or the reason why it was dropped, or RMIRROR_PENDING.
 */
enum rmirror_outcome rmirror_send(struct rmirror_job *job, struct sk_buff *copy,
				  enum rmirror_outcome outcome)
{
	return __rmirror_send(job, copy, outcome, skb_is_gso(copy), false);
}

/**
 * rmirror_send_is_from_next_hop - did the next hop of bare copies send the packet?
 * @job: the packet, with its path; the frame is still a frame
 *
 * A copy without encapsulation looks like any packet: all that tells is that it
 * comes from where it was sent to.
 */
bool rmirror_send_is_from_next_hop(const struct rmirror_job *job)
{
	const struct rmirror_frame *frame = job->frame;
	struct neighbour *n;
	u8 ha[ETH_ALEN], source[ETH_ALEN];
	bool from;

	if (frame->outbound || !rmirror_frame_source(frame, source))
		return false;
	n = rmirror_hop_neighbour(job->path.hop->dst, job->path.addr);
	from = !IS_ERR(n) && n->dev->addr_len == sizeof(ha) &&
	       READ_ONCE(n->nud_state) & NUD_VALID;
	if (from)
		neigh_ha_snapshot(ha, n, n->dev);
	return from && ether_addr_equal_unaligned(ha, source);
}
