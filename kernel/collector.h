/* SPDX-License-Identifier: GPL-2.0-only */
/* What a netns knows of its collectors: their addresses, ports and sequence numbers. */
#ifndef _RMIRROR_COLLECTOR_H
#define _RMIRROR_COLLECTOR_H

#include <linux/atomic.h>
#include <linux/netfilter.h>

#include "netns.h"

/* Collectors that registers have named: so many are remembered in a netns */
#define RMIRROR_LEARNT_MAX	1024

/* What an address means to a netns */
enum rmirror_role {
	RMIRROR_IS_COLLECTOR,	/* copies go there */
	RMIRROR_IS_SOURCE,	/* `from`: copies have it as their outer source */
};

/**
 * struct rmirror_sequence - numbers of the packets of a collector, encapsulation and key
 *
 * @next: the next one; the only thing that CPUs share when they number their copies
 * @list: entry in struct rmirror_collectors
 * @users: mirrors, or CPUs' ways of a register, that have it
 * @encap: enum rmirror_encap
 * @key: GRE key or session id
 * @has_key: @key is on the wire
 * @family: of @addr
 * @addr: the collector
 */
struct rmirror_sequence {
	atomic_t		next ____cacheline_aligned_in_smp;
	struct list_head	list ____cacheline_aligned_in_smp;
	unsigned int		users;
	u32			encap;
	u32			key;
	bool			has_key;
	u8			family;
	union nf_inet_addr	addr;
};

int rmirror_collector_add(struct rmirror_net *rn, enum rmirror_role role, u8 family,
			  const union nf_inet_addr *addr, gfp_t gfp);
void rmirror_collector_del(struct rmirror_net *rn, enum rmirror_role role, u8 family,
			   const union nf_inet_addr *addr);
bool rmirror_collector_known(const struct rmirror_net *rn, enum rmirror_role role, u8 family,
			     const union nf_inet_addr *addr);

int rmirror_collector_port_add(struct rmirror_net *rn, u16 port);
void rmirror_collector_port_del(struct rmirror_net *rn, u16 port);

/**
 * rmirror_collector_port_maybe - could a UDP port be that of a mirror?
 * @rn: the netns
 * @port: destination port, in host order
 *
 * Return: false if it is none for sure.
 */
static inline bool rmirror_collector_port_maybe(const struct rmirror_net *rn, u16 port)
{
	return READ_ONCE(rn->collectors.port_filter) & BIT_ULL(port % 64);
}

/**
 * rmirror_collector_port_known - was a mirror given this port?
 * @rn: the netns
 * @port: destination port, in host order
 */
static inline bool rmirror_collector_port_known(struct rmirror_net *rn, u16 port)
{
	return xa_load(&rn->collectors.ports, port);
}

struct rmirror_sequence *rmirror_sequence_get(struct rmirror_net *rn,
					      const struct rmirror_sequence *like, gfp_t gfp);
void rmirror_sequence_put(struct rmirror_net *rn, struct rmirror_sequence *seq);

void rmirror_collector_net_init(struct rmirror_net *rn);
void rmirror_collector_net_exit(struct rmirror_net *rn);

#endif /* _RMIRROR_COLLECTOR_H */
