// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: shows that a mirror leaves the packet as it was.
 *
 * Hooks just before and just after priority 0, where tests have their rules,
 * remember a packet and compare it. They are in a netns from the moment that
 * `start` is written to its /proc/net/rmirror_checker; `device NAME` adds those
 * of a device's ingress and egress. Reading says how many packets were compared,
 * how many had changed, and each field that had, with how often.
 *
 * `stamp NANOSECONDS` gives every packet, before the rule sees it, the hardware
 * time stamp of a device that no guest has.
 */

#include <linux/kstrtox.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>
#include <linux/proc_fs.h>
#include <linux/rtnetlink.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "snapshot.h"

#define PROC_NAME	"rmirror_checker"
/* More than that are packets that the rule between dropped. */
#define WAITING_MAX	256

/* A packet between its two hooks */
struct waiting {
	struct list_head	list;
	const struct sk_buff	*skb;
	u8			pf;
	u8			hook;
	struct snapshot		before;
};

/* The two hooks of a device in one direction */
struct device_hooks {
	struct list_head	list;
	struct nf_hook_ops	ops[2];
};

/**
 * struct checker_net - what is checked in a netns
 *
 * @lock: protects @waiting, @n and the counters
 * @waiting: the packets between their hooks, newest first
 * @n: how many those are
 * @compared: packets
 * @changed: packets that were not the same
 * @fields: by field, how often it had changed
 * @stamp: hardware time stamp for every packet, in nanoseconds; 0: none
 * @started: the hooks of the protocols are there; under RTNL
 * @devices: struct device_hooks; under RTNL
 */
struct checker_net {
	spinlock_t		lock;
	struct list_head	waiting;
	unsigned int		n;
	unsigned long		compared;
	unsigned long		changed;
	unsigned long		*fields;
	u64			stamp;
	bool			started;
	struct list_head	devices;
};

static unsigned int checker_net_id __read_mostly;

static struct checker_net *checker_net(const struct net *net)
{
	return net_generic(net, checker_net_id);
}

/* @cn->lock is held. */
static struct waiting *take_waiting(struct checker_net *cn, const struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct waiting *w;

	list_for_each_entry(w, &cn->waiting, list) {
		if (w->skb == skb && w->pf == state->pf && w->hook == state->hook) {
			list_del(&w->list);
			cn->n--;
			return w;
		}
	}
	return NULL;
}

static unsigned int before_hook(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct checker_net *cn = checker_net(state->net);
	struct waiting *w, *old = NULL, *oldest = NULL;

	w = kmalloc(sizeof(*w), GFP_ATOMIC);
	if (!w)
		return NF_ACCEPT;
	w->skb = skb;
	w->pf = state->pf;
	w->hook = state->hook;
	if (READ_ONCE(cn->stamp))
		skb_hwtstamps(skb)->hwtstamp = ns_to_ktime(READ_ONCE(cn->stamp));
	snapshot_take(&w->before, skb);

	spin_lock_bh(&cn->lock);
	/* Of a packet that has not come to the second hook and is gone */
	old = take_waiting(cn, skb, state);
	if (cn->n == WAITING_MAX) {
		oldest = list_last_entry(&cn->waiting, struct waiting, list);
		list_del(&oldest->list);
		cn->n--;
	}
	list_add(&w->list, &cn->waiting);
	cn->n++;
	spin_unlock_bh(&cn->lock);
	kfree(old);
	kfree(oldest);
	return NF_ACCEPT;
}

static void count_field(void *arg, unsigned int field)
{
	struct checker_net *cn = arg;

	cn->fields[field]++;
	pr_warn_ratelimited("%s changed\n", snapshot_field_name(field));
}

static unsigned int after_hook(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct checker_net *cn = checker_net(state->net);
	struct snapshot *after;
	struct waiting *w;

	spin_lock_bh(&cn->lock);
	w = take_waiting(cn, skb, state);
	spin_unlock_bh(&cn->lock);
	if (!w)
		return NF_ACCEPT;
	after = kmalloc(sizeof(*after), GFP_ATOMIC);
	if (after) {
		snapshot_take(after, skb);
		spin_lock_bh(&cn->lock);
		cn->compared++;
		if (snapshot_compare(&w->before, after, count_field, cn))
			cn->changed++;
		spin_unlock_bh(&cn->lock);
	}
	kfree(after);
	kfree(w);
	return NF_ACCEPT;
}

#define PAIR(family, number)							\
	{ .hook = before_hook, .pf = family, .hooknum = number, .priority = -1 },	\
	{ .hook = after_hook, .pf = family, .hooknum = number, .priority = 1 }

#define ALL_OF_INET(family)			\
	PAIR(family, NF_INET_PRE_ROUTING),	\
	PAIR(family, NF_INET_LOCAL_IN),		\
	PAIR(family, NF_INET_FORWARD),		\
	PAIR(family, NF_INET_LOCAL_OUT),	\
	PAIR(family, NF_INET_POST_ROUTING)

static const struct nf_hook_ops protocol_hooks[] = {
	ALL_OF_INET(NFPROTO_IPV4),
	ALL_OF_INET(NFPROTO_IPV6),
#ifdef CONFIG_NETFILTER_FAMILY_ARP
	PAIR(NFPROTO_ARP, NF_ARP_IN),
	PAIR(NFPROTO_ARP, NF_ARP_OUT),
#endif
#ifdef CONFIG_NETFILTER_FAMILY_BRIDGE
	PAIR(NFPROTO_BRIDGE, NF_BR_PRE_ROUTING),
	PAIR(NFPROTO_BRIDGE, NF_BR_LOCAL_IN),
	PAIR(NFPROTO_BRIDGE, NF_BR_FORWARD),
	PAIR(NFPROTO_BRIDGE, NF_BR_LOCAL_OUT),
	PAIR(NFPROTO_BRIDGE, NF_BR_POST_ROUTING),
#endif
};

