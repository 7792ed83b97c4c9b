// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of copies.
 *
 * Each CPU cuts buffers from blocks of some pages, one block after the other, as
 * the page frag cache of the kernel does. That one has a single block: as long as a
 * card holds one copy of it, it cannot be used again, and the next is taken from the
 * page allocator, which by default zeroes it. Here the blocks stay, in a ring:
 * copies leave in the order in which they were made, so that the oldest block is free
 * first. It is taken again when all of its buffers were given back, whoever had
 * them; the ring grows by one block when it is not.
 *
 * A buffer is a reference to its block's pages and is freed as any page frag, on
 * whichever CPU, and after this module, too. The owner holds so many references in
 * advance that none has to be taken for a buffer.
 */

#include <linux/cpu.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>

#include "buffer.h"
#include "compat/compat.h"

/* Enough for a card that holds 256 copies of 1514 bytes, twice */
#define RING_BLOCKS	32
#define BLOCK_ORDER	get_order(32768)
#define BLOCK_BYTES	(PAGE_SIZE << BLOCK_ORDER)
/* References taken in advance; a block has fewer buffers. */
#define BLOCK_REFS	(BLOCK_BYTES + 1)
/* So often in a row there was a block too many: one is given back. */
#define SURPLUS_MAX	(4 * RING_BLOCKS)
/* A ring that was not used for so long gives back what is free. */
#define IDLE_TIME	(10 * HZ)

/* Pages that buffers are cut from, from their end to their start */
struct block {
	void		*start;
	unsigned int	size;		/* less than BLOCK_BYTES: there was no such block */
	unsigned int	left;		/* bytes at the start that are in no buffer yet */
	unsigned int	refs;		/* taken in advance, and left */
};

/**
 * struct ring - the blocks of a CPU
 *
 * @bh_lock: of its CPU against what PREEMPT_RT lets in with BHs off
 * @cpu: whose it is
 * @current_block: index of the block that buffers are cut from
 * @count: blocks there are
 * @surplus: so often in a row the block after the oldest was free, too
 * @used: some block was taken since @idle_work ran
 * @idle_work: gives back what was not used; pending while more than one is in use
 * @block: in the order of their use, the one after @current_block is the oldest
 */
struct ring {
	RMIRROR_COMPAT_BH_LOCK		bh_lock;
	int				cpu;
	unsigned int			current_block;
	unsigned int			count;
	unsigned int			surplus;
	bool				used;
	struct delayed_work		idle_work;
	struct block			block[RING_BLOCKS];
};

static DEFINE_PER_CPU(struct ring, rings) = {
	.bh_lock = RMIRROR_COMPAT_INIT_BH_LOCK(bh_lock),
};

static bool block_alloc(struct block *b)
{
	const gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN | __GFP_NOMEMALLOC;
	unsigned int order = BLOCK_ORDER;
	struct page *page;

	page = alloc_pages(gfp | __GFP_COMP | __GFP_NORETRY, order);
	if (unlikely(!page)) {
		order = 0;
		page = alloc_page(gfp);
	}
	if (unlikely(!page))
		return false;
	page_ref_add(page, BLOCK_REFS - 1);
	*b = (struct block) {
		.start	= page_address(page),
		.size	= PAGE_SIZE << order,
		.left	= PAGE_SIZE << order,
		.refs	= BLOCK_REFS,
	};
	return true;
}

/* Its last buffer frees the pages, or this does. */
static void block_drop(const struct block *b)
{
	__page_frag_cache_drain(virt_to_page(b->start), b->refs);
}

/* Were all of its buffers given back? */
static bool block_is_free(const struct block *b)
{
	if (page_ref_count(virt_to_page(b->start)) != (int)b->refs)
		return false;
	/* What others did with the buffers was before. */
	smp_acquire__after_ctrl_dep();
	return true;
}

static void block_rewind(struct block *b)
{
	page_ref_add(virt_to_page(b->start), BLOCK_REFS - b->refs);
	b->refs = BLOCK_REFS;
	b->left = b->size;
}

static unsigned int ring_after(const struct ring *ring, unsigned int i)
{
	return i + 1 < ring->count ? i + 1 : 0;
}

static void ring_remove(struct ring *ring, unsigned int i)
{
	block_drop(&ring->block[i]);
	ring->count--;
	memmove(&ring->block[i], &ring->block[i + 1], (ring->count - i) * sizeof(ring->block[0]));
	/* Of an empty ring the current block is the first, which must have nothing to give. */
	ring->block[ring->count] = (struct block) {};
	if (ring->current_block > i)
		ring->current_block--;
}

