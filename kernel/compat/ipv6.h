/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv6 could be a module once; until then what is not a module reaches it
 * through a table of functions, and so do we.
 */
#ifndef _RMIRROR_COMPAT_IPV6_H
#define _RMIRROR_COMPAT_IPV6_H

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

#endif /* _RMIRROR_COMPAT_IPV6_H */
