// SPDX-License-Identifier: GPL-2.0-only
/* One matched packet: guard, copy, send, count. */

#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/ip.h>

#include "compat/compat.h"
#include "copy.h"
#include "frame.h"
#include "gso.h"
#include "loop.h"
#include "send.h"
#include "trace.h"

/* Bytes kept of what may be a copy of a copy: the headers that tell whose it is */
#define NESTED_LEN	128

/* Bytes that a frame may have so that its outer packet is not longer than IP allows */
static unsigned int longest_frame(const struct rmirror *m)
{
	return IP_MAX_MTU - m->outer_len;
}

/*
 * What happens to a frame of *@len bytes under the policies that may cut it or
 * have it fragmented.
 */
static enum rmirror_outcome apply_policy(const struct rmirror_job *job, unsigned int *len)
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
		if (*len <= longest_frame(job->m))
			return RMIRROR_FRAGMENTED;
		*len = longest_frame(job->m);
		return RMIRROR_TRUNCATED;
	}
}

static enum rmirror_outcome send_by_policy(struct rmirror_job *job, struct sk_buff *copy,
					   enum rmirror_outcome outcome)
{
	unsigned int len = copy->len;
	enum rmirror_outcome now = apply_policy(job, &len);

	if (now == RMIRROR_FRAGMENTED && !rmirror_send_may_fragment(job, copy))
		now = RMIRROR_TOO_BIG;
	if (now != RMIRROR_TOO_BIG && pskb_trim(copy, len))
		now = RMIRROR_NO_MEMORY;
	if (now == RMIRROR_TOO_BIG || now == RMIRROR_NO_MEMORY) {
		rmirror_stats_drop(copy, now);
		return now;
	}
	return rmirror_send(job, copy, rmirror_stats_worse(outcome, now));
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
	return send_by_policy(job, copy, outcome);
}

/* The segmenter knows no such packet: it goes as one, in fragments if it must. */
static enum rmirror_outcome send_unsegmented(struct rmirror_job *job, struct sk_buff *copy)
{
	rmirror_cb(copy)->wire_len = copy->len;
	if (!rmirror_gso_undo(copy) || pskb_trim(copy, min(copy->len, job->want))) {
		rmirror_stats_drop(copy, RMIRROR_NO_MEMORY);
		return RMIRROR_NO_MEMORY;
	}
	return send_by_policy(job, copy, RMIRROR_SENT);
}

/*
 * The packet is counted once: by its first frame, or by what went worse with a
 * later one. If the first has to wait, so does the count.
 */
static enum rmirror_outcome count_together(enum rmirror_outcome total, enum rmirror_outcome one)
{
	if (one == RMIRROR_PENDING || total == RMIRROR_PENDING)
		return total;
	return rmirror_stats_worse(total, one);
}

static enum rmirror_outcome send_segments(struct rmirror_job *job, struct sk_buff *copy,
					  enum rmirror_outcome outcome)
{
	enum rmirror_outcome total = RMIRROR_NO_MEMORY;
	bool counts = rmirror_cb(copy)->counts;
	struct sk_buff *segs, *seg, *next;

	segs = rmirror_gso_segment(copy, job->path.hop->dst->dev);
	if (PTR_ERR(segs) == -ENOMEM) {
		rmirror_stats_drop(copy, RMIRROR_NO_MEMORY);
		return RMIRROR_NO_MEMORY;
	}
	if (IS_ERR(segs))
		return send_unsegmented(job, copy);
	skb_list_walk_safe(segs, seg, next) {
		enum rmirror_outcome one = RMIRROR_NO_MEMORY;

		skb_mark_not_on_list(seg);
		rmirror_cb(seg)->counts = counts;
		rmirror_cb(seg)->wire_len = seg->len;
		if (pskb_trim(seg, min(seg->len, job->want)))
			rmirror_stats_drop(seg, RMIRROR_NO_MEMORY);
		else
			one = send_frame(job, seg, outcome);

		total = counts || seg == segs ? one : count_together(total, one);
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
		outcome = apply_policy(job, &keep);
		if (outcome == RMIRROR_TOO_BIG)
			return outcome;
	}
	copy = rmirror_copy(frame, keep, job->path.headroom);
	if (unlikely(!copy))
		return RMIRROR_NO_MEMORY;
	*rmirror_cb(copy) = (struct rmirror_cb) { .wire_len = frame->len, .counts = true };
	return fits ? __rmirror_send(job, copy, outcome, false, true) :
		      send_frame(job, copy, outcome);
}

