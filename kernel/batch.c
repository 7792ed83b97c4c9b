// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies for a card, sent together.
 *
 * A driver tells its card of a packet by a write to it, and a virtual machine's tells
 * the host, which costs more than the packet. If the driver hears that more are to
 * come (xmit_more), it tells of all of them at once. dev_queue_xmit() takes one. So
 * the copies that a CPU makes with BHs off are kept in a list until its softirqs are
 * served, or the list is full, and then do here what they would do there.
 *
 * They pass by the queueing discipline only if it would let each of them bypass it, as
 * the stack does: empty, and sent to by nobody else. Where a filter, a hook or a
 * tracer waits for packets, and when a ring is full, they go by dev_queue_xmit() after
 * all, one by one and in order.
 *
 * A list is its CPU's own, for one device, which it holds a reference to, as to the
 * mirrors whose copies it has: their rules may go. What becomes of a copy is counted
 * when it is known.
 */

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/interrupt.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/tracepoint.h>
#include <net/neighbour.h>
#include <net/net_namespace.h>
#include <net/sch_generic.h>

#include "batch.h"
#include "compat/compat.h"
#include "compat/qdisc.h"
#include "trace.h"

#define BATCH_MAX	64	/* copies, as many as a driver's poll has packets */
#define BATCH_RULES	8	/* whose copies are in a list */
#define BATCH_TIME	1	/* jiffies after which a list is sent by who comes along */
#define BATCH_WORTH	4	/* copies; a list of fewer does not pay */
/* So many copies go one by one after a list that did not pay, or found the qdisc busy, .. */
#define BATCH_PAUSE		64
/* .. and where there was something that a list must not pass by */
#define BATCH_LONG_PAUSE	4096

/* The copies of a mirror in a list */
struct batch_rule {
	struct rmirror	*m;
	unsigned int	sent;
	unsigned int	bytes;
	unsigned int	dropped;
};

/* A copy in a list, in skb->cb */
struct batch_cb {
	unsigned int	rule;
	unsigned int	bytes;
};

/**
 * struct batch - the list of a CPU
 *
 * @cpu: whose it is
 * @first: of the copies, linked by their next
 * @last: of them
 * @count: how many
 * @dev: where they go, referenced; NULL if there are none
 * @net: the netns of @dev
 * @since: when the first came, in jiffies
 * @sending: they are on their way
 * @was_full: there was a full list since the softirqs were served last
 * @rule_count: how many of @rule there are
 * @rule: whose copies they are; each of these mirrors knows that it is here
 * @tasklet: sends the list at the end; pending if there is one
 */
struct batch {
	int			cpu;
	struct sk_buff		*first;
	struct sk_buff		*last;
	unsigned int		count;
	struct net_device	*dev;
	const struct net	*net;
	unsigned long		since;
	bool			sending;
	bool			was_full;
	unsigned int		rule_count;
	struct batch_rule	rule[BATCH_RULES];
	struct tasklet_struct	tasklet;
};

static DEFINE_PER_CPU(struct batch, batches);
DEFINE_PER_CPU(unsigned int, rmirror_batch_pause);

static struct batch_cb *batch_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct batch_cb) > sizeof(skb->cb));
	return (struct batch_cb *)skb->cb;
}

/* Tracepoints of dev_queue_xmit() and below, which no module can call */
static struct tracepoint *passed_by[3];

static void note_tracepoint(struct tracepoint *tp, void *unused)
{
	static const char *const names[] = {
		"net_dev_queue", "net_dev_start_xmit", "net_dev_xmit",
	};
	int i;

	BUILD_BUG_ON(ARRAY_SIZE(names) != ARRAY_SIZE(passed_by));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(tp->name, names[i]))
			passed_by[i] = tp;
	}
}

static bool is_traced(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(passed_by); i++) {
		if (unlikely(passed_by[i] && rcu_access_pointer(passed_by[i]->funcs)))
			return true;
	}
	return false;
}

