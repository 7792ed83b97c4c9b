// SPDX-License-Identifier: GPL-2.0-only
/* Counters and /proc/net/rmirror. */

#include <linux/capability.h>
#include <linux/inet.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>

#include "compat/compat.h"
#include "encap/encap.h"
#include "netns.h"
#include "stats.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static const char *const counter_name[] = {
#define X(id, column, severity) [RMIRROR_##id] = (column),
	RMIRROR_COUNTER_TABLE(X)
#undef X
};

static const s8 counter_severity[] = {
#define X(id, column, severity) [RMIRROR_##id] = (severity),
	RMIRROR_COUNTER_TABLE(X)
#undef X
};

/**
 * rmirror_stats_worse - what to count of a packet that became several copies
 * @a: what became of some of them; not RMIRROR_PENDING
 * @b: likewise, of the others
 */
enum rmirror_outcome rmirror_stats_worse(enum rmirror_outcome a, enum rmirror_outcome b)
{
	return counter_severity[b] > counter_severity[a] ? b : a;
}

/* A counter and its attribute have numbers that are one apart. */
#define X(id, column, severity) static_assert(NFTA_RMIRROR_COUNTER_##id == RMIRROR_##id + 1);
RMIRROR_COUNTER_TABLE(X)
#undef X
static_assert(RMIRROR_COUNTERS == __RMIRROR_COUNTER_MAX);

/**
 * rmirror_stats_drop - free a copy that is not sent
 * @skb: the copy
 * @why: what is counted
 */
void rmirror_stats_drop(struct sk_buff *skb, enum rmirror_outcome why)
{
	switch (why) {
	case RMIRROR_TOO_BIG:
		rmirror_compat_free(skb, PKT_TOO_BIG);
		break;
	case RMIRROR_NO_ROUTE:
		rmirror_compat_free(skb, IP_OUTNOROUTES);
		break;
	case RMIRROR_NO_NEIGHBOUR:
		rmirror_compat_free(skb, NEIGH_FAILED);
		break;
	case RMIRROR_NO_MEMORY:
		rmirror_compat_free(skb, NOMEM);
		break;
	default:
		rmirror_compat_free(skb, NOT_SPECIFIED);
	}
}

static void stats_sum(const struct rmirror *m, u64 sum[__RMIRROR_COUNTER_MAX])
{
	u64 one[__RMIRROR_COUNTER_MAX];
	unsigned int start;
	int cpu, i;

	memset(sum, 0, sizeof(one));
	for_each_possible_cpu(cpu) {
		const struct rmirror_stats *stats = per_cpu_ptr(m->stats, cpu);

		do {
			start = u64_stats_fetch_begin(&stats->syncp);
			for (i = 0; i < __RMIRROR_COUNTER_MAX; i++)
				one[i] = u64_stats_read(&stats->counter[i]);
		} while (u64_stats_fetch_retry(&stats->syncp, start));
		for (i = 0; i < __RMIRROR_COUNTER_MAX; i++)
			sum[i] += one[i];
	}
}

/* Each CPU counts on: what is taken off one of them is taken off the sum. */
static void stats_add(struct rmirror *m, const u64 counters[RMIRROR_COUNTERS], bool negative)
{
	struct rmirror_stats *stats;
	int i;

	local_bh_disable();
	stats = this_cpu_ptr(m->stats);
	u64_stats_update_begin(&stats->syncp);
	for (i = 0; i < RMIRROR_COUNTERS; i++)
		u64_stats_add(&stats->counter[i], negative ? -counters[i] : counters[i]);
	u64_stats_update_end(&stats->syncp);
	local_bh_enable();
}

/**
 * rmirror_stats_read - what a mirror has counted
 * @m: the mirror
 * @counters: in the order of RMIRROR_COUNTER_TABLE
 * @reset: begin anew
 */
void rmirror_stats_read(struct rmirror *m, u64 counters[RMIRROR_COUNTERS], bool reset)
{
	stats_sum(m, counters);
	if (reset)
		stats_add(m, counters, true);
}
EXPORT_SYMBOL_GPL(rmirror_stats_read);

/**
 * rmirror_stats_restore - go on counting from where somebody else has stopped
 * @m: a new mirror
 * @counters: in the order of RMIRROR_COUNTER_TABLE
 */
void rmirror_stats_restore(struct rmirror *m, const u64 counters[RMIRROR_COUNTERS])
{
	stats_add(m, counters, false);
}
EXPORT_SYMBOL_GPL(rmirror_stats_restore);

