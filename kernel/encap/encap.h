/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An encapsulation: what stands between the outer IP header and the frame.
 *
 * To add one: a row in rmirror_tables.h, and a file foo.c here that defines
 * rmirror_encap_FOO. In the modules nothing else knows a format, but for the first
 * word of what is over UDP (udp.h). CONTRIBUTING.md names the rest.
 */
#ifndef _RMIRROR_ENCAP_H
#define _RMIRROR_ENCAP_H

#include <net/flow.h>

#include <rmirror_tables.h>

#include "../copy.h"
#include "../core.h"
#include "../frame.h"

/**
 * struct rmirror_encap_ops - operations of an encapsulation; all are there
 *
 * @proto: protocol of the outer IP header
 * @alone: nothing but tunnels has this protocol, so that a later fragment, too,
 *	is one of a copy
 * @per_frame: the header differs from frame to frame, so that a superframe has
 *	to be segmented before it is wrapped
 * @numbered: the header has a sequence number
 * @hlen: bytes of header that a statement needs, constant for its life
 * @constant: write the header, if it is the same for every copy of a statement, and of
 *	RMIRROR_ENCAP_CONSTANT_MAX bytes or half of them; else return false
 * @selectors: what a route look-up or an IPsec policy may ask for beyond @proto
 * @push: write the header before skb->data, which is the frame; there is room, and
 *	skb->hash is that of its flow.
 *	Of a superframe, which it sees only if @per_frame says no, it sets the
 *	gso_type.
 * @inner: if the @off'th byte of a packet starts a header that a mirror could have
 *	written, the offset of the frame behind it, else -1; must not trust what
 *	it reads
 */
struct rmirror_encap_ops {
	u8		proto;
	bool		alone;
	bool		(*per_frame)(const struct rmirror_conf *conf);
	bool		(*numbered)(const struct rmirror_conf *conf);
	unsigned int	(*hlen)(const struct rmirror_conf *conf);
	bool		(*constant)(const struct rmirror_conf *conf, void *header);
	void		(*selectors)(const struct rmirror_conf *conf, union flowi_uli *uli);
	void		(*push)(const struct rmirror_job *job, struct sk_buff *skb);
	int		(*inner)(const struct sk_buff *skb, int off);
};

/* A row without its operations does not link. */
#define X(id, word, key_max, port) extern const struct rmirror_encap_ops rmirror_encap_##id;
RMIRROR_ENCAP_TABLE(X)
#undef X

const struct rmirror_encap_ops *rmirror_encap_find(unsigned int id);
const char *rmirror_encap_word(unsigned int id);
u16 rmirror_encap_port(unsigned int id);
u32 rmirror_encap_key_max(unsigned int id);
u64 rmirror_encap_time(const struct rmirror_job *job);

/* For @per_frame and @numbered */
bool rmirror_encap_never(const struct rmirror_conf *conf);
bool rmirror_encap_always(const struct rmirror_conf *conf);
/* For @constant: it is not */
bool rmirror_encap_varies(const struct rmirror_conf *conf, void *header);
/* For @selectors: a GRE key, as Linux' own tunnel devices have it; nothing */
void rmirror_encap_select_key(const struct rmirror_conf *conf, union flowi_uli *uli);
void rmirror_encap_select_none(const struct rmirror_conf *conf, union flowi_uli *uli);

/* Protocols behind an IP header that may hold a copy, by their numbers */
extern unsigned long rmirror_encap_protocols[BITS_TO_LONGS(256)];
void rmirror_encap_init(void);

/**
 * rmirror_encap_may_follow - can an encapsulation stand behind an IP header?
 * @proto: the protocol in it
 */
static inline bool rmirror_encap_may_follow(u8 proto)
{
	return test_bit(proto, rmirror_encap_protocols);
}

int rmirror_encap_inner(u8 proto, const struct sk_buff *skb, int off);
bool rmirror_encap_is_alone(u8 proto);

#endif /* _RMIRROR_ENCAP_H */
