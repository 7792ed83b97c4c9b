// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies that wait for a neighbour.
 *
 * The neighbour layer has a queue for that, but what becomes of a packet in it
 * nobody learns. Here a copy is counted once its fate is known: sent, or given
 * up because the neighbour did not answer. A few copies of a netns wait, for
 * as long as resolution takes; the rest is dropped and counted at once.
 */

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/skbuff.h>
#include <net/neighbour.h>

#include "compat/compat.h"
#include "rmirror_core.h"

#define PENDING_MAX	256		/* copies per netns */
#define PENDING_TIME	(3 * HZ)	/* three probes, a second apart */
#define PENDING_POLL	max(HZ / 100, 1)

/**
 * rmirror_pending_add - let a copy wait
 * @skb: the outer packet, with its route; taken over
 *
 * Return: RMIRROR_PENDING, or RMIRROR_NO_NEIGHBOUR if too many wait already.
 */
enum rmirror_outcome rmirror_pending_add(struct sk_buff *skb)
{
	struct rmirror_net *rn = rmirror_net(rmirror_cb(skb)->m->net);

	if (!atomic_add_unless(&rn->waiting, 1, PENDING_MAX)) {
		kfree_skb(skb);
		return RMIRROR_NO_NEIGHBOUR;
	}
	rmirror_cb(skb)->expires = jiffies + PENDING_TIME;
	skb_queue_tail(&rn->pending, skb);
	schedule_delayed_work(&rn->work, PENDING_POLL);
	return RMIRROR_PENDING;
}

static u8 neighbour_state(struct sk_buff *skb)
{
	struct neighbour *n;
	u8 state = NUD_FAILED;

	n = rmirror_xmit_next_hop(skb_dst(skb), &rmirror_cb(skb)->addr);
	if (!IS_ERR(n))
		state = READ_ONCE(n->nud_state);
	return state;
}

/* Returns false if it still has to wait; else it is gone, and counted. */
static bool pending_settle(struct sk_buff *skb)
{
	struct rmirror_cb cb = *rmirror_cb(skb);
	const u8 state = neighbour_state(skb);
	enum rmirror_outcome outcome;
	unsigned int bytes = 0;

	if (state & NUD_VALID) {
		outcome = rmirror_xmit_resume(skb, &bytes);
	} else if (state & NUD_FAILED || time_after(jiffies, cb.expires)) {
		kfree_skb(skb);
		outcome = RMIRROR_NO_NEIGHBOUR;
	} else {
		return false;
	}
	rmirror_stats_add(cb.m, 0, cb.counts ? outcome : RMIRROR_PENDING, bytes);
	return true;
}

static void pending_work(struct work_struct *work)
{
	struct rmirror_net *rn = container_of(to_delayed_work(work), struct rmirror_net, work);
	struct sk_buff_head waiting;
	struct sk_buff *skb;

	__skb_queue_head_init(&waiting);
	/* Nobody may release the mirror of a copy that is in hand. */
	mutex_lock(&rn->lock);
	spin_lock_bh(&rn->pending.lock);
	skb_queue_splice_init(&rn->pending, &waiting);
	spin_unlock_bh(&rn->pending.lock);

	while ((skb = __skb_dequeue(&waiting))) {
		bool settled;

		local_bh_disable();
		rcu_read_lock();
		rmirror_compat_set_duplicate(true);
		settled = pending_settle(skb);
		rmirror_compat_set_duplicate(false);
		rcu_read_unlock();
		local_bh_enable();
		if (settled)
			atomic_dec(&rn->waiting);
		else
			skb_queue_tail(&rn->pending, skb);
	}
	if (!skb_queue_empty(&rn->pending))
		schedule_delayed_work(&rn->work, PENDING_POLL);
	mutex_unlock(&rn->lock);
}

/**
 * rmirror_pending_purge - drop the waiting copies of a mirror
 * @rn: its netns; @rn->lock is held
 * @m: the mirror; NULL: all mirrors
 */
void rmirror_pending_purge(struct rmirror_net *rn, const struct rmirror *m)
{
	struct sk_buff *skb, *next;

	spin_lock_bh(&rn->pending.lock);
	skb_queue_walk_safe(&rn->pending, skb, next) {
		if (!m || rmirror_cb(skb)->m == m) {
			__skb_unlink(skb, &rn->pending);
			atomic_dec(&rn->waiting);
			kfree_skb(skb);
		}
	}
	spin_unlock_bh(&rn->pending.lock);
}

void rmirror_pending_init(struct rmirror_net *rn)
{
	skb_queue_head_init(&rn->pending);
	atomic_set(&rn->waiting, 0);
	INIT_DELAYED_WORK(&rn->work, pending_work);
}

void rmirror_pending_exit(struct rmirror_net *rn)
{
	mutex_lock(&rn->lock);
	rmirror_pending_purge(rn, NULL);
	mutex_unlock(&rn->lock);
	cancel_delayed_work_sync(&rn->work);
}
