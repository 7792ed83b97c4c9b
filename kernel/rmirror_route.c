// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the collector.
 *
 * One cached route per mirror and CPU; dst_cache drops it when the kernel says
 * that it is obsolete, and the next copy looks again.
 */

#include <linux/netdevice.h>
#include <net/dst_cache.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6_stubs.h>
#include <net/route.h>

#include "compat/compat.h"
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

static struct dst_entry *lookup4(struct rmirror *m, int oif, __be32 *saddr)
{
	struct rtable *rt;
	struct flowi4 fl = {
		.daddr		= m->conf.addr.ip,
		.saddr		= m->conf.saddr.ip,
		.flowi4_oif	= oif,
		.flowi4_proto	= m->encap->proto,
		.flowi4_mark	= m->conf.mark,
	};

	rmirror_compat_set_dscp(&fl, m->conf.dscp);
	rt = ip_route_output_key(m->net, &fl);
	if (IS_ERR(rt))
		return NULL;
	dst_cache_set_ip4(&m->dst_cache, &rt->dst, fl.saddr);
	*saddr = fl.saddr;
	return &rt->dst;
}

static struct dst_entry *lookup6(struct rmirror *m, int oif, struct in6_addr *saddr)
{
	struct dst_entry *dst;
	struct flowi6 fl = {
		.daddr		= m->conf.addr.in6,
		.saddr		= m->conf.saddr.in6,
		.flowi6_oif	= oif,
		.flowi6_proto	= m->encap->proto,
		.flowi6_mark	= m->conf.mark,
		.flowlabel	= ip6_make_flowinfo(m->conf.dscp << 2, 0),
	};

	dst = ipv6_stub->ipv6_dst_lookup_flow(m->net, NULL, &fl, NULL);
	if (IS_ERR(dst))
		return NULL;
	dst_cache_set_ip6(&m->dst_cache, dst, &fl.saddr);
	*saddr = fl.saddr;
	return dst;
}

static struct dst_entry *route4(struct rmirror *m, __be32 *saddr)
{
	struct rtable *rt = dst_cache_get_ip4(&m->dst_cache, saddr);
	int oif;

	if (rt)
		return &rt->dst;
	return find_device(m, &oif) ? lookup4(m, oif, saddr) : NULL;
}

static struct dst_entry *route6(struct rmirror *m, struct in6_addr *saddr)
{
	struct dst_entry *dst = dst_cache_get_ip6(&m->dst_cache, saddr);
	int oif;

	if (dst)
		return dst;
	return find_device(m, &oif) ? lookup6(m, oif, saddr) : NULL;
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
		/* dst_cache_reset() would spare what was cached in this very jiffy. */
		if (rmirror_conf_given(&m->conf, NFTA_RMIRROR_OIFNAME))
			WRITE_ONCE(m->dst_cache.reset_ts, jiffies + 1);
	}
	mutex_unlock(&rn->lock);
}

/* To this host, or to all on a link; a multicast group the user has asked for. */
static bool is_local(const struct rmirror *m, const struct dst_entry *dst)
{
	if (m->conf.family == NFPROTO_IPV6)
		return dst_rt6_info(dst)->rt6i_flags & (RTF_LOCAL | RTF_ANYCAST);
	return container_of(dst, struct rtable, dst)->rt_flags & (RTCF_LOCAL | RTCF_BROADCAST) &&
	       !ipv4_is_multicast(m->conf.addr.ip);
}

/**
 * rmirror_route - find the way to the collector
 * @m: the mirror; BHs are off
 * @path: to be filled in; the caller releases @path->dst
 *
 * Return: RMIRROR_SENT if there is one, else the reason why not.
 */
enum rmirror_outcome rmirror_route(struct rmirror *m, struct rmirror_path *path)
{
	const struct net_device *dev;
	struct dst_entry *dst;

	if (m->conf.family == NFPROTO_IPV4)
		dst = route4(m, &path->saddr.ip);
	else
		dst = route6(m, &path->saddr.in6);
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
