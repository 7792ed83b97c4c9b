// SPDX-License-Identifier: GPL-2.0-only
/*
 * Neighbour and device.
 *
 * A copy goes straight to the neighbour, so that it does not depend on the
 * OUTPUT rules that it may be observing; only what IPsec or a lightweight
 * tunnel has to transform takes the IP output path.
 *
 * Copies wait here for a neighbour that does not answer yet. The neighbour layer
 * has a queue for that, but what becomes of a packet in it nobody learns. Here a
 * copy is counted once its fate is known. As long as one waits, or is being
 * sent, those that come later line up behind it: an IDS needs the SYN before the
 * SYN-ACK.
 */

#include <linux/slab.h>
#include <net/lwtunnel.h>
#include <net/netevent.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/xfrm.h>

#include "compat/compat.h"
#include "frame.h"
#include "send.h"

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

static unsigned int transport_hlen(const struct sk_buff *skb, int off)
{
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + off);

	return skb_shinfo(skb)->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6) ? th->doff * 4 :
									     sizeof(struct udphdr);
}

/**
 * rmirror_send_gso_bytes - bytes that a superframe will have on the wire
 * @skb: the outer packet; its transport header is linear
 */
unsigned int rmirror_send_gso_bytes(const struct sk_buff *skb)
{
	const int off = skb->encapsulation ? skb_inner_transport_offset(skb) :
					     skb_transport_offset(skb);
	const unsigned int headers = off + transport_hlen(skb, off);

	if (headers >= skb->len)
		return skb->len;
	return skb->len + headers * ((skb->len - headers - 1) / skb_shinfo(skb)->gso_size);
}

static unsigned int wire_bytes(const struct sk_buff *skb)
{
	return skb_is_gso(skb) ? rmirror_send_gso_bytes(skb) : skb->len;
}

/* A cached link header has the EtherType of the neighbour's own protocol. */
static int send_to_neighbour(struct neighbour *n, struct sk_buff *skb)
{
	return neigh_output(n, skb, n->tbl->protocol != skb->protocol);
}

/* The packet that is being fragmented: its collector, and what has become of its fragments */
struct fragmented {
	union nf_inet_addr	addr;
	bool			bare;
	unsigned int		bytes;
};

static DEFINE_PER_CPU(struct fragmented, fragmented);

/* The last step of a fragment: the fragmenting functions call it for each, before they return. */
static int send_fragment(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct fragmented *whole = this_cpu_ptr(&fragmented);
	const unsigned int bytes = skb->len;
	struct neighbour *n = rmirror_hop_neighbour(skb_dst(skb), &whole->addr);
	int err;

	if (IS_ERR(n)) {
		kfree_skb(skb);
		return PTR_ERR(n);
	}
	if (whole->bare)
		skb_dst_drop(skb);
	err = send_to_neighbour(n, skb);
	if (!net_xmit_eval(err))
		whole->bytes += bytes;
	return err;
}

/* Nobody has looked at the IP header of a bare copy, and IP's fragmenter believes it. */
static bool is_sound4(struct sk_buff *skb)
{
	const struct iphdr *iph;
	unsigned int hlen, len;

	if (!pskb_may_pull(skb, sizeof(*iph)))
		return false;
	hlen = ip_hdr(skb)->ihl * 4;
	if (ip_hdr(skb)->version != 4 || hlen < sizeof(*iph) || !pskb_may_pull(skb, hlen))
		return false;
	iph = ip_hdr(skb);
	len = ntohs(iph->tot_len);
	return len > hlen && len <= skb->len && !pskb_trim(skb, len);
}

static bool is_sound6(struct sk_buff *skb)
{
	unsigned int len;

	if (!pskb_may_pull(skb, sizeof(struct ipv6hdr)) || ipv6_hdr(skb)->version != 6)
		return false;
	len = sizeof(struct ipv6hdr) + ntohs(ipv6_hdr(skb)->payload_len);
	/* Where the extension headers end is looked for in the linear part. */
	return len > sizeof(struct ipv6hdr) && len <= skb->len && !pskb_trim(skb, len) &&
	       pskb_may_pull(skb, min_t(unsigned int, len, 256));
}

