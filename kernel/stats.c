// SPDX-License-Identifier: GPL-2.0-only
/* Counters and /proc/net/rmirror. */

#include <linux/capability.h>
#include <linux/inet.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>

#include "encap/encap.h"
#include "netns.h"
#include "stats.h"

static const char *const counter_name[] = {
#define X(id, column, severity) [RMIRROR_##id] = (column),
	RMIRROR_COUNTERS(X)
#undef X
};

static const u8 counter_severity[] = {
#define X(id, column, severity) [RMIRROR_##id] = (severity),
	RMIRROR_COUNTERS(X)
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

/* Columns are as wide as their heading, and a space apart whatever they hold. */
static int stats_seq_show(struct seq_file *seq, void *v)
{
	const struct rmirror *m = list_entry(v, struct rmirror, list);
	u64 sum[__RMIRROR_COUNTER_MAX];
	char addr[INET6_ADDRSTRLEN], key[16] = "-";
	int i;

	if (v == &rmirror_net(seq_file_net(seq))->mirrors) {
		seq_printf(seq, "%-39s %-8s %10s", "collector", "encap", "key");
		for (i = 0; i < __RMIRROR_COUNTER_MAX; i++)
			seq_printf(seq, " %s%s", i < RMIRROR_RESEGMENTED ? "    " : "",
				   counter_name[i]);
		seq_putc(seq, '\n');
		return 0;
	}

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
