/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of a mirror, and what became of a packet. */
#ifndef _RMIRROR_STATS_H
#define _RMIRROR_STATS_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

#include "core.h"

/*
 * The counters of a mirror, in the order of the columns of /proc/net/rmirror:
 * X(id, column, severity). The first three count what happened; every matched
 * packet then adds one to exactly one of SENT and the rows below BYTES, its
 * outcome. Of a packet that became several copies the most severe one counts.
 */
#define RMIRROR_COUNTERS(X)			\
	X(MATCHED,	"matched",	0)	\
	X(SENT,		"sent",		0)	\
	X(BYTES,	"bytes",	0)	\
	X(RESEGMENTED,	"resegmented",	1)	\
	X(FRAGMENTED,	"fragmented",	2)	\
	X(TRUNCATED,	"truncated",	3)	\
	X(TOO_BIG,	"too-big",	5)	\
	X(NO_ROUTE,	"no-route",	6)	\
	X(NO_NEIGHBOUR,	"no-neighbour",	7)	\
	X(NO_MEMORY,	"no-memory",	9)	\
	X(TX_DROP,	"tx-drop",	8)	\
	X(LOOP,		"loop",		4)	\
	X(LOCAL,	"local",	4)	\
	X(NESTED,	"nested",	4)	\
	X(CLEAR,	"clear",	4)

/**
 * enum rmirror_outcome - what became of one matched packet
 *
 * The index of a counter, or RMIRROR_PENDING: the copy waits for its neighbour
 * and is counted when that is settled.
 */
enum rmirror_outcome {
#define X(id, column, severity) RMIRROR_##id,
	RMIRROR_COUNTERS(X)
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

enum rmirror_outcome rmirror_stats_worse(enum rmirror_outcome a, enum rmirror_outcome b);
int rmirror_stats_net_init(struct net *net);
void rmirror_stats_net_exit(struct net *net);

#endif /* _RMIRROR_STATS_H */
