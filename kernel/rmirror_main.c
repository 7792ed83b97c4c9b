// SPDX-License-Identifier: GPL-2.0-only
/* Module, network namespaces, and the life of a mirror. */

#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "encap.h"

static unsigned int rmirror_net_id __read_mostly;

struct rmirror_net *rmirror_net(const struct net *net)
{
	return net_generic(net, rmirror_net_id);
}

/**
 * rmirror_create - bring a statement to life
 * @net: the netns of its rule
 * @conf: has passed rmirror_conf_check()
 *
 * May sleep. The caller sees to it that @net outlives the mirror.
 *
 * Return: a mirror for rmirror_mirror(), to be given back to rmirror_release(),
 * or an ERR_PTR.
 */
struct rmirror *rmirror_create(struct net *net, const struct rmirror_conf *conf)
{
	struct rmirror_net *rn = rmirror_net(net);
	struct rmirror *m;
	int err;

	m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return ERR_PTR(-ENOMEM);

	m->conf = *conf;
	m->encap = rmirror_encap_find(conf->encap);
	m->hlen = m->encap->hlen(conf);
	m->outer_len = rmirror_outer_len(m);
	m->net = net;

	err = -ENOMEM;
	m->stats = __netdev_alloc_pcpu_stats(struct rmirror_stats, GFP_KERNEL_ACCOUNT);
	if (!m->stats)
		goto err_stats;

	err = rmirror_route_init(m);
	if (err)
		goto err_route;

	mutex_lock(&rn->lock);
	list_add_tail(&m->list, &rn->mirrors);
	mutex_unlock(&rn->lock);
	return m;

err_route:
	free_percpu(m->stats);
err_stats:
	kfree(m);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(rmirror_create);

/**
 * rmirror_release - the end of a mirror
 * @m: no packet can reach it any more: its rule was unlinked and a grace period
 *	has passed
 *
 * May sleep. Copies that are on their way do not need it; those that still wait
 * for a neighbour go with it.
 */
void rmirror_release(struct rmirror *m)
{
	struct rmirror_net *rn = rmirror_net(m->net);

	mutex_lock(&rn->lock);
	list_del(&m->list);
	rmirror_pending_purge(rn, m);
	mutex_unlock(&rn->lock);

	rmirror_route_exit(m);
	free_percpu(m->stats);
	kfree(m);
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

static int __net_init rmirror_net_init(struct net *net)
{
	struct rmirror_net *rn = rmirror_net(net);

	mutex_init(&rn->lock);
	INIT_LIST_HEAD(&rn->mirrors);
	rmirror_pending_init(rn);
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
	rmirror_pending_exit(rmirror_net(net));
}

static struct pernet_operations rmirror_net_ops = {
	.init	= rmirror_net_init,
	.exit	= rmirror_net_exit,
	.id	= &rmirror_net_id,
	.size	= sizeof(struct rmirror_net),
};

static int rmirror_netdev_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	if (event == NETDEV_CHANGENAME)
		rmirror_route_renamed(dev_net(netdev_notifier_info_to_dev(ptr)));
	return NOTIFY_DONE;
}

static struct notifier_block rmirror_netdev_notifier = {
	.notifier_call	= rmirror_netdev_event,
};

static int __init rmirror_init(void)
{
	int err;

	rmirror_loop_init();
	err = register_pernet_subsys(&rmirror_net_ops);
	if (err)
		return err;
	err = register_netdevice_notifier(&rmirror_netdev_notifier);
	if (err)
		goto err_netdev;
	return 0;

err_netdev:
	unregister_pernet_subsys(&rmirror_net_ops);
	return err;
}

static void __exit rmirror_exit(void)
{
	unregister_netdevice_notifier(&rmirror_netdev_notifier);
	unregister_pernet_subsys(&rmirror_net_ops);
}

module_init(rmirror_init);
module_exit(rmirror_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Mirror selected packets to a remote collector");
