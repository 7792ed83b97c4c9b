/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies that wait for a neighbour. */
#ifndef _RMIRROR_WAIT_H
#define _RMIRROR_WAIT_H

#include <linux/atomic.h>

#include "core.h"
#include "netns.h"
#include "stats.h"

struct neighbour;
struct net_device;

bool rmirror_wait(const struct rmirror_job *job, struct sk_buff *skb, struct neighbour *n,
		  enum rmirror_outcome *outcome);
void rmirror_wait_drop(struct rmirror_net *rn, const struct rmirror *m);
void rmirror_wait_device_down(const struct net_device *dev);
int rmirror_wait_init(void);
void rmirror_wait_exit(void);
void rmirror_wait_net_init(struct rmirror_net *rn);
void rmirror_wait_net_exit(struct rmirror_net *rn);

/* Does a copy wait in a netns, for whichever neighbour? */
static inline bool rmirror_wait_any(const struct rmirror_net *rn)
{
	return atomic_read(&rn->waiting.count);
}

#endif /* _RMIRROR_WAIT_H */
