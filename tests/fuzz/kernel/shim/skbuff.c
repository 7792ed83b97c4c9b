// SPDX-License-Identifier: GPL-2.0-only
/* Packet buffers: reading, writing, room, pages. */
#include "kernel.h"

/* The part of @skb's pages that the @offset'th byte is in: its address, and how much follows */
static u8 *find_in_pages(const struct sk_buff *skb, int offset, int *left)
{
	int i, start = skb_headlen(skb);

	for (i = 0; i < skb->info.nr_frags; i++) {
		const skb_frag_t *frag = &skb->info.frags[i];
		const int end = start + (int)frag->size;

		if (offset < end) {
			*left = end - offset;
			return frag->page->bytes + frag->offset + (offset - start);
		}
		start = end;
	}
	demand(false, "a packet's length is that of its parts");
	return NULL;
}

static u8 *find_byte(const struct sk_buff *skb, int offset, int *left)
{
	if (offset < (int)skb_headlen(skb)) {
		*left = (int)skb_headlen(skb) - offset;
		return skb->data + offset;
	}
	return find_in_pages(skb, offset, left);
}

/* As in the kernel a negative offset is one in the headroom, and a negative length a disaster. */
int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len)
{
	if (offset > (int)skb->len - len)
		return -EFAULT;
	demand(len >= 0, "no negative length is copied");
	while (len) {
		int left;
		const u8 *from = find_byte(skb, offset, &left);
		const int part = min(left, len);

		memcpy(to, from, part);
		to += part;
		offset += part;
		len -= part;
	}
	return 0;
}

int skb_store_bits(struct sk_buff *skb, int offset, const void *from, int len)
{
	if (offset > (int)skb->len - len)
		return -EFAULT;
	demand(len >= 0, "no negative length is stored");
	while (len) {
		int left;
		u8 *to = find_byte(skb, offset, &left);
		const int part = min(left, len);

		memcpy(to, from, part);
		from += part;
		offset += part;
		len -= part;
	}
	return 0;
}

static void put_page(struct page *page)
{
	if (--page->users)
		return;
	free(page->bytes);
	free(page);
}

/* Drops the first @len bytes of the pages. */
static void drop_from_pages(struct sk_buff *skb, unsigned int len)
{
	struct skb_shared_info *info = &skb->info;
	unsigned int i, kept = 0;

	for (i = 0; i < info->nr_frags; i++) {
		skb_frag_t frag = info->frags[i];
		const unsigned int part = min(len, frag.size);

		len -= part;
		frag.offset += part;
		frag.size -= part;
		if (frag.size)
			info->frags[kept++] = frag;
		else
			put_page(frag.page);
	}
	info->nr_frags = kept;
}

/* The linear part is @len bytes from now on, in memory of its own. */
static void move_linear(struct sk_buff *skb, unsigned int len)
{
	const unsigned int headroom = skb_headroom(skb), old = skb_headlen(skb);
	u8 *head = malloc(headroom + len);

	memcpy(head, skb->head, headroom);
	skb_copy_bits(skb, 0, head + headroom, len);
	drop_from_pages(skb, len - old);
	skb->data_len -= len - old;
	free(skb->head);
	skb->head = head;
	skb->data = head + headroom;
	skb->tail = headroom + len;
	skb->end = skb->tail;
}

bool pskb_may_pull(struct sk_buff *skb, unsigned int len)
{
	if (len > skb->len)
		return false;
	move_linear(skb, len > skb_headlen(skb) ? len : skb_headlen(skb));
	return true;
}

int pskb_trim(struct sk_buff *skb, unsigned int len)
{
	if (len >= skb->len)
		return 0;
	/* Simply: all of it linear, and then shorter */
	move_linear(skb, skb->len);
	skb->len = len;
	skb->tail = skb_headroom(skb) + len;
	return 0;
}

struct sk_buff *napi_build_skb(void *data, unsigned int size)
{
	struct sk_buff *skb = calloc(1, sizeof(*skb));

	skb->head = data;
	skb->data = data;
	skb->end = size;
	skb->truesize = size;
	skb->mac_header = (u16)~0U;
	skb->transport_header = (u16)~0U;
	return skb;
}

struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp)
{
	return napi_build_skb(malloc(size), size);
}

static void add_page(struct sk_buff *skb, unsigned int len)
{
	skb_frag_t *frag = &skb->info.frags[skb->info.nr_frags];
	struct page *page = malloc(sizeof(*page));

	demand(skb->info.nr_frags++ < MAX_SKB_FRAGS, "there are not too many pages");
	*page = (struct page) { .users = 1, .bytes = malloc(len) };
	*frag = (skb_frag_t) { .page = page, .size = len };
}

struct sk_buff *alloc_skb_with_frags(unsigned long head, unsigned long pages, int order, int *err,
				     gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb(head, gfp);

	while (pages) {
		const unsigned long part = min(pages, PAGE_SIZE << order);

		add_page(skb, part);
		pages -= part;
	}
	return skb;
}

void skb_add_page(struct sk_buff *skb, const void *bytes, unsigned int len)
{
	add_page(skb, len);
	memcpy(skb->info.frags[skb->info.nr_frags - 1].page->bytes, bytes, len);
	skb->len += len;
	skb->data_len += len;
}

void kfree_skb(struct sk_buff *skb)
{
	unsigned int i;

	if (!skb)
		return;
	for (i = 0; i < skb->info.nr_frags; i++)
		put_page(skb->info.frags[i].page);
	kfree_skb(skb->info.frag_list);
	free(skb->head);
	free(skb);
}

/* kernel/buffer.c deals with pages that drivers give back; a buffer of exactly its size is stricter. */
void *rmirror_buffer_get(unsigned int size)
{
	return malloc(size);
}