/* As the stack has it before a qdisc: netdev_core_pick_tx() */
static u16 pick_queue(struct net_device *dev, struct sk_buff *skb)
{
	const struct net_device_ops *ops = dev->netdev_ops;
	u16 queue;

#ifdef CONFIG_XPS
	skb->sender_cpu = raw_smp_processor_id() + 1;
#endif
	if (likely(dev->real_num_tx_queues == 1))
		return 0;
	queue = ops->ndo_select_queue ? ops->ndo_select_queue(dev, skb, NULL) :
					netdev_pick_tx(dev, skb, NULL);
	return netdev_cap_txqueue(dev, queue);
}

/* Its sizes may be other than the packets'. */
static bool qdisc_allows(const struct Qdisc *q)
{
	return q->flags & TCQ_F_CAN_BYPASS && !rcu_access_pointer(q->stab) &&
	       !test_bit(__QDISC_STATE_DEACTIVATED, &q->state);
}

/*
 * Would a packet bypass the qdisc now, as this one allows? Then it is ours, as it is the
 * stack's while that sends: what others have meanwhile they put into it. See
 * __dev_xmit_skb().
 */
static bool qdisc_take(struct Qdisc *q)
{
	bool taken;

	if (q->flags & TCQ_F_NOLOCK) {
		if (!nolock_qdisc_is_empty(q) || !rmirror_compat_qdisc_run_begin(q))
			return false;
		taken = nolock_qdisc_is_empty(q);
		if (unlikely(!taken)) {
			rmirror_compat_qdisc_run_end(q);
			__netif_schedule(q);
		}
		return taken;
	}
	spin_lock(qdisc_lock(q));
	taken = !test_bit(__QDISC_STATE_DEACTIVATED, &q->state) && !qdisc_qlen(q) &&
		rmirror_compat_qdisc_run_begin(q);
	spin_unlock(qdisc_lock(q));
	return taken;
}

/* Has it sent what others have put into it meanwhile. */
static void qdisc_give_back(struct Qdisc *q, unsigned int packets, unsigned int bytes)
{
	struct sk_buff *to_free;
	bool more;

	if (q->flags & TCQ_F_NOLOCK) {
		if (packets)
			_bstats_update(this_cpu_ptr(q->cpu_bstats), bytes, packets);
		rmirror_compat_qdisc_run_end(q);
		return;
	}
	spin_lock(qdisc_lock(q));
	if (packets && qdisc_is_percpu_stats(q))
		_bstats_update(this_cpu_ptr(q->cpu_bstats), bytes, packets);
	else if (packets)
		_bstats_update(&q->bstats, bytes, packets);
	more = qdisc_qlen(q);
	to_free = rmirror_compat_qdisc_run_end(q);
	spin_unlock(qdisc_lock(q));
	kfree_skb_list(to_free);
	if (more)
		__netif_schedule(q);
}

/* How many of the bytes of a list a queue should be told of at once */
static int bytes_at_once(const struct netdev_queue *txq)
{
	const int limit = qdisc_avail_bulklimit(txq);

	return limit > 0 ? limit : INT_MAX;
}

/*
 * As dev_hard_start_xmit(), which is not for modules; but a queue that counts its bytes
 * is asked again when it has as many as it wanted.
 *
 * Return: the rest, if it does not take all.
 */
