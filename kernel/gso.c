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
#include "gso.h"
#include "inner.h"

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
	return th && rmirror_inner_tcp_hlen(th) >= sizeof(*th) ? rmirror_inner_tcp_hlen(th) : 0;
}

static bool is_tcp_gso(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6);
}

/* TCP, or UDP with datagrams of one size, whose checksum is a partial one */
static bool is_plain(const struct sk_buff *skb)
{
	return !(skb_shinfo(skb)->gso_type & ~GSO_PLAIN) && !skb->encapsulation &&
	       skb->ip_summed == CHECKSUM_PARTIAL;
}

/**
 * rmirror_gso_frame_len - how long the frames of a superframe are on the wire
 * @frame: a superframe
 *
 * Return: bytes of each but the last; 0 if it is of a kind that this cannot tell
 * of: tunnelled, no partial checksum or one that starts before the packet, or of a
 * type that is not TCP or UDP.
 */
unsigned int rmirror_gso_frame_len(const struct rmirror_frame *frame)
{
	const struct sk_buff *skb = frame->skb;
	unsigned int hlen;
	int off;

	if (!is_plain(skb))
		return 0;
	off = skb_checksum_start_offset(skb);
	/* A guest has its checksum start where it likes. */
	if (off < rmirror_frame_l3_offset(frame))
		return 0;
	hlen = transport_hlen(skb, off, is_tcp_gso(skb));
	if (!hlen)
		return 0;
	return frame->hlen + (off - frame->src) + hlen + skb_shinfo(skb)->gso_size;
}

/**
 * rmirror_gso_may_stay - can it stay a superframe behind a mirror's header?
 * @frame: one whose rmirror_gso_frame_len() is known
 *
 * The stack looks for the IP header directly behind the Ethernet header.
 */
bool rmirror_gso_may_stay(const struct rmirror_frame *frame)
{
	return frame->l3 <= ETH_HLEN;
}

static void set_gso_size(struct sk_buff *copy, unsigned int payload, unsigned int size)
{
	skb_shinfo(copy)->gso_size = size;
	skb_shinfo(copy)->gso_segs = DIV_ROUND_UP(payload, size);
}

/* A second SYN, RST or urgent pointer would mean something else than the first. */
static bool is_indivisible(const struct sk_buff *copy, int off)
{
	struct tcphdr *th, buf;

	th = skb_header_pointer(copy, off, sizeof(buf), &buf);
	return !th || rmirror_inner_tcp_flags(th) & (TCPHDR_SYN | TCPHDR_RST | TCPHDR_URG);
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

	if (!is_tcp_gso(copy) || is_indivisible(copy, off))
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

		if (iph->version == 4 && rmirror_inner_hlen4(iph) >= sizeof(*iph) &&
		    iph->protocol == IPPROTO_TCP && !rmirror_inner_is_fragment4(iph))
			return l3 + rmirror_inner_hlen4(iph);
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
	hlen = off + rmirror_inner_tcp_hlen(th);
	if (hlen < off + (int)sizeof(*th) || hlen > linear)
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
	__sum16 *check = (__sum16 *)(copy->data + off + field);
	struct rmirror_cb *cb = rmirror_cb(copy);

	cb->has_check = true;
	cb->check = get_unaligned(check);
	cb->check_off = off + field;
	put_unaligned(pseudo, check);
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
	struct iphdr iph;
	int off;

	if (skb_copy_bits(copy, l3, &iph, sizeof(iph)))
		return -1;
	off = l3 + iph.ihl * 4;
	if (iph.ihl < 5 || iph.protocol != proto || ip_is_fragment(&iph) ||
	    (!skb_is_gso(copy) && ntohs(iph.tot_len) != copy->len - l3) ||
	    !pskb_may_pull(copy, off + hlen))
		return -1;
	*pseudo = ~csum_tcpudp_magic(iph.saddr, iph.daddr, copy->len - off, proto, 0);
	return off;
}

/* The segmenter knows these extension headers, but neither a fragment's nor AH's. */
static int skip_extensions(const struct sk_buff *copy, int off, u8 *nexthdr)
{
	struct ipv6_opt_hdr *h, buf;

	while (*nexthdr == NEXTHDR_HOP || *nexthdr == NEXTHDR_ROUTING || *nexthdr == NEXTHDR_DEST) {
		h = skb_header_pointer(copy, off, sizeof(buf), &buf);
		if (!h)
			return -1;
		*nexthdr = h->nexthdr;
		off += ipv6_optlen(h);
	}
	return off;
}