/*
 * Who may load a rule may read what it counts: root of the user namespace that owns
 * the netns. The mode of the file cannot say so: when a netns begins, together with
 * its user namespace, that has no root yet.
 */
static bool may_read(struct seq_file *seq)
{
	return file_ns_capable(seq->file, seq_file_net(seq)->user_ns, CAP_NET_ADMIN);
}

static void *stats_seq_start(struct seq_file *seq, loff_t *pos)
{
	struct rmirror_net *rn = rmirror_net(seq_file_net(seq));

	mutex_lock(&rn->lock);
	if (!may_read(seq))
		return ERR_PTR(-EACCES);
	return seq_list_start_head(&rn->mirrors, *pos);
}

static void *stats_seq_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return seq_list_next(v, &rmirror_net(seq_file_net(seq))->mirrors, pos);
}

static void stats_seq_stop(struct seq_file *seq, void *v)
{
	mutex_unlock(&rmirror_net(seq_file_net(seq))->lock);
}

/* Names are whatever the user likes; columns are separated by blanks. */
static void show_name(struct seq_file *seq, const char *name, size_t width)
{
	seq_setwidth(seq, width);
	seq_escape(seq, *name ? name : "-", " \t\n\v\f\r\033\\");
	seq_pad(seq, ' ');
}

static void show_place(struct seq_file *seq, const struct rmirror_place *place)
{
	show_name(seq, place->family, 9);
	show_name(seq, place->table, 12);
	rcu_read_lock();
	show_name(seq, place->chain ? READ_ONCE(*place->chain) : place->hooks, 16);
	rcu_read_unlock();
}

static void show_headings(struct seq_file *seq)
{
	int i;

	seq_printf(seq, "%-9s %-12s %-16s %-39s %-8s %10s", "family", "table", "chain",
		   "collector", "encap", "key");
	for (i = 0; i < __RMIRROR_COUNTER_MAX; i++)
		seq_printf(seq, " %s%s", i < RMIRROR_RESEGMENTED ? "    " : "", counter_name[i]);
	seq_putc(seq, '\n');
}

/* Columns are as wide as their heading, and a space apart whatever they hold. */
static int stats_seq_show(struct seq_file *seq, void *v)
{
	const struct rmirror *m = list_entry(v, struct rmirror, list);
	u64 sum[__RMIRROR_COUNTER_MAX];
	char addr[INET6_ADDRSTRLEN], key[16] = "-";
	int i;

	if (v == &rmirror_net(seq_file_net(seq))->mirrors) {
		show_headings(seq);
		return 0;
	}
	/* Of many rules of a batch that is not committed nothing is printed: nobody else rests. */
	cond_resched();
	if (m->place->is_live && !m->place->is_live(m->place, m->net))
		return 0;

	stats_sum(m, sum);
	if (rmirror_conf_given(&m->conf, NFTA_RMIRROR_KEY))
		scnprintf(key, sizeof(key), "%u", m->conf.key);
	else if (m->conf.key_in_register)
		strscpy(key, "register", sizeof(key));
	if (m->conf.in_register)
		strscpy(addr, "register", sizeof(addr));
	else if (m->conf.family == NFPROTO_IPV4)
		scnprintf(addr, sizeof(addr), "%pI4", &m->conf.addr.ip);
	else
		scnprintf(addr, sizeof(addr), "%pI6c", &m->conf.addr.in6);
	show_place(seq, m->place);
	seq_printf(seq, "%-39s %-8s %10s", addr, rmirror_encap_word(m->conf.encap), key);
	for (i = 0; i < __RMIRROR_COUNTER_MAX; i++)
		seq_printf(seq, " %*llu", (int)strlen(counter_name[i]) +
			   (i < RMIRROR_RESEGMENTED ? 4 : 0), sum[i]);
	seq_putc(seq, '\n');
	return 0;
}

static const struct seq_operations stats_seq_ops = {
	.start	= stats_seq_start,
	.next	= stats_seq_next,
	.stop	= stats_seq_stop,
	.show	= stats_seq_show,
};

int rmirror_stats_net_init(struct net *net)
{
	if (!proc_create_net("rmirror", 0444, net->proc_net, &stats_seq_ops,
			     sizeof(struct seq_net_private)))
		return -ENOMEM;
	return 0;
}

void rmirror_stats_net_exit(struct net *net)
{
	remove_proc_entry("rmirror", net->proc_net);
}
