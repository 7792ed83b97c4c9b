// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the collector.
 *
 * One cached route per collector and CPU, with the outer IP header that goes
 * with it. When the kernel says that it is obsolete, the next copy looks again.
 * No reference is taken for a copy: that would write to what CPUs may share. A
 * mirror whose collector comes from a register remembers those that it has seen.
 */

#include <linux/jhash.h>
#include <linux/netdevice.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/lwtunnel.h>
#include <net/route.h>
#include <net/xfrm.h>

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

static struct dst_entry *lookup4(const struct rmirror *m, const union nf_inet_addr *addr,
				 int oif, union nf_inet_addr *saddr)
{
	struct rtable *rt;
	struct flowi4 fl = {
		.daddr		= addr->ip,
		.saddr		= m->conf.saddr.ip,
		.flowi4_oif	= oif,
		.flowi4_proto	= m->encap->proto,
		.flowi4_mark	= m->conf.mark,
	};

	rmirror_compat_set_dscp(&fl, m->conf.dscp);
	rt = ip_route_output_key(m->net, &fl);
	if (IS_ERR(rt))
		return NULL;
	saddr->ip = fl.saddr;
	return &rt->dst;
}

static struct dst_entry *lookup6(const struct rmirror *m, const union nf_inet_addr *addr,
				 int oif, union nf_inet_addr *saddr)
{
	struct dst_entry *dst;
	struct flowi6 fl = {
		.daddr		= addr->in6,
		.saddr		= m->conf.saddr.in6,
		.flowi6_oif	= oif,
		.flowi6_proto	= m->encap->proto,
		.flowi6_mark	= m->conf.mark,
		.flowlabel	= ip6_make_flowinfo(m->conf.dscp << 2, 0),
	};

	dst = ip6_dst_lookup_flow(m->net, NULL, &fl, NULL);
	if (IS_ERR(dst))
		return NULL;
	saddr->in6 = fl.saddr;
	return dst;
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

static bool is_same(const struct rmirror *m, const union nf_inet_addr *a,
		    const union nf_inet_addr *b)
{
	return m->conf.family == NFPROTO_IPV4 ? a->ip == b->ip :
						ipv6_addr_equal(&a->in6, &b->in6);
}

static struct rmirror_route *routes_find(struct rmirror *m, const union nf_inet_addr *addr)
{
	struct rmirror_route *route;

	hlist_for_each_entry_rcu(route, bucket(m, addr), node) {
		if (is_same(m, &route->addr, addr))
			return route;
	}
	return NULL;
}

static int hops_alloc(struct rmirror_route *route, gfp_t gfp)
{
	route->hop = alloc_percpu_gfp(struct rmirror_hop, gfp);
	return route->hop ? 0 : -ENOMEM;
}

static void hops_free(struct rmirror_route *route)
{
	int cpu;

	if (!route->hop)
		return;
	for_each_possible_cpu(cpu)
		dst_release(per_cpu_ptr(route->hop, cpu)->dst);
	free_percpu(route->hop);
}

static struct rmirror_route *route_alloc(const struct rmirror *m, const union nf_inet_addr *addr)
{
	struct rmirror_route *route = kzalloc(sizeof(*route), GFP_ATOMIC | __GFP_NOWARN);

	if (!route)
		return NULL;
	if (hops_alloc(route, GFP_ATOMIC | __GFP_NOWARN)) {
		kfree(route);
		return NULL;
	}
	memcpy(&route->addr, addr, address_size(m));
	return route;
}

/* Remembers a collector. NULL if there are too many, or there is no memory. */
static struct rmirror_route *routes_add(struct rmirror *m, const union nf_inet_addr *addr)
{
	struct rmirror_routes *routes = m->routes;
	struct rmirror_route *route;

	if (READ_ONCE(routes->count) >= RMIRROR_ROUTES_MAX)
		return NULL;
	spin_lock(&routes->lock);
	route = routes_find(m, addr);
	if (route || routes->count >= RMIRROR_ROUTES_MAX)
		goto out;
	route = route_alloc(m, addr);
	if (!route)
		goto out;
	hlist_add_head_rcu(&route->node, bucket(m, addr));
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
	if (hops_alloc(&m->route, GFP_KERNEL_ACCOUNT))
		return -ENOMEM;
	m->route.addr = m->conf.addr;
	if (!m->conf.in_register)
		return 0;
	m->routes = kzalloc(sizeof(*m->routes), GFP_KERNEL_ACCOUNT);
	if (!m->routes) {
		hops_free(&m->route);
		return -ENOMEM;
	}
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

	hops_free(&m->route);
	if (!m->routes)
		return;
	for (i = 0; i < ARRAY_SIZE(m->routes->bucket); i++) {
		hlist_for_each_entry_safe(route, next, &m->routes->bucket[i], node) {
			hops_free(route);
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

	return is_same(m, job->path.addr, addr) || (m->routes && routes_find(m, addr));
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
			WRITE_ONCE(m->generation, m->generation + 1);
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

static bool needs_ip_output(const struct dst_entry *dst)
{
	return dst_xfrm(dst) || lwtunnel_xmit_redirect(dst->lwtstate) ||
	       lwtunnel_output_redirect(dst->lwtstate);
}

static u32 dst_cookie(const struct rmirror *m, const struct dst_entry *dst)
{
	return m->conf.family == NFPROTO_IPV4 ? 0 : rt6_get_cookie(dst_rt6_info(dst));
}

/*
 * An IPv4 route that has no MTU of its own keeps that of the device: what is learnt
 * later by ICMP makes it obsolete.
 */
static unsigned int plain_mtu(const struct rmirror *m, struct dst_entry *dst)
{
	if (m->conf.family != NFPROTO_IPV4 || dst_xfrm(dst) || dst->lwtstate ||
	    container_of(dst, struct rtable, dst)->rt_pmtu || dst_metric_raw(dst, RTAX_MTU))
		return 0;
	return dst_mtu(dst) == READ_ONCE(dst->dev->mtu) ? dst_mtu(dst) : 0;
}

/**
 * rmirror_route_fill - look the way to a collector up
 * @m: the mirror; BHs are off
 * @hop: gets it
 * @addr: the collector
 *
 * Return: false if there is none.
 */
bool rmirror_route_fill(const struct rmirror *m, struct rmirror_hop *hop,
			const union nf_inet_addr *addr)
{
	const unsigned int generation = READ_ONCE(m->generation);
	union nf_inet_addr saddr;
	struct dst_entry *dst;
	int oif;

	dst_release(hop->dst);
	hop->dst = NULL;
	if (!find_device(m, &oif))
		return false;
	dst = m->conf.family == NFPROTO_IPV4 ? lookup4(m, addr, oif, &saddr) :
					       lookup6(m, addr, oif, &saddr);
	if (!dst)
		return false;
	hop->dst = dst;
	hop->cookie = dst_cookie(m, dst);
	hop->generation = generation;
	hop->plain_mtu = plain_mtu(m, dst);
	hop->local = is_local(m, dst);
	hop->ip_output = needs_ip_output(dst);
	rmirror_outer_prepare(m, hop, addr, &saddr);
	return true;
}

/**
 * rmirror_route_hop - the place in the cache of a collector from a register
 * @m: the mirror; BHs are off
 * @addr: the collector
 *
 * Return: never NULL; it may hold no way, or an obsolete one.
 */
struct rmirror_hop *rmirror_route_hop(struct rmirror *m, const union nf_inet_addr *addr)
{
	struct rmirror_route *route = routes_find(m, addr) ?: routes_add(m, addr);
	struct rmirror_hop *hop;

	if (likely(route))
		return this_cpu_ptr(route->hop);
	/* No room: what is there is another one's. */
	hop = this_cpu_ptr(m->route.hop);
	dst_release(hop->dst);
	hop->dst = NULL;
	return hop;
}
