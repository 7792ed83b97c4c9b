/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies for a card, sent together. */
#ifndef _RMIRROR_BATCH_H
#define _RMIRROR_BATCH_H

#include <linux/netdevice.h>
#include <linux/percpu.h>

#include "core.h"
#include "stats.h"

struct hh_cache;

/* So many copies are not put into a list; then there is none. */
DECLARE_PER_CPU(unsigned int, rmirror_batch_pause);

/**
 * rmirror_batch_pauses - has a list not paid lately, or not been possible?
 *
 * Of a copy; BHs are off.
 */
static inline bool rmirror_batch_pauses(void)
{
	if (!this_cpu_read(rmirror_batch_pause))
		return false;
	this_cpu_dec(rmirror_batch_pause);
	return true;
}

bool rmirror_batch_add(const struct rmirror_job *job, struct sk_buff *skb,
		       const struct hh_cache *hh);
void rmirror_batch_flush(const struct net_device *dev);
bool rmirror_batch_may_gain(const struct net_device *dev);
int rmirror_batch_init(void);
void rmirror_batch_exit(void);

#endif /* _RMIRROR_BATCH_H */
