/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _RMIRROR_CHECKER_SNAPSHOT_H
#define _RMIRROR_CHECKER_SNAPSHOT_H

#include <linux/skbuff.h>

/**
 * struct snapshot - all there is of a packet
 *
 * @skb: the struct itself, bit for bit
 * @info: its shared info, but for @dataref
 * @dataref: references to the data; others may drop theirs at any time
 * @headroom: hash of the bytes between skb->head and skb->data
 * @data: hash of the packet's bytes, in whatever they are
 * @tailroom: hash of the bytes between skb->tail and skb->end
 * @list: hash of the structs in its frag list
 */
struct snapshot {
	struct sk_buff		skb;
	struct skb_shared_info	info;
	int			dataref;
	u32			headroom;
	u32			data;
	u32			tailroom;
	u32			list;
};

void snapshot_take(struct snapshot *s, const struct sk_buff *skb);

/**
 * snapshot_compare - what differs between two snapshots
 * @before: one
 * @after: the other
 * @differs: called for each field that does
 * @arg: handed on to @differs
 *
 * Return: the number of fields that differ.
 */
unsigned int snapshot_compare(const struct snapshot *before, const struct snapshot *after,
			      void (*differs)(void *arg, unsigned int field), void *arg);

unsigned int snapshot_fields(void);
const char *snapshot_field_name(unsigned int field);

#endif /* _RMIRROR_CHECKER_SNAPSHOT_H */
