/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies for a card, sent together. */
#ifndef _RMIRROR_BATCH_H
#define _RMIRROR_BATCH_H

#include <linux/netdevice.h>

#include "core.h"
#include "stats.h"

struct hh_cache;

bool rmirror_batch_add(const struct rmirror_job *job, struct sk_buff *skb,
		       const struct hh_cache *hh);
void rmirror_batch_flush(const struct net_device *dev);
int rmirror_batch_init(void);
void rmirror_batch_exit(void);

/**
 * rmirror_batch_may_gain - can a device be told of many packets at once?
 * @dev: an Ethernet device that has no other below it
 *
 * One that has no queue by nature is told nothing. Without a route a copy may wait
 * outside of an RCU read side section.
 */
static inline bool rmirror_batch_may_gain(const struct net_device *dev)
{
	return !IS_ENABLED(CONFIG_PREEMPT_RT) && !(dev->priv_flags & IFF_NO_QUEUE) &&
	       dev->priv_flags & IFF_XMIT_DST_RELEASE;
}

#endif /* _RMIRROR_BATCH_H */
