// SPDX-License-Identifier: GPL-2.0-only
/*
 * Superframes for gso.c, of two sorts. Sound ones, which the first bytes of an input describe: what
 * comes out is compared with frames that are made here, each for itself. And any bytes as one that
 * a guest might send, whose checksum and segments start anywhere that skb_partial_csum_set() lets
 * them: nothing may be read or written that is not the packet's.
 *
 * The kernel's own segmenter is not here, and so neither is rmirror_gso_segment().
 */
#include <rmirror_tables.h>

#include "copy.h"
#include "frame.h"
#include "gso.h"
#include "scene.h"

#define HEADROOM	128
#define HEADERS_MAX	256
#define SEGS_MAX	64

struct superframe_input {
	u8	sort;		/* SUPER_* */
	u8	tags;
	u8	ihl;		/* words of options, or extension headers */
	u8	doff;		/* words of options */
	u8	tcp_flags;
	u8	size[2];	/* gso_size */
	u8	keep[2];
	u8	limit[2];
	u8	linear[2];	/* bytes behind the headers in the linear part */
	u8	page;		/* bytes in a page, in eights */
	u8	seq[4];
	u8	id[2];
	u8	csum[2];	/* hostile: offsets of where the sum starts, and of its field */
};

#define SUPER_HOSTILE	BIT(0)
#define SUPER_IPV6	BIT(1)
#define SUPER_UDP	BIT(2)
#define SUPER_DODGY	BIT(3)
#define SUPER_MADE	BIT(4)	/* the link header is one that is made */

/* One frame, whole and by the book */
struct book {
	u8		bytes[HEADERS_MAX + 65536];
	unsigned int	l3, l4, hlen, len;
};

static unsigned int number(const u8 bytes[2])
{
	return bytes[0] << 8 | bytes[1];
}

/* 0xffff would say that a list tells the sizes: SCTP, which is not here. */
static unsigned int gso_size(const struct superframe_input *in)
{
	return number(in->size) % GSO_BY_FRAGS ?: 1;
}

static void put_ip(struct book *b, const struct superframe_input *in, unsigned int seg)
{
	const unsigned int len = b->len - b->l3;
	const u8 proto = in->sort & SUPER_UDP ? IPPROTO_UDP : IPPROTO_TCP;
	const unsigned int extensions = in->ihl % 4;
	unsigned int i;

	if (in->sort & SUPER_IPV6) {
		struct ipv6hdr ip6h = { .version = 6, .hop_limit = 64, .nexthdr = proto,
					.payload_len = htons(len - sizeof(ip6h)) };
		u8 *next = b->bytes + b->l3 + offsetof(struct ipv6hdr, nexthdr);

		ip6h.saddr.s6_addr[0] = 0x20;
		ip6h.daddr.s6_addr[15] = in->seq[0];
		memcpy(b->bytes + b->l3, &ip6h, sizeof(ip6h));
		for (i = 0; i < extensions; i++) {
			*next = i ? NEXTHDR_DEST : NEXTHDR_HOP;
			next = b->bytes + b->l3 + sizeof(ip6h) + i * 8;
			memset(next, 0, 8);
		}
		*next = proto;
	} else {
		struct iphdr iph = { .version = 4, .ihl = 5 + in->ihl % 11, .ttl = 64,
				     .protocol = proto, .tot_len = htons(len),
				     .id = htons(number(in->id) + seg),
				     .saddr = htonl(0x0a010001), .daddr = htonl(0x0a010002) };

		memset(b->bytes + b->l3, 1, iph.ihl * 4);
		memcpy(b->bytes + b->l3, &iph, sizeof(iph));
		iph.check = csum_fold(csum_partial(b->bytes + b->l3, iph.ihl * 4, 0));
		memcpy(b->bytes + b->l3, &iph, sizeof(iph));
	}
}

static __sum16 pseudo(const struct book *b, const struct superframe_input *in)
{
	const u8 *l3 = b->bytes + b->l3;
	const u8 proto = in->sort & SUPER_UDP ? IPPROTO_UDP : IPPROTO_TCP;
	const unsigned int len = b->len - b->l4;

	if (in->sort & SUPER_IPV6)
		return ~csum_ipv6_magic((const void *)(l3 + 8), (const void *)(l3 + 24), len, proto, 0);
	return ~csum_tcpudp_magic(*(const __be32 *)(l3 + 12), *(const __be32 *)(l3 + 16), len, proto, 0);
}

static unsigned int check_field(const struct superframe_input *in)
{
	return in->sort & SUPER_UDP ? offsetof(struct udphdr, check) : offsetof(struct tcphdr, check);
}

