// SPDX-License-Identifier: GPL-2.0-only
/*
 * Superframes.
 *
 * A GSO or GRO packet stands for several frames on the wire. Where the stack
 * can segment the encapsulated copy, it stays one; where something has to be
 * done to each frame, the copy is segmented first. The same machinery makes
 * copies that do not fit the path into several that do.
 */

#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "rmirror_core.h"

/* What the stack segments behind a tunnel header without surprises */
#define GSO_PLAIN	(SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_TCP_ECN | \
			 SKB_GSO_DODGY | SKB_GSO_UDP_L4)

/* Smaller pieces are not worth it, and would be very many. */
#define GSO_SIZE_MIN	64

/* Bytes of the transport header at @off, 0 if it is not there */
static unsigned int transport_hlen(const struct sk_buff *skb, int off, bool tcp)
{
	struct tcphdr *th, buf;

	if (!tcp)
		return sizeof(struct udphdr);
	th = skb_header_pointer(skb, off, sizeof(buf), &buf);
	return th && th->doff >= 5 ? th->doff * 4 : 0;
}

static bool is_tcp_gso(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6);
}

/**
 * rmirror_gso_frame_len - how long the frames of a superframe are on the wire
 * @frame: a superframe
 *
 * Return: bytes of each but the last; 0 if it is of a kind that cannot stay a
 * superframe behind a mirror's header: tunnelled, tagged in line, no partial
 * checksum, or of a type that is not TCP or UDP.
 */
unsigned int rmirror_gso_frame_len(const struct rmirror_frame *frame)
{
	const struct sk_buff *skb = frame->skb;
	unsigned int hlen;
	int off;

	if (skb_shinfo(skb)->gso_type & ~GSO_PLAIN || skb->encapsulation ||
	    skb->ip_summed != CHECKSUM_PARTIAL || frame->l3 > ETH_HLEN)
		return 0;

	off = skb_checksum_start_offset(skb);
	hlen = transport_hlen(skb, off, is_tcp_gso(skb));
	if (!hlen)
		return 0;
	return frame->hlen + (off - frame->src) + hlen + skb_shinfo(skb)->gso_size;
}

static void set_gso_size(struct sk_buff *copy, unsigned int payload, unsigned int size)
{
	skb_shinfo(copy)->gso_size = size;
	skb_shinfo(copy)->gso_segs = DIV_ROUND_UP(payload, size);
}

/**
 * rmirror_gso_shrink - have a superframe segmented into smaller frames
 * @copy: a plain one
 * @limit: bytes a frame may have
 *
 * Return: false if its payload must not be split otherwise than it was: UDP.
 */
bool rmirror_gso_shrink(struct sk_buff *copy, unsigned int limit)
{
	const int off = skb_checksum_start_offset(copy);
	unsigned int hlen;

	if (!is_tcp_gso(copy))
		return false;
	hlen = off + transport_hlen(copy, off, true);
	if (limit < hlen + GSO_SIZE_MIN)
		return false;
	set_gso_size(copy, copy->len - hlen, limit - hlen);
	return true;
}

/* Offset of the TCP header that follows a sound IP header directly; negative: there is none */
static int plain_tcp_offset(const struct sk_buff *copy)
{
	const unsigned int type = skb_shinfo(copy)->gso_type & ~(SKB_GSO_DODGY | SKB_GSO_TCP_ECN);
	const int l3 = skb_network_offset(copy), linear = (int)skb_headlen(copy);
	const void *header = copy->data + l3;

	if (type == SKB_GSO_TCPV4 && copy->protocol == htons(ETH_P_IP) &&
	    l3 + (int)sizeof(struct iphdr) <= linear) {
		const struct iphdr *iph = header;

		if (iph->version == 4 && iph->ihl >= 5 && iph->protocol == IPPROTO_TCP &&
		    !ip_is_fragment(iph))
			return l3 + iph->ihl * 4;
	}
	if (type == SKB_GSO_TCPV6 && copy->protocol == htons(ETH_P_IPV6) &&
	    l3 + (int)sizeof(struct ipv6hdr) <= linear) {
		const struct ipv6hdr *ip6h = header;

		if (ip6h->version == 6 && ip6h->nexthdr == IPPROTO_TCP)
			return l3 + sizeof(*ip6h);
	}
	return -1;
}

/**
 * rmirror_gso_vouch - check the headers of a superframe that nobody has checked
 * @copy: a plain one
 *
 * Those that a guest or a tap device sends are marked as unchecked, and behind a
 * tunnel's header the stack would check one protocol after the other. For a
 * packet as most are it is done here, once, by the rules of tcp_gso_segment()
 * and inet_gso_segment(); any other remains marked.
 */
void rmirror_gso_vouch(struct sk_buff *copy)
{
	struct skb_shared_info *info = skb_shinfo(copy);
	const int linear = (int)skb_headlen(copy);
	const struct tcphdr *th;
	unsigned int payload;
	int off, hlen;

	if (!(info->gso_type & SKB_GSO_DODGY))
		return;
	off = plain_tcp_offset(copy);
	if (off < 0 || off != skb_checksum_start_offset(copy) ||
	    copy->csum_offset != offsetof(struct tcphdr, check) ||
	    off + (int)sizeof(*th) > linear)
		return;
	th = (const struct tcphdr *)(copy->data + off);
	hlen = off + th->doff * 4;
	if (th->doff < 5 || hlen > linear)
		return;
	payload = copy->len - hlen;
	if (payload <= info->gso_size)
		return;
	set_gso_size(copy, payload, info->gso_size);
	info->gso_type &= ~SKB_GSO_DODGY;
}

