// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fresh skb that holds the frame.
 *
 * Not a clone: exactly the bytes that are wanted, exactly the headroom that the
 * outer headers need, and nothing of the original's state to scrub. Bytes in
 * page frags are shared by reference where that pays. The original is only read.
 */

#include <linux/if_vlan.h>
#include <linux/skbuff.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/xfrm.h>

#include "buffer.h"
#include "compat/compat.h"
#include "copy.h"
#include "frame.h"

/* Up to here a frame is copied into one linear buffer whatever it is made of. */
#define COPY_LINEAR_MAX		2048
/* From here on, sharing a page is cheaper than copying its bytes. */
#define COPY_SHARE_MIN		256
/* Linear bytes of a copy whose rest is in pages of its own */
#define COPY_HEAD		256

/* Offset in the frame of a byte of the original */
static int frame_offset(const struct rmirror_frame *frame, int skb_offset)
{
	return frame->hlen + skb_offset - frame->src;
}

static int checksum_field(const struct sk_buff *skb)
{
	return skb_checksum_start_offset(skb) + skb->csum_offset;
}

/* Is the frame TCP, by its own headers and without a tunnel's or IPsec's? */
static bool is_tcp(const struct rmirror_frame *frame)
{
	const int off = rmirror_frame_l3_offset(frame) +
			(frame->proto == htons(ETH_P_IP) ? offsetof(struct iphdr, protocol) :
							   offsetof(struct ipv6hdr, nexthdr));
	u8 buf, *proto;

	if (frame->proto != htons(ETH_P_IP) && frame->proto != htons(ETH_P_IPV6))
		return false;
	proto = skb_header_pointer(frame->skb, off, sizeof(buf), &buf);
	return proto && *proto == IPPROTO_TCP;
}

/*
 * May the pages of the original be part of the copy? Not if user space can still
 * write to them, or if the copy has to write the checksum there; and not if
 * somebody may decrypt them in place while the copy waits in a queue, as ESP does.
 * ESP may stand in UDP on any port, in any tunnel, and be decrypted by another
 * netns that the packet gets to: only TCP is sure to have none.
 */
static bool is_shareable(const struct rmirror_frame *frame)
{
	const struct sk_buff *skb = frame->skb;

	if (skb_has_frag_list(skb) || skb_shinfo(skb)->flags & SKBFL_ZEROCOPY_ENABLE ||
	    !rmirror_compat_readable(skb) || !is_tcp(frame))
		return false;
	if (skb_dst(skb) && dst_xfrm(skb_dst(skb)))
		return false;
	return skb->ip_summed != CHECKSUM_PARTIAL ||
	       checksum_field(skb) + (int)sizeof(__sum16) <= (int)skb_headlen(skb);
}

/* @len bytes of the frame from the @from'th on, which is past its made-up header */
static bool read_frame(const struct rmirror_frame *frame, void *to, unsigned int from,
		       unsigned int len)
{
	const int off = frame->src + (int)(from - frame->hlen);

	if (likely(off + (int)len <= (int)skb_headlen(frame->skb))) {
		memcpy(to, frame->skb->data + off, len);
		return true;
	}
	return !skb_copy_bits(frame->skb, off, to, len);
}

/*
 * An skb as a driver's receive path makes it: of the CPU's own caches, which a
 * driver's transmit path fills again; its memory is ours. Only with BHs off.
 */
static inline struct sk_buff *alloc_linear(unsigned int size)
{
	const unsigned int frag_size = SKB_HEAD_ALIGN(size);
	struct sk_buff *copy;
	void *data;

	/* Longer ones there are only while memory is not fragmented. */
	if (unlikely(frag_size > PAGE_SIZE))
		return alloc_skb(size, GFP_ATOMIC | __GFP_NOWARN);
	data = rmirror_buffer_get(frag_size);
	if (unlikely(!data))
		return NULL;
	copy = napi_build_skb(data, frag_size);
	if (unlikely(!copy))
		skb_free_frag(data);
	return copy;
}

