// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the collector.
 *
 * One cached route per collector and CPU, with the outer IP header that goes
 * with it. When the kernel says that it is obsolete, the next copy looks again.
 * No reference is taken for a copy: that would write to what CPUs may share.
 *
 * DF is never set in the outer header: a router on the way may fragment a copy,
 * and nobody gets an ICMP error on its account.
 */

#include <net/lwtunnel.h>
#include <net/xfrm.h>

#include "batch.h"
#include "compat/compat.h"
#include "encap/encap.h"
#include "hop.h"
#include "netns.h"

DEFINE_PER_CPU(struct rmirror_hop_guard, rmirror_hop_guard) = {
	.bh_lock = RMIRROR_COMPAT_INIT_BH_LOCK(bh_lock),
};

/**
 * rmirror_hop_find_device - the device of the statement, by its name of now
 * @m: the mirror
 * @ifindex: gets it; 0 if the statement has none
 *
 * Within an RCU read side section. Return: false if there is no such device.
 */
bool rmirror_hop_find_device(const struct rmirror *m, int *ifindex)
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

/* `from` need not be an address of this host. */
static struct dst_entry *look_up4(const struct rmirror *m, const union nf_inet_addr *addr,
				  int oif, union nf_inet_addr *saddr)
{
	struct rtable *rt;
	struct flowi4 fl = {
		.daddr		= addr->ip,
		.saddr		= m->conf.saddr.ip,
		.flowi4_oif	= oif,
		.flowi4_proto	= m->encap->proto,
		.flowi4_mark	= m->conf.mark,
		.flowi4_flags	= FLOWI_FLAG_ANYSRC,
	};

	rmirror_compat_set_dscp(&fl, m->conf.dscp);
	m->encap->selectors(&m->conf, &fl.uli);
	rt = ip_route_output_key(m->net, &fl);
	if (IS_ERR(rt))
		return NULL;
	saddr->ip = fl.saddr;
	return &rt->dst;
}

static struct dst_entry *look_up6(const struct rmirror *m, const union nf_inet_addr *addr,
				  int oif, union nf_inet_addr *saddr)
{
	struct dst_entry *dst;
	struct flowi6 fl = {
		.daddr		= addr->in6,
		.saddr		= m->conf.saddr.in6,
		.flowi6_oif	= oif,
		.flowi6_proto	= m->encap->proto,
		.flowi6_mark	= m->conf.mark,
		.flowi6_flags	= FLOWI_FLAG_ANYSRC,
		.flowlabel	= ip6_make_flowinfo(m->conf.dscp << 2, 0),
	};

	m->encap->selectors(&m->conf, &fl.uli);
	dst = ip6_dst_lookup_flow(m->net, NULL, &fl, NULL);
	if (IS_ERR(dst))
		return NULL;
	saddr->in6 = fl.saddr;
	return dst;
}

/* A bare copy is no packet of ours: IPsec policies are not about it. */
static struct dst_entry *without_xfrm(struct dst_entry *dst)
{
	struct dst_entry *path = dst;

	if (dst_xfrm(dst)) {
		path = xfrm_dst_path(dst);
		dst_hold(path);
		dst_release(dst);
	}
	return path;
}

/*
 * Where IPsec has a policy but no SA yet, or a route says so, the packet ends here.
 * Such a route stands on the loopback device, which nothing would take it from.
 */
static bool is_dead_end(const struct dst_entry *dst)
{
	return dst->error || dst->obsolete == DST_OBSOLETE_DEAD;
}

/**
 * rmirror_hop_look_up - ask for the way to a collector
 * @m: the mirror; BHs are off, within an RCU read side section
 * @addr: the collector
 * @saddr: gets the outer source address
 *
 * Return: a route, referenced; NULL if there is none.
 */
struct dst_entry *rmirror_hop_look_up(const struct rmirror *m, const union nf_inet_addr *addr,
				      union nf_inet_addr *saddr)
{
	struct dst_entry *dst;
	int oif;

	if (!rmirror_hop_find_device(m, &oif))
		return NULL;
	dst = m->conf.family == NFPROTO_IPV4 ? look_up4(m, addr, oif, saddr) :
					       look_up6(m, addr, oif, saddr);
	if (!dst)
		return NULL;
	if (is_dead_end(dst)) {
		dst_release(dst);
		return NULL;
	}
	return rmirror_is_bare(m) ? without_xfrm(dst) : dst;
}

