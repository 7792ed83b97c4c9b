// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ICMP says about the copies.
 *
 * Whoever does not want them, or cannot forward them, may say so: that is counted. A
 * router that a copy is too long for says what would fit. The kernel hands such an
 * error to whoever has the protocol that it quotes: for GRE and UDP that we send
 * without a socket that is nobody. Here it is told to the kernel's routes,
 * which remember it, and forget it, as they do for any other packet. Nothing of
 * the error is changed, and whoever else wants it gets it, too.
 *
 * What this host itself would say about a bare copy is not said: see keep_quiet6().
 */

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/udp.h>
#include <net/ipv6.h>
#include <net/ip.h>
#include <net/route.h>

#include "compat/ipv6.h"
#include "core.h"
#include "encap/encap.h"
#include "hop.h"
#include "learn.h"
#include "loop.h"
#include "netns.h"
#include "transmit.h"

/*
 * So many errors of each kind a second are taken: each is a walk over all mirrors, and who
 * makes errors up could have as many made as he can send. Hosts and routers send fewer.
 */
#define ERRORS_A_SECOND	500

/* GRE (RFC 2890) as far as an error is sure to quote it */
struct quoted_gre {
	__be16	flags;
	__be16	proto;
	__be32	key;
};

#define QUOTED_GRE_KEY	htons(0x2000)

/* An error that quotes one of our copies */
struct icmp_error {
	struct sk_buff		*skb;
	int			quoted;		/* offset of the quotation, relative to skb->data */
	int			payload;	/* likewise, of its payload; 0: later fragment */
	union nf_inet_addr	collector;
	u8			family;
	u8			proto;		/* behind the quoted IP header */
	u32			mtu;		/* 0: it is not about that */
};

/* Nobody has looked at its checksum yet. */
static bool is_sound(const struct icmp_error *error, struct sk_buff *clone)
{
	const unsigned int off = error->quoted - sizeof(struct icmphdr);

	return error->family == NFPROTO_IPV4 ?
		!nf_ip_checksum(clone, NF_INET_LOCAL_IN, off, IPPROTO_ICMP) :
		!nf_ip6_checksum(clone, NF_INET_LOCAL_IN, off, IPPROTO_ICMPV6);
}

static void update_routes(const struct icmp_error *error, struct net *net, int oif, u32 mark)
{
	struct sk_buff *clone = skb_clone(error->skb, GFP_ATOMIC);

	if (!clone)
		return;
	/* They look for the quotation at the beginning. */
	if (pskb_pull(clone, error->quoted)) {
		if (error->family == NFPROTO_IPV4)
			ipv4_update_pmtu(clone, net, error->mtu, oif, error->proto);
		else
			rmirror_compat_update_pmtu6(clone, net, htonl(error->mtu), oif, mark);
	}
	kfree_skb(clone);
}

/* The same for each way that the netns' mirrors have to the collector: by their mark and device. */
static void learn(const struct icmp_error *error, struct net *net)
{
	struct rmirror_net *rn = rmirror_net(net);
	int oif, last_oif = -1;
	u32 last_mark = 0;
	struct rmirror *m;

	list_for_each_entry_rcu(m, &rn->mirrors, list) {
		if (m->conf.family != error->family || !rmirror_way_knows(m, &error->collector) ||
		    !rmirror_hop_find_device(m, &oif))
			continue;
		if (oif == last_oif && m->conf.mark == last_mark)
			continue;
		update_routes(error, net, oif, m->conf.mark);
		last_oif = oif;
		last_mark = m->conf.mark;
	}
}

static bool is_to_port(const struct icmp_error *error, u32 port)
{
	const struct udphdr *uh;
	struct udphdr buf;

	uh = skb_header_pointer(error->skb, error->payload, sizeof(buf), &buf);
	return uh && ntohs(uh->dest) == port;
}

static bool has_key(const struct icmp_error *error, const struct rmirror_conf *conf)
{
	const bool keyed = BIT(conf->encap) & RMIRROR_E_GRE_KEY && rmirror_conf_has_key(conf);
	const struct quoted_gre *gre;
	struct quoted_gre buf;

	gre = skb_header_pointer(error->skb, error->payload, sizeof(buf), &buf);
	if (!gre || !(gre->flags & QUOTED_GRE_KEY) == keyed)
		return false;
	return !keyed || conf->key_in_register || ntohl(gre->key) == conf->key;
}

/* Could the mirror have sent what is quoted? Two that send alike cannot be told apart. */
static bool is_from(const struct icmp_error *error, struct rmirror *m)
{
	if (m->conf.family != error->family || m->encap->proto != error->proto ||
	    !rmirror_way_knows(m, &error->collector))
		return false;
	if (!error->payload)
		return true;
	return m->conf.port ? is_to_port(error, m->conf.port) : has_key(error, &m->conf);
}

static void count_refused(const struct icmp_error *error, struct net *net)
{
	struct rmirror *m;

	local_bh_disable();
	list_for_each_entry_rcu(m, &rmirror_net(net)->mirrors, list) {
		if (is_from(error, m))
			rmirror_stats_refused(m);
	}
	local_bh_enable();
}

static void take(const struct icmp_error *error, struct net *net)
{
	struct rmirror_net *rn = rmirror_net(net);
	struct sk_buff *clone;
	bool sound;

	if (!rmirror_loop_quotes_ours(rn, error->skb, error->quoted, error->family))
		return;
	clone = skb_clone(error->skb, GFP_ATOMIC);
	if (!clone)
		return;
	sound = is_sound(error, clone);
	kfree_skb(clone);
	if (!sound)
		return;
	if (__ratelimit(&rn->refusals))
		count_refused(error, net);
	if (error->mtu && __ratelimit(&rn->narrowings))
		learn(error, net);
}

