/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An encapsulation: what stands between the outer IP header and the frame.
 *
 * To add one: a row in rmirror_tables.h, a file encap_foo.c that defines a
 * struct rmirror_encap_ops, its line in encap.c, a golden packet, a man paragraph.
 */
#ifndef _RMIRROR_ENCAP_H
#define _RMIRROR_ENCAP_H

#include "rmirror_core.h"

/**
 * struct rmirror_encap_ops - operations of an encapsulation
 *
 * @proto: protocol of the outer IP header
 * @gso_type: SKB_GSO_* that makes the stack segment such a packet; 0 if none
 * @hlen: bytes of header that a statement needs, constant for its life
 * @push: write the header before skb->data, which is the frame; there is room
 * @owns: whether the @off'th byte of the packet starts a header that a mirror
 *	of this encapsulation could have written; must not trust what it reads
 */
struct rmirror_encap_ops {
	u8		proto;
	u32		gso_type;
	unsigned int	(*hlen)(const struct rmirror_conf *conf);
	void		(*push)(const struct rmirror *m, struct sk_buff *skb);
	bool		(*owns)(const struct sk_buff *skb, int off);
};

extern const struct rmirror_encap_ops rmirror_encap_gre;

const struct rmirror_encap_ops *rmirror_encap_find(unsigned int id);
const char *rmirror_encap_word(unsigned int id);

#endif /* _RMIRROR_ENCAP_H */
