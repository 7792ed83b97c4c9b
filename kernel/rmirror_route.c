// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the collector.
 *
 * One cached route per collector and CPU; dst_cache drops it when the kernel
 * says that it is obsolete, and the next copy looks again. A mirror whose
 * collector comes from a register remembers those that it has seen.
 */

#include <linux/jhash.h>
#include <linux/netdevice.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/dst_cache.h>
#include <net/ip.h>
#include <net/route.h>

#include "compat/compat.h"
#include "compat/ipv6.h"
#include "encap.h"

/* The device of the statement, by its name of now. Returns false if there is none. */
static bool find_device(const struct rmirror *m, int *ifindex)
{
	const struct net_device *dev;

	*ifindex = 0;
	if (!rmirror_conf_given(&m->conf, NFTA_RMIRROR_OIFNAME))
		return true;
	dev = dev_get_by_name_rcu(m->net, m->conf.oifname);
	if (!dev)
		return false;
	*ifindex = dev->ifindex;
	return true;
}

static struct dst_entry *lookup4(struct rmirror *m, struct rmirror_path *path, int oif)
{
	struct rtable *rt;
	struct flowi4 fl = {
		.daddr		= path->addr.ip,
		.saddr		= m->conf.saddr.ip,
		.flowi4_oif	= oif,
		.flowi4_proto	= m->encap->proto,
		.flowi4_mark	= m->conf.mark,
	};

	rmirror_compat_set_dscp(&fl, m->conf.dscp);
	rt = ip_route_output_key(m->net, &fl);
	if (IS_ERR(rt))
		return NULL;
	path->saddr.ip = fl.saddr;
	return &rt->dst;
}

static struct dst_entry *lookup6(struct rmirror *m, struct rmirror_path *path, int oif)
{
	struct dst_entry *dst;
	struct flowi6 fl = {
		.daddr		= path->addr.in6,
		.saddr		= m->conf.saddr.in6,
		.flowi6_oif	= oif,
		.flowi6_proto	= m->encap->proto,
		.flowi6_mark	= m->conf.mark,
		.flowlabel	= ip6_make_flowinfo(m->conf.dscp << 2, 0),
	};

	dst = ip6_dst_lookup_flow(m->net, NULL, &fl, NULL);
	if (IS_ERR(dst))
		return NULL;
	path->saddr.in6 = fl.saddr;
	return dst;
}

static struct dst_entry *cache_get(struct rmirror *m, struct dst_cache *cache,
				   struct rmirror_path *path)
{
	struct rtable *rt;

	if (m->conf.family == NFPROTO_IPV6)
		return dst_cache_get_ip6(cache, &path->saddr.in6);
	rt = dst_cache_get_ip4(cache, &path->saddr.ip);
	return rt ? &rt->dst : NULL;
}

static void cache_set(struct rmirror *m, struct dst_cache *cache,
		      const struct rmirror_path *path)
{
	if (m->conf.family == NFPROTO_IPV4)
		dst_cache_set_ip4(cache, path->dst, path->saddr.ip);
	else
		dst_cache_set_ip6(cache, path->dst, &path->saddr.in6);
}