static struct sk_buff *give_to_driver(struct sk_buff *skb, struct net_device *dev,
				      struct netdev_queue *txq, unsigned int *packets,
				      unsigned int *bytes)
{
	int err = NETDEV_TX_OK, left;

	HARD_TX_LOCK(dev, txq, smp_processor_id());
	while (skb && dev_xmit_complete(err) && !netif_xmit_frozen_or_stopped(txq)) {
		struct sk_buff *next = skb;
		bool more = true;

		left = bytes_at_once(txq);
		while (more && !netif_xmit_frozen_or_drv_stopped(txq)) {
			const unsigned int len = skb->len;

			next = skb->next;
			left -= len;
			more = next && left > (int)next->len;
			if (dev_nit_active(dev))
				dev_queue_xmit_nit(skb, dev);
			skb_mark_not_on_list(skb);
			err = netdev_start_xmit(skb, dev, txq, more);
			if (unlikely(!dev_xmit_complete(err))) {
				skb->next = next;
				break;
			}
			(*packets)++;
			*bytes += len;
			skb = next;
		}
	}
	HARD_TX_UNLOCK(dev, txq);
	return skb;
}

/* Of two reasons the graver one counts. */
static void batch_pause(const struct batch *b, unsigned int copies)
{
	unsigned int *pause = per_cpu_ptr(&rmirror_batch_pause, b->cpu);

	*pause = max(*pause, copies);
}

/* By the way that each would take without a list */
static void send_one_by_one(struct batch *b, struct sk_buff *skb)
{
	struct sk_buff *next;
	int err;

	for (; skb; skb = next) {
		const struct batch_cb cb = *batch_cb(skb);
		struct batch_rule *rule = &b->rule[cb.rule % BATCH_RULES];

		next = skb->next;
		skb_mark_not_on_list(skb);
		skb_set_queue_mapping(skb, 0);
		err = dev_queue_xmit(skb);
		if (likely(!net_xmit_eval(err)))
			continue;
		rule->sent--;
		rule->bytes -= cb.bytes;
		rule->dropped++;
	}
}

/* Copies for one queue of the device */
static void send_to_queue(struct batch *b, struct sk_buff *list, u16 index)
{
	struct netdev_queue *txq = netdev_get_tx_queue(b->dev, index);
	struct Qdisc *q = rcu_dereference_bh(txq->qdisc);
	unsigned int packets = 0, bytes = 0;
	bool again = false;

	if (!qdisc_allows(q) || !qdisc_take(q)) {
		batch_pause(b, qdisc_allows(q) ? BATCH_PAUSE : BATCH_LONG_PAUSE);
		send_one_by_one(b, list);
		return;
	}
	list = validate_xmit_skb_list(list, b->dev, &again);
	list = give_to_driver(list, b->dev, txq, &packets, &bytes);
	qdisc_give_back(q, packets, bytes);
	/* The rest waits in the qdisc, which must not be ours then: it is run for each. */
	send_one_by_one(b, list);
}

/* Their order is kept: the driver tells at once of those for one queue that follow each other. */
static void send_together(struct batch *b, struct sk_buff *skb)
{
	u16 index = pick_queue(b->dev, skb);

	while (skb) {
		struct sk_buff *list = skb, *last;
		u16 next = index;

		do {
			skb_reset_mac_header(skb);
			skb_set_queue_mapping(skb, index);
			last = skb;
			skb = skb->next;
			if (skb)
				next = pick_queue(b->dev, skb);
		} while (skb && next == index);
		last->next = NULL;
		send_to_queue(b, list, index);
		index = next;
	}
}

/* Within an RCU read side section it stays as it is. */
static bool is_still_there(const struct batch *b)
{
	return netif_running(b->dev) && b->dev->reg_state == NETREG_REGISTERED &&
	       net_eq(dev_net(b->dev), b->net);
}

static void drop(struct sk_buff *skb)
{
	struct sk_buff *next;

	for (; skb; skb = next) {
		next = skb->next;
		skb_mark_not_on_list(skb);
		rmirror_stats_drop(skb, RMIRROR_NO_ROUTE);
	}
}