/**
 * rmirror_hop_forget - have the next copy of each CPU look for the way again
 * @m: the mirror
 */
void rmirror_hop_forget(struct rmirror *m)
{
	WRITE_ONCE(m->generation, READ_ONCE(m->generation) + 1);
}

/**
 * rmirror_hop_renamed - a device has another name now
 * @net: its netns
 *
 * Statements go by the name, cached routes by the device.
 */
void rmirror_hop_renamed(struct net *net)
{
	struct rmirror_net *rn = rmirror_net(net);
	struct rmirror *m;

	mutex_lock(&rn->lock);
	list_for_each_entry(m, &rn->mirrors, list) {
		if (rmirror_conf_given(&m->conf, NFTA_RMIRROR_OIFNAME))
			rmirror_hop_forget(m);
	}
	mutex_unlock(&rn->lock);
}

/*
 * Is it to this host, or to all on a link? A group only if the user gave a device
 * for it, and never by the loopback device: that leads back here.
 */
static bool is_local(const struct rmirror *m, const struct dst_entry *dst)
{
	unsigned int not_to = RTCF_LOCAL | RTCF_BROADCAST | RTCF_MULTICAST;
	const bool group_wanted = rmirror_conf_given(&m->conf, NFTA_RMIRROR_OIFNAME);
	unsigned int flags;

	if (dst->dev->flags & IFF_LOOPBACK)
		return true;
	if (m->conf.family == NFPROTO_IPV6)
		return dst_rt6_info(dst)->rt6i_flags & (RTF_LOCAL | RTF_ANYCAST);
	flags = container_of(dst, struct rtable, dst)->rt_flags;
	/* A group that this host is in is local, too. */
	if (flags & RTCF_MULTICAST && group_wanted)
		not_to = RTCF_BROADCAST;
	return flags & not_to;
}

/* DST_XFRM_QUEUE: packets that wait for an SA */
static bool needs_ip_output(const struct dst_entry *dst)
{
	return dst_xfrm(dst) || dst->flags & DST_XFRM_QUEUE ||
	       lwtunnel_xmit_redirect(dst->lwtstate) || lwtunnel_output_redirect(dst->lwtstate);
}

/*
 * Has the device another below it, or is the packet transformed? Then a queue may
 * let it go when our guard against recursion is long gone.
 */
static bool may_come_by_again(const struct dst_entry *dst)
{
	return needs_ip_output(dst) || dst->dev->type != ARPHRD_ETHER || dst->dev->rtnl_link_ops;
}

/**
 * rmirror_hop_cookie - for dst_check()
 * @dst: a route just looked up
 */
