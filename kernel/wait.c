// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies that wait for a neighbour that does not answer yet.
 *
 * The neighbour layer has a queue for that, but what becomes of a packet in it
 * nobody learns. Here a copy is counted once its fate is known. As long as one
 * waits, or is being sent, those that come later line up behind it: an IDS needs
 * the SYN before the SYN-ACK.
 */

#include <linux/slab.h>
#include <net/dst.h>
#include <net/ipv6.h>
#include <net/neighbour.h>
#include <net/netevent.h>
#include <net/xfrm.h>

#include "compat/compat.h"
#include "copy.h"
#include "frame.h"
#include "hop.h"
#include "netns.h"
#include "trace.h"
#include "transmit.h"
#include "wait.h"

#define WAIT_TIME	(3 * HZ)	/* three probes, a second apart */
#define WAIT_BYTES	212992		/* per neighbour, as the kernel's own queue has it */
#define WAIT_NEIGHBOURS	16		/* per netns, that copies wait for */
#define WAIT_BATCH	256		/* sent by one that comes along */

/* A copy that waits */
struct waiting_copy {
	struct list_head	list;
	struct sk_buff		*skb;		/* without a route */
	struct dst_entry	*dst;		/* its route, referenced */
	u32			cookie;
	struct rmirror		*m;
	union nf_inet_addr	addr;		/* the collector */
	enum rmirror_outcome	outcome;	/* when it is on its way */
	bool			counts;		/* it stands for a matched packet */
	unsigned int		len;		/* of the original, as its hook saw it */
	unsigned long		expires;	/* in jiffies */
};

/* The copies that wait for one neighbour */
struct waiting_queue {
	struct list_head	list;
	struct rmirror_next_hop	next;
	struct list_head	copies;
	unsigned int		bytes;
	bool			draining;	/* somebody sends them, one after the other */
	unsigned int		round;		/* of visit_queues(), that it was seen in last */
};

static bool is_next_hop(const struct rmirror_next_hop *a, const struct rmirror_next_hop *b)
{
	if (a->dev != b->dev || a->family != b->family)
		return false;
	return a->family == AF_INET ? a->addr.ip == b->addr.ip :
				      ipv6_addr_equal(&a->addr.in6, &b->addr.in6);
}

static struct waiting_queue *queue_find(const struct rmirror_waiting *waiting,
					const struct rmirror_next_hop *next)
{
	struct waiting_queue *q;

	list_for_each_entry(q, &waiting->queues, list) {
		if (is_next_hop(&q->next, next))
			return q;
	}
	return NULL;
}

static struct waiting_queue *queue_add(struct rmirror_waiting *waiting,
				       const struct rmirror_next_hop *next)
{
	struct waiting_queue *q;

	if (waiting->closed || waiting->queue_count >= WAIT_NEIGHBOURS)
		return NULL;
	q = kzalloc(sizeof(*q), GFP_ATOMIC | __GFP_NOWARN);
	if (!q)
		return NULL;
	q->next = *next;
	q->round = waiting->round;
	INIT_LIST_HEAD(&q->copies);
	list_add_tail(&q->list, &waiting->queues);
	waiting->queue_count++;
	return q;
}

/* Its last copy has gone. */
static void queue_release_if_empty(struct rmirror_waiting *waiting, struct waiting_queue *q)
{
	if (q->draining || !list_empty(&q->copies))
		return;
	list_del(&q->list);
	waiting->queue_count--;
	kfree(q);
}

static void waiting_copy_free(struct waiting_copy *w)
{
	dst_release(w->dst);
	kfree(w);
}

static void waiting_count_down(struct rmirror_waiting *waiting)
{
	/* Whoever sees no copy waiting any more sends after those that did. */
	smp_mb__before_atomic();
	atomic_dec(&waiting->count);
}

/* Its fate is known. Its rule may be gone meanwhile, and with it what tells where it stood. */
static void account(const struct waiting_copy *w, enum rmirror_outcome outcome, unsigned int bytes)
{
	rmirror_stats_add(w->m, 0, w->counts ? outcome : RMIRROR_PENDING, bytes);
	trace_rmirror_copy(w->m, NULL, outcome, w->len, bytes);
}

