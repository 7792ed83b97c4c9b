// SPDX-License-Identifier: GPL-2.0-only
/* One matched packet: guard, decide, send, count. */

#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/ip.h>

#include "compat/compat.h"
#include "rmirror_fast.h"

/* Bytes that a frame may have so that its outer packet is not longer than IP allows */
static unsigned int longest(const struct rmirror *m)
{
	return IP_MAX_MTU - m->outer_len;
}

/*
 * What happens to a frame of *@len bytes under the policies that may cut it or
 * have it fragmented.
 */
static enum rmirror_outcome fit(const struct rmirror_job *job, unsigned int *len)
{
	if (*len <= job->limit)
		return RMIRROR_SENT;
	switch (job->m->conf.mtu) {
	case RMIRROR_MTU_DROP:
		return RMIRROR_TOO_BIG;
	case RMIRROR_MTU_TRUNCATE:
		*len = job->limit;
		return RMIRROR_TRUNCATED;
	default:
		if (*len <= longest(job->m))
			return RMIRROR_FRAGMENTED;
		*len = longest(job->m);
		return RMIRROR_TRUNCATED;
	}
}

static enum rmirror_outcome send_fitted(struct rmirror_job *job, struct sk_buff *copy,
					enum rmirror_outcome outcome)
{
	unsigned int len = copy->len;
	enum rmirror_outcome fitted = fit(job, &len);

	if (fitted == RMIRROR_FRAGMENTED && !rmirror_xmit_may_fragment(job, copy))
		fitted = RMIRROR_TOO_BIG;
	if (fitted == RMIRROR_TOO_BIG || pskb_trim(copy, len)) {
		kfree_skb(copy);
		return fitted == RMIRROR_TOO_BIG ? fitted : RMIRROR_NO_MEMORY;
	}
	return rmirror_xmit(job, copy, max(outcome, fitted));
}

static enum rmirror_outcome send_segments(struct rmirror_job *job, struct sk_buff *copy,
					  enum rmirror_outcome outcome);

/* A frame that is no superframe, and is cut already to what the user wants */
static enum rmirror_outcome send_frame(struct rmirror_job *job, struct sk_buff *copy,
				       enum rmirror_outcome outcome)
{
	if (copy->len > job->limit && job->m->conf.mtu == RMIRROR_MTU_RESEGMENT &&
	    rmirror_gso_make(copy, job->limit))
		return send_segments(job, copy, RMIRROR_RESEGMENTED);
	return send_fitted(job, copy, outcome);
}

/*
 * The packet is counted once: by its first segment, or by what went worse with
 * a later one. If the first has to wait, so does the count.
 */
static enum rmirror_outcome send_segments(struct rmirror_job *job, struct sk_buff *copy,
					  enum rmirror_outcome outcome)
{
	enum rmirror_outcome total = RMIRROR_NO_MEMORY;
	bool counts = rmirror_cb(copy)->counts;
	struct sk_buff *segs, *seg, *next;

	segs = rmirror_gso_segment(copy, job->path.hop->dst->dev);
	skb_list_walk_safe(segs, seg, next) {
		enum rmirror_outcome one = RMIRROR_NO_MEMORY;

		skb_mark_not_on_list(seg);
		rmirror_cb(seg)->counts = counts;
		rmirror_cb(seg)->wire_len = seg->len;
		if (pskb_trim(seg, min(seg->len, job->want)))
			kfree_skb(seg);
		else
			one = send_frame(job, seg, outcome);

		if (seg == segs)
			total = one;
		else if (one != RMIRROR_PENDING && total != RMIRROR_PENDING)
			total = max(total, one);
		counts = false;
	}
	return total;
}

static enum rmirror_outcome mirror_frame(struct rmirror_job *job)
{
	const struct rmirror_frame *frame = job->frame;
	enum rmirror_outcome outcome = RMIRROR_SENT;
	unsigned int keep = min(frame->len, job->want);
	const bool fits = likely(keep <= job->limit);
	struct sk_buff *copy;