static struct sk_buff *alloc_head(const struct rmirror_frame *frame, unsigned int head,
				  unsigned int pages, unsigned int headroom)
{
	struct sk_buff *copy;
	int err;

	if (likely(!pages))
		copy = alloc_linear(headroom + head);
	else
		copy = alloc_skb_with_frags(headroom + head, pages, PAGE_ALLOC_COSTLY_ORDER,
					    &err, GFP_ATOMIC | __GFP_NOWARN);
	if (unlikely(!copy))
		return NULL;
	skb_reserve(copy, headroom);
	__skb_put(copy, head);
	if (frame->hlen)
		memcpy(copy->data, frame->hdr, min_t(unsigned int, frame->hlen, head));
	if (head <= frame->hlen)
		return copy;
	if (!read_frame(frame, copy->data + frame->hlen, frame->hlen, head - frame->hlen)) {
		kfree_skb(copy);
		return NULL;
	}
	return copy;
}

static struct sk_buff *copy_linear(const struct rmirror_frame *frame, unsigned int keep,
				   unsigned int headroom)
{
	return alloc_head(frame, keep, 0, headroom);
}

/* Do the first @keep bytes of the frame stand one after another in the original's buffer? */
static bool is_plain(const struct rmirror_frame *frame, unsigned int keep)
{
	const struct sk_buff *skb = frame->skb;

	return !frame->hlen && keep <= COPY_LINEAR_MAX && !skb_is_gso(skb) &&
	       skb->ip_summed != CHECKSUM_PARTIAL &&
	       frame->src + (int)keep <= (int)skb_headlen(skb);
}

static struct sk_buff *copy_plain(const struct rmirror_frame *frame, unsigned int keep,
				  unsigned int headroom)
{
	struct sk_buff *copy = alloc_linear(headroom + keep);

	if (unlikely(!copy))
		return NULL;
	skb_reserve(copy, headroom);
	memcpy(__skb_put(copy, keep), frame->skb->data + frame->src, keep);
	return copy;
}

/* How many frags hold the first @len bytes of all; *@last: bytes that the last of those holds */
static unsigned int frags_of(const struct skb_shared_info *from, unsigned int len,
			     unsigned int *last)
{
	unsigned int i;

	for (i = 0; len > skb_frag_size(&from->frags[i]); i++)
		len -= skb_frag_size(&from->frags[i]);
	*last = len;
	return i + 1;
}

/* The linear part is copied, the frags are shared. */
static struct sk_buff *copy_shared(const struct rmirror_frame *frame, unsigned int keep,
				   unsigned int headroom)
{
	const unsigned int head = frame_offset(frame, skb_headlen(frame->skb));
	const struct skb_shared_info *from = skb_shinfo(frame->skb);
	unsigned int count = from->nr_frags, last = skb_frag_size(&from->frags[count - 1]), i;
	struct skb_shared_info *to;
	struct sk_buff *copy;

	copy = alloc_head(frame, head, 0, headroom);
	if (!copy)
		return NULL;

	if (keep < frame->len)
		count = frags_of(from, keep - head, &last);
	/* A superframe has 17 of them: the loop is a tenth of what its copy costs. */
	to = skb_shinfo(copy);
	for (i = 0; i < count; i++) {
		to->frags[i] = from->frags[i];
		__skb_frag_ref(&to->frags[i]);
	}
	skb_frag_size_set(&to->frags[count - 1], last);
	to->nr_frags = count;
	to->flags |= from->flags & SKBFL_SHARED_FRAG;
	copy->len = keep;
	copy->data_len = keep - head;
	copy->truesize += copy->data_len;
	copy->pfmemalloc |= frame->skb->pfmemalloc;
	return copy;
}

/* Too large for one buffer, and nothing can be shared. */
static struct sk_buff *copy_pages(const struct rmirror_frame *frame, unsigned int keep,
				  unsigned int headroom)
{
	unsigned int offset = COPY_HEAD;
	struct sk_buff *copy;
	int i;

	copy = alloc_head(frame, COPY_HEAD, keep - COPY_HEAD, headroom);
	if (!copy)
		return NULL;
	for (i = 0; i < skb_shinfo(copy)->nr_frags; i++) {
		skb_frag_t *frag = &skb_shinfo(copy)->frags[i];

		if (!read_frame(frame, skb_frag_address(frag), offset, skb_frag_size(frag))) {
			kfree_skb(copy);
			return NULL;
		}
		offset += skb_frag_size(frag);
	}
	copy->len = keep;
	copy->data_len = keep - COPY_HEAD;
	return copy;
}

