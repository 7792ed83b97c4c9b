/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices, routes and neighbours, as far as they can be asked; scene.c has some. */
#ifndef _SHIM_NET_H
#define _SHIM_NET_H

/* net_device::priv_flags */
#define IFF_802_1Q_VLAN		(1U << 0)
#define IFF_MACVLAN		(1U << 1)
#define IFF_L3MDEV_MASTER	(1U << 2)
#define IFF_MACVLAN_PORT	(1U << 3)
#define IFF_BRIDGE_PORT		(1U << 4)

struct net { char unused; };
struct sk_buff;

struct vlan_dev_priv {
	u16			flags;
	u16			vlan_id;
	__be16			vlan_proto;
	struct net_device	*real_dev;
};

struct net_device {
	int			ifindex;
	unsigned short		type;
	unsigned int		priv_flags;
	u8			dev_addr[ETH_ALEN];
	u8			broadcast[ETH_ALEN];
	struct net		*net;
	struct net_device	*lower;		/* of a macvlan */
	struct vlan_dev_priv	vlan;
};

static inline bool is_vlan_dev(const struct net_device *dev)
{
	return dev->priv_flags & IFF_802_1Q_VLAN;
}

static inline bool netif_is_macvlan(const struct net_device *dev)
{
	return dev->priv_flags & IFF_MACVLAN;
}

static inline bool netif_is_macvlan_port(const struct net_device *dev)
{
	return dev->priv_flags & IFF_MACVLAN_PORT;
}

static inline bool netif_is_bridge_port(const struct net_device *dev)
{
	return dev->priv_flags & IFF_BRIDGE_PORT;
}

static inline bool netif_is_l3_master(const struct net_device *dev)
{
	return dev->priv_flags & IFF_L3MDEV_MASTER;
}

static inline struct vlan_dev_priv *vlan_dev_priv(const struct net_device *dev)
{
	demand(is_vlan_dev(dev), "only a VLAN device is asked for what they have");
	return (struct vlan_dev_priv *)&dev->vlan;
}

#define vlan_dev_vlan_id(dev) (vlan_dev_priv(dev)->vlan_id)
#define vlan_dev_vlan_proto(dev) (vlan_dev_priv(dev)->vlan_proto)

/* As `egress-qos-map` may have it */
static inline u16 vlan_dev_get_egress_qos_mask(struct net_device *dev, u32 priority)
{
	return (priority & 7) << 13;
}

static inline struct net_device *macvlan_dev_real_dev(const struct net_device *dev)
{
	demand(netif_is_macvlan(dev), "only a macvlan is asked for the device below");
	return dev->lower;
}

#define dev_net(dev) ((dev)->net)
struct net_device *dev_get_by_index_rcu(struct net *net, int ifindex);
bool dev_valid_name(const char *name);

struct nf_hook_state {
	u8			hook;
	u8			pf;
	struct net_device	*in;
	struct net_device	*out;
	struct net		*net;
};

/* Routes */
struct dst_ops { unsigned short family; };

struct dst_entry {
	struct net_device	*dev;
	struct dst_ops		*ops;
	void			*xfrm;
};

struct rtable {
	struct dst_entry	dst;
	unsigned int		rt_flags;
	u8			rt_gw_family;
	union {
		__be32		rt_gw4;
		struct in6_addr	rt_gw6;
	};
};

struct rt6_info {
	struct dst_entry	dst;
	bool			has_gateway;
	struct in6_addr		gateway;
};

#define dst_xfrm(dst) ((dst)->xfrm)

static inline const struct in6_addr *rt6_nexthop(const struct rt6_info *rt,
						 const struct in6_addr *daddr)
{
	return rt->has_gateway ? &rt->gateway : daddr;
}

struct flowi4 { u8 flowi4_tos; };
union flowi_uli {
	struct { __be16 dport, sport; } ports;
	__be32 gre_key;
};

/* Neighbours */
#define NUD_VALID (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

struct neighbour {
	u8	nud_state;
	u8	ha[ETH_ALEN];
};

struct neighbour *__ipv4_neigh_lookup_noref(struct net_device *dev, u32 key);
struct neighbour *__ipv6_neigh_lookup_noref(struct net_device *dev, const void *key);