/* Transport header of the @seg'th of @segs; @first: bytes of payload before it */
static void put_transport(struct book *b, const struct superframe_input *in, unsigned int seg,
			  unsigned int segs, unsigned int first)
{
	u8 *th = b->bytes + b->l4;
	struct tcphdr tcp = { .source = htons(1000), .dest = htons(80), .doff = 5 + in->doff % 11 };
	const struct udphdr udp = { .source = htons(1000), .dest = htons(9),
				    .len = htons(b->len - b->l4) };

	if (in->sort & SUPER_UDP) {
		memcpy(th, &udp, sizeof(udp));
		return;
	}
	memset(th, 1, tcp.doff * 4);
	tcp.seq = htonl(get_unaligned_be32(in->seq) + first);
	tcp.ack = 1;
	tcp.cwr = in->tcp_flags & 1 && !seg;
	tcp.ece = !!(in->tcp_flags & 2);
	tcp.fin = in->tcp_flags & 4 && seg + 1 == segs;
	tcp.psh = in->tcp_flags & 8 && seg + 1 == segs;
	memcpy(th, &tcp, sizeof(tcp));
}

/* The headers of a frame with @len bytes of payload */
static void put_headers(struct book *b, const struct superframe_input *in, unsigned int len)
{
	const unsigned int tags = in->tags % 3;
	const __be16 type = htons(in->sort & SUPER_IPV6 ? ETH_P_IPV6 : ETH_P_IP);
	const __be16 tag[] = { htons(ETH_P_8021Q), htons(7) };
	unsigned int i;

	memset(b->bytes, 0xee, 2 * ETH_ALEN);
	for (i = 0; i < tags; i++)
		memcpy(b->bytes + 2 * ETH_ALEN + i * VLAN_HLEN, tag, sizeof(tag));
	b->l3 = ETH_HLEN + tags * VLAN_HLEN;
	memcpy(b->bytes + b->l3 - sizeof(type), &type, sizeof(type));
	b->l4 = b->l3 + (in->sort & SUPER_IPV6 ? sizeof(struct ipv6hdr) + in->ihl % 4 * 8 :
						 (5 + in->ihl % 11) * 4);
	b->hlen = b->l4 + (in->sort & SUPER_UDP ? sizeof(struct udphdr) : (5 + in->doff % 11) * 4);
	b->len = b->hlen + len;
}

/* The frame of @len bytes of @payload from @first on, with a whole checksum or a partial one */
static void write_book(struct book *b, const struct superframe_input *in, const u8 *payload,
		       unsigned int first, unsigned int len, unsigned int seg, unsigned int segs,
		       bool partial)
{
	__sum16 sum;

	put_headers(b, in, len);
	put_ip(b, in, seg);
	put_transport(b, in, seg, segs, first);
	memcpy(b->bytes + b->hlen, payload + first, len);
	sum = pseudo(b, in);
	memcpy(b->bytes + b->l4 + check_field(in), &sum, sizeof(sum));
	if (partial)
		return;
	sum = csum_fold(csum_partial(b->bytes + b->l4, b->len - b->l4, 0)) ?: CSUM_MANGLED_0;
	memcpy(b->bytes + b->l4 + check_field(in), &sum, sizeof(sum));
}

static struct sk_buff *skb_of(const u8 *bytes, unsigned int len, unsigned int linear,
			      unsigned int page)
{
	struct sk_buff *skb = alloc_skb(len < linear ? len : linear, GFP_KERNEL);

	linear = min(len, linear);
	skb_put_data(skb, bytes, linear);
	while (linear < len) {
		unsigned int part = min(page ?: len, len - linear);

		if (skb->info.nr_frags == MAX_SKB_FRAGS - 1)
			part = len - linear;
		skb_add_page(skb, bytes + linear, part);
		linear += part;
	}
	skb_reset_mac_header(skb);
	return skb;
}

static void set_gso(struct sk_buff *skb, const struct superframe_input *in, unsigned int start)
{
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = start;
	skb->csum_offset = check_field(in);
	skb->info.gso_size = gso_size(in);
	skb->info.gso_segs = 1;
	skb->info.gso_type = in->sort & SUPER_UDP ? SKB_GSO_UDP_L4 :
			     in->sort & SUPER_IPV6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
	if (in->sort & SUPER_DODGY)
		skb->info.gso_type |= SKB_GSO_DODGY;
}

