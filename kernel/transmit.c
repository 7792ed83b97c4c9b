// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hand an outer packet to its neighbour.
 *
 * It goes there directly, so that it does not depend on the OUTPUT rules that it
 * may be observing, and in fragments if it must.
 */

#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat/ipv6.h"
#include "hop.h"
#include "inner.h"
#include "transmit.h"

static unsigned int transport_hlen(const struct sk_buff *skb, int off)
{
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + off);

	return skb_shinfo(skb)->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6) ?
	       rmirror_inner_tcp_hlen(th) : sizeof(struct udphdr);
}

/**
 * rmirror_transmit_gso_bytes - bytes that a superframe will have on the wire
 * @skb: the outer packet; its transport header is linear
 */
unsigned int rmirror_transmit_gso_bytes(const struct sk_buff *skb)
{
	const int off = skb->encapsulation ? skb_inner_transport_offset(skb) :
					     skb_transport_offset(skb);
	const unsigned int headers = off + transport_hlen(skb, off);

	if (headers >= skb->len)
		return skb->len;
	return skb->len + headers * ((skb->len - headers - 1) / skb_shinfo(skb)->gso_size);
}

/* A bare copy that this CPU is handing to its device */
struct bare_handover {
	bool	under_way;
	bool	refused;
};

static DEFINE_PER_CPU(struct bare_handover, bare_handover);

/**
 * rmirror_transmit_refuses_bare - is the error that this CPU makes about a bare copy?
 *
 * A tunnel that a packet does not fit into tells the packet's source. The source of a
 * bare copy is a mirrored host, which must not hear of it. The copy is then counted as
 * too big. BHs are off if there is such a copy.
 */
bool rmirror_transmit_refuses_bare(void)
{
	if (likely(!this_cpu_read(bare_handover.under_way)))
		return false;
	this_cpu_write(bare_handover.refused, true);
	return true;
}

/* A cached link header has the EtherType of the neighbour's own protocol. */
static int send_to_neighbour(struct neighbour *n, struct sk_buff *skb)
{
	return neigh_output(n, skb, n->tbl->protocol != skb->protocol);
}

/* Its device may mirror it again, to another next hop: so what was before is put back. */
static int send_bare_to_neighbour(struct neighbour *n, struct sk_buff *skb)
{
	struct bare_handover *handover = this_cpu_ptr(&bare_handover);
	const struct bare_handover outer = *handover;
	bool refused;
	int err;

	*handover = (struct bare_handover){ .under_way = true };
	err = send_to_neighbour(n, skb);
	refused = handover->refused;
	*handover = outer;
	return refused ? -EMSGSIZE : err;
}

/* The packet that is being fragmented: its collector, and what has become of its fragments */
struct fragmented {
	union nf_inet_addr	addr;
	bool			bare;
	unsigned int		bytes;
};

static DEFINE_PER_CPU(struct fragmented, fragmented);

/* The last step of a fragment: the fragmenting functions call it for each, before they return. */
static int send_fragment(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct fragmented *whole = this_cpu_ptr(&fragmented);
	const unsigned int bytes = skb->len;
	struct neighbour *n = rmirror_hop_neighbour(skb_dst(skb), &whole->addr);
	int err;

	if (IS_ERR(n)) {
		kfree_skb(skb);
		return PTR_ERR(n);
	}
	if (whole->bare) {
		skb_dst_drop(skb);
		err = send_bare_to_neighbour(n, skb);
	} else {
		err = send_to_neighbour(n, skb);
	}
	if (!net_xmit_eval(err))
		whole->bytes += bytes;
	return err;
}

/* Nobody has looked at the IP header of a bare copy, and IP's fragmenter believes it. */
static bool is_sound4(struct sk_buff *skb)
{
	const struct iphdr *iph;
	unsigned int hlen, len;

	if (!pskb_may_pull(skb, sizeof(*iph)))
		return false;
	hlen = ip_hdr(skb)->ihl * 4;
	if (ip_hdr(skb)->version != 4 || hlen < sizeof(*iph) || !pskb_may_pull(skb, hlen))
		return false;
	iph = ip_hdr(skb);
	len = ntohs(iph->tot_len);
	return len > hlen && len <= skb->len && !pskb_trim(skb, len);
}

static bool is_sound6(struct sk_buff *skb)
{
	unsigned int len;

	if (!pskb_may_pull(skb, sizeof(struct ipv6hdr)) || ipv6_hdr(skb)->version != 6)
		return false;
	len = sizeof(struct ipv6hdr) + ntohs(ipv6_hdr(skb)->payload_len);
	/* Where the extension headers end is looked for in the linear part. */
	return len > sizeof(struct ipv6hdr) && len <= skb->len && !pskb_trim(skb, len) &&
	       pskb_may_pull(skb, min_t(unsigned int, len, 256));
}

/* Nobody must get an error about the original's DF. */
static int send_fragments(struct net *net, struct sk_buff *skb, struct dst_entry *dst,
			  const union nf_inet_addr *addr, bool bare, unsigned int *bytes)
{
	struct fragmented *whole = this_cpu_ptr(&fragmented);
	int err;

	if (dst->ops->family == AF_INET6)
		whole->addr.in6 = addr->in6;
	else
		whole->addr.ip = addr->ip;
	whole->bare = bare;
	whole->bytes = 0;
	if (bare) {
		skb_reset_network_header(skb);
		if (!(skb->protocol == htons(ETH_P_IP) ? is_sound4(skb) : is_sound6(skb))) {
			kfree_skb(skb);
			return -EINVAL;
		}
	}
	if (!skb_dst(skb))
		skb_dst_set_noref(skb, dst);
	memset(skb->cb, 0, sizeof(skb->cb));
	skb->ignore_df = 1;
	if (skb->protocol == htons(ETH_P_IP))
		err = ip_do_fragment(net, NULL, skb, send_fragment);
	else
		err = ip6_fragment(net, NULL, skb, send_fragment);
	*bytes = whole->bytes;
	return err;
}

/**
 * rmirror_transmit - send an outer packet
 * @m: whose copy it is
 * @skb: the packet; consumed
 * @dst: its route
 * @n: its neighbour, whose address is known
 * @addr: the collector
 * @mtu: of the path
 * @outcome: what to count when it is on its way
 * @bytes: gets how many bytes were sent
 *
 * BHs are off, within an RCU read side section. Return: @outcome, or the reason why
 * it was dropped.
 */
enum rmirror_outcome rmirror_transmit(const struct rmirror *m, struct sk_buff *skb,
				      struct dst_entry *dst, struct neighbour *n,
				      const union nf_inet_addr *addr, unsigned int mtu,
				      enum rmirror_outcome outcome, unsigned int *bytes)
{
	int err;

	*bytes = rmirror_transmit_bytes(skb);
	if (unlikely(skb->len > mtu && !skb_is_gso(skb))) {
		err = send_fragments(m->net, skb, dst, addr, rmirror_is_bare(m), bytes);
		if (err == -EINVAL)
			return RMIRROR_TOO_BIG;
	} else if (rmirror_is_bare(m)) {
		err = send_bare_to_neighbour(n, skb);
	} else {
		err = send_to_neighbour(n, skb);
	}
	if (!net_xmit_eval(err))
		return outcome;
	*bytes = 0;
	return err == -EMSGSIZE ? RMIRROR_TOO_BIG : RMIRROR_TX_DROP;
}
