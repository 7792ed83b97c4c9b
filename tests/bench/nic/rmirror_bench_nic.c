// SPDX-License-Identifier: GPL-2.0-only
/*
 * For benchmark and tests: a network device that is to the stack what a network card is.
 *
 * It is no virtual device of rtnetlink's, has as many queues as the module was
 * told, takes its lock for each packet, and holds the last packets of each queue
 * as a ring of descriptors does until the card has sent them. What comes out of
 * the ring is freed as a driver's completion frees it: into the CPU's caches.
 * It takes flowtables, as a card that forwards by itself does, but no flow. It counts
 * how often it would be told of packets, and its ring may be full.
 */

#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/flow_offload.h>

#define RING_MAX	4096

static char *name = "out0";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "name of the device");

static unsigned int queues = 1;
module_param(queues, uint, 0444);
MODULE_PARM_DESC(queues, "transmit queues, 1 to 16");

static unsigned int held;
module_param(held, uint, 0444);
MODULE_PARM_DESC(held, "packets of a queue that are held before the oldest is freed, up to 4096");

static unsigned long doorbells;
module_param(doorbells, ulong, 0444);
MODULE_PARM_DESC(doorbells, "how often the card was told of packets");

static unsigned int room;

/* One transmit queue */
struct ring {
	unsigned int	next;
	unsigned int	taken;
	struct sk_buff	*skb[];
};

struct nic {
	struct ring	*ring[16];
};

static struct net_device *device;

static netdev_tx_t nic_xmit(struct sk_buff *skb, struct net_device *dev)
{
	const unsigned int queue = skb_get_queue_mapping(skb);
	const struct nic *nic = netdev_priv(dev);
	struct ring *ring = nic->ring[queue];
	struct sk_buff *done = skb;

	if (unlikely(room && ++ring->taken >= room))
		netif_stop_subqueue(dev, queue);
	if (!netdev_xmit_more() || __netif_subqueue_stopped(dev, queue))
		doorbells++;

	if (held) {
		done = ring->skb[ring->next];
		ring->skb[ring->next] = skb;
		ring->next = ring->next + 1 == held ? 0 : ring->next + 1;
	}
	if (done)
		napi_consume_skb(done, 1);
	return NETDEV_TX_OK;
}

/* What is in the rings is sent, and there is room again, as much as is said. */
static int nic_set_room(const char *text, const struct kernel_param *param)
{
	const struct nic *nic;
	unsigned int i;
	int err;

	err = param_set_uint(text, param);
	if (err || !device)
		return err;
	nic = netdev_priv(device);
	for (i = 0; i < queues; i++)
		nic->ring[i]->taken = 0;
	netif_tx_wake_all_queues(device);
	return 0;
}

static const struct kernel_param_ops nic_room_ops = {
	.set	= nic_set_room,
	.get	= param_get_uint,
};

module_param_cb(room, &nic_room_ops, &room, 0644);
MODULE_PARM_DESC(room, "packets that a queue takes until this is written again; 0: all");

/* Down, it gives back what it has. */
static int nic_stop(struct net_device *dev)
{
	const struct nic *nic = netdev_priv(dev);
	unsigned int i, j;

	for (i = 0; i < queues; i++) {
		for (j = 0; j < held; j++) {
			dev_kfree_skb(nic->ring[i]->skb[j]);
			nic->ring[i]->skb[j] = NULL;
		}
	}
	return 0;
}

static void nic_uninit(struct net_device *dev)
{
	const struct nic *nic = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < queues; i++)
		kfree(nic->ring[i]);
}

static int nic_init(struct net_device *dev)
{
	struct nic *nic = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < queues; i++) {
		nic->ring[i] = kzalloc(struct_size(nic->ring[i], skb, held), GFP_KERNEL);
		if (!nic->ring[i]) {
			nic_uninit(dev);
			return -ENOMEM;
		}
	}
	return 0;
}

static LIST_HEAD(nic_blocks);

static int nic_offload_flow(enum tc_setup_type type, void *data, void *priv)
{
	return -EOPNOTSUPP;
}

static int nic_setup_tc(struct net_device *dev, enum tc_setup_type type, void *data)
{
	if (type != TC_SETUP_FT)
		return -EOPNOTSUPP;
	return flow_block_cb_setup_simple(data, &nic_blocks, nic_offload_flow, dev, dev, true);
}

static const struct net_device_ops nic_ops = {
	.ndo_init	= nic_init,
	.ndo_uninit	= nic_uninit,
	.ndo_stop	= nic_stop,
	.ndo_start_xmit	= nic_xmit,
	.ndo_setup_tc	= nic_setup_tc,
};

static void nic_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &nic_ops;
	dev->max_mtu = ETH_MAX_MTU;
	dev->features |= NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_GSO_SOFTWARE | NETIF_F_HW_CSUM |
			 NETIF_F_HIGHDMA | NETIF_F_GSO_ENCAP_ALL | NETIF_F_HW_TC;
	dev->hw_features |= dev->features;
	dev->hw_enc_features |= dev->features;
	eth_hw_addr_random(dev);
}

static int __init nic_module_init(void)
{
	int err;

	if (!queues || queues > ARRAY_SIZE(((struct nic *)NULL)->ring) || held > RING_MAX)
		return -EINVAL;
	device = alloc_netdev_mqs(sizeof(struct nic), name, NET_NAME_USER, nic_setup, queues, 1);
	if (!device)
		return -ENOMEM;
	err = register_netdev(device);
	if (err)
		free_netdev(device);
	return err;
}
module_init(nic_module_init);

static void __exit nic_module_exit(void)
{
	unregister_netdev(device);
	free_netdev(device);
}
module_exit(nic_module_exit);

MODULE_DESCRIPTION("A network card for the benchmark");
MODULE_LICENSE("GPL");