	/* What will not be sent need not be copied. */
	if (!fits && job->m->conf.mtu != RMIRROR_MTU_RESEGMENT) {
		outcome = fit(job, &keep);
		if (outcome == RMIRROR_TOO_BIG)
			return outcome;
	}
	copy = rmirror_copy(frame, keep, job->path.headroom);
	if (unlikely(!copy))
		return RMIRROR_NO_MEMORY;
	rmirror_cb(copy)->counts = true;
	rmirror_cb(copy)->wire_len = frame->len;
	return fits ? rmirror_fast_xmit(job, copy, outcome) : send_frame(job, copy, outcome);
}

static enum rmirror_outcome mirror_gso(struct rmirror_job *job)
{
	const struct rmirror_frame *frame = job->frame;
	const unsigned int wire = rmirror_gso_frame_len(frame);
	struct sk_buff *copy;

	copy = rmirror_copy(frame, frame->len, job->path.headroom);
	if (!copy)
		return RMIRROR_NO_MEMORY;
	rmirror_cb(copy)->counts = true;

	if (!wire || wire > job->want || frame->len > longest(job->m) ||
	    job->m->encap->per_frame(&job->m->conf))
		return send_segments(job, copy, RMIRROR_SENT);
	rmirror_gso_vouch(copy);
	if (wire <= job->limit)
		return rmirror_xmit(job, copy, RMIRROR_SENT);
	if (job->m->conf.mtu == RMIRROR_MTU_RESEGMENT && rmirror_gso_shrink(copy, job->limit))
		return rmirror_xmit(job, copy, RMIRROR_RESEGMENTED);
	return send_segments(job, copy, RMIRROR_SENT);
}

static enum rmirror_outcome mirror_on_path(struct rmirror_job *job, struct rmirror_frame *frame)
{
	const struct rmirror *m = job->m;

	if (m->conf.encap == RMIRROR_ENCAP_NONE) {
		if (rmirror_loop_from_next_hop(job))
			return RMIRROR_LOOP;
		rmirror_frame_strip(frame);
	}
	if (job->path.mtu < m->outer_len + ETH_HLEN)
		return RMIRROR_TOO_BIG;
	job->limit = job->path.mtu - m->outer_len;
	return skb_is_gso(frame->skb) ? mirror_gso(job) : mirror_frame(job);
}

static enum rmirror_outcome mirror_packet(struct rmirror_job *job, const struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	struct rmirror_frame frame;
	enum rmirror_outcome outcome;

	job->frame = &frame;
	if (!rmirror_fast_frame(&frame, skb, state) && !rmirror_frame_init(&frame, skb, state))
		return RMIRROR_NO_MEMORY;
	if (!rmirror_fast_no_copy(job) && rmirror_loop_match(job))
		return RMIRROR_LOOP;
	outcome = rmirror_fast_route(job->m, &job->path);
	if (unlikely(outcome != RMIRROR_SENT))
		return outcome;
	return mirror_on_path(job, &frame);
}

/**
 * rmirror_mirror - mirror a packet
 * @m: the mirror
 * @skb: the packet, as the hook sees it; only ever read
 * @state: the hook
 * @addr: the collector, if it was not given with the statement
 *
 * Within an RCU read side section, as netfilter hooks are; BHs on or off.
 * Whatever happens to the copy, the original does not notice.
 */
void rmirror_mirror(struct rmirror *m, const struct sk_buff *skb,
		    const struct nf_hook_state *state, const union nf_inet_addr *addr)
{
	enum rmirror_outcome outcome = RMIRROR_LOOP;
	const bool bh_on = !in_softirq();
	struct rmirror_job job;

	job.m = m;
	job.path.addr = m->conf.in_register ? addr : &m->conf.addr;
	job.want = m->conf.len;
	job.bytes = 0;

	if (bh_on)
		local_bh_disable();
	/* TEE's and nft dup's own guard: neither do they copy our copies, nor we theirs. */
	if (!rmirror_compat_in_duplicate()) {
		rmirror_compat_set_duplicate(true);
		outcome = mirror_packet(&job, skb, state);
		rmirror_compat_set_duplicate(false);
	}
	rmirror_stats_add(m, 1, outcome, job.bytes);
	if (bh_on)
		local_bh_enable();
}
EXPORT_SYMBOL_GPL(rmirror_mirror);
