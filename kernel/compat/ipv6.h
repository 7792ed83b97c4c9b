/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv6 could be a module once; until then what is not a module reaches it
 * through a table of functions, and so do we.
 */
#ifndef _RMIRROR_COMPAT_IPV6_H
#define _RMIRROR_COMPAT_IPV6_H

#include <net/addrconf.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ndisc.h>

#ifdef RMIRROR_HAVE_IPV6_STUBS_H
#include <net/ipv6_stubs.h>

#define ip6_dst_lookup_flow(net, sk, fl6, final_dst) \
	ipv6_stub->ipv6_dst_lookup_flow(net, sk, fl6, final_dst)
#define ip6_fragment(net, sk, skb, output) \
	ipv6_stub->ipv6_fragment(net, sk, skb, output)
#define __ipv6_neigh_lookup_noref(dev, addr) \
	__ipv6_neigh_lookup_noref_stub(dev, addr)
#endif

#ifndef dst_rt6_info
#define dst_rt6_info(dst_of_it) container_of(dst_of_it, struct rt6_info, dst)
#endif

/* Is it an address of a device of @net? Within an RCU read side section. */
static inline bool rmirror_compat_is_local6(struct net *net, const struct in6_addr *addr)
{
#if IS_ENABLED(CONFIG_IPV6)
	return ipv6_chk_addr(net, addr, NULL, 0);
#else
	return false;
#endif
}

/* The path to where the packet at skb->data was sent has a smaller MTU than the route says. */
static inline void rmirror_compat_update_pmtu6(struct sk_buff *skb, struct net *net, __be32 mtu,
					       int oif, u32 mark)
{
#if IS_ENABLED(CONFIG_IPV6)
	ip6_update_pmtu(skb, net, mtu, oif, mark, sock_net_uid(net, NULL));
#endif
}

#endif /* _RMIRROR_COMPAT_IPV6_H */