static int start(struct net *net)
{
	struct checker_net *cn = checker_net(net);
	int err = 0;

	rtnl_lock();
	if (!cn->started) {
		err = nf_register_net_hooks(net, protocol_hooks, ARRAY_SIZE(protocol_hooks));
		cn->started = !err;
	}
	rtnl_unlock();
	return err;
}

static int add_device_hooks(struct net *net, struct net_device *dev, unsigned int hook)
{
	struct device_hooks *hooks = kzalloc(sizeof(*hooks), GFP_KERNEL);
	const struct nf_hook_ops ops[] = { PAIR(NFPROTO_NETDEV, hook) };
	int i, err;

	if (!hooks)
		return -ENOMEM;
	memcpy(hooks->ops, ops, sizeof(ops));
	for (i = 0; i < ARRAY_SIZE(hooks->ops); i++)
		hooks->ops[i].dev = dev;
	err = nf_register_net_hooks(net, hooks->ops, ARRAY_SIZE(hooks->ops));
	if (err)
		kfree(hooks);
	else
		list_add(&hooks->list, &checker_net(net)->devices);
	return err;
}

static int add_device(struct net *net, const char *name)
{
	struct net_device *dev;
	int err = -ENODEV;

	rtnl_lock();
	dev = __dev_get_by_name(net, name);
	if (dev)
		err = add_device_hooks(net, dev, NF_NETDEV_INGRESS) ?:
		      add_device_hooks(net, dev, NF_NETDEV_EGRESS);
	rtnl_unlock();
	return err;
}

/* Of all devices if @dev is NULL; RTNL is held. */
static void remove_devices(struct net *net, const struct net_device *dev)
{
	struct device_hooks *hooks, *next;

	list_for_each_entry_safe(hooks, next, &checker_net(net)->devices, list) {
		if (dev && hooks->ops[0].dev != dev)
			continue;
		list_del(&hooks->list);
		nf_unregister_net_hooks(net, hooks->ops, ARRAY_SIZE(hooks->ops));
		kfree(hooks);
	}
}

static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	if (event == NETDEV_UNREGISTER)
		remove_devices(dev_net(dev), dev);
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = {
	.notifier_call = device_event,
};

static int checker_show(struct seq_file *m, void *v)
{
	struct checker_net *cn = checker_net(seq_file_single_net(m));
	unsigned int i;

	spin_lock_bh(&cn->lock);
	seq_printf(m, "compared %lu\nchanged %lu\n", cn->compared, cn->changed);
	for (i = 0; i < snapshot_fields(); i++)
		if (cn->fields[i])
			seq_printf(m, "%s %lu\n", snapshot_field_name(i), cn->fields[i]);
	spin_unlock_bh(&cn->lock);
	return 0;
}

static int set_stamp(struct net *net, const char *nanoseconds)
{
	u64 stamp;
	int err;

	err = kstrtou64(nanoseconds, 10, &stamp);
	if (!err)
		WRITE_ONCE(checker_net(net)->stamp, stamp);
	return err;
}

static int checker_write(struct file *file, char *buf, size_t size)
{
	struct net *net = seq_file_single_net(file->private_data);

	if (!strcmp(buf, "start"))
		return start(net);
	if (!strncmp(buf, "device ", 7))
		return add_device(net, buf + 7);
	if (!strncmp(buf, "stamp ", 6))
		return set_stamp(net, buf + 6);
	return -EINVAL;
}

static int __net_init checker_net_init(struct net *net)
{
	struct checker_net *cn = checker_net(net);

	spin_lock_init(&cn->lock);
	INIT_LIST_HEAD(&cn->waiting);
	INIT_LIST_HEAD(&cn->devices);
	cn->fields = kcalloc(snapshot_fields(), sizeof(*cn->fields), GFP_KERNEL);
	if (!cn->fields)
		return -ENOMEM;
	if (!proc_create_net_single_write(PROC_NAME, 0600, net->proc_net, checker_show,
					  checker_write, NULL)) {
		kfree(cn->fields);
		return -ENOMEM;
	}
	return 0;
}

static void __net_exit checker_net_exit(struct net *net)
{
	struct checker_net *cn = checker_net(net);
	struct waiting *w, *next;

	remove_proc_entry(PROC_NAME, net->proc_net);
	rtnl_lock();
	remove_devices(net, NULL);
	rtnl_unlock();
	if (cn->started)
		nf_unregister_net_hooks(net, protocol_hooks, ARRAY_SIZE(protocol_hooks));
	synchronize_net();
	list_for_each_entry_safe(w, next, &cn->waiting, list)
		kfree(w);
	kfree(cn->fields);
}

static struct pernet_operations checker_net_ops = {
	.init	= checker_net_init,
	.exit	= checker_net_exit,
	.id	= &checker_net_id,
	.size	= sizeof(struct checker_net),
};

static int __init checker_init(void)
{
	int err = register_pernet_subsys(&checker_net_ops);

	if (err)
		return err;
	err = register_netdevice_notifier(&device_notifier);
	if (err)
		unregister_pernet_subsys(&checker_net_ops);
	return err;
}

static void __exit checker_exit(void)
{
	unregister_netdevice_notifier(&device_notifier);
	unregister_pernet_subsys(&checker_net_ops);
}

module_init(checker_init);
module_exit(checker_exit);

MODULE_DESCRIPTION("Shows in tests that a mirror leaves packets as they were");
MODULE_LICENSE("GPL");
