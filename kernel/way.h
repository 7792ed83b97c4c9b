/* SPDX-License-Identifier: GPL-2.0-only */
/* The cached way to a collector. */
#ifndef _RMIRROR_WAY_H
#define _RMIRROR_WAY_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/spinlock.h>

struct dst_entry;
struct rmirror;
struct rmirror_path;
struct mem_cgroup;
struct rmirror_sequence;

/* Bytes of an encapsulation header that is prepared; so many or half of them */
#define RMIRROR_ENCAP_CONSTANT_MAX	8

/**
 * struct rmirror_hop - the way to a collector, as one CPU knows it
 *
 * @dst: its route, referenced; NULL if there is none yet
 * @cookie: for dst_check()
 * @generation: of the mirror when it was looked up
 * @plain_mtu: the MTU is the device's as long as that is so much; 0: it depends
 * @plain: an IPv4 route that nothing transforms, with an IPv4 next hop: what is asked
 *	of it for each copy is asked here
 * @local: it leads to this host, or to all on a link
 * @ip_output: IPsec or a lightweight tunnel has to transform the packet
 * @tagged: the copy may pass our hooks again later, in another packet
 * @ident: the next of the IP identifications that the CPU has taken
 * @idents: so many of them are left
 * @next4: the next hop, if @plain
 * @priority: of the copy
 * @seq: next sequence number, if packets are numbered
 * @batched: its device may gain by getting copies in lists
 * @prebuilt: @encap is the encapsulation header, the same for each copy
 * @encap: the header
 * @sum4: sum of @ip4
 * @ip4: the outer header, with everything in it that is the same for each copy
 * @ip6: likewise
 *
 * Written by its own CPU only, with BHs off and its ways locked; but for @ident and
 * @idents, which belong to who uses it.
 */
struct rmirror_hop {
	struct dst_entry	*dst;
	u32			cookie;
	unsigned int		generation;
	unsigned int		plain_mtu;
	bool			plain;
	bool			local;
	bool			ip_output;
	bool			tagged;
	bool			batched;
	bool			prebuilt;
	u16			ident;
	u16			idents;
	__be32			next4;
	u32			priority;
	atomic_t		*seq;
	u8			encap[RMIRROR_ENCAP_CONSTANT_MAX] __aligned(8);
	__wsum			sum4;
	union {
		struct iphdr	ip4;
		struct ipv6hdr	ip6;
	};
};

/**
 * struct rmirror_way - the cached way to a collector
 *
 * @addr: the collector
 * @key: of the copies, if each key from a register has its own numbers; else 0
 * @hop: the way there, per CPU
 * @seq: its sequence numbers; NULL if packets are not numbered
 * @node: entry in struct rmirror_ways
 */
struct rmirror_way {
	union nf_inet_addr		addr;
	u32				key;
	struct rmirror_hop __percpu	*hop;
	struct rmirror_sequence		*seq;
	struct hlist_node		node;
};

#define RMIRROR_WAYS_BITS	8

/**
 * struct rmirror_ways - the collectors and keys that registers have named so far
 *
 * @lock: protects additions; look-ups are under RCU, and nothing goes before
 *	the mirror does
 * @memcg: whoever made the rule pays for them
 * @bucket: by address and key
 */
struct rmirror_ways {
	spinlock_t		lock;
	struct mem_cgroup	*memcg;
	struct hlist_head	bucket[1 << RMIRROR_WAYS_BITS];
};

int rmirror_way_init(struct rmirror *m);
void rmirror_way_leave(struct rmirror *m);
void rmirror_way_exit(struct rmirror *m);
bool rmirror_way_knows(struct rmirror *m, const union nf_inet_addr *addr);
struct rmirror_hop *rmirror_way_hop(struct rmirror *m, const struct rmirror_path *path);
atomic_t *rmirror_way_numbers(struct rmirror *m, const struct rmirror_path *path);

#endif /* _RMIRROR_WAY_H */