static bool is_error4(u8 type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB;
}

static unsigned int learn4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	const int off = skb_network_offset(skb) + iph->ihl * 4;
	struct icmp_error error = { .skb = skb, .family = NFPROTO_IPV4 };
	struct {
		struct icmphdr	icmp;
		struct iphdr	ip;
	} *h, buf;

	if (likely(iph->protocol != IPPROTO_ICMP) || ip_is_fragment(iph))
		return NF_ACCEPT;
	h = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!h || !is_error4(h->icmp.type))
		return NF_ACCEPT;
	error.quoted = off + sizeof(h->icmp);
	if (!(h->ip.frag_off & htons(IP_OFFSET)))
		error.payload = error.quoted + h->ip.ihl * 4;
	if (h->icmp.type == ICMP_DEST_UNREACH && h->icmp.code == ICMP_FRAG_NEEDED)
		error.mtu = ntohs(h->icmp.un.frag.mtu);
	error.proto = h->ip.protocol;
	error.collector.ip = h->ip.daddr;
	take(&error, state->net);
	return NF_ACCEPT;
}

/* Copies have no extension headers but that of a fragment. */
static void find_payload6(struct icmp_error *error, u8 nexthdr)
{
	__be16 frag_off;
	int off;

	off = ipv6_skip_exthdr(error->skb, error->quoted + sizeof(struct ipv6hdr), &nexthdr,
			       &frag_off);
	error->proto = nexthdr;
	if (off > 0 && !(frag_off & htons(IP6_OFFSET)))
		error->payload = off;
}

static unsigned int learn6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct icmp_error error = { .skb = skb, .family = NFPROTO_IPV6 };
	u8 nexthdr = ipv6_hdr(skb)->nexthdr;
	__be16 frag_off;
	int off;
	struct {
		struct icmp6hdr	icmp;
		struct ipv6hdr	ip;
	} *h, buf;

	if (likely(nexthdr == IPPROTO_TCP || nexthdr == IPPROTO_UDP))
		return NF_ACCEPT;
	off = ipv6_skip_exthdr(skb, skb_network_offset(skb) + sizeof(struct ipv6hdr), &nexthdr,
			       &frag_off);
	if (off < 0 || nexthdr != IPPROTO_ICMPV6 || frag_off)
		return NF_ACCEPT;
	h = skb_header_pointer(skb, off, sizeof(buf), &buf);
	/* The errors are those without this bit (RFC 4443 section 2.1). */
	if (!h || h->icmp.icmp6_type & ICMPV6_INFOMSG_MASK)
		return NF_ACCEPT;
	error.quoted = off + sizeof(h->icmp);
	if (h->icmp.icmp6_type == ICMPV6_PKT_TOOBIG)
		error.mtu = ntohl(h->icmp.icmp6_mtu);
	error.collector.in6 = h->ip.daddr;
	find_payload6(&error, h->ip.nexthdr);
	take(&error, state->net);
	return NF_ACCEPT;
}

/*
 * A tunnel device answers an IPv6 packet that does not fit, whoever made it; to an
 * IPv4 packet without a route, like a bare copy, the kernel answers nothing.
 * What else leaves meanwhile is the tunnel's own packet, with the copy in it.
 */
static unsigned int keep_quiet6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct icmp6hdr *icmp, buf;

	if (likely(ipv6_hdr(skb)->nexthdr != IPPROTO_ICMPV6))
		return NF_ACCEPT;
	icmp = skb_header_pointer(skb, skb_network_offset(skb) + sizeof(struct ipv6hdr),
				  sizeof(buf), &buf);
	if (!icmp || icmp->icmp6_type & ICMPV6_INFOMSG_MASK || !rmirror_transmit_refuses_bare())
		return NF_ACCEPT;
	return NF_DROP;
}

/*
 * What comes in: behind the firewall's rules; what these drop teaches nobody anything.
 * What goes out: before any rule sees what nobody is to see.
 */
static const struct nf_hook_ops learn_ops[] = {
	{
		.hook		= learn4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP_PRI_LAST,
	},
	{
		.hook		= learn6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP6_PRI_LAST,
	},
	{
		.hook		= keep_quiet6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NF_IP6_PRI_FIRST,
	},
};

/**
 * rmirror_learn_net_init - prepare a netns
 * @rn: ours of it
 */
void rmirror_learn_net_init(struct rmirror_net *rn)
{
	ratelimit_state_init(&rn->refusals, HZ, ERRORS_A_SECOND);
	ratelimit_state_init(&rn->narrowings, HZ, ERRORS_A_SECOND);
	/* Nobody need read of those in the log that are not taken. */
	ratelimit_set_flags(&rn->refusals, RATELIMIT_MSG_ON_RELEASE);
	ratelimit_set_flags(&rn->narrowings, RATELIMIT_MSG_ON_RELEASE);
}

/**
 * rmirror_learn_start - begin to listen to ICMP errors
 * @net: a netns that has a mirror now
 *
 * May sleep. Return: 0 or an error.
 */
int rmirror_learn_start(struct net *net)
{
	return nf_register_net_hooks(net, learn_ops, ARRAY_SIZE(learn_ops));
}

/**
 * rmirror_learn_stop - the reverse
 * @net: a netns whose last mirror goes
 */
void rmirror_learn_stop(struct net *net)
{
	nf_unregister_net_hooks(net, learn_ops, ARRAY_SIZE(learn_ops));
}