static void account(struct batch *b, enum rmirror_outcome outcome)
{
	unsigned int i;

	for (i = 0; i < b->rule_count; i++) {
		struct batch_rule *rule = &b->rule[i];
		const unsigned int bytes = outcome == RMIRROR_SENT ? rule->bytes : 0;

		rmirror_stats_add_many(rule->m, outcome, rule->sent, bytes);
		if (unlikely(rule->dropped))
			rmirror_stats_add_many(rule->m, RMIRROR_TX_DROP, rule->dropped, 0);
		/* It may be freed from here on. */
		(void)atomic_dec_return_release(&rule->m->listed);
	}
	b->rule_count = 0;
}

/* Sends the list. BHs are off. */
static void batch_send(struct batch *b)
{
	const bool guarded = rmirror_compat_in_duplicate();
	enum rmirror_outcome outcome = RMIRROR_SENT;
	struct sk_buff *list = b->first;

	b->sending = true;
	rmirror_compat_set_duplicate(true);
	rcu_read_lock();
	if (unlikely(!is_still_there(b))) {
		outcome = RMIRROR_NO_ROUTE;
		drop(list);
	} else if (unlikely(rmirror_compat_has_egress_hook(b->dev) || is_traced())) {
		batch_pause(b, BATCH_LONG_PAUSE);
		send_one_by_one(b, list);
	} else {
		send_together(b, list);
	}
	rcu_read_unlock();
	rmirror_compat_set_duplicate(guarded);
	account(b, outcome);
	netdev_put(b->dev, NULL);
	b->dev = NULL;
	b->first = NULL;
	b->count = 0;
	b->sending = false;
}

/* Sends what is there before the list is full. */
static void batch_send_early(struct batch *b)
{
	if (!b->was_full && b->count < BATCH_WORTH)
		batch_pause(b, BATCH_PAUSE);
	batch_send(b);
}

/*
 * Whoever brings the CPU back waits for this, so that of one that has gone the list is
 * nobody else's here either.
 */
static void batch_tasklet(struct tasklet_struct *tasklet)
{
	struct batch *b = from_tasklet(b, tasklet, tasklet);

	if (b->first)
		batch_send_early(b);
	b->was_full = false;
}

/**
 * rmirror_batch_may_gain - can a device be told of many packets at once?
 * @dev: an Ethernet device that has no other below it; within an RCU read side section
 *
 * One that has no queue by nature is told nothing, and one that has no qdisc now has
 * none that could be passed by. Without a route a copy may wait outside of an RCU read
 * side section. PREEMPT_RT lets others in with BHs off.
 */
bool rmirror_batch_may_gain(const struct net_device *dev)
{
	const struct Qdisc *q = rcu_dereference_bh(netdev_get_tx_queue(dev, 0)->qdisc);

	return !IS_ENABLED(CONFIG_PREEMPT_RT) && !(dev->priv_flags & IFF_NO_QUEUE) &&
	       dev->priv_flags & IFF_XMIT_DST_RELEASE && q->enqueue;
}

/**
 * rmirror_batch_flush - send what is there for a device
 * @dev: the device, which a copy goes to now that is not put into a list
 *
 * BHs are off.
 */
void rmirror_batch_flush(const struct net_device *dev)
{
	struct batch *b = this_cpu_ptr(&batches);

	if (unlikely(b->dev == dev && !b->sending))
		batch_send_early(b);
}

/* As neigh_hh_output() has it */
static bool push_link_header(struct sk_buff *skb, const struct hh_cache *hh)
{
	unsigned int len, room, seq;

	do {
		seq = read_seqbegin(&hh->hh_lock);
		len = READ_ONCE(hh->hh_len);
		room = HH_DATA_ALIGN(len);
		if (unlikely(!len || skb_headroom(skb) < room))
			return false;
		if (likely(room == HH_DATA_MOD))
			memcpy(skb->data - HH_DATA_MOD, hh->hh_data, HH_DATA_MOD);
		else
			memcpy(skb->data - room, hh->hh_data, room);
	} while (read_seqretry(&hh->hh_lock, seq));
	__skb_push(skb, len);
	return true;
}