/* The ring keeps what it needed at most, lately. */
static void ring_watch_surplus(struct ring *ring)
{
	const unsigned int next = ring_after(ring, ring->current_block);

	if (next == ring->current_block || !block_is_free(&ring->block[next])) {
		ring->surplus = 0;
	} else if (++ring->surplus > SURPLUS_MAX) {
		ring->surplus = 0;
		ring_remove(ring, next);
	}
}

/* A new block after the current one; of a full ring it takes the place of the oldest. */
static bool ring_grow(struct ring *ring)
{
	unsigned int at = ring->count ? ring->current_block + 1 : 0;
	struct block fresh;

	if (!block_alloc(&fresh))
		return false;
	if (ring->count == RING_BLOCKS) {
		at = ring_after(ring, ring->current_block);
		block_drop(&ring->block[at]);
	} else {
		memmove(&ring->block[at + 1], &ring->block[at],
			(ring->count - at) * sizeof(ring->block[0]));
		ring->count++;
	}
	ring->block[at] = fresh;
	ring->current_block = at;
	return true;
}

/* The current block is used up: the oldest is the next, if it is free. */
static noinline bool ring_advance(struct ring *ring)
{
	ring->used = true;
	if (ring->count > 1)
		schedule_delayed_work_on(ring->cpu, &ring->idle_work, IDLE_TIME);
	/* One that is smaller than it should be is not kept. */
	if (ring->count && ring->block[ring->current_block].size < BLOCK_BYTES) {
		ring_remove(ring, ring->current_block);
		ring->current_block = ring->current_block ? ring->current_block - 1 :
				      max(ring->count, 1U) - 1;
	}
	if (ring->count) {
		const unsigned int oldest = ring_after(ring, ring->current_block);

		if (likely(block_is_free(&ring->block[oldest]))) {
			block_rewind(&ring->block[oldest]);
			ring->current_block = oldest;
			ring_watch_surplus(ring);
			return true;
		}
	}
	return ring_grow(ring);
}

/**
 * rmirror_buffer_get - memory for the head of an skb
 * @size: bytes, at most a page; a multiple of the cache line
 *
 * BHs are off. It is freed by skb_free_frag(), as napi_build_skb() has it done.
 *
 * Return: NULL if there is no memory.
 */
void *rmirror_buffer_get(unsigned int size)
{
	struct ring *ring;
	struct block *b;
	void *buffer = NULL;

	rmirror_compat_bh_lock(&rings.bh_lock);
	ring = this_cpu_ptr(&rings);
	b = &ring->block[ring->current_block];
	if (likely(b->left >= size) || ring_advance(ring)) {
		b = &ring->block[ring->current_block];
		b->left -= size;
		b->refs--;
		buffer = b->start + b->left;
	}
	rmirror_compat_bh_unlock(&rings.bh_lock);
	return buffer;
}

/* Nobody has taken a block of it for a while: the current one is enough. */
static void ring_shrink(struct ring *ring)
{
	unsigned int i = 0;

	while (i < ring->count) {
		if (i != ring->current_block && block_is_free(&ring->block[i]))
			ring_remove(ring, i);
		else
			i++;
	}
}

static void ring_idle(struct work_struct *work)
{
	struct ring *ring = container_of(to_delayed_work(work), struct ring, idle_work);

	local_bh_disable();
	/* Elsewhere it runs only if its CPU has gone, which may be back at any time. */
	if (smp_processor_id() == ring->cpu) {
		rmirror_compat_bh_lock(&rings.bh_lock);
		if (!ring->used)
			ring_shrink(ring);
		ring->used = false;
		if (ring->count > 1)
			schedule_delayed_work_on(ring->cpu, &ring->idle_work, IDLE_TIME);
		rmirror_compat_bh_unlock(&rings.bh_lock);
	}
	local_bh_enable();
}

/**
 * rmirror_buffer_init - prepare the ring of each CPU
 */
void __init rmirror_buffer_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);

		ring->cpu = cpu;
		INIT_DELAYED_WORK(&ring->idle_work, ring_idle);
	}
}

/**
 * rmirror_buffer_exit - give all blocks back
 *
 * There is no mirror any more. Buffers that are still in copies remain valid.
 */
void rmirror_buffer_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);

		cancel_delayed_work_sync(&ring->idle_work);
		while (ring->count)
			ring_remove(ring, ring->count - 1);
	}
}
