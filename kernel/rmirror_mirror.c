// SPDX-License-Identifier: GPL-2.0-only
/* One matched packet: guard, decide, send, count. */

#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/ip.h>

#include "compat/compat.h"
#include "rmirror_core.h"

/* One packet on its way through */
struct mirroring {
	struct rmirror		*m;
	struct rmirror_path	path;
	unsigned int		want;	/* bytes of a frame that the user wants */
	unsigned int		limit;	/* bytes of a frame that fit the path */
};

/* Bytes that a frame may have so that its outer packet is not longer than IP allows */
static unsigned int longest(const struct rmirror *m)
{
	return IP_MAX_MTU - rmirror_outer_len(m);
}

/*
 * What happens to a frame of *@len bytes under the policies that may cut it or
 * have it fragmented.
 */
static enum rmirror_outcome fit(const struct mirroring *mi, unsigned int *len)
{
	if (*len <= mi->limit)
		return RMIRROR_SENT;
	switch (mi->m->conf.mtu) {
	case RMIRROR_MTU_DROP:
		return RMIRROR_TOO_BIG;
	case RMIRROR_MTU_TRUNCATE:
		*len = mi->limit;
		return RMIRROR_TRUNCATED;
	default:
		if (*len <= longest(mi->m))
			return RMIRROR_FRAGMENTED;
		*len = longest(mi->m);
		return RMIRROR_TRUNCATED;
	}
}

static enum rmirror_outcome send_fitted(const struct mirroring *mi, struct sk_buff *copy,
					enum rmirror_outcome outcome)
{
	unsigned int len = copy->len;
	enum rmirror_outcome fitted = fit(mi, &len);

	if (fitted == RMIRROR_TOO_BIG || pskb_trim(copy, len)) {
		kfree_skb(copy);
		return fitted == RMIRROR_TOO_BIG ? fitted : RMIRROR_NO_MEMORY;
	}
	return rmirror_xmit(mi->m, &mi->path, copy, max(outcome, fitted));
}

static enum rmirror_outcome send_segments(const struct mirroring *mi, struct sk_buff *copy,
					  enum rmirror_outcome outcome);

/* A frame that is no superframe, and is cut already to what the user wants */
static enum rmirror_outcome send_frame(const struct mirroring *mi, struct sk_buff *copy,
				       enum rmirror_outcome outcome)
{
	if (copy->len > mi->limit && mi->m->conf.mtu == RMIRROR_MTU_RESEGMENT &&
	    rmirror_gso_make(copy, mi->limit))
		return send_segments(mi, copy, RMIRROR_RESEGMENTED);
	return send_fitted(mi, copy, outcome);
}

/*
 * The packet is counted once: by its first segment, or by what went worse with
 * a later one. If the first has to wait, so does the count.
 */
static enum rmirror_outcome send_segments(const struct mirroring *mi, struct sk_buff *copy,
					  enum rmirror_outcome outcome)
{
	enum rmirror_outcome total = RMIRROR_NO_MEMORY;
	bool counts = rmirror_cb(copy)->counts;
	struct sk_buff *segs, *seg, *next;

	segs = rmirror_gso_segment(copy, mi->path.dst->dev);
	skb_list_walk_safe(segs, seg, next) {
		enum rmirror_outcome one = RMIRROR_NO_MEMORY;

		skb_mark_not_on_list(seg);
		rmirror_cb(seg)->counts = counts;
		if (pskb_trim(seg, min(seg->len, mi->want)))
			kfree_skb(seg);
		else
			one = send_frame(mi, seg, outcome);

		if (seg == segs)
			total = one;
		else if (one != RMIRROR_PENDING && total != RMIRROR_PENDING)
			total = max(total, one);
		counts = false;
	}
	return total;
}

static enum rmirror_outcome mirror_frame(const struct mirroring *mi,
					 const struct rmirror_frame *frame)
{
	enum rmirror_outcome outcome = RMIRROR_SENT;
	unsigned int keep = min(frame->len, mi->want);
	struct sk_buff *copy;

	/* What will not be sent need not be copied. */
	if (mi->m->conf.mtu != RMIRROR_MTU_RESEGMENT) {
		outcome = fit(mi, &keep);
		if (outcome == RMIRROR_TOO_BIG)
			return outcome;
	}
	copy = rmirror_copy(frame, keep, mi->path.headroom);
	if (!copy)
		return RMIRROR_NO_MEMORY;
	rmirror_cb(copy)->counts = true;
	return send_frame(mi, copy, outcome);
}

static enum rmirror_outcome mirror_gso(const struct mirroring *mi,
				       const struct rmirror_frame *frame)
{
	const unsigned int wire = rmirror_gso_frame_len(frame);
	struct sk_buff *copy;

	copy = rmirror_copy(frame, frame->len, mi->path.headroom);
	if (!copy)
		return RMIRROR_NO_MEMORY;
	rmirror_cb(copy)->counts = true;

	if (!wire || wire > mi->want || frame->len > longest(mi->m))
		return send_segments(mi, copy, RMIRROR_SENT);
	if (wire <= mi->limit)
		return rmirror_xmit(mi->m, &mi->path, copy, RMIRROR_SENT);
	if (mi->m->conf.mtu == RMIRROR_MTU_RESEGMENT && rmirror_gso_shrink(copy, mi->limit))
		return rmirror_xmit(mi->m, &mi->path, copy, RMIRROR_RESEGMENTED);
	return send_segments(mi, copy, RMIRROR_SENT);
}

static enum rmirror_outcome mirror_packet(struct rmirror *m, const struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	const unsigned int outer = rmirror_outer_len(m);
	struct mirroring mi = { .m = m, .want = m->conf.len };
	enum rmirror_outcome outcome;
	struct rmirror_frame frame;

	if (!rmirror_frame_init(&frame, skb, state))
		return RMIRROR_NO_MEMORY;
	if (rmirror_loop_match(m, &frame))
		return RMIRROR_LOOP;
	outcome = rmirror_route(m, &mi.path);
	if (outcome != RMIRROR_SENT)
		return outcome;

	if (mi.path.mtu < outer + ETH_HLEN) {
		outcome = RMIRROR_TOO_BIG;
	} else {
		mi.limit = mi.path.mtu - outer;
		outcome = skb_is_gso(skb) ? mirror_gso(&mi, &frame) :
					    mirror_frame(&mi, &frame);
	}
	dst_release(mi.path.dst);
	return outcome;
}

/**
 * rmirror_mirror - mirror a packet
 * @m: the mirror
 * @skb: the packet, as the hook sees it; only ever read
 * @state: the hook
 *
 * Within an RCU read side section, as netfilter hooks are; BHs on or off.
 * Whatever happens to the copy, the original does not notice.
 */
void rmirror_mirror(struct rmirror *m, const struct sk_buff *skb,
		    const struct nf_hook_state *state)
{
	enum rmirror_outcome outcome = RMIRROR_LOOP;

	local_bh_disable();
	rmirror_stats_add(m, RMIRROR_MATCHED, 1);
	/* TEE's and nft dup's own guard: neither do they copy our copies, nor we theirs. */
	if (!rmirror_compat_in_duplicate()) {
		rmirror_compat_set_duplicate(true);
		outcome = mirror_packet(m, skb, state);
		rmirror_compat_set_duplicate(false);
	}
	if (outcome != RMIRROR_PENDING)
		rmirror_stats_add(m, outcome, 1);
	local_bh_enable();
}
EXPORT_SYMBOL_GPL(rmirror_mirror);