/* Leaves the checksum of what starts at @off to whoever segments. */
static void set_partial(struct sk_buff *copy, int off, unsigned int field, __sum16 pseudo)
{
	*(__sum16 *)(copy->data + off + field) = pseudo;
	copy->ip_summed = CHECKSUM_PARTIAL;
	copy->csum_start = skb_headroom(copy) + off;
	copy->csum_offset = field;
	skb_set_transport_header(copy, off);
}

/*
 * Offset of the transport header of @proto in an unfragmented IP packet that
 * fills the rest of @copy, with @hlen bytes of it linear; negative if it is
 * something else. *@pseudo is the folded sum over its pseudo header.
 */
static int find_transport4(struct sk_buff *copy, int l3, u8 proto, unsigned int hlen,
			   __sum16 *pseudo)
{
	const struct iphdr *iph;
	int off;

	if (!pskb_may_pull(copy, l3 + sizeof(*iph)))
		return -1;
	iph = (const struct iphdr *)(copy->data + l3);
	off = l3 + iph->ihl * 4;
	if (iph->ihl < 5 || iph->protocol != proto || ip_is_fragment(iph) ||
	    (!skb_is_gso(copy) && ntohs(iph->tot_len) != copy->len - l3) ||
	    !pskb_may_pull(copy, off + hlen))
		return -1;
	iph = (const struct iphdr *)(copy->data + l3);
	*pseudo = ~csum_tcpudp_magic(iph->saddr, iph->daddr, copy->len - off, proto, 0);
	return off;
}

static int find_transport6(struct sk_buff *copy, int l3, u8 proto, unsigned int hlen,
			   __sum16 *pseudo)
{
	const struct ipv6hdr *ip6h;
	__be16 frag_off;
	u8 nexthdr;
	int off;

	if (!pskb_may_pull(copy, l3 + sizeof(*ip6h)))
		return -1;
	ip6h = (const struct ipv6hdr *)(copy->data + l3);
	nexthdr = ip6h->nexthdr;
	if (!skb_is_gso(copy) && ntohs(ip6h->payload_len) + sizeof(*ip6h) != copy->len - l3)
		return -1;
	off = ipv6_skip_exthdr(copy, l3 + sizeof(*ip6h), &nexthdr, &frag_off);
	if (off < 0 || nexthdr != proto || frag_off || !pskb_may_pull(copy, off + hlen))
		return -1;
	ip6h = (const struct ipv6hdr *)(copy->data + l3);
	*pseudo = ~csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, copy->len - off, proto, 0);
	return off;
}

static int find_transport(struct sk_buff *copy, u8 proto, unsigned int hlen, __sum16 *pseudo)
{
	const int l3 = skb_network_offset(copy);

	if (copy->protocol == htons(ETH_P_IP))
		return find_transport4(copy, l3, proto, hlen, pseudo);
	if (copy->protocol == htons(ETH_P_IPV6))
		return find_transport6(copy, l3, proto, hlen, pseudo);
	return -1;
}

/**
 * rmirror_gso_make - make a superframe of a TCP packet that is too long
 * @copy: a whole frame, not GSO
 * @limit: bytes a frame may have
 *
 * Return: false, and @copy as it was, if it is no TCP packet with a payload.
 */
bool rmirror_gso_make(struct sk_buff *copy, unsigned int limit)
{
	const struct tcphdr *th;
	unsigned int hlen;
	__sum16 pseudo;
	int off;

	off = find_transport(copy, IPPROTO_TCP, sizeof(*th), &pseudo);
	if (off < 0)
		return false;
	th = (const struct tcphdr *)(copy->data + off);
	hlen = off + th->doff * 4;
	if (th->doff < 5 || copy->len <= hlen || limit < hlen + GSO_SIZE_MIN ||
	    !pskb_may_pull(copy, hlen))
		return false;

	set_partial(copy, off, offsetof(struct tcphdr, check), pseudo);
	set_gso_size(copy, copy->len - hlen, limit - hlen);
	skb_shinfo(copy)->gso_type = copy->protocol == htons(ETH_P_IP) ?
				     SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	return true;
}

/* The segmenter warns about a superframe whose checksum is not partial: GRO's UDP lists. */
static bool make_partial(struct sk_buff *copy)
{
	const bool tcp = is_tcp_gso(copy);
	__sum16 pseudo;
	int off;

	if (copy->ip_summed == CHECKSUM_PARTIAL || copy->encapsulation)
		return true;
	off = find_transport(copy, tcp ? IPPROTO_TCP : IPPROTO_UDP,
			     tcp ? sizeof(struct tcphdr) : sizeof(struct udphdr), &pseudo);
	if (off < 0)
		return false;
	set_partial(copy, off, tcp ? offsetof(struct tcphdr, check) :
				     offsetof(struct udphdr, check), pseudo);
	return true;
}

/**
 * rmirror_gso_segment - the frames of a superframe
 * @copy: the superframe; consumed
 * @dev: where they will leave; its offloads are not used
 *
 * Return: a list of frames linked by skb->next, whole, checksums finished, with
 * the headroom of @copy; NULL if that cannot be done.
 */
struct sk_buff *rmirror_gso_segment(struct sk_buff *copy, struct net_device *dev)
{
	const __be16 proto = copy->protocol;
	struct sk_buff *segs = NULL, *seg;

	if (make_partial(copy)) {
		/* Segmentation starts at the outermost type, in line tags included. */
		if (skb_network_offset(copy))
			copy->protocol = eth_hdr(copy)->h_proto;
		copy->dev = dev;
		segs = __skb_gso_segment(copy, 0, false);
	}
	if (IS_ERR_OR_NULL(segs)) {
		kfree_skb(copy);
		return NULL;
	}
	consume_skb(copy);
	for (seg = segs; seg; seg = seg->next)
		seg->protocol = proto;
	return segs;
}