static size_t address_size(const struct rmirror *m)
{
	return m->conf.family == NFPROTO_IPV4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static struct hlist_head *bucket(struct rmirror *m, const union nf_inet_addr *addr)
{
	const u32 hash = jhash(addr, address_size(m), 0);

	return &m->routes->bucket[hash & (ARRAY_SIZE(m->routes->bucket) - 1)];
}

static struct rmirror_route *routes_find(struct rmirror *m, const union nf_inet_addr *addr)
{
	struct rmirror_route *route;

	hlist_for_each_entry_rcu(route, bucket(m, addr), node) {
		if (!memcmp(&route->addr, addr, address_size(m)))
			return route;
	}
	return NULL;
}

static struct rmirror_route *route_alloc(const struct rmirror_path *path)
{
	struct rmirror_route *route = kzalloc(sizeof(*route), GFP_ATOMIC | __GFP_NOWARN);

	if (!route)
		return NULL;
	if (dst_cache_init(&route->cache, GFP_ATOMIC | __GFP_NOWARN)) {
		kfree(route);
		return NULL;
	}
	route->addr = path->addr;
	return route;
}

/* Remembers a collector. NULL if there are too many, or there is no memory: it goes uncached. */
static struct rmirror_route *routes_add(struct rmirror *m, const struct rmirror_path *path)
{
	struct rmirror_routes *routes = m->routes;
	struct rmirror_route *route;

	if (READ_ONCE(routes->count) >= RMIRROR_ROUTES_MAX)
		return NULL;
	spin_lock(&routes->lock);
	route = routes_find(m, &path->addr);
	if (route || routes->count >= RMIRROR_ROUTES_MAX)
		goto out;
	route = route_alloc(path);
	if (!route)
		goto out;
	hlist_add_head_rcu(&route->node, bucket(m, &path->addr));
	WRITE_ONCE(routes->count, routes->count + 1);
out:
	spin_unlock(&routes->lock);
	return route;
}

/**
 * rmirror_route_init - prepare the route cache of a mirror
 * @m: the mirror, with its configuration
 *
 * Return: 0 or -ENOMEM.
 */
int rmirror_route_init(struct rmirror *m)
{
	if (!m->conf.in_register) {
		m->route.addr = m->conf.addr;
		return dst_cache_init(&m->route.cache, GFP_KERNEL_ACCOUNT);
	}
	m->routes = kzalloc(sizeof(*m->routes), GFP_KERNEL_ACCOUNT);
	if (!m->routes)
		return -ENOMEM;
	spin_lock_init(&m->routes->lock);
	return 0;
}

/**
 * rmirror_route_exit - the reverse
 * @m: no packet can reach it any more
 */
void rmirror_route_exit(struct rmirror *m)
{
	struct rmirror_route *route;
	struct hlist_node *next;
	int i;

	dst_cache_destroy(&m->route.cache);
	if (!m->routes)
		return;
	for (i = 0; i < ARRAY_SIZE(m->routes->bucket); i++) {
		hlist_for_each_entry_safe(route, next, &m->routes->bucket[i], node) {
			dst_cache_destroy(&route->cache);
			kfree(route);
		}
	}
	kfree(m->routes);
}

/**
 * rmirror_route_known - is an address that of a collector of the mirror?
 * @job: the packet
 * @addr: the address, of the mirror's family
 */
bool rmirror_route_known(const struct rmirror_job *job, const union nf_inet_addr *addr)
{
	struct rmirror *m = job->m;

	if (!memcmp(&job->path.addr, addr, address_size(m)))
		return true;
	return m->routes && routes_find(m, addr);
}

/* dst_cache_reset() would spare what was cached in this very jiffy. */
static void forget(struct dst_cache *cache)
{
	WRITE_ONCE(cache->reset_ts, jiffies + 1);
}

static void forget_all(struct rmirror *m)
{
	struct rmirror_route *route;
	int i;

	forget(&m->route.cache);
	if (!m->routes)
		return;
	rcu_read_lock();
	for (i = 0; i < ARRAY_SIZE(m->routes->bucket); i++) {
		hlist_for_each_entry_rcu(route, &m->routes->bucket[i], node)
			forget(&route->cache);
	}
	rcu_read_unlock();
}

/**
 * rmirror_route_renamed - a device has another name now
 * @net: its netns
 *
 * Statements go by the name, cached routes by the device.
 */
void rmirror_route_renamed(struct net *net)
{
	struct rmirror_net *rn = rmirror_net(net);
	struct rmirror *m;

	mutex_lock(&rn->lock);
	list_for_each_entry(m, &rn->mirrors, list) {
		if (rmirror_conf_given(&m->conf, NFTA_RMIRROR_OIFNAME))
			forget_all(m);
	}
	mutex_unlock(&rn->lock);
}

/* Is it to this host, or to all on a link? A group only if the user gave a device for it. */
static bool is_local(const struct rmirror *m, const struct dst_entry *dst)
{
	unsigned int not_to = RTCF_LOCAL | RTCF_BROADCAST | RTCF_MULTICAST;
	const bool group_wanted = rmirror_conf_given(&m->conf, NFTA_RMIRROR_OIFNAME);
	unsigned int flags;

	if (m->conf.family == NFPROTO_IPV6)
		return dst_rt6_info(dst)->rt6i_flags & (RTF_LOCAL | RTF_ANYCAST);
	flags = container_of(dst, struct rtable, dst)->rt_flags;
	/* A group that this host is in is local, too. */
	if (flags & RTCF_MULTICAST && group_wanted)
		not_to = RTCF_BROADCAST;
	return flags & not_to;
}

static struct dst_entry *find_dst(struct rmirror *m, struct rmirror_path *path)
{
	struct rmirror_route *route = m->routes ? routes_find(m, &path->addr) : &m->route;
	struct dst_entry *dst = route ? cache_get(m, &route->cache, path) : NULL;
	int oif;

	if (dst)
		return dst;
	if (!find_device(m, &oif))
		return NULL;
	if (m->conf.family == NFPROTO_IPV4)
		path->dst = lookup4(m, path, oif);
	else
		path->dst = lookup6(m, path, oif);
	if (!path->dst)
		return NULL;
	if (!route)
		route = routes_add(m, path);
	if (route)
		cache_set(m, &route->cache, path);
	return path->dst;
}

/**
 * rmirror_route_find - find the way to the collector
 * @m: the mirror; BHs are off
 * @path: with the collector in @path->addr, the rest is to be filled in; the
 *	caller releases @path->dst
 *
 * Return: RMIRROR_SENT if there is one, else the reason why not.
 */
enum rmirror_outcome rmirror_route_find(struct rmirror *m, struct rmirror_path *path)
{
	struct dst_entry *dst = find_dst(m, path);
	const struct net_device *dev;

	if (!dst)
		return RMIRROR_NO_ROUTE;
	dev = dst->dev;
	if (is_local(m, dst)) {
		dst_release(dst);
		return RMIRROR_LOCAL;
	}
	if (!netif_running(dev) || !netif_carrier_ok(dev)) {
		dst_release(dst);
		return RMIRROR_NO_ROUTE;
	}
	path->dst = dst;
	path->mtu = dst_mtu(dst);
	path->headroom = LL_RESERVED_SPACE(dev) + dst->header_len + m->outer_len;
	return RMIRROR_SENT;
}
