// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the ways to the collectors are kept: one for a constant collector, and one
 * for each that a register has named, up to a number for all mirrors of a netns.
 * Where packets are numbered and their key comes from a register, each key has its own
 * numbers, and so a way of its own.
 */

#include <linux/jhash.h>
#include <linux/memcontrol.h>
#include <linux/rculist.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <net/dst.h>
#include <net/ipv6.h>

#include "collector.h"
#include "core.h"
#include "encap/encap.h"
#include "way.h"

static size_t address_size(const struct rmirror *m)
{
	return m->conf.family == NFPROTO_IPV4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static bool is_same(const struct rmirror *m, const union nf_inet_addr *a,
		    const union nf_inet_addr *b)
{
	return m->conf.family == NFPROTO_IPV4 ? a->ip == b->ip :
						ipv6_addr_equal(&a->in6, &b->in6);
}

static bool is_numbered_by_key(const struct rmirror *m)
{
	return m->conf.key_in_register && m->encap->numbered(&m->conf);
}

/* What of the key tells one way from another */
static u32 way_key(const struct rmirror *m, const struct rmirror_path *path)
{
	return is_numbered_by_key(m) ? path->key : 0;
}

static struct hlist_head *ways_bucket(struct rmirror *m, const union nf_inet_addr *addr, u32 key)
{
	const u32 hash = jhash(addr, address_size(m), key);

	return &m->ways->bucket[hash & (ARRAY_SIZE(m->ways->bucket) - 1)];
}

static struct rmirror_way *ways_find(struct rmirror *m, const struct rmirror_path *path)
{
	const u32 key = way_key(m, path);
	struct rmirror_way *way;

	hlist_for_each_entry_rcu(way, ways_bucket(m, path->addr, key), node) {
		if (way->key == key && is_same(m, &way->addr, path->addr))
			return way;
	}
	return NULL;
}

static bool ways_know(struct rmirror *m, const union nf_inet_addr *addr)
{
	struct rmirror_way *way;
	int i;

	for (i = 0; i < ARRAY_SIZE(m->ways->bucket); i++) {
		hlist_for_each_entry_rcu(way, &m->ways->bucket[i], node) {
			if (is_same(m, &way->addr, addr))
				return true;
		}
	}
	return false;
}

static int way_set_sequence(struct rmirror *m, struct rmirror_way *way, gfp_t gfp)
{
	struct rmirror_sequence like = {
		.encap		= m->conf.encap,
		.key		= m->conf.key_in_register ? way->key : m->conf.key,
		.has_key	= rmirror_conf_has_key(&m->conf),
		.family		= m->conf.family,
	};

	if (!m->encap->numbered(&m->conf))
		return 0;
	memcpy(&like.addr, &way->addr, address_size(m));
	way->seq = rmirror_sequence_get(m->rn, &like, gfp);
	return way->seq ? 0 : -ENOMEM;
}

static int way_init(struct rmirror *m, struct rmirror_way *way, const union nf_inet_addr *addr,
		    gfp_t gfp)
{
	memcpy(&way->addr, addr, address_size(m));
	way->hop = alloc_percpu_gfp(struct rmirror_hop, gfp);
	if (!way->hop)
		return -ENOMEM;
	if (way_set_sequence(m, way, gfp)) {
		free_percpu(way->hop);
		return -ENOMEM;
	}
	return 0;
}

/*
 * Routes go before their netns does, which counts those of IPv6 and takes the counter
 * with it. Who still looks at one is within an RCU read side section.
 */
static void way_release_routes(const struct rmirror_way *way)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct rmirror_hop *hop = per_cpu_ptr(way->hop, cpu);

		dst_release(hop->dst);
		hop->dst = NULL;
	}
}

static struct rmirror_way *way_alloc(struct rmirror *m, const struct rmirror_path *path)
{
	const union nf_inet_addr *addr = path->addr;
	const gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT;
	struct rmirror_way *way = kzalloc(sizeof(*way), gfp);

	if (!way)
		return NULL;
	way->key = way_key(m, path);
	if (rmirror_collector_add(m->rn, RMIRROR_IS_COLLECTOR, m->conf.family, addr, gfp))
		goto err_collector;
	if (way_init(m, way, addr, gfp))
		goto err_init;
	return way;

err_init:
	rmirror_collector_del(m->rn, RMIRROR_IS_COLLECTOR, m->conf.family, addr);
err_collector:
	kfree(way);
	return NULL;
}

static void way_leave(struct rmirror *m, struct rmirror_way *way)
{
	way_release_routes(way);
	rmirror_collector_del(m->rn, RMIRROR_IS_COLLECTOR, m->conf.family, &way->addr);
	atomic_dec(&m->rn->collectors.learnt);
	rmirror_sequence_put(m->rn, way->seq);
}