static struct rmirror_frame frame_of(const struct book *b, const struct superframe_input *in,
				     const struct sk_buff *skb)
{
	struct rmirror_frame frame = {
		.skb = skb, .len = b->len, .l3 = b->l3,
		.proto = htons(in->sort & SUPER_IPV6 ? ETH_P_IPV6 : ETH_P_IP),
	};

	if (in->sort & SUPER_MADE) {
		frame.hlen = b->l3;
		frame.src = b->l3;
		memcpy(frame.hdr, b->bytes, b->l3);
	}
	return frame;
}

static void demand_bytes(const struct sk_buff *skb, const u8 *want, unsigned int len, const char *what)
{
	u8 *got = malloc(len);

	demand(skb->len == len && !skb_copy_bits(skb, 0, got, len) && !memcmp(got, want, len), what);
	free(got);
}

/* A TCP frame becomes a superframe of what fits, and can be had back as it was. */
static void check_make(const struct book *whole, const struct superframe_input *in)
{
	const unsigned int limit = number(in->limit);
	struct sk_buff *skb = skb_of(whole->bytes, whole->len, whole->len, 0), *copy;
	const struct rmirror_frame frame = frame_of(whole, in, skb);

	copy = rmirror_copy(&frame, frame.len, HEADROOM);
	*rmirror_cb(copy) = (struct rmirror_cb) {};
	demand_bytes(copy, whole->bytes, whole->len, "a copy is the frame");
	if (rmirror_gso_make(copy, limit)) {
		demand(!(in->sort & SUPER_UDP), "only TCP can be split");
		demand(whole->hlen + copy->info.gso_size == limit, "what is made fits");
		demand(copy->info.gso_segs == (whole->len - whole->hlen + copy->info.gso_size - 1) /
					      copy->info.gso_size, "it says how many frames it is");
		demand(copy->csum_start == HEADROOM + whole->l4 && copy->ip_summed == CHECKSUM_PARTIAL,
		       "its checksum starts at its transport header");
		demand(rmirror_gso_undo(copy), "it can be undone");
	}
	demand_bytes(copy, whole->bytes, whole->len, "what was made of a frame is undone without a trace");
	kfree_skb(copy);
	kfree_skb(skb);
}

/* The superframe stays one, of smaller frames or of such as somebody vouches for */
static void check_stay(const struct rmirror_frame *frame, const struct book *super,
		       const struct superframe_input *in, const u8 *payload)
{
	const unsigned int limit = number(in->limit);
	struct sk_buff *copy = rmirror_copy(frame, frame->len, HEADROOM);
	static struct book whole;

	*rmirror_cb(copy) = (struct rmirror_cb) {};
	demand_bytes(copy, super->bytes, super->len, "a superframe is copied as it is");
	if (rmirror_gso_shrink(copy, limit))
		demand(!(in->sort & SUPER_UDP) && super->hlen + copy->info.gso_size == limit,
		       "what is shrunk fits");
	rmirror_gso_vouch(copy);
	demand(rmirror_gso_undo(copy), "a superframe can be made one long frame");
	write_book(&whole, in, payload, 0, super->len - super->hlen, 0, 1, false);
	demand_bytes(copy, whole.bytes, whole.len, "whose checksum is right");
	kfree_skb(copy);
}

static void check_cut(const struct rmirror_frame *frame, const struct superframe_input *in,
		      const u8 *payload, unsigned int len)
{
	const unsigned int size = gso_size(in), keep = number(in->keep) + 1;
	const unsigned int segs = (len + size - 1) / size;
	static struct book want;
	struct rmirror_gso_cut cut;
	unsigned int seg;

	if (!rmirror_gso_cut_init(&cut, frame)) {
		put_headers(&want, in, len);
		demand(want.hlen > RMIRROR_GSO_HEADERS_MAX, "a sound superframe can be cut");
		return;
	}
	demand(cut.segs == segs, "it stands for so many frames");
	for (seg = 0; seg < min(segs, SEGS_MAX + 0U); seg++) {
		struct sk_buff *copy = rmirror_gso_cut_frame(&cut, seg, keep, HEADROOM);

		write_book(&want, in, payload, seg * size, min(size, len - seg * size), seg, segs, false);
		demand(rmirror_cb(copy)->wire_len == want.len, "it says how long it was");
		demand_bytes(copy, want.bytes, min(keep, want.len), "a cut frame is that of the wire");
		kfree_skb(copy);
	}
}