static int find_transport6(struct sk_buff *copy, int l3, u8 proto, unsigned int hlen,
			   __sum16 *pseudo)
{
	struct ipv6hdr ip6h;
	u8 nexthdr;
	int off;

	if (skb_copy_bits(copy, l3, &ip6h, sizeof(ip6h)))
		return -1;
	nexthdr = ip6h.nexthdr;
	if (!skb_is_gso(copy) && ntohs(ip6h.payload_len) + sizeof(ip6h) != copy->len - l3)
		return -1;
	off = skip_extensions(copy, l3 + sizeof(ip6h), &nexthdr);
	if (off < 0 || nexthdr != proto || !pskb_may_pull(copy, off + hlen))
		return -1;
	*pseudo = ~csum_ipv6_magic(&ip6h.saddr, &ip6h.daddr, copy->len - off, proto, 0);
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
 * Return: false, and @copy as it was, if it is no TCP packet with a payload that
 * can be split.
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
	hlen = off + rmirror_inner_tcp_hlen(th);
	if (hlen < off + sizeof(*th) || copy->len <= hlen || limit < hlen + GSO_SIZE_MIN ||
	    is_indivisible(copy, off) || !pskb_may_pull(copy, hlen))
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
 * @copy: the superframe; consumed if there are frames
 * @dev: where they will leave; its offloads are not used
 *
 * Return: a list of frames linked by skb->next, whole, checksums finished, with
 * the headroom of @copy; -ENOMEM; another error if that cannot be done, @copy is
 * then for rmirror_gso_undo().
 */
struct sk_buff *rmirror_gso_segment(struct sk_buff *copy, struct net_device *dev)
{
	const struct rmirror_cb cb = *rmirror_cb(copy);
	const unsigned int headroom = skb_headroom(copy);
	const int l3 = skb_network_offset(copy);
	const __be16 proto = copy->protocol;
	struct sk_buff *segs, *seg;

	if (!make_partial(copy))
		return ERR_PTR(-EOPNOTSUPP);
	/* Segmentation starts at the outermost type, in line tags included. */
	if (l3)
		copy->protocol = eth_hdr(copy)->h_proto;
	copy->dev = dev;
	segs = __skb_gso_segment(copy, 0, false);
	if (IS_ERR_OR_NULL(segs)) {
		/* It uses our control block, too. */
		*rmirror_cb(copy) = cb;
		skb_set_network_header(copy, l3);
		copy->protocol = proto;
		return segs ?: ERR_PTR(-EOPNOTSUPP);
	}
	for (seg = segs; seg; seg = seg->next) {
		seg->protocol = proto;
		/* Of an IPv6 datagram that became fragments their header has taken some of it. */
		if (skb_cow_head(seg, headroom)) {
			kfree_skb_list(segs);
			return ERR_PTR(-ENOMEM);
		}
	}
	consume_skb(copy);
	return segs;
}

/*
 * Finishes the checksum of a superframe that was. Where a guest has it start or stand outside of
 * the packet, of which skb_checksum_help() would warn, the bytes remain what they are.
 */
static bool finish_sum(struct sk_buff *copy)
{
	const int off = skb_checksum_start_offset(copy);
	const unsigned int end = off + copy->csum_offset + sizeof(__sum16);

	if (off < 0 || end > copy->len) {
		copy->ip_summed = CHECKSUM_NONE;
		return true;
	}
	return pskb_may_pull(copy, end) && !skb_csum_hwoffload_help(copy, 0);
}

/**
 * rmirror_gso_undo - make one long frame of a superframe that cannot be segmented
 * @copy: the superframe
 *
 * One that rmirror_gso_make() made is as it was before.
 *
 * Return: false if there is no memory.
 */
bool rmirror_gso_undo(struct sk_buff *copy)
{
	const struct rmirror_cb *cb = rmirror_cb(copy);

	skb_gso_reset(copy);
	if (copy->ip_summed != CHECKSUM_PARTIAL)
		return true;
	if (!cb->has_check)
		return finish_sum(copy);
	copy->ip_summed = CHECKSUM_NONE;
	return !skb_store_bits(copy, cb->check_off, &cb->check, sizeof(cb->check));
}

/**
 * rmirror_gso_cut_init - prepare to cut each frame of a superframe
 * @cut: to be filled in
 * @frame: a superframe whose rmirror_gso_frame_len() is known
 *
 * Return: false if its headers are not what they seem.
 */
bool rmirror_gso_cut_init(struct rmirror_gso_cut *cut, const struct rmirror_frame *frame)
{
	const struct sk_buff *skb = frame->skb;
	const int off = skb_checksum_start_offset(skb);

	cut->frame = frame;
	cut->transport = frame->hlen + (off - frame->src);
	cut->hlen = cut->transport + transport_hlen(skb, off, is_tcp_gso(skb));
	if (cut->hlen > sizeof(cut->headers) || cut->hlen >= frame->len ||
	    cut->transport < frame->l3 + sizeof(struct iphdr) ||
	    (frame->proto == htons(ETH_P_IPV6) &&
	     cut->transport < frame->l3 + sizeof(struct ipv6hdr)) ||
	    skb->csum_offset != (is_tcp_gso(skb) ? offsetof(struct tcphdr, check) :
						   offsetof(struct udphdr, check)))
		return false;
	cut->payload = frame->len - cut->hlen;
	cut->segs = DIV_ROUND_UP(cut->payload, skb_shinfo(skb)->gso_size);
	memcpy(cut->headers, frame->hdr, frame->hlen);
	return !skb_copy_bits(skb, frame->src, cut->headers + frame->hlen,
			      cut->hlen - frame->hlen);
}

/* The IP header of the @seg'th frame, as inet_gso_segment() and ipv6_gso_segment() write it */
static void cut_ip(const struct rmirror_gso_cut *cut, u8 *headers, unsigned int seg,
		   unsigned int payload)
{
	u8 *l3 = headers + cut->frame->l3;
	const unsigned int len = cut->hlen - cut->frame->l3 + payload;

	if (cut->frame->proto == htons(ETH_P_IP)) {
		struct iphdr *iph = (struct iphdr *)l3;

		put_unaligned_be16(len, &iph->tot_len);
		put_unaligned_be16(get_unaligned_be16(&iph->id) + seg, &iph->id);
		iph->check = 0;
		iph->check = csum_fold(csum_partial(iph, cut->transport - cut->frame->l3, 0));
	} else {
		put_unaligned_be16(len - sizeof(struct ipv6hdr),
				   &((struct ipv6hdr *)l3)->payload_len);
	}
}

/* The partial sum is of a pseudo header with the length of the whole: now of @len. */
static __wsum pseudo_sum(__sum16 partial, unsigned int whole_len, unsigned int len)
{
	return csum_add(csum_sub(csum_unfold(partial), (__force __wsum)htonl(whole_len)),
			(__force __wsum)htonl(len));
}

static void cut_transport(const struct rmirror_gso_cut *cut, u8 *headers, unsigned int seg,
			  unsigned int from, unsigned int payload)
{
	const struct sk_buff *skb = cut->frame->skb;
	const unsigned int hlen = cut->hlen - cut->transport, len = hlen + payload;
	const unsigned int size = skb_shinfo(skb)->gso_size;
	void *th = headers + cut->transport;
	unsigned int whole_len = hlen + cut->payload;
	__sum16 *check = th + skb->csum_offset;
	__wsum sum;

	if (is_tcp_gso(skb)) {
		struct tcphdr *tcp = th;

		put_unaligned_be32(get_unaligned_be32(&tcp->seq) + seg * size, &tcp->seq);
		if (seg)
			tcp->cwr = 0;
		if (seg + 1 < cut->segs) {
			tcp->fin = 0;
			tcp->psh = 0;
		}
	} else {
		struct udphdr *udp = th;

		whole_len = get_unaligned_be16(&udp->len);
		put_unaligned_be16(len, &udp->len);
	}
	sum = pseudo_sum(*check, whole_len, len);
	*check = 0;
	sum = csum_partial(th, hlen, sum);
	from += cut->frame->src - cut->frame->hlen;
	sum = csum_block_add(sum, skb_checksum(skb, from, payload, 0), hlen);
	*check = csum_fold(sum) ?: CSUM_MANGLED_0;
}

/**
 * rmirror_gso_cut_frame - one frame of a superframe, cut
 * @cut: the superframe
 * @seg: which frame, from 0
 * @keep: bytes of it to keep
 * @headroom: bytes to leave free before it
 *
 * What is kept is copied, the rest of the payload is only summed up.
 *
 * Return: NULL if there is no memory.
 */
struct sk_buff *rmirror_gso_cut_frame(const struct rmirror_gso_cut *cut, unsigned int seg,
				      unsigned int keep, unsigned int headroom)
{
	const unsigned int size = skb_shinfo(cut->frame->skb)->gso_size;
	const unsigned int from = cut->hlen + seg * size;
	const unsigned int payload = min(size, cut->payload - seg * size);
	u8 headers[RMIRROR_GSO_HEADERS_MAX];
	struct sk_buff *copy;

	memcpy(headers, cut->headers, cut->hlen);
	cut_ip(cut, headers, seg, payload);
	cut_transport(cut, headers, seg, from, payload);
	keep = min(keep, cut->hlen + payload);
	copy = rmirror_copy_parts(cut->frame, headers, min(keep, cut->hlen), from,
				  keep > cut->hlen ? keep - cut->hlen : 0, headroom);
	if (copy)
		rmirror_cb(copy)->wire_len = cut->hlen + payload;
	return copy;
}
