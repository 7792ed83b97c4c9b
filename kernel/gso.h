/* SPDX-License-Identifier: GPL-2.0-only */
/* Superframes, and copies that are cut to fit. */
#ifndef _RMIRROR_GSO_H
#define _RMIRROR_GSO_H

#include "copy.h"
#include "frame.h"

/*
 * Frames that a superframe may stand for: more than 64 KB of TCP with the smallest
 * segments that it is asked for (tcp_min_snd_mss).
 */
#define RMIRROR_GSO_FRAMES_MAX	2048

/**
 * rmirror_gso_is_too_many - does a superframe stand for more frames than anybody sends?
 * @skb: a superframe
 *
 * A guest may say that each has a single byte, and that the host would make
 * as many copies of one packet.
 */
static inline bool rmirror_gso_is_too_many(const struct sk_buff *skb)
{
	return skb->len / RMIRROR_GSO_FRAMES_MAX > skb_shinfo(skb)->gso_size;
}

unsigned int rmirror_gso_frame_len(const struct rmirror_frame *frame);
bool rmirror_gso_may_stay(const struct rmirror_frame *frame);
void rmirror_gso_vouch(struct sk_buff *copy);
bool rmirror_gso_shrink(struct sk_buff *copy, unsigned int limit);
bool rmirror_gso_make(struct sk_buff *copy, unsigned int limit);
struct sk_buff *rmirror_gso_segment(struct sk_buff *copy, struct net_device *dev);
bool rmirror_gso_undo(struct sk_buff *copy);

/* The longest headers of a superframe that are cut frame by frame */
#define RMIRROR_GSO_HEADERS_MAX	192

/**
 * struct rmirror_gso_cut - a superframe of which each frame is cut
 *
 * @frame: the superframe
 * @transport: offset of its transport header in the frame
 * @hlen: bytes of all headers
 * @payload: bytes behind them
 * @segs: frames that it stands for
 * @headers: of the whole
 */
struct rmirror_gso_cut {
	const struct rmirror_frame	*frame;
	unsigned int			transport;
	unsigned int			hlen;
	unsigned int			payload;
	unsigned int			segs;
	u8				headers[RMIRROR_GSO_HEADERS_MAX];
};

bool rmirror_gso_cut_init(struct rmirror_gso_cut *cut, const struct rmirror_frame *frame);
struct sk_buff *rmirror_gso_cut_frame(const struct rmirror_gso_cut *cut, unsigned int seg,
				      unsigned int keep, unsigned int headroom);

#endif /* _RMIRROR_GSO_H */
