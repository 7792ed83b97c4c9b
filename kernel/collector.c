// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a netns knows of its collectors.
 *
 * The loop guard asks whether an address is that of a collector, of whichever
 * mirror, and whether a UDP port is one that a mirror uses.
 *
 * Sequence numbers belong to what a receiver tells apart: collector,
 * encapsulation and key. They go on when a rule is replaced, or when the rules
 * are loaded again: a receiver that wants rising numbers would drop everything
 * else for as long as it takes to pass the old ones.
 */

#include <linux/jhash.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "collector.h"
#include "encap/encap.h"

/* Sequences without a mirror: so many a netns keeps, for when rules are loaded again. */
#define SEQUENCES_IDLE_MAX	256

/* An address that mirrors use */
struct known_address {
	struct hlist_node	node;
	union nf_inet_addr	addr;
	enum rmirror_role	role;
	unsigned int		users;
	u8			family;
	struct rcu_head		rcu;
};

static size_t address_size(u8 family)
{
	return family == NFPROTO_IPV4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static bool is_same_address(u8 family, const union nf_inet_addr *a, const union nf_inet_addr *b)
{
	return family == NFPROTO_IPV4 ? a->ip == b->ip : ipv6_addr_equal(&a->in6, &b->in6);
}

static unsigned int bucket_of(u8 family, const union nf_inet_addr *addr)
{
	return jhash(addr, address_size(family), family) % RMIRROR_COLLECTOR_BUCKETS;
}

static struct known_address *find_address(const struct rmirror_collectors *c,
					  enum rmirror_role role, u8 family,
					  const union nf_inet_addr *addr)
{
	struct known_address *known;

	hlist_for_each_entry_rcu(known, &c->bucket[bucket_of(family, addr)], node,
				 lockdep_is_held(&c->lock)) {
		if (known->role == role && known->family == family &&
		    is_same_address(family, &known->addr, addr))
			return known;
	}
	return NULL;
}

/**
 * rmirror_collector_add - an address is used
 * @rn: the netns
 * @role: as what
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @addr: the address
 * @gfp: may it sleep?
 *
 * Return: 0 or -ENOMEM.
 */
int rmirror_collector_add(struct rmirror_net *rn, enum rmirror_role role, u8 family,
			  const union nf_inet_addr *addr, gfp_t gfp)
{
	struct rmirror_collectors *c = &rn->collectors;
	struct known_address *known, *fresh = kzalloc(sizeof(*fresh), gfp);

	if (!fresh)
		return -ENOMEM;
	spin_lock_bh(&c->lock);
	known = find_address(c, role, family, addr);
	if (!known) {
		known = fresh;
		fresh = NULL;
		memcpy(&known->addr, addr, address_size(family));
		known->role = role;
		known->family = family;
		hlist_add_head_rcu(&known->node, &c->bucket[bucket_of(family, addr)]);
	}
	known->users++;
	spin_unlock_bh(&c->lock);
	kfree(fresh);
	return 0;
}

/**
 * rmirror_collector_del - the reverse
 * @rn: the netns
 * @role: as what
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @addr: the address, that has been added
 */
void rmirror_collector_del(struct rmirror_net *rn, enum rmirror_role role, u8 family,
			   const union nf_inet_addr *addr)
{
	struct rmirror_collectors *c = &rn->collectors;
	struct known_address *known;

	spin_lock_bh(&c->lock);
	known = find_address(c, role, family, addr);
	if (known && !--known->users) {
		hlist_del_rcu(&known->node);
		kfree_rcu(known, rcu);
	}
	spin_unlock_bh(&c->lock);
}

/**
 * rmirror_collector_known - do mirrors use an address?
 * @rn: the netns
 * @role: as what
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @addr: the address
 *
 * Within an RCU read side section.
 */
bool rmirror_collector_known(const struct rmirror_net *rn, enum rmirror_role role, u8 family,
			     const union nf_inet_addr *addr)
{
	return find_address(&rn->collectors, role, family, addr);
}

static void set_port_filter(struct rmirror_collectors *c)
{
	u64 filter = 0;
	unsigned long port;
	unsigned int id;
	void *users;

	for (id = 0; id <= RMIRROR_ENCAP_MAX; id++) {
		if (rmirror_encap_port(id))
			filter |= BIT_ULL(rmirror_encap_port(id) % 64);
	}
	xa_for_each(&c->ports, port, users)
		filter |= BIT_ULL(port % 64);
	WRITE_ONCE(c->port_filter, filter);
}

/**
 * rmirror_collector_port_add - a mirror uses a UDP destination port
 * @rn: the netns; @rn->lock is held
 * @port: in host order; 0: it uses none
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int rmirror_collector_port_add(struct rmirror_net *rn, u16 port)
{
	struct xarray *ports = &rn->collectors.ports;
	int err;

	if (!port)
		return 0;
	err = xa_err(xa_store(ports, port, xa_mk_value(xa_to_value(xa_load(ports, port)) + 1),
			      GFP_KERNEL_ACCOUNT));
	set_port_filter(&rn->collectors);
	return err;
}

/**
 * rmirror_collector_port_del - the reverse
 * @rn: the netns; @rn->lock is held
 * @port: in host order; 0: it used none
 */
void rmirror_collector_port_del(struct rmirror_net *rn, u16 port)
{
	struct xarray *ports = &rn->collectors.ports;
	unsigned long users;

	if (!port)
		return;
	users = xa_to_value(xa_load(ports, port));
	/* Fewer users of what is there take no memory. */
	if (users > 1)
		xa_store(ports, port, xa_mk_value(users - 1), GFP_KERNEL);
	else
		xa_erase(ports, port);
	set_port_filter(&rn->collectors);
}

static bool is_same_sequence(const struct rmirror_sequence *a, const struct rmirror_sequence *b)
{
	return a->encap == b->encap && a->key == b->key && a->has_key == b->has_key &&
	       a->family == b->family && is_same_address(a->family, &a->addr, &b->addr);
}

static struct rmirror_sequence *find_sequence(const struct rmirror_collectors *c,
					      const struct rmirror_sequence *like)
{
	struct rmirror_sequence *seq;

	list_for_each_entry(seq, &c->sequences, list) {
		if (is_same_sequence(seq, like))
			return seq;
	}
	return NULL;
}

/**
 * rmirror_sequence_get - the numbers of a collector, encapsulation and key
 * @rn: the netns
 * @like: what to look for
 * @gfp: may it sleep?
 *
 * Return: to be given back to rmirror_sequence_put(); NULL if there is no memory.
 */
struct rmirror_sequence *rmirror_sequence_get(struct rmirror_net *rn,
					      const struct rmirror_sequence *like, gfp_t gfp)
{
	struct rmirror_collectors *c = &rn->collectors;
	struct rmirror_sequence *seq, *fresh = kzalloc(sizeof(*fresh), gfp);

	spin_lock_bh(&c->lock);
	seq = find_sequence(c, like);
	if (seq) {
		c->idle -= !seq->users;
	} else if (fresh) {
		seq = fresh;
		fresh = NULL;
		*seq = *like;
		seq->users = 0;
		atomic_set(&seq->next, 0);
		list_add_tail(&seq->list, &c->sequences);
	}
	if (seq)
		seq->users++;
	spin_unlock_bh(&c->lock);
	kfree(fresh);
	return seq;
}

/* Forgets those that have been without a mirror for longest, so that @keep remain. */
static void forget_idle(struct rmirror_collectors *c, unsigned int keep)
{
	struct rmirror_sequence *seq, *next;

	list_for_each_entry_safe(seq, next, &c->sequences, list) {
		if (c->idle <= keep)
			return;
		if (seq->users)
			continue;
		list_del(&seq->list);
		kfree(seq);
		c->idle--;
	}
}

/**
 * rmirror_sequence_put - the reverse
 * @rn: the netns
 * @seq: from rmirror_sequence_get(), or NULL; nobody numbers by it any more
 */
void rmirror_sequence_put(struct rmirror_net *rn, struct rmirror_sequence *seq)
{
	struct rmirror_collectors *c = &rn->collectors;

	if (!seq)
		return;
	spin_lock_bh(&c->lock);
	if (!--seq->users) {
		c->idle++;
		list_move_tail(&seq->list, &c->sequences);
		forget_idle(c, c->closed ? 0 : SEQUENCES_IDLE_MAX);
	}
	spin_unlock_bh(&c->lock);
}

void rmirror_collector_net_init(struct rmirror_net *rn)
{
	struct rmirror_collectors *c = &rn->collectors;

	spin_lock_init(&c->lock);
	xa_init(&c->ports);
	INIT_LIST_HEAD(&c->sequences);
	set_port_filter(c);
}

/**
 * rmirror_collector_net_exit - the end of a netns
 * @rn: may have mirrors still, which go after this
 */
void rmirror_collector_net_exit(struct rmirror_net *rn)
{
	struct rmirror_collectors *c = &rn->collectors;

	spin_lock_bh(&c->lock);
	c->closed = true;
	forget_idle(c, 0);
	spin_unlock_bh(&c->lock);
}
