// SPDX-License-Identifier: GPL-2.0-only
/* Module, network namespaces, and the life of a mirror. */

#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "batch.h"
#include "buffer.h"
#include "collector.h"
#include "encap/encap.h"
#include "hop.h"
#include "learn.h"
#include "loop.h"
#include "netns.h"
#include "stats.h"
#include "wait.h"

/* Header copies of what may be copies of copies: so many of a mirror in a time */
#define NESTED_BURST	16
#define NESTED_INTERVAL	(10 * HZ)

/* What the loop guard has to know of a mirror */
static int announce(struct rmirror *m)
{
	const struct rmirror_conf *conf = &m->conf;
	struct rmirror_net *rn = m->rn;
	int err;

	err = rmirror_collector_port_add(rn, conf->port);
	if (err)
		return err;
	err = conf->in_register ? 0 : rmirror_collector_add(rn, RMIRROR_IS_COLLECTOR, conf->family,
							     &conf->addr, GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_collector;
	err = rmirror_conf_given(conf, NFTA_RMIRROR_SADDR) ?
		rmirror_collector_add(rn, RMIRROR_IS_SOURCE, conf->family, &conf->saddr,
				      GFP_KERNEL_ACCOUNT) : 0;
	if (err)
		goto err_source;
	return 0;

err_source:
	if (!conf->in_register)
		rmirror_collector_del(rn, RMIRROR_IS_COLLECTOR, conf->family, &conf->addr);
err_collector:
	rmirror_collector_port_del(rn, conf->port);
	return err;
}

static void withdraw(struct rmirror *m)
{
	const struct rmirror_conf *conf = &m->conf;

	if (rmirror_conf_given(conf, NFTA_RMIRROR_SADDR))
		rmirror_collector_del(m->rn, RMIRROR_IS_SOURCE, conf->family, &conf->saddr);
	if (!conf->in_register)
		rmirror_collector_del(m->rn, RMIRROR_IS_COLLECTOR, conf->family, &conf->addr);
	rmirror_collector_port_del(m->rn, conf->port);
}

/* The first mirror of a netns has it listen to ICMP, the last one makes it stop. */
static int mirror_add(struct rmirror *m)
{
	struct rmirror_net *rn = m->rn;
	int err = 0;

	mutex_lock(&rn->lock);
	if (list_empty(&rn->mirrors))
		err = rmirror_learn_start(m->net);
	if (err)
		goto out;
	err = announce(m);
	if (!err)
		list_add_tail_rcu(&m->list, &rn->mirrors);
	else if (list_empty(&rn->mirrors))
		rmirror_learn_stop(m->net);
out:
	mutex_unlock(&rn->lock);
	return err;
}

static void mirror_del(struct rmirror *m)
{
	mutex_lock(&m->rn->lock);
	list_del_rcu(&m->list);
	withdraw(m);
	if (list_empty(&m->rn->mirrors))
		rmirror_learn_stop(m->net);
	mutex_unlock(&m->rn->lock);
}

/**
 * rmirror_create - bring a statement to life
 * @net: the netns of its rule
 * @conf: has passed rmirror_conf_check()
 * @place: where the rule stands
 *
 * May sleep. The caller sees to it that @net outlives the mirror.
 *
 * Return: a mirror for rmirror_mirror(), to be given back to rmirror_release(),
 * or an ERR_PTR.
 */
struct rmirror *rmirror_create(struct net *net, const struct rmirror_conf *conf,
			       const struct rmirror_place *place)
{
	struct rmirror *m;
	int err;

	m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return ERR_PTR(-ENOMEM);

	m->conf = *conf;
	m->place = place;
	m->encap = rmirror_encap_find(conf->encap);
	m->hlen = m->encap->hlen(conf);
	m->outer_len = rmirror_hop_outer_len(m);
	m->key_mask = rmirror_encap_key_max(conf->encap);
	m->net = net;
	m->rn = rmirror_net(net);
	ratelimit_state_init(&m->nested, NESTED_INTERVAL, NESTED_BURST);
	/* Nobody need read of it in the log: it is counted. */
	ratelimit_set_flags(&m->nested, RATELIMIT_MSG_ON_RELEASE);

	err = -ENOMEM;
	m->stats = __netdev_alloc_pcpu_stats(struct rmirror_stats, GFP_KERNEL_ACCOUNT);
	if (!m->stats)
		goto err_stats;

	err = rmirror_way_init(m);
	if (err)
		goto err_hop;

	err = mirror_add(m);
	if (err)
		goto err_add;
	return m;

err_add:
	rmirror_way_leave(m);
	rmirror_way_exit(m);
err_hop:
	free_percpu(m->stats);
err_stats:
	kfree(m);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(rmirror_create);

/* Whoever had one of its copies in hand, or an ICMP error about one, is done. */
static void mirror_free_rcu(struct rcu_head *rcu)
{
	struct rmirror *m = container_of(rcu, struct rmirror, rcu);

	/* A list of copies is sent when softirqs were served: soon. */
	if (unlikely(atomic_read_acquire(&m->listed))) {
		call_rcu(&m->rcu, mirror_free_rcu);
		return;
	}
	rmirror_way_exit(m);
	free_percpu(m->stats);
	kfree(m);
}

/**
 * rmirror_release - the end of a mirror
 * @m: no packet can reach it any more: its rule was unlinked and a grace period
 *	has passed
 *
 * May sleep, but waits for nothing. Copies that are on their way do not need it;
 * those that still wait for a neighbour go with it.
 */
void rmirror_release(struct rmirror *m)
{
	mirror_del(m);
	rmirror_wait_drop(m->rn, m);
	rmirror_way_leave(m);
	call_rcu(&m->rcu, mirror_free_rcu);
}
EXPORT_SYMBOL_GPL(rmirror_release);

/**
 * rmirror_conf_get - the statement of a mirror, with its defaults
 * @m: the mirror
 */
const struct rmirror_conf *rmirror_conf_get(const struct rmirror *m)
{
	return &m->conf;
}
EXPORT_SYMBOL_GPL(rmirror_conf_get);

/**
 * rmirror_place_get - where the rule of a mirror stands, as rmirror_create() was told
 * @m: the mirror
 */
const struct rmirror_place *rmirror_place_get(const struct rmirror *m)
{
	return m->place;
}
EXPORT_SYMBOL_GPL(rmirror_place_get);

static int __net_init rmirror_net_init(struct net *net)
{
	struct rmirror_net *rn = rmirror_net(net);

	rn->net = net;
	mutex_init(&rn->lock);
	INIT_LIST_HEAD(&rn->mirrors);
	/* No hash at all must not look like a tag. */
	do
		rn->tag = get_random_u32();
	while (rmirror_loop_has_tag(rn, 0));
	rmirror_collector_net_init(rn);
	rmirror_wait_net_init(rn);
	rmirror_learn_net_init(rn);
	return rmirror_stats_net_init(net);
}

/*
 * The rules of a dying netns are destroyed after this, since nf_tables was
 * there first: rmirror_release() still finds its list, the memory of which is
 * freed when every subsystem has left.
 */
static void __net_exit rmirror_net_exit(struct net *net)
{
	rmirror_stats_net_exit(net);
	rmirror_wait_net_exit(rmirror_net(net));
	rmirror_collector_net_exit(rmirror_net(net));
}

static struct pernet_operations rmirror_net_ops = {
	.init	= rmirror_net_init,
	.exit	= rmirror_net_exit,
	.id	= &rmirror_net_id,
	.size	= sizeof(struct rmirror_net),
};

static int rmirror_netdev_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	if (event == NETDEV_CHANGENAME)
		rmirror_hop_renamed(dev_net(dev));
	else if (event == NETDEV_DOWN || event == NETDEV_UNREGISTER)
		rmirror_wait_device_down(dev);
	return NOTIFY_DONE;
}

static struct notifier_block rmirror_netdev_notifier = {
	.notifier_call	= rmirror_netdev_event,
};

static int __init rmirror_init(void)
{
	int err;

	rmirror_encap_init();
	rmirror_buffer_init();
	err = register_pernet_subsys(&rmirror_net_ops);
	if (err)
		return err;
	err = register_netdevice_notifier(&rmirror_netdev_notifier);
	if (err)
		goto err_netdev;
	err = rmirror_wait_init();
	if (err)
		goto err_wait;
	err = rmirror_batch_init();
	if (err)
		goto err_batch;
	return 0;

err_batch:
	rmirror_wait_exit();
err_wait:
	unregister_netdevice_notifier(&rmirror_netdev_notifier);
err_netdev:
	unregister_pernet_subsys(&rmirror_net_ops);
	return err;
}

static void __exit rmirror_exit(void)
{
	rmirror_wait_exit();
	unregister_netdevice_notifier(&rmirror_netdev_notifier);
	unregister_pernet_subsys(&rmirror_net_ops);
	rmirror_batch_exit();
	/*
	 * The last mirrors may be waiting to be freed, by code that goes now; one of which
	 * copies were in a list for another grace period.
	 */
	rcu_barrier();
	rcu_barrier();
	rmirror_buffer_exit();
}

module_init(rmirror_init);
module_exit(rmirror_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Mirror selected packets to a remote collector");