/* Nobody must get an error about the original's DF. */
static int send_fragments(struct net *net, struct sk_buff *skb, struct dst_entry *dst,
			  const union nf_inet_addr *addr, bool bare, unsigned int *bytes)
{
	struct fragmented *whole = this_cpu_ptr(&fragmented);
	int err;

	if (dst->ops->family == AF_INET6)
		whole->addr.in6 = addr->in6;
	else
		whole->addr.ip = addr->ip;
	whole->bare = bare;
	whole->bytes = 0;
	if (bare) {
		skb_reset_network_header(skb);
		if (!(skb->protocol == htons(ETH_P_IP) ? is_sound4(skb) : is_sound6(skb))) {
			kfree_skb(skb);
			return -EINVAL;
		}
	}
	if (!skb_dst(skb))
		skb_dst_set_noref(skb, dst);
	memset(skb->cb, 0, sizeof(skb->cb));
	skb->ignore_df = 1;
	if (skb->protocol == htons(ETH_P_IP))
		err = ip_do_fragment(net, NULL, skb, send_fragment);
	else
		err = ip6_fragment(net, NULL, skb, send_fragment);
	*bytes = whole->bytes;
	return err;
}

/**
 * rmirror_send_may_fragment - can a copy that does not fit be sent in fragments?
 * @job: the packet
 * @copy: the frame, not yet wrapped
 *
 * An outer packet can. A bare one is fragmented by its route's own protocol.
 */
bool rmirror_send_may_fragment(const struct rmirror_job *job, const struct sk_buff *copy)
{
	if (!rmirror_is_bare(job->m))
		return true;
	return copy->protocol == (job->m->conf.family == NFPROTO_IPV4 ? htons(ETH_P_IP) :
									htons(ETH_P_IPV6));
}

/* Returns what to count; *@bytes: of what was sent. */
static enum rmirror_outcome send_now(struct rmirror *m, struct sk_buff *skb, struct dst_entry *dst,
				     struct neighbour *n, const union nf_inet_addr *addr,
				     unsigned int mtu, enum rmirror_outcome outcome,
				     unsigned int *bytes)
{
	int err;

	*bytes = wire_bytes(skb);
	if (likely(skb->len <= mtu || skb_is_gso(skb))) {
		err = send_to_neighbour(n, skb);
	} else {
		err = send_fragments(m->net, skb, dst, addr, rmirror_is_bare(m), bytes);
		if (err == -EINVAL)
			return RMIRROR_TOO_BIG;
	}
	if (!net_xmit_eval(err))
		return outcome;
	*bytes = 0;
	return RMIRROR_TX_DROP;
}

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

