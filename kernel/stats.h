/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of a mirror, and what became of a packet. */
#ifndef _RMIRROR_STATS_H
#define _RMIRROR_STATS_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

#include <rmirror_tables.h>

#include "core.h"

/**
 * enum rmirror_outcome - what became of one matched packet
 *
 * The index of a counter of RMIRROR_COUNTER_TABLE that is an outcome, or
 * RMIRROR_PENDING: the copy waits for its neighbour and is counted when that is settled.
 */
enum rmirror_outcome {
#define X(id, column, severity) RMIRROR_##id,
	RMIRROR_COUNTER_TABLE(X)
#undef X
	__RMIRROR_COUNTER_MAX,
	RMIRROR_PENDING = __RMIRROR_COUNTER_MAX,
};

struct rmirror_stats {
	u64_stats_t		counter[__RMIRROR_COUNTER_MAX];
	struct u64_stats_sync	syncp;
};

/**
 * rmirror_stats_add - count
 * @m: the mirror; BHs are off
 * @matched: so many packets have matched
 * @outcome: what became of one; RMIRROR_PENDING: nothing yet
 * @bytes: so many bytes were sent
 */
static inline void rmirror_stats_add(struct rmirror *m, unsigned int matched,
				     enum rmirror_outcome outcome, unsigned int bytes)
{
	struct rmirror_stats *stats = this_cpu_ptr(m->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->counter[RMIRROR_MATCHED], matched);
	if (likely(outcome != RMIRROR_PENDING))
		u64_stats_add(&stats->counter[outcome], 1);
	u64_stats_add(&stats->counter[RMIRROR_BYTES], bytes);
	u64_stats_update_end(&stats->syncp);
}

/**
 * rmirror_stats_add_many - count what became of packets that have matched before
 * @m: the mirror; BHs are off
 * @outcome: of each of them; not RMIRROR_PENDING
 * @count: how many
 * @bytes: so many bytes were sent
 */
static inline void rmirror_stats_add_many(struct rmirror *m, enum rmirror_outcome outcome,
					  unsigned int count, unsigned int bytes)
{
	struct rmirror_stats *stats = this_cpu_ptr(m->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->counter[outcome], count);
	u64_stats_add(&stats->counter[RMIRROR_BYTES], bytes);
	u64_stats_update_end(&stats->syncp);
}

/**
 * rmirror_stats_refused - an ICMP error about one of its copies has come
 * @m: the mirror; BHs are off
 */
static inline void rmirror_stats_refused(struct rmirror *m)
{
	struct rmirror_stats *stats = this_cpu_ptr(m->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->counter[RMIRROR_REFUSED], 1);
	u64_stats_update_end(&stats->syncp);
}

void rmirror_stats_drop(struct sk_buff *skb, enum rmirror_outcome why);
enum rmirror_outcome rmirror_stats_worse(enum rmirror_outcome a, enum rmirror_outcome b);
int rmirror_stats_net_init(struct net *net);
void rmirror_stats_net_exit(struct net *net);

#endif /* _RMIRROR_STATS_H */