/* Remembers a collector, or a key of it. NULL if the netns has too many, or there is no memory. */
static struct rmirror_way *ways_add(struct rmirror *m, const struct rmirror_path *path)
{
	atomic_t *learnt = &m->rn->collectors.learnt;
	struct mem_cgroup *old;
	struct rmirror_way *way;

	if (!atomic_add_unless(learnt, 1, RMIRROR_LEARNT_MAX)) {
		/* A constant collector is known, whatever its keys. */
		if (m->conf.in_register)
			WRITE_ONCE(m->rn->collectors.overflown, true);
		return NULL;
	}
	spin_lock(&m->ways->lock);
	way = ways_find(m, path);
	if (way) {
		atomic_dec(learnt);
		goto out;
	}
	old = set_active_memcg(m->ways->memcg);
	way = way_alloc(m, path);
	set_active_memcg(old);
	if (way)
		hlist_add_head_rcu(&way->node, ways_bucket(m, path->addr, way->key));
	else
		atomic_dec(learnt);
out:
	spin_unlock(&m->ways->lock);
	return way;
}

static int ways_init(struct rmirror *m)
{
	m->ways = kzalloc(sizeof(*m->ways), GFP_KERNEL_ACCOUNT);
	if (!m->ways)
		return -ENOMEM;
	spin_lock_init(&m->ways->lock);
	m->ways->memcg = get_mem_cgroup_from_mm(current->mm);
	return 0;
}

static void ways_clean(struct rmirror *m)
{
	struct rmirror_way *way;
	struct hlist_node *next;
	int i;

	for (i = 0; i < ARRAY_SIZE(m->ways->bucket); i++) {
		hlist_for_each_entry_safe(way, next, &m->ways->bucket[i], node) {
			free_percpu(way->hop);
			kfree(way);
		}
	}
	mem_cgroup_put(m->ways->memcg);
	kfree(m->ways);
}

/**
 * rmirror_way_init - prepare the route cache of a mirror
 * @m: the mirror, with its configuration
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int rmirror_way_init(struct rmirror *m)
{
	int err;

	err = way_init(m, &m->way, &m->conf.addr, GFP_KERNEL_ACCOUNT);
	if (err || !(m->conf.in_register || is_numbered_by_key(m)))
		return err;
	err = ways_init(m);
	if (err) {
		rmirror_sequence_put(m->rn, m->way.seq);
		free_percpu(m->way.hop);
	}
	return err;
}

/**
 * rmirror_way_leave - give back what the cache has of the netns
 * @m: no packet can reach it any more
 */
void rmirror_way_leave(struct rmirror *m)
{
	struct rmirror_way *way;
	int i;

	way_release_routes(&m->way);
	rmirror_sequence_put(m->rn, m->way.seq);
	for (i = 0; m->ways && i < ARRAY_SIZE(m->ways->bucket); i++) {
		hlist_for_each_entry(way, &m->ways->bucket[i], node)
			way_leave(m, way);
	}
}

/**
 * rmirror_way_exit - the reverse of rmirror_way_init()
 * @m: has left its netns, and nobody can look into it any more
 */
void rmirror_way_exit(struct rmirror *m)
{
	free_percpu(m->way.hop);
	if (m->ways)
		ways_clean(m);
}

/**
 * rmirror_way_knows - is an address that of a collector of the mirror?
 * @m: the mirror; within an RCU read side section
 * @addr: the address, of the mirror's family
 */
bool rmirror_way_knows(struct rmirror *m, const union nf_inet_addr *addr)
{
	return m->conf.in_register ? ways_know(m, addr) : is_same(m, &m->conf.addr, addr);
}

/**
 * rmirror_way_hop - the place in the cache of a collector from a register
 * @m: the mirror; BHs are off, and the CPU's ways are locked
 * @path: with its address and the key
 *
 * Return: never NULL; it may hold no way, or an obsolete one.
 */
struct rmirror_hop *rmirror_way_hop(struct rmirror *m, const struct rmirror_path *path)
{
	struct rmirror_way *way = ways_find(m, path) ?: ways_add(m, path);
	struct rmirror_hop *hop;

	if (likely(way))
		return this_cpu_ptr(way->hop);
	/* No room: what is there is another one's. */
	hop = this_cpu_ptr(m->way.hop);
	dst_release(hop->dst);
	hop->dst = NULL;
	return hop;
}

/**
 * rmirror_way_numbers - the sequence numbers of a collector
 * @m: the mirror; BHs are off
 * @path: with its address and the key
 *
 * Return: NULL if packets are not numbered.
 */
atomic_t *rmirror_way_numbers(struct rmirror *m, const struct rmirror_path *path)
{
	const struct rmirror_way *way = m->ways ? ways_find(m, path) : NULL;
	struct rmirror_sequence *seq = way ? way->seq : m->way.seq;

	return seq ? &seq->next : NULL;
}