static void give_up(struct waiting_copy *w, enum rmirror_outcome outcome)
{
	rmirror_stats_drop(w->skb, outcome);
	account(w, outcome, 0);
	waiting_copy_free(w);
}

/*
 * The route of a copy may have changed while it waited. It never leaves by a device
 * that is not its route's any more, and for another neighbour it has waited in vain.
 */
static bool has_still_its_route(struct waiting_copy *w, const struct rmirror_next_hop *next)
{
	struct rmirror_next_hop now;
	union nf_inet_addr saddr;
	struct dst_entry *dst;

	if (dst_check(w->dst, w->cookie) && netif_running(w->dst->dev))
		return true;
	dst = rmirror_hop_look_up(w->m, &w->addr, &saddr);
	if (!dst)
		return false;
	dst_release(w->dst);
	w->dst = dst;
	w->cookie = rmirror_hop_cookie(dst);
	rmirror_hop_next(&now, dst, &w->addr);
	return is_next_hop(&now, next) && !dst_xfrm(dst) && netif_running(dst->dev);
}

static void send_waiting(struct waiting_copy *w, struct neighbour *n)
{
	struct sk_buff *skb = w->skb;
	enum rmirror_outcome outcome;
	unsigned int bytes;

	if (!rmirror_is_bare(w->m))
		skb_dst_set_noref(skb, w->dst);
	outcome = rmirror_transmit(w->m, skb, w->dst, n, &w->addr, dst_mtu(w->dst), w->outcome,
				   &bytes);
	account(w, outcome, bytes);
	waiting_copy_free(w);
}

/* Returns false if it has to wait still; else it is gone, and counted. */
static bool settle(struct waiting_copy *w, const struct rmirror_next_hop *next)
{
	struct neighbour *n;
	u8 state;

	if (!has_still_its_route(w, next)) {
		give_up(w, RMIRROR_NO_ROUTE);
		return true;
	}
	n = rmirror_hop_neighbour(w->dst, &w->addr);
	state = IS_ERR(n) ? NUD_FAILED : READ_ONCE(n->nud_state);
	if (state & NUD_VALID) {
		send_waiting(w, n);
	} else if (state & NUD_FAILED || time_after_eq(jiffies, w->expires)) {
		rmirror_hop_forget(w->m);
		give_up(w, RMIRROR_NO_NEIGHBOUR);
	} else {
		return false;
	}
	return true;
}

static struct waiting_copy *queue_pop(struct rmirror_waiting *waiting, struct waiting_queue *q)
{
	struct waiting_copy *w;

	spin_lock(&waiting->lock);
	w = list_first_entry_or_null(&q->copies, struct waiting_copy, list);
	if (w) {
		list_del(&w->list);
		q->bytes -= w->skb->truesize;
	}
	spin_unlock(&waiting->lock);
	return w;
}

static void queue_put_back(struct rmirror_waiting *waiting, struct waiting_queue *q,
			   struct waiting_copy *w)
{
	spin_lock(&waiting->lock);
	list_add(&w->list, &q->copies);
	q->bytes += w->skb->truesize;
	spin_unlock(&waiting->lock);
}

/* Leaves the queue to others; what was added when all seemed to be sent must not be forgotten. */
static void queue_leave(struct rmirror_waiting *waiting, struct waiting_queue *q, bool stalled)
{
	spin_lock(&waiting->lock);
	q->draining = false;
	if (!stalled && !list_empty(&q->copies) && !waiting->closed)
		mod_delayed_work(system_highpri_wq, &waiting->work, 0);
	queue_release_if_empty(waiting, q);
	spin_unlock(&waiting->lock);
}

/*
 * Sends what waits, in order, until the neighbour is gone again or the queue empty.
 * The caller has set @q->draining, so that the queue is its own; who else has a
 * copy for it adds that to the end. BHs are off, within an RCU read side section,
 * and the guard against recursion is set.
 */
static void queue_drain(struct rmirror_waiting *waiting, struct waiting_queue *q)
{
	struct waiting_copy *w;
	bool stalled = false;
	int i;

	for (i = 0; i < WAIT_BATCH && !stalled; i++) {
		w = queue_pop(waiting, q);
		if (!w)
			break;
		if (settle(w, &q->next)) {
			waiting_count_down(waiting);
		} else {
			queue_put_back(waiting, q, w);
			stalled = true;
		}
	}
	queue_leave(waiting, q, stalled);
}

