// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hand an outer packet to its neighbour.
 *
 * It goes there directly, so that it does not depend on the OUTPUT rules that it
 * may be observing, and in fragments if it must.
 */

#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat/compat.h"
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

/**
 * struct handover - what is being handed to a device, or to the function that fragments
 *
 * @outer: what it is within: a device may mirror what it is given
 * @task: who hands it over
 * @addr: the collector, if it is what is being fragmented; else NULL
 * @bytes: of its fragments that were sent
 * @bare: a bare copy
 * @refused: an error about it was to be sent
 */
struct handover {
	struct handover			*outer;
	const struct task_struct	*task;
	const union nf_inet_addr	*addr;
	unsigned int			bytes;
	bool				bare;
	bool				refused;
};

/* Those of a CPU; of more than one task, in any order, if BHs off do not keep others out */
struct handovers {
	RMIRROR_COMPAT_BH_LOCK	bh_lock;
	struct handover		*innermost;
};

static DEFINE_PER_CPU(struct handovers, handovers) = {
	.bh_lock = RMIRROR_COMPAT_INIT_BH_LOCK(bh_lock),
};

static void handover_begin(struct handover *h)
{
	rmirror_compat_bh_lock(&handovers.bh_lock);
	h->task = current;
	h->outer = this_cpu_read(handovers.innermost);
	this_cpu_write(handovers.innermost, h);
	rmirror_compat_bh_unlock(&handovers.bh_lock);
}

static void handover_end(const struct handover *h)
{
	struct handover **at;

	rmirror_compat_bh_lock(&handovers.bh_lock);
	at = this_cpu_ptr(&handovers.innermost);
	while (*at != h)
		at = &(*at)->outer;
	*at = h->outer;
	rmirror_compat_bh_unlock(&handovers.bh_lock);
}

/* The innermost of this task, of those that are being fragmented or of the others. */
static struct handover *handover_find(bool fragmented)
{
	struct handover *h;

	rmirror_compat_bh_lock(&handovers.bh_lock);
	h = this_cpu_read(handovers.innermost);
	while (h && (h->task != current || !!h->addr != fragmented))
		h = h->outer;
	rmirror_compat_bh_unlock(&handovers.bh_lock);
	return h;
}

/**
 * rmirror_transmit_refuses_bare - is the error that this CPU makes about a bare copy?
 *
 * A tunnel that a packet does not fit into tells the packet's source. The source of a
 * bare copy is a mirrored host, which must not hear of it. The copy is then counted as
 * too big. BHs are off if there is such a copy of this task.
 */
bool rmirror_transmit_refuses_bare(void)
{
	struct handover *h;

	if (likely(!this_cpu_read(handovers.innermost)))
		return false;
	local_bh_disable();
	h = handover_find(false);
	if (h)
		h->refused = true;
	local_bh_enable();
	return h;
}

/* A cached link header has the EtherType of the neighbour's own protocol. */
static int send_to_neighbour(struct neighbour *n, struct sk_buff *skb)
{
	return neigh_output(n, skb, n->tbl->protocol != skb->protocol);
}

static int send_bare_to_neighbour(struct neighbour *n, struct sk_buff *skb)
{
	struct handover handover = { .bare = true };
	int err;

	handover_begin(&handover);
	err = send_to_neighbour(n, skb);
	handover_end(&handover);
	return handover.refused ? -EMSGSIZE : err;
}

/* The last step of a fragment: the fragmenting functions call it for each, before they return. */
static int send_fragment(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct handover *whole = handover_find(true);
	const unsigned int bytes = skb->len;
	struct neighbour *n = rmirror_hop_neighbour(skb_dst(skb), whole->addr);
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
	struct handover whole = { .addr = addr, .bare = bare };
	int err;

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
	handover_begin(&whole);
	if (skb->protocol == htons(ETH_P_IP))
		err = ip_do_fragment(net, NULL, skb, send_fragment);
	else
		err = ip6_fragment(net, NULL, skb, send_fragment);
	handover_end(&whole);
	*bytes = whole.bytes;
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
