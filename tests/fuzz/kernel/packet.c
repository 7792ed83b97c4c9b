// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a packet at any hook: the frame walker, the loop guard, the flow hash, the copy,
 * and the headers of all encapsulations, with what design and comments promise of them.
 */
#include "copy.h"
#include "encap/encap.h"
#include "flow.h"
#include "frame.h"
#include "loop.h"
#include "scene.h"

#define HEADROOM 128

/* A short cut says the same as the long way. */
static void check_short_cut(const struct rmirror_frame *frame, const struct scene *scene)
{
	struct rmirror_frame plain;

	if (!rmirror_frame_is_plain(&plain, scene->skb, &scene->state))
		return;
	/* br_netfilter's frames are rebuilt where the header is not that of the packet. */
	demand(plain.skb == frame->skb && plain.src == frame->src && plain.len == frame->len &&
	       plain.l3 == frame->l3 && plain.proto == frame->proto && plain.hlen == frame->hlen &&
	       plain.tags == frame->tags && plain.cos == frame->cos &&
	       plain.outbound == frame->outbound,
	       "a frame that is plain is what is found");
}

static void check_frame(const struct rmirror_frame *frame, const struct scene *scene)
{
	u8 source[ETH_ALEN];

	demand(frame->hlen <= RMIRROR_FRAME_HDR_MAX, "the header that is made has room");
	demand(frame->src >= -skb_headroom(scene->skb), "a frame starts in the packet");
	demand(frame->src <= (int)scene->skb->len, "it starts before the packet's end");
	demand(frame->len == frame->hlen + scene->skb->len - frame->src, "its length is that of its parts");
	demand(frame->l3 <= frame->len, "its packet starts in it");
	demand(frame->l3 >= ETH_HLEN, "there is an Ethernet header");
	demand(frame->cos <= 7, "a priority has three bits");
	demand(rmirror_frame_source(frame, source), "there is a source address");
}

static void read_frame(const struct rmirror_frame *frame, u8 *to)
{
	memcpy(to, frame->hdr, frame->hlen);
	demand(!skb_copy_bits(frame->skb, frame->src, to + frame->hlen, frame->len - frame->hlen),
	       "a frame can be read");
}

static void swap(struct sk_buff *skb, int off, int len)
{
	u8 ends[32];

	if (skb_copy_bits(skb, off, ends, 2 * len))
		return;
	skb_store_bits(skb, off, ends + len, len);
	skb_store_bits(skb, off + len, ends, len);
}

/* The same packet in the other direction; false: its header is none */
static bool turn_round(struct sk_buff *skb)
{
	const int off = skb_network_offset(skb);
	u8 ihl;

	if (skb->protocol == htons(ETH_P_IP)) {
		if (skb_copy_bits(skb, off, &ihl, 1) || (ihl & 15) < 5)
			return false;
		swap(skb, off + offsetof(struct iphdr, saddr), 4);
		swap(skb, off + (ihl & 15) * 4, 2);
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		swap(skb, off + offsetof(struct ipv6hdr, saddr), 16);
		swap(skb, off + sizeof(struct ipv6hdr), 2);
	} else {
		swap(skb, 0, ETH_ALEN);
	}
	return true;
}

static void check_flow(struct sk_buff *copy)
{
	const u32 hash = rmirror_flow_hash(copy);

	demand(hash, "a flow's hash is not 0");
	demand(hash == __rmirror_flow_hash(copy), "the short way to it says the same");
	if (turn_round(copy)) {
		demand(hash == rmirror_flow_hash(copy), "both directions have the same");
		turn_round(copy);
	}
}

/* Addresses of the outer header */
static bool read_addresses(const struct rmirror_frame *frame, u8 *family, u8 *saddr, u8 *daddr)
{
	const int off = rmirror_frame_l3_offset(frame);
	const bool ipv4 = frame->proto == htons(ETH_P_IP);
	const int len = ipv4 ? 4 : 16, at = ipv4 ? 12 : 8;

	*family = ipv4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	return !skb_copy_bits(frame->skb, off + at, saddr, len) &&
	       !skb_copy_bits(frame->skb, off + at + len, daddr, len);
}

/* No hiding: what goes between strangers is no copy, unless one of our queues has marked it. */
static void check_kin(const struct rmirror_frame *frame, struct rmirror_net *rn)
{
	const enum rmirror_kin kin = rmirror_loop_kin(rn, frame);
	u8 family, saddr[16], daddr[16];

	demand(!rmirror_loop_is_stranger(rn, frame) || kin == RMIRROR_NO_KIN,
	       "a stranger is no kin");
	if (kin != RMIRROR_COPY || frame->skb->hash)
		return;
	demand(read_addresses(frame, &family, saddr, daddr), "a copy has an IP header");
	demand(scene_is_own(family, saddr) || scene_is_own(family, daddr) ||
	       scene_is_collector(family, daddr), "what goes between strangers is no copy");
}

/* As check_frame() wants it: the outer packet, with no link header */
static struct rmirror_frame outer_packet(const struct sk_buff *skb)
{
	return (struct rmirror_frame) {
		.skb = skb, .len = skb->len, .proto = htons(ETH_P_IP),
	};
}