static void check_sound(const struct superframe_input *in, const u8 *payload, unsigned int len)
{
	static struct book super;
	struct rmirror_frame frame;
	struct sk_buff *skb;

	write_book(&super, in, payload, 0, len, 0, 1, true);
	skb = skb_of(super.bytes, super.len, super.hlen + number(in->linear), in->page * 8);
	skb_set_network_header(skb, super.l3);
	set_gso(skb, in, super.l4);
	frame = frame_of(&super, in, skb);
	demand(rmirror_gso_frame_len(&frame) == super.hlen + skb->info.gso_size,
	       "the length of a frame on the wire");
	check_cut(&frame, in, payload, len);
	check_stay(&frame, &super, in, payload);
	kfree_skb(skb);
	write_book(&super, in, payload, 0, len, 0, 1, false);
	check_make(&super, in);
}

/* What is no superframe is the frame but for its checksum, wherever that may stand. */
static void check_sum_only(const struct rmirror_frame *frame, struct sk_buff *copy)
{
	const int field = (int)frame->hlen - frame->src + skb_checksum_start_offset(frame->skb) +
			  frame->skb->csum_offset;
	u8 sum[2], *want = malloc(frame->len);

	memcpy(want, frame->hdr, frame->hlen);
	skb_copy_bits(frame->skb, frame->src, want + frame->hlen, frame->len - frame->hlen);
	if (field >= 0 && !skb_copy_bits(copy, field, sum, sizeof(sum)))
		memcpy(want + field, sum, sizeof(sum));
	demand_bytes(copy, want, frame->len, "only the checksum is written");
	free(want);
}

/* Nothing but that it stays in the packet */
static void check_hostile_frame(const struct rmirror_frame *frame, const struct superframe_input *in)
{
	struct rmirror_gso_cut cut;
	struct sk_buff *copy;
	unsigned int seg;

	if (skb_is_gso(frame->skb) && rmirror_gso_frame_len(frame) &&
	    rmirror_gso_cut_init(&cut, frame)) {
		for (seg = 0; seg < min(cut.segs, SEGS_MAX + 0U); seg++)
			kfree_skb(rmirror_gso_cut_frame(&cut, seg, number(in->keep), HEADROOM));
		seg = cut.segs - 1;
		kfree_skb(rmirror_gso_cut_frame(&cut, seg, number(in->keep), HEADROOM));
	}
	copy = rmirror_copy(frame, frame->len, HEADROOM);
	*rmirror_cb(copy) = (struct rmirror_cb) {};
	/* As mirror.c: of those that can be told only; any may have to be undone. */
	if (skb_is_gso(copy) && rmirror_gso_frame_len(frame)) {
		rmirror_gso_shrink(copy, number(in->limit));
		rmirror_gso_vouch(copy);
	}
	if (!skb_is_gso(copy))
		check_sum_only(frame, copy);
	demand(rmirror_gso_undo(copy), "a superframe can be undone");
	demand(copy->len == frame->len, "one long frame is as long as it was");
	rmirror_gso_make(copy, number(in->limit));
	kfree_skb(copy);
}

static void check_hostile(const struct superframe_input *in, const u8 *bytes, size_t size)
{
	struct scene_input where;
	struct scene scene;
	struct rmirror_frame frame;
	struct sk_buff *skb;

	if (size < sizeof(where) + ETH_HLEN)
		return;
	memcpy(&where, bytes, sizeof(where));
	if (scene_set(&scene, &where, bytes + sizeof(where), size - sizeof(where))) {
		skb = scene.skb;
		set_gso(skb, in, where.headroom + in->csum[0]);
		skb->csum_offset = in->csum[1];
		/* What is no superframe has a checksum to be finished, too. */
		if (!number(in->size))
			skb_gso_reset(skb);
		/* As skb_partial_csum_set() has it, when skb->data was at the Ethernet header */
		if (skb->csum_start + skb->csum_offset + sizeof(__sum16) <= skb->tail) {
			rmirror_frame_find(&frame, skb, &scene.state);
			check_hostile_frame(&frame, in);
			rmirror_frame_strip(&frame);
			check_hostile_frame(&frame, in);
		}
	}
	kfree_skb(scene.skb);
}

/* The kernel's: nothing here leads to it. */
struct sk_buff *__skb_gso_segment(struct sk_buff *skb, unsigned int features, bool tx_path)
{
	demand(false, "no harness gets here");
	return NULL;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct superframe_input in;

	if (size <= sizeof(in))
		return 0;
	memcpy(&in, data, sizeof(in));
	if (in.sort & SUPER_HOSTILE)
		check_hostile(&in, data + sizeof(in), size - sizeof(in));
	else
		check_sound(&in, data + sizeof(in), size - sizeof(in));
	return 0;
}