/* SCTP's superframes: each skb of the frag list is the payload of one packet. */
static bool is_by_frags(const struct sk_buff *skb)
{
	return skb_is_gso(skb) && skb_shinfo(skb)->gso_size == GSO_BY_FRAGS;
}

/* Where the segments end is nowhere else but in the list: it has to stay one. */
static struct sk_buff *copy_list(const struct rmirror_frame *frame, unsigned int headroom)
{
	const struct sk_buff *from;
	struct sk_buff *copy, *part, **to;

	if (skb_shinfo(frame->skb)->nr_frags)
		return NULL;
	copy = alloc_head(frame, frame_offset(frame, skb_headlen(frame->skb)), 0, headroom);
	if (!copy)
		return NULL;

	to = &skb_shinfo(copy)->frag_list;
	skb_walk_frags(frame->skb, from) {
		part = alloc_skb(from->len, GFP_ATOMIC | __GFP_NOWARN);
		if (!part || skb_copy_bits(from, 0, __skb_put(part, from->len), from->len)) {
			kfree_skb(part);
			kfree_skb(copy);
			return NULL;
		}
		*to = part;
		to = &part->next;
		copy->len += part->len;
		copy->data_len += part->len;
		copy->truesize += part->truesize;
	}
	return copy;
}

static struct sk_buff *copy_bytes(const struct rmirror_frame *frame, unsigned int keep,
				  unsigned int headroom)
{
	const unsigned int head = frame_offset(frame, skb_headlen(frame->skb));

	if (is_by_frags(frame->skb))
		return copy_list(frame, headroom);
	if (head <= COPY_LINEAR_MAX && keep > head + COPY_SHARE_MIN &&
	    is_shareable(frame))
		return copy_shared(frame, keep, headroom);
	if (keep <= COPY_LINEAR_MAX)
		return copy_linear(frame, keep, headroom);
	return copy_pages(frame, keep, headroom);
}

/*
 * What the device would have done: the sum is over all of the original, also
 * where only its beginning is kept.
 */
static void finish_checksum(struct sk_buff *copy, const struct rmirror_frame *frame)
{
	const struct sk_buff *skb = frame->skb;
	const int start = skb_checksum_start_offset(skb);
	const int field = frame_offset(frame, checksum_field(skb));
	__sum16 sum;

	/* A guest has it stand where it likes: also before the frame. */
	if (field < 0 || field + sizeof(sum) > copy->len)
		return;
	sum = csum_fold(skb_checksum(skb, start, skb->len - start, 0)) ?: CSUM_MANGLED_0;
	skb_store_bits(copy, field, &sum, sizeof(sum));
}

/* As finish_checksum(); SCTP's CRC needs the whole packet in hand. */
static bool finish_crc(struct sk_buff *copy, const struct rmirror_frame *frame,
		       unsigned int keep)
{
	const struct sk_buff *skb = frame->skb;

	copy->ip_summed = CHECKSUM_PARTIAL;
	copy->csum_not_inet = 1;
	copy->csum_start = skb_headroom(copy) +
			   frame_offset(frame, skb_checksum_start_offset(skb));
	copy->csum_offset = skb->csum_offset;
	return !skb_csum_hwoffload_help(copy, 0) && !pskb_trim(copy, keep);
}