/* As queue_drain(), from outside of rmirror_mirror() */
static void queue_drain_guarded(struct rmirror_waiting *waiting, struct waiting_queue *q)
{
	const bool guarded = rmirror_compat_in_duplicate();

	rmirror_compat_set_duplicate(true);
	queue_drain(waiting, q);
	rmirror_compat_set_duplicate(guarded);
}

static struct waiting_copy *waiting_copy_alloc(const struct rmirror_job *job, struct sk_buff *skb,
					       enum rmirror_outcome outcome)
{
	struct dst_entry *dst = job->path.hop->dst;
	struct waiting_copy *w = kzalloc(sizeof(*w), GFP_ATOMIC | __GFP_NOWARN);

	if (!w)
		return NULL;
	if (!dst_hold_safe(dst)) {
		kfree(w);
		return NULL;
	}
	skb_dst_drop(skb);
	w->skb = skb;
	w->dst = dst;
	w->cookie = job->path.hop->cookie;
	w->m = job->m;
	if (job->m->conf.family == NFPROTO_IPV4)
		w->addr.ip = job->path.addr->ip;
	else
		w->addr.in6 = job->path.addr->in6;
	w->outcome = outcome;
	w->counts = rmirror_cb(skb)->counts;
	w->len = job->frame->skb->len;
	w->expires = jiffies + WAIT_TIME;
	return w;
}

/**
 * rmirror_wait - line a copy up for its neighbour
 * @job: the packet
 * @skb: the outer packet; consumed, unless it may go
 * @n: its neighbour
 * @outcome: what to count when it is on its way; gets RMIRROR_PENDING, or the reason
 *	why it was dropped
 *
 * Return: false if nothing waits there and the neighbour has answered meanwhile: the
 * copy may go.
 */
bool rmirror_wait(const struct rmirror_job *job, struct sk_buff *skb, struct neighbour *n,
		  enum rmirror_outcome *outcome)
{
	struct rmirror_waiting *waiting = &job->m->rn->waiting;
	struct rmirror_next_hop next;
	struct waiting_queue *q;
	struct waiting_copy *w;
	bool drain;

	rmirror_hop_next(&next, job->path.hop->dst, job->path.addr);
	spin_lock(&waiting->lock);
	q = queue_find(waiting, &next);
	if (!q && READ_ONCE(n->nud_state) & NUD_VALID) {
		spin_unlock(&waiting->lock);
		return false;
	}
	w = waiting_copy_alloc(job, skb, *outcome);
	if (w && !q)
		q = queue_add(waiting, &next);
	if (!w || !q || q->bytes + skb->truesize > WAIT_BYTES) {
		spin_unlock(&waiting->lock);
		*outcome = w ? RMIRROR_NO_NEIGHBOUR : RMIRROR_NO_MEMORY;
		rmirror_stats_drop(skb, *outcome);
		if (w)
			waiting_copy_free(w);
		return true;
	}
	list_add_tail(&w->list, &q->copies);
	q->bytes += skb->truesize;
	if (atomic_inc_return(&waiting->count) == 1)
		mod_delayed_work(system_wq, &waiting->work, WAIT_TIME + 1);
	/* What waits here still, though the neighbour is there, waits for nobody else. */
	drain = READ_ONCE(n->nud_state) & NUD_VALID && !q->draining;
	if (drain)
		q->draining = true;
	spin_unlock(&waiting->lock);

	if (drain)
		queue_drain(waiting, q);
	*outcome = RMIRROR_PENDING;
	return true;
}

/* Looks once at each queue that is wanted; what is added meanwhile looks after itself. */
static void visit_queues(struct rmirror_waiting *waiting,
			 bool (*wanted)(const struct waiting_queue *q, const void *what),
			 const void *what)
{
	struct waiting_queue *q, *next;
	unsigned int round;

	local_bh_disable();
	rcu_read_lock();
	spin_lock(&waiting->lock);
	round = ++waiting->round;
	do {
		next = NULL;
		list_for_each_entry(q, &waiting->queues, list) {
			if (q->round != round && !q->draining && wanted(q, what)) {
				next = q;
				break;
			}
		}
		if (next) {
			next->round = round;
			next->draining = true;
			spin_unlock(&waiting->lock);
			queue_drain_guarded(waiting, next);
			spin_lock(&waiting->lock);
		}
	} while (next);
	spin_unlock(&waiting->lock);
	rcu_read_unlock();
	local_bh_enable();
}