static inline void neigh_ha_snapshot(void *to, const struct neighbour *n,
				     const struct net_device *dev)
{
	memcpy(to, n->ha, ETH_ALEN);
}

/* Addresses */
static inline void ether_addr_copy(u8 *to, const u8 *from)
{
	memcpy(to, from, ETH_ALEN);
}

static inline bool ipv4_is_multicast(__be32 addr)
{
	return ntohl(addr) >> 28 == 0xe;
}

static inline bool ipv4_is_lbcast(__be32 addr)
{
	return addr == htonl(INADDR_BROADCAST);
}

static inline bool ipv6_addr_equal(const struct in6_addr *a, const struct in6_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline bool ipv6_addr_any(const struct in6_addr *addr)
{
	const struct in6_addr any = {};

	return ipv6_addr_equal(addr, &any);
}

static inline bool ipv6_addr_is_multicast(const struct in6_addr *addr)
{
	return addr->s6_addr[0] == 0xff;
}

/* Only the one bit is asked for. */
#define IPV6_ADDR_LINKLOCAL 0x0020U

static inline unsigned int ipv6_addr_type(const struct in6_addr *addr)
{
	return addr->s6_addr[0] == 0xfe && (addr->s6_addr[1] & 0xc0) == 0x80 ?
	       IPV6_ADDR_LINKLOCAL : 0;
}

static inline void ip_eth_mc_map(__be32 addr, u8 *to)
{
	const u32 group = ntohl(addr);
	const u8 mapped[ETH_ALEN] = { 0x01, 0x00, 0x5e, group >> 16 & 0x7f, group >> 8, group };

	memcpy(to, mapped, sizeof(mapped));
}

static inline void ipv6_eth_mc_map(const struct in6_addr *addr, u8 *to)
{
	to[0] = 0x33;
	to[1] = 0x33;
	memcpy(to + 2, &addr->s6_addr[12], 4);
}

struct in_ifaddr;
struct in_ifaddr *__ip_dev_find(struct net *net, __be32 addr, bool devref);
int ipv6_chk_addr(struct net *net, const struct in6_addr *addr, const struct net_device *dev,
		  int strict);
/* Nothing here calls what calls it. */
#define ip6_update_pmtu(skb, net, mtu, oif, mark, uid) do { } while (0)

/* IPv6 headers that are not in the ABI's */
struct frag_hdr {
	__u8	nexthdr;
	__u8	reserved;
	__be16	frag_off;
	__be32	identification;
};

#define IP_MF		0x2000
#define IP_OFFSET	0x1fff
#define IP6_OFFSET	0xfff8
#define NEXTHDR_HOP		0
#define NEXTHDR_ROUTING		43
#define NEXTHDR_FRAGMENT	44
#define NEXTHDR_AUTH		51
#define NEXTHDR_NONE		59
#define NEXTHDR_DEST		60
#define ipv6_optlen(header) (((header)->hdrlen + 1) << 3)
#define ipv6_authlen(header) (((header)->hdrlen + 2) << 2)

#define TCPHDR_SYN	0x02
#define TCPHDR_RST	0x04
#define TCPHDR_URG	0x20

static inline bool ip_is_fragment(const struct iphdr *iph)
{
	return iph->frag_off & htons(IP_MF | IP_OFFSET);
}

static inline bool icmp_is_err(int type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

static inline bool icmpv6_is_err(int type)
{
	return type == ICMPV6_DEST_UNREACH || type == ICMPV6_PKT_TOOBIG ||
	       type == ICMPV6_TIME_EXCEED || type == ICMPV6_PARAMPROB;
}

int ipv6_skip_exthdr(const struct sk_buff *skb, int start, u8 *nexthdrp, __be16 *frag_offp);

/* VLAN tags */
struct vlan_hdr {
	__be16	h_vlan_TCI;
	__be16	h_vlan_encapsulated_proto;
};

#define VLAN_HLEN	4
#define VLAN_PRIO_SHIFT	13
#define VLAN_VID_MASK	0x0fff

static inline bool eth_type_vlan(__be16 type)
{
	return type == htons(ETH_P_8021Q) || type == htons(ETH_P_8021AD);
}

/* The netns, of which there is one */
extern void *net_generic_data;
#define net_generic(net, id) (net_generic_data)

#endif /* _SHIM_NET_H */
