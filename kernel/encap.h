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
 * @per_frame: the header differs from frame to frame, so that a superframe has
 *	to be segmented before it is wrapped
 * @hlen: bytes of header that a statement needs, constant for its life
 * @push: write the header before skb->data, which is the frame; there is room.
 *	Of a superframe, which it sees only if @per_frame says no, it sets the
 *	gso_type.
 * @owns: whether the @off'th byte of the packet starts a header that a mirror
 *	of this encapsulation could have written; must not trust what it reads
 */
struct rmirror_encap_ops {
	u8		proto;
	bool		(*per_frame)(const struct rmirror_conf *conf);
	unsigned int	(*hlen)(const struct rmirror_conf *conf);
	void		(*push)(const struct rmirror_job *job, struct sk_buff *skb);
	bool		(*owns)(const struct rmirror *m, const struct sk_buff *skb, int off);
};

extern const struct rmirror_encap_ops rmirror_encap_gre;
extern const struct rmirror_encap_ops rmirror_encap_erspan1;
extern const struct rmirror_encap_ops rmirror_encap_erspan;
extern const struct rmirror_encap_ops rmirror_encap_erspan3;
extern const struct rmirror_encap_ops rmirror_encap_vxlan;
extern const struct rmirror_encap_ops rmirror_encap_geneve;
extern const struct rmirror_encap_ops rmirror_encap_tzsp;
extern const struct rmirror_encap_ops rmirror_encap_none;

const struct rmirror_encap_ops *rmirror_encap_find(unsigned int id);
const char *rmirror_encap_word(unsigned int id);
u16 rmirror_encap_port(unsigned int id);
bool rmirror_encap_owns(const struct rmirror *m, u8 proto, const struct sk_buff *skb, int off);
u64 rmirror_encap_time(const struct rmirror_job *job);

/* For @per_frame: never, always */
bool rmirror_encap_same(const struct rmirror_conf *conf);
bool rmirror_encap_differs(const struct rmirror_conf *conf);

/* encap_udp.c */
#define RMIRROR_UDP_HLEN	8
void rmirror_udp_push(const struct rmirror_job *job, struct sk_buff *skb, u16 sport);
u16 rmirror_udp_sport(const struct sk_buff *frame);
bool rmirror_udp_owns(const struct rmirror *m, const struct sk_buff *skb, int off);

#endif /* _RMIRROR_ENCAP_H */