/* Return: the index of the mirror's entry, or of that which it would be given. */
static unsigned int rule_find(const struct batch *b, const struct rmirror *m)
{
	unsigned int i;

	for (i = 0; i < b->rule_count; i++) {
		if (likely(b->rule[i].m == m))
			break;
	}
	return i;
}

static void batch_begin(struct batch *b, struct net_device *dev)
{
	netdev_hold(dev, NULL, GFP_ATOMIC);
	b->dev = dev;
	b->net = dev_net(dev);
	b->since = jiffies;
	tasklet_schedule(&b->tasklet);
}

static void batch_append(struct batch *b, struct sk_buff *skb)
{
	if (b->first)
		b->last->next = skb;
	else
		b->first = skb;
	b->last = skb;
	b->count++;
}

/* With BHs on, the end of softirqs is not near. A trace has one event for a packet. */
static bool may_wait(const struct batch *b, const struct rmirror_job *job)
{
	return !job->bh_on && !trace_rmirror_copy_enabled() &&
	       (!b->dev || time_before_eq(jiffies, b->since + BATCH_TIME));
}

/**
 * rmirror_batch_add - put an outer packet into the list of this CPU
 * @job: its original, of which it is the only copy
 * @skb: the packet, without a route, for a device that may gain by it
 * @hh: the link header
 *
 * BHs are off, within an RCU read side section. Return: false if it has to be sent on
 * its own, now; else it will be, and be counted.
 */
bool rmirror_batch_add(const struct rmirror_job *job, struct sk_buff *skb,
		       const struct hh_cache *hh)
{
	struct batch *b = this_cpu_ptr(&batches);
	const unsigned int bytes = skb->len;
	unsigned int i;

	if (unlikely(b->sending || (b->dev && b->dev != skb->dev)))
		return false;
	i = rule_find(b, job->m);
	if (unlikely(i == BATCH_RULES)) {
		b->was_full = true;
		batch_send(b);
		i = 0;
	}
	if (unlikely(this_cpu_read(rmirror_batch_pause) || !may_wait(b, job) ||
		     !push_link_header(skb, hh))) {
		rmirror_batch_flush(skb->dev);
		return false;
	}
	if (!b->dev)
		batch_begin(b, skb->dev);
	if (i == b->rule_count) {
		atomic_inc(&job->m->listed);
		b->rule[i] = (struct batch_rule){ .m = job->m };
		b->rule_count++;
	}
	*batch_cb(skb) = (struct batch_cb){ .rule = i, .bytes = bytes };
	b->rule[i].sent++;
	b->rule[i].bytes += bytes;
	batch_append(b, skb);
	if (unlikely(b->count == BATCH_MAX)) {
		b->was_full = true;
		batch_send(b);
	}
	return true;
}

/* A tasklet that went to another CPU, when this one did, is done before it is back. */
static int batch_cpu_comes(unsigned int cpu)
{
	tasklet_kill(&per_cpu_ptr(&batches, cpu)->tasklet);
	return 0;
}

static int batch_cpu_state;

int __init rmirror_batch_init(void)
{
	int cpu;

	if (IS_ENABLED(CONFIG_TRACEPOINTS))
		for_each_kernel_tracepoint(note_tracepoint, NULL);
	for_each_possible_cpu(cpu) {
		struct batch *b = per_cpu_ptr(&batches, cpu);

		b->cpu = cpu;
		tasklet_setup(&b->tasklet, batch_tasklet);
	}
	batch_cpu_state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "net/rmirror:prepare",
						    batch_cpu_comes, NULL);
	return batch_cpu_state < 0 ? batch_cpu_state : 0;
}

/**
 * rmirror_batch_exit - send the last copies
 *
 * There is no rule any more, nor will there be one.
 */
void rmirror_batch_exit(void)
{
	int cpu;

	cpuhp_remove_state_nocalls(batch_cpu_state);
	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu_ptr(&batches, cpu)->tasklet);
}
