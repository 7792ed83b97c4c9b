/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a front end (nft_rmirror, xt_RMIRROR) needs of rmirror_core.
 *
 * A front end parses its own format into a struct rmirror_conf, has it checked
 * and turned into a struct rmirror when a rule is made, hands matched packets
 * to rmirror_mirror(), and releases the mirror when the rule is destroyed.
 */
#ifndef _RMIRROR_H
#define _RMIRROR_H

#include <linux/if.h>
#include <linux/netfilter.h>
#include <linux/types.h>

#include <linux/netfilter/rmirror.h>

struct nf_hook_state;
struct rmirror;
struct sk_buff;

/**
 * struct rmirror_conf - one statement
 *
 * @given: BIT(NFTA_RMIRROR_*) of every option that was given
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6, of @addr and @saddr
 * @addr: the collector, unless @in_register
 * @saddr: outer source; by route if not given
 * @encap: enum rmirror_encap
 * @key: GRE key, session id or VNI, in host order
 * @len: bytes of the frame to keep; all if not given
 * @mtu: enum rmirror_mtu
 * @ttl: outer TTL or hop limit
 * @dscp: outer DSCP, 0..63
 * @mark: mark of the copy
 * @port: UDP destination port, in host order
 * @flags: RMIRROR_F_*
 * @oifname: output device; by route if not given
 * @in_register: the collector comes with each packet
 * @key_in_register: so does the key
 *
 * A front end clears it, sets @family and @addr, and then each option that it
 * was given: numbers by rmirror_conf_set(), the others by hand with their bit
 * in @given. After rmirror_conf_check() the fields of options that were not
 * given hold the defaults, and an option given with its default value counts
 * as not given.
 */
struct rmirror_conf {
	u32			given;
	u32			family;
	union nf_inet_addr	addr;
	union nf_inet_addr	saddr;
	u32			encap;
	u32			key;
	u32			len;
	u32			mtu;
	u32			ttl;
	u32			dscp;
	u32			mark;
	u32			port;
	u32			flags;
	char			oifname[IFNAMSIZ];
	bool			in_register;
	bool			key_in_register;
};

static inline bool rmirror_conf_given(const struct rmirror_conf *conf,
				      enum nft_rmirror_attributes attr)
{
	return conf->given & (1u << attr);
}

/* Is a key in the header, a constant one or not? */
static inline bool rmirror_conf_has_key(const struct rmirror_conf *conf)
{
	return rmirror_conf_given(conf, NFTA_RMIRROR_KEY) || conf->key_in_register;
}

int rmirror_conf_set(struct rmirror_conf *conf, enum nft_rmirror_attributes attr,
		     u32 value);
const u32 *rmirror_conf_number(const struct rmirror_conf *conf,
			       enum nft_rmirror_attributes attr);
int rmirror_conf_check(struct rmirror_conf *conf);

/**
 * struct rmirror_place - where the rule of a mirror stands
 *
 * @family: as the tool that made the rule calls it
 * @table: name
 * @chain: where the name of the chain is; it may change, readers are under RCU.
 *	NULL: not known, but @hooks
 * @hooks: names of the hooks that lead to the rule, if @chain is NULL
 * @is_live: is the rule in force, and not only in a batch that may yet fail? NULL: yes
 *
 * It belongs to the front end, and lasts until rmirror_release() has returned.
 */
struct rmirror_place {
	const char	*family;
	const char	*table;
	char *const	*chain;
	const char	*hooks;
	bool		(*is_live)(const struct rmirror_place *place, struct net *net);
};

#define RMIRROR_COUNTERS	NFTA_RMIRROR_COUNTER_MAX

struct rmirror *rmirror_create(struct net *net, const struct rmirror_conf *conf,
			       const struct rmirror_place *place);
void rmirror_release(struct rmirror *m);
const struct rmirror_conf *rmirror_conf_get(const struct rmirror *m);
const struct rmirror_place *rmirror_place_get(const struct rmirror *m);
void rmirror_stats_read(struct rmirror *m, u64 counters[RMIRROR_COUNTERS], bool reset);
void rmirror_stats_restore(struct rmirror *m, const u64 counters[RMIRROR_COUNTERS]);
void rmirror_mirror(struct rmirror *m, const struct sk_buff *skb,
		    const struct nf_hook_state *state,
		    const union nf_inet_addr *addr, const u32 *key);

#endif /* _RMIRROR_H */