/* A superframe stays one: its segments are made later, of the copy. */
static void copy_gso(struct sk_buff *copy, const struct rmirror_frame *frame)
{
	const struct sk_buff *skb = frame->skb;
	const struct skb_shared_info *from = skb_shinfo(skb);
	struct skb_shared_info *to = skb_shinfo(copy);
	const int shift = (int)skb_headroom(copy) + frame_offset(frame, 0) -
			  (int)skb_headroom(skb);

	to->gso_size = from->gso_size;
	to->gso_segs = from->gso_segs;
	/* Its list, if it had one, is flat now. */
	to->gso_type = from->gso_type & ~SKB_GSO_FRAGLIST;
	copy->transport_header = skb->transport_header + shift;
	if (skb->encapsulation) {
		copy->encapsulation = 1;
		copy->inner_protocol_type = skb->inner_protocol_type;
		copy->inner_protocol = skb->inner_protocol;
		copy->inner_mac_header = skb->inner_mac_header + shift;
		copy->inner_network_header = skb->inner_network_header + shift;
		copy->inner_transport_header = skb->inner_transport_header + shift;
	}
	/*
	 * Each packet of a list has a partial checksum of its own; the segmenter
	 * wants one of the whole, which is made later.
	 */
	if (skb->ip_summed == CHECKSUM_PARTIAL &&
	    !(from->gso_type & SKB_GSO_FRAGLIST)) {
		copy->ip_summed = CHECKSUM_PARTIAL;
		copy->csum_start = skb->csum_start + shift;
		copy->csum_offset = skb->csum_offset;
		copy->csum_not_inet = skb->csum_not_inet;
		/* Surer than the original's, which IPv6 extension headers make wrong */
		if (!skb->encapsulation)
			copy->transport_header = copy->csum_start;
	}
}

static void set_headers(struct sk_buff *copy, const struct rmirror_frame *frame)
{
	skb_reset_mac_header(copy);
	skb_set_network_header(copy, frame->l3);
	copy->protocol = frame->proto;
}

static noinline struct sk_buff *copy_any(const struct rmirror_frame *frame, unsigned int keep,
					 unsigned int headroom)
{
	const bool partial = frame->skb->ip_summed == CHECKSUM_PARTIAL;
	const bool crc = partial && rmirror_compat_is_sctp(frame->skb);
	struct sk_buff *copy;

	copy = copy_bytes(frame, crc ? frame->len : keep, headroom);
	if (!copy)
		return NULL;

	set_headers(copy, frame);
	if (skb_is_gso(frame->skb)) {
		copy_gso(copy, frame);
	} else if (crc) {
		if (!finish_crc(copy, frame, keep)) {
			kfree_skb(copy);
			return NULL;
		}
	} else if (partial) {
		finish_checksum(copy, frame);
	}
	return copy;
}

/**
 * rmirror_copy - copy a frame
 * @frame: the frame
 * @keep: bytes of it that are wanted; a superframe must be kept whole
 * @headroom: bytes to leave free before it
 *
 * Return: an skb whose data is the frame, as it is on the wire: checksums are
 * finished but for a superframe's, which stays GSO. NULL if there is no memory.
 */
struct sk_buff *rmirror_copy(const struct rmirror_frame *frame, unsigned int keep,
			     unsigned int headroom)
{
	struct sk_buff *copy;

	if (unlikely(!is_plain(frame, keep)))
		return copy_any(frame, keep, headroom);
	copy = copy_plain(frame, keep, headroom);
	if (likely(copy))
		set_headers(copy, frame);
	return copy;
}

/**
 * rmirror_copy_parts - a copy of a changed beginning and some bytes of a frame
 * @frame: the frame
 * @head: what it begins with
 * @head_len: bytes of @head
 * @from: offset in the frame of the bytes that follow
 * @len: so many of them
 * @headroom: bytes to leave free before it
 *
 * Return: an skb, linear; NULL if there is no memory.
 */
struct sk_buff *rmirror_copy_parts(const struct rmirror_frame *frame, const void *head,
				   unsigned int head_len, unsigned int from, unsigned int len,
				   unsigned int headroom)
{
	struct sk_buff *copy = alloc_linear(headroom + head_len + len);

	if (!copy)
		return NULL;
	skb_reserve(copy, headroom);
	skb_put_data(copy, head, head_len);
	if (len && !read_frame(frame, skb_put(copy, len), from, len)) {
		kfree_skb(copy);
		return NULL;
	}
	set_headers(copy, frame);
	return copy;
}
