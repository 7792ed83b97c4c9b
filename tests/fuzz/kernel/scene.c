// SPDX-License-Identifier: GPL-2.0-only
#include <rmirror_tables.h>

#include "collector.h"
#include "encap/encap.h"
#include "loop.h"
#include "scene.h"

struct task_struct *current;
void *net_generic_data;
unsigned int rmirror_net_id;

static struct net net;
static struct rmirror_net *host;

/* Devices: Ethernet, its VLANs, one on the other and with and without reordering, macvlans, .. */
#define DEVICE(index, kind, flags, ...) \
	{ .ifindex = (index), .type = (kind), .priv_flags = (flags), .net = &net,	\
	  .dev_addr = { 2, 0, 0, 0, 0, (index) }, .broadcast = { 255, 255, 255, 255, 255, 255 }, \
	  __VA_ARGS__ }
#define VLAN(index, id, tag, below, vlan_flags)	\
	DEVICE(index, ARPHRD_ETHER, IFF_802_1Q_VLAN,	\
	       .vlan = { (vlan_flags), (id), tag, (below) })

static struct net_device devices[] = {
	DEVICE(1, ARPHRD_LOOPBACK, 0),
	DEVICE(2, ARPHRD_ETHER, IFF_MACVLAN_PORT),
	DEVICE(3, ARPHRD_ETHER, IFF_BRIDGE_PORT),
	DEVICE(4, ARPHRD_NONE, 0),
	DEVICE(5, ARPHRD_ETHER, IFF_L3MDEV_MASTER),
	DEVICE(6, ARPHRD_ETHER, IFF_MACVLAN, .lower = &devices[1]),
	VLAN(7, 10, htons(ETH_P_8021Q), &devices[1], VLAN_FLAG_REORDER_HDR),
	VLAN(8, 20, htons(ETH_P_8021AD), &devices[2], 0),
	VLAN(9, 30, htons(ETH_P_8021Q), &devices[7], VLAN_FLAG_REORDER_HDR),
	VLAN(10, 40, htons(ETH_P_8021Q), &devices[8], 0),
	VLAN(11, 50, htons(ETH_P_8021Q), &devices[9], 0),
	VLAN(12, 60, htons(ETH_P_8021Q), &devices[10], 0),
	VLAN(13, 70, htons(ETH_P_8021Q), &devices[11], VLAN_FLAG_REORDER_HDR),
	VLAN(14, 80, htons(ETH_P_8021Q), &devices[12], 0),
	VLAN(15, 90, htons(ETH_P_8021Q), &devices[13], 0),
	VLAN(16, 100, htons(ETH_P_8021Q), &devices[14], 0),	/* with more tags than there is room for */
	VLAN(17, 110, htons(ETH_P_8021Q), &devices[15], 0),
	DEVICE(18, ARPHRD_ETHER, IFF_MACVLAN, .lower = &devices[9]),
	DEVICE(19, ARPHRD_PPP, 0),
};

/* Hooks, with what they have: a device in, a device out */
static const struct {
	u8	pf;
	u8	hook;
	bool	in, out;
} hooks[] = {
	{ NFPROTO_IPV4, NF_INET_PRE_ROUTING, true, false },
	{ NFPROTO_IPV4, NF_INET_LOCAL_IN, true, false },
	{ NFPROTO_IPV4, NF_INET_FORWARD, true, true },
	{ NFPROTO_IPV4, NF_INET_LOCAL_OUT, false, true },
	{ NFPROTO_IPV4, NF_INET_POST_ROUTING, false, true },
	{ NFPROTO_IPV6, NF_INET_PRE_ROUTING, true, false },
	{ NFPROTO_IPV6, NF_INET_LOCAL_IN, true, false },
	{ NFPROTO_IPV6, NF_INET_FORWARD, true, true },
	{ NFPROTO_IPV6, NF_INET_LOCAL_OUT, false, true },
	{ NFPROTO_IPV6, NF_INET_POST_ROUTING, true, true },
	{ NFPROTO_BRIDGE, NF_INET_PRE_ROUTING, true, false },
	{ NFPROTO_BRIDGE, NF_INET_FORWARD, true, true },
	{ NFPROTO_BRIDGE, NF_INET_POST_ROUTING, false, true },
	{ NFPROTO_ARP, NF_ARP_IN, true, false },
	{ NFPROTO_ARP, NF_ARP_OUT, false, true },
	{ NFPROTO_NETDEV, NF_NETDEV_INGRESS, true, false },
	{ NFPROTO_NETDEV, NF_NETDEV_EGRESS, false, true },
};