static bool is_any(const struct waiting_queue *q, const void *what)
{
	return true;
}

static bool is_on(const struct waiting_queue *q, const void *what)
{
	return q->next.dev == what;
}

/* Sends what can be sent, and gives up what has waited too long. */
static void waiting_work(struct work_struct *work)
{
	struct rmirror_waiting *waiting = container_of(to_delayed_work(work),
						       struct rmirror_waiting, work);

	visit_queues(waiting, is_any, NULL);
	spin_lock_bh(&waiting->lock);
	if (!waiting->closed && atomic_read(&waiting->count))
		mod_delayed_work(system_wq, &waiting->work, HZ / 4);
	spin_unlock_bh(&waiting->lock);
}

/*
 * A neighbour has answered, has another address, or is given up. Whoever tells may
 * hold the lock of its table, so that nothing can be sent here and now.
 */
static int neighbour_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct neighbour *n = ptr;
	struct rmirror_waiting *waiting;

	if (event != NETEVENT_NEIGH_UPDATE)
		return NOTIFY_DONE;
	waiting = &rmirror_net(dev_net(n->dev))->waiting;
	if (likely(!atomic_read(&waiting->count)))
		return NOTIFY_DONE;
	spin_lock_bh(&waiting->lock);
	if (!waiting->closed)
		mod_delayed_work(system_highpri_wq, &waiting->work, 0);
	spin_unlock_bh(&waiting->lock);
	return NOTIFY_DONE;
}

static struct notifier_block neighbour_notifier = {
	.notifier_call	= neighbour_event,
};

/**
 * rmirror_wait_device_down - a device does not send any more
 * @dev: the device
 *
 * Copies that wait there have no route now, or wait for nobody.
 */
void rmirror_wait_device_down(const struct net_device *dev)
{
	struct rmirror_waiting *waiting = &rmirror_net(dev_net(dev))->waiting;

	if (atomic_read(&waiting->count))
		visit_queues(waiting, is_on, dev);
}

/**
 * rmirror_wait_drop - drop the waiting copies of a mirror
 * @rn: its netns
 * @m: the mirror, which stays for a grace period: a copy may be in hand; NULL:
 *	all mirrors
 */
void rmirror_wait_drop(struct rmirror_net *rn, const struct rmirror *m)
{
	struct rmirror_waiting *waiting = &rn->waiting;
	struct waiting_queue *q, *next_q;
	struct waiting_copy *w, *next;

	if (!atomic_read(&waiting->count))
		return;
	spin_lock_bh(&waiting->lock);
	list_for_each_entry_safe(q, next_q, &waiting->queues, list) {
		list_for_each_entry_safe(w, next, &q->copies, list) {
			if (m && w->m != m)
				continue;
			list_del(&w->list);
			q->bytes -= w->skb->truesize;
			rmirror_stats_drop(w->skb, RMIRROR_NO_ROUTE);
			waiting_copy_free(w);
			waiting_count_down(waiting);
		}
		queue_release_if_empty(waiting, q);
	}
	spin_unlock_bh(&waiting->lock);
}

int __init rmirror_wait_init(void)
{
	return register_netevent_notifier(&neighbour_notifier);
}

void rmirror_wait_exit(void)
{
	unregister_netevent_notifier(&neighbour_notifier);
}

void rmirror_wait_net_init(struct rmirror_net *rn)
{
	struct rmirror_waiting *waiting = &rn->waiting;

	spin_lock_init(&waiting->lock);
	INIT_LIST_HEAD(&waiting->queues);
	INIT_DELAYED_WORK(&waiting->work, waiting_work);
}

/**
 * rmirror_wait_net_exit - nothing waits any more in a netns that goes
 * @rn: its mirrors may go later
 */
void rmirror_wait_net_exit(struct rmirror_net *rn)
{
	spin_lock_bh(&rn->waiting.lock);
	rn->waiting.closed = true;
	spin_unlock_bh(&rn->waiting.lock);
	rmirror_wait_drop(rn, NULL);
	cancel_delayed_work_sync(&rn->waiting.work);
}
