/* SPDX-License-Identifier: GPL-2.0-only */
/* What the encapsulations over UDP have in common. */
#ifndef _RMIRROR_ENCAP_UDP_H
#define _RMIRROR_ENCAP_UDP_H

#include "encap.h"

#define RMIRROR_UDP_HLEN	8

/* What a UDP payload may be, by its first word, on whichever port */
enum rmirror_udp_form {
	RMIRROR_UDP_OTHER,
	RMIRROR_UDP_VXLAN,	/* RFC 7348 section 5: the I flag and no other */
	RMIRROR_UDP_GENEVE,	/* RFC 8926 section 3.4: version 0, Ethernet */
	RMIRROR_UDP_TZSP,	/* version 1, received, Ethernet */
};

static inline enum rmirror_udp_form rmirror_udp_form(__be32 first)
{
	if (first == htonl(0x08000000))
		return RMIRROR_UDP_VXLAN;
	if ((first & htonl(0xc000ffff)) == htonl(ETH_P_TEB))
		return RMIRROR_UDP_GENEVE;
	if (first == htonl(0x01000001))
		return RMIRROR_UDP_TZSP;
	return RMIRROR_UDP_OTHER;
}

bool rmirror_udp_starts_with(const struct sk_buff *skb, int off, enum rmirror_udp_form form);
void rmirror_udp_select(const struct rmirror_conf *conf, union flowi_uli *uli);
void rmirror_udp_push(const struct rmirror_job *job, struct sk_buff *skb);

#endif /* _RMIRROR_ENCAP_UDP_H */