static void give_up(struct waiting_copy *w, enum rmirror_outcome outcome)
{
	kfree_skb(w->skb);
	rmirror_stats_add(w->m, 0, w->counts ? outcome : RMIRROR_PENDING, 0);
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
	outcome = send_now(w->m, skb, w->dst, n, &w->addr, dst_mtu(w->dst), w->outcome, &bytes);
	rmirror_stats_add(w->m, 0, w->counts ? outcome : RMIRROR_PENDING, bytes);
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

/*
 * Sends what waits, in order, until the neighbour is gone again or the queue empty.
 * The caller has set @q->draining, so that the queue is its own; who else has a
 * copy for it adds that to the end. BHs are off, within an RCU read side section,
 * and the guard against recursion is set.
 */
static void queue_drain(struct rmirror_waiting *waiting, struct waiting_queue *q)
{
	struct waiting_copy *w;
	int i;

	for (i = 0; i < WAIT_BATCH; i++) {
		spin_lock(&waiting->lock);
		w = list_first_entry_or_null(&q->copies, struct waiting_copy, list);
		if (!w)
			break;
		list_del(&w->list);
		q->bytes -= w->skb->truesize;
		spin_unlock(&waiting->lock);

		if (!settle(w, &q->next)) {
			spin_lock(&waiting->lock);
			list_add(&w->list, &q->copies);
			q->bytes += w->skb->truesize;
			break;
		}
		waiting_count_down(waiting);
	}
	if (i == WAIT_BATCH)
		spin_lock(&waiting->lock);
	q->draining = false;
	if (i == WAIT_BATCH && !waiting->closed)
		mod_delayed_work(system_wq, &waiting->work, 0);
	queue_release_if_empty(waiting, q);
	spin_unlock(&waiting->lock);
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
	w->expires = jiffies + WAIT_TIME;
	return w;
}

/*
 * Lines a copy up for its neighbour. If nothing waits there and the neighbour has
 * answered meanwhile, it returns false, and the copy may go.
 */
static bool line_up(const struct rmirror_job *job, struct sk_buff *skb, struct neighbour *n,
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
		kfree_skb(skb);
		if (w)
			waiting_copy_free(w);
		*outcome = w ? RMIRROR_NO_NEIGHBOUR : RMIRROR_NO_MEMORY;
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

/* The neighbour is asked for; one that has failed means that the route may be a bad one. */
static void ask_for_neighbour(struct rmirror *m, struct neighbour *n)
{
	if (READ_ONCE(n->nud_state) & NUD_FAILED)
		rmirror_hop_forget(m);
	neigh_event_send(n, NULL);
}

static int send_by_ip_output(struct net *net, struct sk_buff *skb)
{
	memset(skb->cb, 0, sizeof(skb->cb));
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	return dst_output(net, NULL, skb);
}

/**
 * rmirror_send_wrapped - send an outer packet
 * @job: the packet
 * @skb: the outer packet, with its route, or a bare one without; consumed
 * @outcome: what to count when it is on its way
 *
 * Return: as rmirror_send().
 */
enum rmirror_outcome rmirror_send_wrapped(struct rmirror_job *job, struct sk_buff *skb,
					  enum rmirror_outcome outcome)
{
	const struct rmirror_hop *hop = job->path.hop;
	struct rmirror *m = job->m;
	unsigned int bytes;
	struct neighbour *n;
	int err;

	if (hop->ip_output && !rmirror_is_bare(m)) {
		bytes = wire_bytes(skb);
		err = send_by_ip_output(m->net, skb);
		if (net_xmit_eval(err))
			return RMIRROR_TX_DROP;
		/* It waits for an SA, and nobody learns whether that comes. */
		if (hop->dst->flags & DST_XFRM_QUEUE)
			return RMIRROR_NO_ROUTE;
		job->bytes += bytes;
		return outcome;
	}
	n = rmirror_hop_neighbour(hop->dst, job->path.addr);
	if (IS_ERR(n)) {
		kfree_skb(skb);
		return RMIRROR_NO_MEMORY;
	}
	if (!(READ_ONCE(n->nud_state) & NUD_VALID))
		ask_for_neighbour(m, n);
	if ((!(READ_ONCE(n->nud_state) & NUD_VALID) || atomic_read(&m->rn->waiting.count)) &&
	    line_up(job, skb, n, &outcome))
		return outcome;
	outcome = send_now(m, skb, hop->dst, n, job->path.addr, job->path.mtu, outcome, &bytes);
	job->bytes += bytes;
	return outcome;
}

/**
 * rmirror_send - wrap a frame and send it
 * @job: the packet
 * @copy: the frame, with @job->path.headroom before it; consumed
 * @outcome: what to count when it is on its way
 *
 * Return: @outcome, or the reason why it was dropped, or RMIRROR_PENDING.
 */
enum rmirror_outcome rmirror_send(struct rmirror_job *job, struct sk_buff *copy,
				  enum rmirror_outcome outcome)
{
	return __rmirror_send(job, copy, outcome, skb_is_gso(copy));
}

/**
 * rmirror_send_is_from_next_hop - did the next hop of bare copies send the packet?
 * @job: the packet, with its path; the frame is still a frame
 *
 * A copy without encapsulation looks like any packet: all that tells is that it
 * comes from where it was sent to.
 */
bool rmirror_send_is_from_next_hop(const struct rmirror_job *job)
{
	const struct rmirror_frame *frame = job->frame;
	struct neighbour *n;
	u8 ha[ETH_ALEN], source[ETH_ALEN];
	bool from;

	if (frame->outbound || !rmirror_frame_source(frame, source))
		return false;
	n = rmirror_hop_neighbour(job->path.hop->dst, job->path.addr);
	from = !IS_ERR(n) && n->dev->addr_len == sizeof(ha) &&
	       READ_ONCE(n->nud_state) & NUD_VALID;
	if (from)
		neigh_ha_snapshot(ha, n, n->dev);
	return from && ether_addr_equal_unaligned(ha, source);
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

static bool is_for(const struct waiting_queue *q, const void *what)
{
	return is_next_hop(&q->next, what);
}

static bool is_on(const struct waiting_queue *q, const void *what)
{
	return q->next.dev == what;
}

/* Gives up those that have waited too long. What wakes the others is their neighbour. */
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

/* A neighbour has answered, has another address, or is given up. */
static int neighbour_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct neighbour *n = ptr;
	struct rmirror_next_hop next;
	struct rmirror_waiting *waiting;

	if (event != NETEVENT_NEIGH_UPDATE)
		return NOTIFY_DONE;
	waiting = &rmirror_net(dev_net(n->dev))->waiting;
	if (likely(!atomic_read(&waiting->count)))
		return NOTIFY_DONE;
	if (n->tbl->family != AF_INET && n->tbl->family != AF_INET6)
		return NOTIFY_DONE;
	next = (struct rmirror_next_hop) { .dev = n->dev, .family = n->tbl->family };
	memcpy(&next.addr, n->primary_key, n->tbl->key_len);
	visit_queues(waiting, is_for, &next);
	return NOTIFY_DONE;
}

static struct notifier_block neighbour_notifier = {
	.notifier_call	= neighbour_event,
};

/**
 * rmirror_send_device_down - a device does not send any more
 * @dev: the device
 *
 * Copies that wait there have no route now, or wait for nobody.
 */
void rmirror_send_device_down(const struct net_device *dev)
{
	struct rmirror_waiting *waiting = &rmirror_net(dev_net(dev))->waiting;

	if (atomic_read(&waiting->count))
		visit_queues(waiting, is_on, dev);
}

/**
 * rmirror_send_drop_waiting - drop the waiting copies of a mirror
 * @rn: its netns
 * @m: the mirror, which stays for a grace period: a copy may be in hand; NULL:
 *	all mirrors
 */
void rmirror_send_drop_waiting(struct rmirror_net *rn, const struct rmirror *m)
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
			kfree_skb(w->skb);
			waiting_copy_free(w);
			waiting_count_down(waiting);
		}
		queue_release_if_empty(waiting, q);
	}
	spin_unlock_bh(&waiting->lock);
}

int __init rmirror_send_init(void)
{
	return register_netevent_notifier(&neighbour_notifier);
}

void rmirror_send_exit(void)
{
	unregister_netevent_notifier(&neighbour_notifier);
}

void rmirror_send_net_init(struct rmirror_net *rn)
{
	struct rmirror_waiting *waiting = &rn->waiting;

	spin_lock_init(&waiting->lock);
	INIT_LIST_HEAD(&waiting->queues);
	INIT_DELAYED_WORK(&waiting->work, waiting_work);
}

/**
 * rmirror_send_net_exit - nothing waits any more in a netns that goes
 * @rn: its mirrors may go later
 */
void rmirror_send_net_exit(struct rmirror_net *rn)
{
	spin_lock_bh(&rn->waiting.lock);
	rn->waiting.closed = true;
	spin_unlock_bh(&rn->waiting.lock);
	rmirror_send_drop_waiting(rn, NULL);
	cancel_delayed_work_sync(&rn->waiting.work);
}
