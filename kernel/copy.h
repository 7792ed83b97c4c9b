/* SPDX-License-Identifier: GPL-2.0-only */
/* A fresh skb that holds the frame. */
#ifndef _RMIRROR_COPY_H
#define _RMIRROR_COPY_H

#include <linux/skbuff.h>

struct rmirror_frame;

/**
 * struct rmirror_cb - what a copy carries in skb->cb until it is sent
 *
 * @wire_len: bytes of the frame before it was cut
 * @counts: it stands for a matched packet; set on the first only of the pieces
 *	of one
 * @has_check: a checksum was made a partial one: @check was at @check_off
 * @check: what it was
 * @check_off: offset of the checksum in the frame
 */
struct rmirror_cb {
	unsigned int	wire_len;
	bool		counts;
	bool		has_check;
	__sum16		check;
	unsigned int	check_off;
};

static inline struct rmirror_cb *rmirror_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct rmirror_cb) > sizeof(skb->cb));
	return (struct rmirror_cb *)skb->cb;
}

struct sk_buff *rmirror_copy(const struct rmirror_frame *frame, unsigned int keep,
			     unsigned int headroom);
struct sk_buff *rmirror_copy_parts(const struct rmirror_frame *frame, const void *head,
				   unsigned int head_len, unsigned int from, unsigned int len,
				   unsigned int headroom);

#endif /* _RMIRROR_COPY_H */