/* Addresses, as those of the golden packets: of this host, of collectors, of `from` */
#define ADDRESS6(last) { .s6_addr = { 0xfd, [15] = (last) } }
static const union nf_inet_addr own4 = { .ip = htonl(0x0a000001) };
static const union nf_inet_addr own6 = { .in6 = ADDRESS6(1) };
static const union nf_inet_addr collector4 = { .ip = htonl(0x0a000005) };
static const union nf_inet_addr collector6 = { .in6 = ADDRESS6(5) };
static const union nf_inet_addr source4 = { .ip = htonl(0x0a000007) };

struct in_ifaddr { char unused; };

struct in_ifaddr *__ip_dev_find(struct net *of, __be32 addr, bool devref)
{
	static struct in_ifaddr found;

	return addr == own4.ip ? &found : NULL;
}

int ipv6_chk_addr(struct net *of, const struct in6_addr *addr, const struct net_device *dev,
		  int strict)
{
	return ipv6_addr_equal(addr, &own6.in6);
}

bool scene_is_own(u8 family, const void *addr)
{
	if (family == NFPROTO_IPV6)
		return !memcmp(addr, &own6, sizeof(own6.in6));
	return !memcmp(addr, &own4, sizeof(own4.ip)) || !memcmp(addr, &source4, sizeof(own4.ip));
}

bool scene_is_collector(u8 family, const void *addr)
{
	if (family == NFPROTO_IPV6)
		return !memcmp(addr, &collector6, sizeof(collector6.in6));
	return !memcmp(addr, &collector4, sizeof(collector4.ip));
}

static bool neighbour_known;
static struct neighbour *find_neighbour(void)
{
	static struct neighbour known = { NUD_REACHABLE, { 2, 0, 0, 0, 1, 1 } };
	static struct neighbour unknown = { NUD_INCOMPLETE };

	return neighbour_known ? &known : &unknown;
}

struct neighbour *__ipv4_neigh_lookup_noref(struct net_device *dev, u32 key)
{
	return find_neighbour();
}

struct neighbour *__ipv6_neigh_lookup_noref(struct net_device *dev, const void *key)
{
	/* It is read, and so has to be there. */
	return ((const u8 *)key)[15] == 0xee ? NULL : find_neighbour();
}

struct net_device *dev_get_by_index_rcu(struct net *of, int ifindex)
{
	return ifindex > 0 && ifindex <= (int)ARRAY_SIZE(devices) ? &devices[ifindex - 1] : NULL;
}

static void host_init(void)
{
	host = calloc(1, sizeof(*host));
	net_generic_data = host;
	host->net = &net;
	host->tag = 0x05ec4e7a;
	rmirror_encap_init();
	rmirror_collector_net_init(host);
	rmirror_collector_add(host, RMIRROR_IS_COLLECTOR, NFPROTO_IPV4, &collector4, GFP_KERNEL);
	rmirror_collector_add(host, RMIRROR_IS_COLLECTOR, NFPROTO_IPV6, &collector6, GFP_KERNEL);
	rmirror_collector_add(host, RMIRROR_IS_SOURCE, NFPROTO_IPV4, &source4, GFP_KERNEL);
	rmirror_collector_port_add(host, 9999);
}

/* @before bytes of headroom, @linear of the packet in one buffer, the rest in pages of @page */
static struct sk_buff *packet(const u8 *bytes, size_t len, unsigned int before,
			      unsigned int linear, unsigned int page)
{
	struct sk_buff *skb = alloc_skb(before + linear, GFP_KERNEL);

	memset(skb->head, 0xa5, before);
	skb_reserve(skb, before);
	skb_put_data(skb, bytes, linear);
	while (linear < len) {
		unsigned int part = min_t(unsigned int, page ?: len, len - linear);

		if (skb->info.nr_frags == MAX_SKB_FRAGS - 1)
			part = len - linear;
		skb_add_page(skb, bytes + linear, part);
		linear += part;
	}
	return skb;
}

/* What IP has seen to before its hooks: a header that is whole, and linear. */
static bool is_sound_ip(const struct sk_buff *skb, u8 pf)
{
	const int off = skb_network_offset(skb);
	const struct iphdr *iph = (const void *)(skb->data + off);

	if (pf == NFPROTO_IPV4)
		return off + (int)sizeof(*iph) <= (int)skb_headlen(skb) && iph->version == 4 &&
		       iph->ihl >= 5 && off + iph->ihl * 4 <= (int)skb_headlen(skb);
	return off + (int)sizeof(struct ipv6hdr) <= (int)skb_headlen(skb) && iph->version == 6;
}