u32 rmirror_hop_cookie(const struct dst_entry *dst)
{
	return dst->ops->family == AF_INET ? 0 : rt6_get_cookie(dst_rt6_info(dst));
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

/*
 * The look-up sets DST_OBSOLETE_FORCE_CHK, IPv4's check asks for it and for the number
 * of the routing tables.
 */
static bool is_plain(const struct rmirror *m, const struct dst_entry *dst)
{
	return m->conf.family == NFPROTO_IPV4 && !needs_ip_output(dst) &&
	       rmirror_hop_route4(dst)->rt_gw_family != AF_INET6;
}

static void prepare4(const struct rmirror *m, struct rmirror_hop *hop, __be32 saddr, __be32 daddr)
{
	hop->ip4 = (struct iphdr) {
		.version	= 4,
		.ihl		= sizeof(hop->ip4) / 4,
		.tos		= m->conf.dscp << 2,
		.ttl		= m->conf.ttl,
		.protocol	= m->encap->proto,
		.saddr		= saddr,
		.daddr		= daddr,
	};
	hop->sum4 = csum_partial(&hop->ip4, sizeof(hop->ip4), 0);
	hop->idents = 0;
	if (hop->plain)
		hop->next4 = rmirror_hop_route4(hop->dst)->rt_gw_family ?
			     rmirror_hop_route4(hop->dst)->rt_gw4 : daddr;
}

static void prepare6(const struct rmirror *m, struct rmirror_hop *hop,
		     const struct in6_addr *saddr, const struct in6_addr *daddr)
{
	hop->ip6 = (struct ipv6hdr) {
		.nexthdr	= m->encap->proto,
		.hop_limit	= m->conf.ttl,
		.saddr		= *saddr,
		.daddr		= *daddr,
	};
	ip6_flow_hdr(&hop->ip6, m->conf.dscp << 2, 0);
}

/**
 * rmirror_hop_fill - look the way to a collector up, and remember it
 * @m: the mirror; BHs are off, within an RCU read side section, and the CPU's ways
 *	are locked
 * @hop: gets it
 * @path: with the collector's address and the key
 *
 * Return: false if there is none.
 */
bool rmirror_hop_fill(struct rmirror *m, struct rmirror_hop *hop, const struct rmirror_path *path)
{
	const union nf_inet_addr *addr = path->addr;
	const unsigned int generation = READ_ONCE(m->generation);
	union nf_inet_addr saddr;
	struct dst_entry *dst;

	dst_release(hop->dst);
	hop->dst = NULL;
	dst = rmirror_hop_look_up(m, addr, &saddr);
	if (!dst)
		return false;
	hop->dst = dst;
	hop->cookie = rmirror_hop_cookie(dst);
	/* A packet that waits for an SA has the next one ask again. */
	hop->generation = generation - !!(dst->flags & DST_XFRM_QUEUE);
	hop->plain_mtu = plain_mtu(m, dst);
	hop->plain = is_plain(m, dst);
	hop->local = is_local(m, dst);
	hop->ip_output = needs_ip_output(dst);
	hop->tagged = may_come_by_again(dst);
	hop->batched = !hop->tagged && rmirror_batch_may_gain(dst->dev);
	hop->seq = rmirror_way_numbers(m, path);
	hop->prebuilt = m->encap->constant(&m->conf, hop->encap);
	hop->priority = rt_tos2priority(m->conf.dscp << 2);
	if (m->conf.family == NFPROTO_IPV4)
		prepare4(m, hop, saddr.ip, addr->ip);
	else
		prepare6(m, hop, &saddr.in6, &addr->in6);
	return true;
}

/**
 * rmirror_hop_next - whom a packet is handed to
 * @next: gets it
 * @dst: its route
 * @addr: the route's destination, in case that there is no gateway
 */
void rmirror_hop_next(struct rmirror_next_hop *next, struct dst_entry *dst,
		      const union nf_inet_addr *addr)
{
	const struct rtable *rt;

	*next = (struct rmirror_next_hop) { .dev = dst->dev, .family = AF_INET6 };
	if (dst->ops->family == AF_INET6) {
		next->addr.in6 = *rt6_nexthop(dst_rt6_info(dst), &addr->in6);
		return;
	}
	rt = container_of(dst, struct rtable, dst);
	if (rt->rt_gw_family == AF_INET6) {
		next->addr.in6 = rt->rt_gw6;
		return;
	}
	next->family = AF_INET;
	next->addr.ip = rt->rt_gw_family ? rt->rt_gw4 : addr->ip;
}

/*
 * So many identifications are taken from the kernel at a time. A hop that is copied for
 * each packet keeps none for the next.
 */
#define IDENT_BLOCK	(RMIRROR_COMPAT_BH_IS_SHARED ? 1 : 512)

/**
 * rmirror_hop_take_idents - take IP identifications from the kernel
 * @m: the mirror
 * @hop: gets them; what it had left is lost
 * @count: so many at least
 */
void rmirror_hop_take_idents(const struct rmirror *m, struct rmirror_hop *hop, unsigned int count)
{
	struct iphdr iph = hop->ip4;

	hop->idents = max_t(unsigned int, count, IDENT_BLOCK);
	__ip_select_ident(m->net, &iph, hop->idents);
	hop->ident = ntohs(iph.id);
}

/**
 * rmirror_hop_push6 - write the outer IPv6 header
 * @job: the packet
 * @skb: its payload
 */
void rmirror_hop_push6(const struct rmirror_job *job, struct sk_buff *skb)
{
	const unsigned int payload_len = skb->len;
	struct ipv6hdr *ip6h = __skb_push(skb, sizeof(*ip6h));

	*ip6h = job->path.hop->ip6;
	ip6h->payload_len = htons(payload_len);
	skb->protocol = htons(ETH_P_IPV6);
}

/**
 * rmirror_hop_outer_len - bytes that a copy is longer than its frame
 * @m: the mirror, with its encapsulation
 */
unsigned int rmirror_hop_outer_len(const struct rmirror *m)
{
	if (rmirror_is_bare(m))
		return 0;
	return m->hlen + (m->conf.family == NFPROTO_IPV4 ? sizeof(struct iphdr) :
							   sizeof(struct ipv6hdr));
}