/* What a mirror writes is known again on its way to the collector, and only there. */
static void check_outer(struct sk_buff *skb, u8 proto, struct rmirror_net *rn)
{
	struct iphdr *iph = __skb_push(skb, sizeof(*iph));
	const struct rmirror_frame frame = outer_packet(skb);

	*iph = (struct iphdr) {
		.version = 4, .ihl = 5, .tot_len = htons(skb->len), .ttl = 255, .protocol = proto,
		.saddr = htonl(0x0a000001), .daddr = htonl(0x0a000005),
	};
	demand(!rmirror_loop_is_stranger(rn, &frame), "a copy does not look like a stranger");
	demand(rmirror_loop_kin(rn, &frame) == RMIRROR_COPY, "no amplification: a copy is known");
	demand(rmirror_loop_quotes_ours(rn, skb, 0, NFPROTO_IPV4), "and so is one that is quoted");
	iph->saddr = htonl(0x0a010001);
	iph->daddr = htonl(0x0a010002);
	demand(rmirror_loop_kin(rn, &frame) != RMIRROR_COPY, "no hiding: another's tunnel is not");
}

static void check_encap(const struct rmirror_frame *frame, const struct scene *scene, u32 id,
			unsigned int keep)
{
	struct rmirror m = { .conf = { .encap = id, .family = NFPROTO_IPV4, .given = BIT(NFTA_RMIRROR_KEY),
				       .key = 5, .port = rmirror_encap_port(id) } };
	struct rmirror_hop hop = {};
	struct rmirror_job job = { .m = &m, .frame = frame, .state = &scene->state };
	struct sk_buff *copy = rmirror_copy(frame, keep, HEADROOM);
	const u8 *begin = copy->data;
	atomic_t seq = {};

	m.conf.flags = (BIT(id) & RMIRROR_E_SEQ ? RMIRROR_F_SEQ : 0) |
		       (id == RMIRROR_ENCAP_ERSPAN3 ? RMIRROR_F_PLATFORM : 0) |
		       (id == RMIRROR_ENCAP_GENEVE ? RMIRROR_F_METADATA : 0);
	m.encap = rmirror_encap_find(id);
	m.hlen = m.encap->hlen(&m.conf);
	hop.seq = &seq;
	job.path.hop = &hop;
	job.path.key = m.conf.key;
	rmirror_cb(copy)->wire_len = frame->len;
	m.encap->push(&job, copy);
	demand(begin - copy->data == m.hlen, "a header is as long as it says");
	demand(rmirror_encap_inner(m.encap->proto, copy, 0) == (int)m.hlen,
	       "what an encapsulation writes it knows again");
	check_outer(copy, m.encap->proto, scene->rn);
	kfree_skb(copy);
}

static void check_copy(const struct rmirror_frame *frame, const struct scene *scene,
		       unsigned int keep, u32 encap)
{
	struct sk_buff *copy = rmirror_copy(frame, keep, HEADROOM);
	u8 *want = malloc(frame->len), *got = malloc(keep);

	read_frame(frame, want);
	demand(copy->len == keep && skb_headroom(copy) == HEADROOM, "a copy has what was asked for");
	demand(!skb_copy_bits(copy, 0, got, keep) && !memcmp(got, want, keep),
	       "a copy is the frame, byte for byte");
	demand(copy->protocol == frame->proto && skb_network_offset(copy) == (int)frame->l3,
	       "it knows where its packet is");
	check_flow(copy);
	free(want);
	free(got);
	kfree_skb(copy);
	check_encap(frame, scene, encap, keep);
}

/* One of the encapsulations that have a header, which all but one have */
static u32 wrapping(u32 number)
{
	const u32 id = number % RMIRROR_ENCAP_MAX;

	return id < RMIRROR_ENCAP_NONE ? id : id + 1;
}

static void check_packet(const struct scene *scene, const struct scene_input *input)
{
	const struct sk_buff before = *scene->skb;
	u8 *bytes = malloc(scene->skb->len), *after = malloc(scene->skb->len);
	struct rmirror_frame frame;

	skb_copy_bits(scene->skb, 0, bytes, scene->skb->len);
	rmirror_frame_is_clear(scene->skb);
	rmirror_frame_find(&frame, scene->skb, &scene->state);
	check_frame(&frame, scene);
	check_short_cut(&frame, scene);
	check_kin(&frame, scene->rn);
	check_copy(&frame, scene, min(input->keep * 8U ?: frame.len, frame.len),
		   wrapping(input->encap));
	rmirror_frame_strip(&frame);
	demand(frame.len <= scene->skb->len + skb_headroom(scene->skb), "a packet is in its frame");
	skb_copy_bits(scene->skb, 0, after, scene->skb->len);
	demand(!memcmp(&before, scene->skb, sizeof(before)) &&
	       !memcmp(bytes, after, scene->skb->len), "the original is only read");
	free(bytes);
	free(after);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct scene_input input;
	struct scene scene;

	if (size < sizeof(input) + ETH_HLEN)
		return 0;
	memcpy(&input, data, sizeof(input));
	if (scene_set(&scene, &input, data + sizeof(input), size - sizeof(input)))
		check_packet(&scene, &input);
	kfree_skb(scene.skb);
	return 0;
}
