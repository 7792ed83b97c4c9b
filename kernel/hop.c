// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the collector.
 *
 * One cached route per collector and CPU, with the outer IP header that goes
 * with it. When the kernel says that it is obsolete, the next copy looks again.
 * No reference is taken for a copy: that would write to what CPUs may share. A
 * mirror whose collector comes from a register remembers those that it has seen.
 *
 * DF is never set in the outer header: a router on the way may fragment a copy,
 * and nobody gets an ICMP error on its account.
 */

#include <linux/jhash.h>
#include <linux/memcontrol.h>
#include <linux/rculist.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <net/lwtunnel.h>
#include <net/xfrm.h>

#include "collector.h"
#include "compat/compat.h"
#include "encap/encap.h"
#include "hop.h"

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

static struct hlist_head *ways_bucket(struct rmirror *m, const union nf_inet_addr *addr)
{
	const u32 hash = jhash(addr, address_size(m), 0);

	return &m->ways->bucket[hash & (ARRAY_SIZE(m->ways->bucket) - 1)];
}

static struct rmirror_way *ways_find(struct rmirror *m, const union nf_inet_addr *addr)
{
	struct rmirror_way *way;

	hlist_for_each_entry_rcu(way, ways_bucket(m, addr), node) {
		if (is_same(m, &way->addr, addr))
			return way;
	}
	return NULL;
}

static int way_set_sequence(struct rmirror *m, struct rmirror_way *way, gfp_t gfp)
{
	struct rmirror_sequence like = {
		.encap		= m->conf.encap,
		.key		= m->conf.key,
		.has_key	= rmirror_conf_given(&m->conf, NFTA_RMIRROR_KEY),
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

static void way_clean(struct rmirror_way *way)
{
	int cpu;

	for_each_possible_cpu(cpu)
		dst_release(per_cpu_ptr(way->hop, cpu)->dst);
	free_percpu(way->hop);
}

static struct rmirror_way *way_alloc(struct rmirror *m, const union nf_inet_addr *addr)
{
	const gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT;
	struct rmirror_way *way = kzalloc(sizeof(*way), gfp);

	if (!way)
		return NULL;
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
	rmirror_collector_del(m->rn, RMIRROR_IS_COLLECTOR, m->conf.family, &way->addr);
	atomic_dec(&m->rn->collectors.learnt);
	rmirror_sequence_put(m->rn, way->seq);
}

/* Remembers a collector. NULL if the netns has too many, or there is no memory. */
static struct rmirror_way *ways_add(struct rmirror *m, const union nf_inet_addr *addr)
{
	atomic_t *learnt = &m->rn->collectors.learnt;
	struct mem_cgroup *old;
	struct rmirror_way *way;

	if (!atomic_add_unless(learnt, 1, RMIRROR_LEARNT_MAX)) {
		WRITE_ONCE(m->rn->collectors.overflown, true);
		return NULL;
	}
	spin_lock(&m->ways->lock);
	way = ways_find(m, addr);
	if (way) {
		atomic_dec(learnt);
		goto out;
	}
	old = set_active_memcg(m->ways->memcg);
	way = way_alloc(m, addr);
	set_active_memcg(old);
	if (way)
		hlist_add_head_rcu(&way->node, ways_bucket(m, addr));
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
			way_clean(way);
			kfree(way);
		}
	}
	mem_cgroup_put(m->ways->memcg);
	kfree(m->ways);
}

/**
 * rmirror_hop_init - prepare the route cache of a mirror
 * @m: the mirror, with its configuration
 *
 * May sleep. Return: 0 or -ENOMEM.
 */
int rmirror_hop_init(struct rmirror *m)
{
	int err;

	err = way_init(m, &m->way, &m->conf.addr, GFP_KERNEL_ACCOUNT);
	if (err || !m->conf.in_register)
		return err;
	err = ways_init(m);
	if (err) {
		rmirror_sequence_put(m->rn, m->way.seq);
		way_clean(&m->way);
	}
	return err;
}

/**
 * rmirror_hop_leave - give back what the cache has of the netns
 * @m: no packet can reach it any more
 */
void rmirror_hop_leave(struct rmirror *m)
{
	struct rmirror_way *way;
	int i;

	rmirror_sequence_put(m->rn, m->way.seq);
	for (i = 0; m->ways && i < ARRAY_SIZE(m->ways->bucket); i++) {
		hlist_for_each_entry(way, &m->ways->bucket[i], node)
			way_leave(m, way);
	}
}

/**
 * rmirror_hop_exit - the reverse of rmirror_hop_init()
 * @m: has left its netns, and nobody can look into it any more
 */
void rmirror_hop_exit(struct rmirror *m)
{
	way_clean(&m->way);
	if (m->ways)
		ways_clean(m);
}

/**
 * rmirror_hop_knows - is an address that of a collector of the mirror?
 * @m: the mirror; within an RCU read side section
 * @addr: the address, of the mirror's family
 */
bool rmirror_hop_knows(struct rmirror *m, const union nf_inet_addr *addr)
{
	return m->ways ? !!ways_find(m, addr) : is_same(m, &m->conf.addr, addr);
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

static atomic_t *numbers_of(struct rmirror *m, const union nf_inet_addr *addr)
{
	const struct rmirror_way *way = m->ways ? ways_find(m, addr) : NULL;
	struct rmirror_sequence *seq = way ? way->seq : m->way.seq;

	return seq ? &seq->next : NULL;
}

/**
 * rmirror_hop_fill - look the way to a collector up, and remember it
 * @m: the mirror; BHs are off, within an RCU read side section
 * @hop: gets it
 * @addr: the collector
 *
 * Return: false if there is none.
 */
bool rmirror_hop_fill(struct rmirror *m, struct rmirror_hop *hop, const union nf_inet_addr *addr)
{
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
	hop->local = is_local(m, dst);
	hop->ip_output = needs_ip_output(dst);
	hop->tagged = may_come_by_again(dst);
	hop->seq = numbers_of(m, addr);
	if (m->conf.family == NFPROTO_IPV4)
		prepare4(m, hop, saddr.ip, addr->ip);
	else
		prepare6(m, hop, &saddr.in6, &addr->in6);
	return true;
}

/**
 * rmirror_hop_of - the place in the cache of a collector from a register
 * @m: the mirror; BHs are off
 * @addr: the collector
 *
 * Return: never NULL; it may hold no way, or an obsolete one.
 */
struct rmirror_hop *rmirror_hop_of(struct rmirror *m, const union nf_inet_addr *addr)
{
	struct rmirror_way *way = ways_find(m, addr) ?: ways_add(m, addr);
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

/* So many identifications are taken from the kernel at a time. */
#define IDENT_BLOCK	512

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