static void set_route(struct scene *scene, const struct scene_input *input)
{
	static struct dst_ops ops4 = { AF_INET }, ops6 = { AF_INET6 };
	struct net_device *dev = scene->state.out ?: scene->state.in;

	if (!(input->flags & SCENE_ROUTE))
		return;
	scene->skb->dst = &scene->rt4.dst;
	if (input->flags & SCENE_ROUTE6) {
		scene->rt6 = (struct rt6_info) {
			.dst = { .dev = dev, .ops = &ops6 },
			.has_gateway = input->flags & SCENE_GATEWAY,
			.gateway = ADDRESS6(9),
		};
		return;
	}
	scene->rt4 = (struct rtable) {
		.dst = { .dev = dev, .ops = &ops4 },
		.rt_flags = input->more & SCENE_MORE_BROADCAST ? RTCF_BROADCAST : 0,
	};
	if (input->flags & SCENE_GATEWAY) {
		scene->rt4.rt_gw_family = input->more & SCENE_MORE_GATEWAY6 ? AF_INET6 : AF_INET;
		scene->rt4.rt_gw6 = (struct in6_addr)ADDRESS6(9);
	}
}

static void set_beside(struct scene *scene, const struct scene_input *input, const u8 *bytes)
{
	struct sk_buff *skb = scene->skb;

	memcpy(&skb->protocol, input->protocol, sizeof(skb->protocol));
	if (!skb->protocol)
		memcpy(&skb->protocol, bytes + 2 * ETH_ALEN, sizeof(skb->protocol));
	skb->vlan_present = !!(input->flags & SCENE_TAG);
	memcpy(&skb->vlan_tci, input->vlan, sizeof(skb->vlan_tci));
	skb->vlan_proto = htons(input->vlan[2] & 1 ? ETH_P_8021AD : ETH_P_8021Q);
	skb->priority = input->vlan[3];
	skb->bridged = input->flags & SCENE_BRIDGED;
	IPCB(skb)->iif = input->vlan[3] % (ARRAY_SIZE(devices) + 2);
	if (input->flags & SCENE_OUR_HASH) {
		skb->hash = rmirror_loop_tag(host, 0x12345678);
		skb->sw_hash = 1;
		skb->l4_hash = 1;
	}
	if (input->more & SCENE_MORE_SEC_PATH) {
		scene->sec_path = (struct sec_path) { .len = 1, .olen = input->vlan[3] & 1 };
		scene->sec_path.xvec[0] = &scene->xfrm;
		skb->sec_path = &scene->sec_path;
	}
}

/**
 * scene_set - a packet at a hook, as an input describes it
 * @bytes: from the Ethernet header on, at least that
 *
 * Return: false if no hook sees such a packet; scene->skb is for kfree_skb() either way.
 */
bool scene_set(struct scene *scene, const struct scene_input *input, const u8 *bytes, size_t len)
{
	const unsigned int hook = input->hook % ARRAY_SIZE(hooks);
	const unsigned int network = min_t(unsigned int, input->network, len);
	const unsigned int linear = min_t(unsigned int, network + input->linear * 4, len);
	const u8 pf = hooks[hook].pf;
	struct sk_buff *skb;

	if (!host)
		host_init();
	skb = packet(bytes, len, input->headroom, linear, input->page * 8);
	*scene = (struct scene) {
		.skb = skb,
		.rn = host,
		.state = {
			.hook = hooks[hook].hook,
			.pf = pf,
			.in = hooks[hook].in ? &devices[input->in % ARRAY_SIZE(devices)] : NULL,
			.out = hooks[hook].out ? &devices[input->out % ARRAY_SIZE(devices)] : NULL,
			.net = &net,
		},
	};
	skb_set_network_header(skb, network);
	if (!(input->flags & SCENE_NO_MAC))
		skb_reset_mac_header(skb);
	if (!(input->flags & SCENE_AT_MAC)) {
		skb->data += network;
		skb->len -= network;
	}
	host->collectors.overflown = input->more & SCENE_MORE_OVERFLOWN;
	neighbour_known = input->more & SCENE_MORE_NEIGHBOUR;
	set_beside(scene, input, bytes);
	set_route(scene, input);
	return (pf != NFPROTO_IPV4 && pf != NFPROTO_IPV6) ||
	       (!(input->flags & SCENE_AT_MAC || skb->bridged) && is_sound_ip(skb, pf)) ||
	       (skb->bridged && is_sound_ip(skb, pf));
}
