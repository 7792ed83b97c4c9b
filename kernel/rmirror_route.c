// SPDX-License-Identifier: GPL-2.0-only
/* The way to the collector. */

#include <linux/netdevice.h>
#include <net/dst_cache.h>
#include <net/ip.h>
#include <net/route.h>

#include "compat/compat.h"
#include "encap.h"

/*
 * One cached route per mirror and CPU; dst_cache drops it when the kernel says
 * that it is obsolete, and the next copy looks again.
 */
static struct rtable *route4(struct rmirror *m, __be32 *saddr)
{
	struct rtable *rt;
	struct flowi4 fl = {
		.daddr		= m->conf.addr.ip,
		.saddr		= m->conf.saddr.ip,
		.flowi4_proto	= m->encap->proto,
		.flowi4_mark	= m->conf.mark,
	};

	rt = dst_cache_get_ip4(&m->dst_cache, saddr);
	if (rt)
		return rt;

	rmirror_compat_set_dscp(&fl, m->conf.dscp);
	rt = ip_route_output_key(m->net, &fl);
	if (IS_ERR(rt))
		return NULL;
	dst_cache_set_ip4(&m->dst_cache, &rt->dst, fl.saddr);
	*saddr = fl.saddr;
	return rt;
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
	struct rtable *rt;

	rt = route4(m, &path->saddr.ip);
	if (!rt)
		return RMIRROR_NO_ROUTE;

	path->dst = &rt->dst;
	dev = path->dst->dev;
	if (rt->rt_flags & (RTCF_LOCAL | RTCF_BROADCAST | RTCF_MULTICAST)) {
		dst_release(path->dst);
		return RMIRROR_LOCAL;
	}
	if (!netif_running(dev) || !netif_carrier_ok(dev)) {
		dst_release(path->dst);
		return RMIRROR_NO_ROUTE;
	}
	path->mtu = dst_mtu(path->dst);
	path->headroom = LL_RESERVED_SPACE(dev) + path->dst->header_len +
			 rmirror_outer_len(m);
	return RMIRROR_SENT;
}