/*
 * Each frame of a superframe is cut: none of its payload needs to be copied.
 *
 * Return: false if its headers are not what they seem.
 */
static noinline bool mirror_cut(struct rmirror_job *job, enum rmirror_outcome *total)
{
	struct rmirror_gso_cut cut;
	unsigned int seg;

	if (!rmirror_gso_cut_init(&cut, job->frame))
		return false;
	*total = RMIRROR_NO_MEMORY;
	for (seg = 0; seg < cut.segs; seg++) {
		enum rmirror_outcome one = RMIRROR_NO_MEMORY;
		struct sk_buff *copy;

		copy = rmirror_gso_cut_frame(&cut, seg, job->want, job->path.headroom);
		if (copy) {
			rmirror_cb(copy)->has_check = false;
			rmirror_cb(copy)->counts = !seg;
			one = send_frame(job, copy, RMIRROR_SENT);
		}
		*total = seg ? count_together(*total, one) : one;
	}
	return true;
}

/* Its frames are made of TCP as if it were one that is too long, and else it is one. */
static noinline enum rmirror_outcome mirror_many(struct rmirror_job *job, unsigned int wire)
{
	struct sk_buff *copy;

	copy = rmirror_copy(job->frame, job->frame->len, job->path.headroom);
	if (!copy)
		return RMIRROR_NO_MEMORY;
	*rmirror_cb(copy) = (struct rmirror_cb) { .counts = true };
	if (wire && copy->len <= job->want && copy->len > job->limit &&
	    job->m->conf.mtu == RMIRROR_MTU_RESEGMENT && rmirror_gso_shrink(copy, job->limit))
		return send_segments(job, copy, RMIRROR_RESEGMENTED);
	return send_unsegmented(job, copy);
}

static enum rmirror_outcome mirror_gso(struct rmirror_job *job)
{
	const struct rmirror_frame *frame = job->frame;
	const struct rmirror *m = job->m;
	const unsigned int wire = rmirror_gso_frame_len(frame);
	enum rmirror_outcome outcome = RMIRROR_SENT;
	struct sk_buff *copy;
	bool fits;

	if (unlikely(rmirror_gso_is_too_many(frame->skb)))
		return mirror_many(job, wire);
	if (wire > job->want && mirror_cut(job, &outcome))
		return outcome;
	copy = rmirror_copy(frame, frame->len, job->path.headroom);
	if (!copy)
		return RMIRROR_NO_MEMORY;
	*rmirror_cb(copy) = (struct rmirror_cb) { .counts = true };

	fits = wire && wire <= job->limit;
	/* Before they are numbered: splitting each frame again would double them. */
	if (wire > job->limit && wire <= job->want && m->conf.mtu == RMIRROR_MTU_RESEGMENT &&
	    rmirror_gso_shrink(copy, job->limit)) {
		outcome = RMIRROR_RESEGMENTED;
		fits = true;
	}
	if (!fits || wire > job->want || frame->len > longest_frame(m) ||
	    !rmirror_gso_may_stay(frame) || m->encap->per_frame(&m->conf))
		return send_segments(job, copy, outcome);
	rmirror_gso_vouch(copy);
	return rmirror_send(job, copy, outcome);
}

static enum rmirror_outcome mirror_on_path(struct rmirror_job *job, struct rmirror_frame *frame)
{
	const struct rmirror *m = job->m;

	if (job->path.mtu < m->outer_len + ETH_HLEN)
		return RMIRROR_TOO_BIG;
	job->limit = job->path.mtu - m->outer_len;
	if (rmirror_is_bare(m))
		rmirror_frame_strip(frame);
	return skb_is_gso(frame->skb) ? mirror_gso(job) : mirror_frame(job);
}

/*
 * It may be a copy of a copy that another host made, or of a bare one that has come
 * back, or only look like it so as to be hidden: its headers are shown, as often
 * as may go round in a circle without harm.
 */
static enum rmirror_outcome mirror_headers(struct rmirror_job *job, struct rmirror_frame *frame)
{
	enum rmirror_outcome outcome = RMIRROR_SENT;
	unsigned int keep = min_t(unsigned int, job->want, NESTED_LEN);
	struct sk_buff *copy;

	if (!__ratelimit(&job->m->nested))
		return RMIRROR_LOOP;
	if (job->path.mtu < job->m->outer_len + ETH_HLEN)
		return RMIRROR_TOO_BIG;
	job->limit = job->path.mtu - job->m->outer_len;
	if (rmirror_is_bare(job->m))
		rmirror_frame_strip(frame);
	copy = rmirror_copy(frame, frame->len, job->path.headroom);
	if (!copy)
		return RMIRROR_NO_MEMORY;
	*rmirror_cb(copy) = (struct rmirror_cb) { .wire_len = frame->len, .counts = true };
	if (skb_is_gso(copy) && !rmirror_gso_undo(copy))
		outcome = RMIRROR_NO_MEMORY;
	if (pskb_trim(copy, min3(copy->len, keep, job->limit)))
		outcome = RMIRROR_NO_MEMORY;
	if (outcome == RMIRROR_SENT)
		return rmirror_send(job, copy, RMIRROR_NESTED);
	rmirror_stats_drop(copy, outcome);
	return outcome;
}

static enum rmirror_outcome mirror_packet(struct rmirror_job *job, const struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	enum rmirror_kin kin = RMIRROR_NO_KIN;
	/* All of it is written before it is read. */
	struct rmirror_frame frame __uninitialized;
	enum rmirror_outcome outcome;

	if (rmirror_frame_is_clear(skb))
		return RMIRROR_CLEAR;
	job->frame = &frame;
	if (!rmirror_frame_is_plain(&frame, skb, state))
		rmirror_frame_find(&frame, skb, state);
	if (!rmirror_loop_is_stranger(job->m->rn, &frame))
		kin = rmirror_loop_kin(job->m->rn, &frame);
	if (unlikely(kin == RMIRROR_COPY))
		return RMIRROR_LOOP;
	outcome = rmirror_hop_find(job->m, &job->path);
	if (unlikely(outcome != RMIRROR_SENT))
		return outcome;
	if (unlikely(kin == RMIRROR_MAYBE_COPY ||
		     (rmirror_is_bare(job->m) && rmirror_send_is_from_next_hop(job))))
		return mirror_headers(job, &frame);
	return mirror_on_path(job, &frame);
}

/**
 * rmirror_mirror - mirror a packet
 * @m: the mirror
 * @skb: the packet, as the hook sees it; only ever read
 * @state: the hook
 * @addr: the collector, if it was not given with the statement
 * @key: the key, likewise, in host order
 *
 * Within an RCU read side section, as netfilter hooks are; BHs on or off.
 * Whatever happens to the copy, the original does not notice.
 */
void rmirror_mirror(struct rmirror *m, const struct sk_buff *skb,
		    const struct nf_hook_state *state, const union nf_inet_addr *addr,
		    const u32 *key)
{
	enum rmirror_outcome outcome = RMIRROR_LOOP;
	/* What is not written here is before it is read. */
	struct rmirror_job job __uninitialized;

	job.m = m;
	job.state = state;
	job.path.addr = m->conf.in_register ? addr : &m->conf.addr;
	job.path.key = likely(!m->conf.key_in_register) ? m->conf.key : *key & m->key_mask;
	job.want = m->conf.len;
	job.bytes = 0;
	job.bh_on = !in_softirq();

	if (job.bh_on)
		local_bh_disable();
	/* TEE's and nft dup's own guard: neither do they copy our copies, nor we theirs. */
	if (!rmirror_compat_in_duplicate()) {
		rmirror_compat_set_duplicate(true);
		outcome = mirror_packet(&job, skb, state);
		rmirror_compat_set_duplicate(false);
	}
	rmirror_stats_add(m, 1, outcome, job.bytes);
	trace_rmirror_copy(m, m->place, outcome, skb->len, job.bytes);
	if (job.bh_on)
		local_bh_enable();
}
EXPORT_SYMBOL_GPL(rmirror_mirror);
