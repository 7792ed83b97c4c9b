/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packet buffers. Each part of one, linear or page, is an allocation of exactly its size,
 * so that one byte too far is one too far for the address sanitizer, too; what the kernel
 * keeps behind the linear part (struct skb_shared_info) is elsewhere.
 */
#ifndef _SHIM_SKBUFF_H
#define _SHIM_SKBUFF_H

#define MAX_SKB_FRAGS		17
#define GSO_BY_FRAGS		0xffff
#define CHECKSUM_NONE		0
#define CHECKSUM_PARTIAL	3
#define CSUM_MANGLED_0		((__sum16)0xffff)
#define SKBFL_ZEROCOPY_ENABLE	BIT(0)
#define SKBFL_SHARED_FRAG	BIT(1)

enum {
	SKB_GSO_TCPV4			= 1 << 0,
	SKB_GSO_DODGY			= 1 << 1,
	SKB_GSO_TCP_ECN			= 1 << 2,
	SKB_GSO_TCPV6			= 1 << 4,
	SKB_GSO_GRE			= 1 << 6,
	SKB_GSO_UDP_TUNNEL		= 1 << 10,
	SKB_GSO_UDP_TUNNEL_CSUM		= 1 << 11,
	SKB_GSO_UDP_L4			= 1 << 17,
	SKB_GSO_FRAGLIST		= 1 << 18,
};

struct page {
	unsigned int	users;
	u8		*bytes;
};

typedef struct {
	struct page	*page;
	unsigned int	offset;
	unsigned int	size;
} skb_frag_t;

struct skb_shared_info {
	u8			flags;
	u8			nr_frags;
	unsigned short		gso_size;
	unsigned short		gso_segs;
	unsigned int		gso_type;
	struct { ktime_t hwtstamp; } hwtstamps;
	struct sk_buff		*frag_list;
	skb_frag_t		frags[MAX_SKB_FRAGS];
};

/* What IPsec has done to a packet, and is to do: net/xfrm.h */
#define XFRM_GRO		32
#define CRYPTO_DONE		1
#define XFRM_DEV_OFFLOAD_IN	1
struct xfrm_state { struct { u8 dir; } xso; };
struct sec_path {
	int			len;
	int			olen;
	struct xfrm_state	*xvec[6];
	struct { u32 flags; }	ovec[1];
};

struct sk_buff {
	struct sk_buff		*next;
	struct net_device	*dev;
	char			cb[48] __aligned(8);
	struct dst_entry	*dst;
	struct sec_path		*sec_path;
	bool			bridged;
	unsigned int		len, data_len;
	u8			ip_summed, encapsulation, csum_not_inet, pfmemalloc;
	u8			sw_hash, l4_hash, vlan_present, inner_protocol_type;
	u32			hash, priority, mark;
	__be16			vlan_proto;
	u16			vlan_tci;
	u16			csum_start, csum_offset;
	__be16			protocol, inner_protocol;
	u16			transport_header, network_header, mac_header;
	u16			inner_transport_header, inner_network_header, inner_mac_header;
	unsigned int		tail, end, truesize;
	u8			*head, *data;
	struct skb_shared_info	info;
};

static inline struct skb_shared_info *skb_shinfo(const struct sk_buff *skb)
{
	return (struct skb_shared_info *)&skb->info;
}

static inline unsigned int skb_headlen(const struct sk_buff *skb)
{
	return skb->len - skb->data_len;
}

static inline int skb_headroom(const struct sk_buff *skb)
{
	return skb->data - skb->head;
}

static inline int skb_tailroom(const struct sk_buff *skb)
{
	return skb->data_len ? 0 : skb->end - skb->tail;
}

static inline bool skb_is_gso(const struct sk_buff *skb)
{
	return skb->info.gso_size;
}

static inline bool skb_has_frag_list(const struct sk_buff *skb)
{
	return skb->info.frag_list;
}

#define skb_walk_frags(skb, part) \
	for (part = skb_shinfo(skb)->frag_list; part; part = part->next)

static inline void skb_gso_reset(struct sk_buff *skb)
{
	skb->info.gso_size = 0;
	skb->info.gso_segs = 0;
	skb->info.gso_type = 0;
}

/* Headers */
static inline int skb_network_offset(const struct sk_buff *skb)
{
	return skb->network_header - skb_headroom(skb);
}

static inline int skb_mac_offset(const struct sk_buff *skb)
{
	return skb->mac_header - skb_headroom(skb);
}

static inline bool skb_mac_header_was_set(const struct sk_buff *skb)
{
	return skb->mac_header != (u16)~0U;
}

static inline int skb_checksum_start_offset(const struct sk_buff *skb)
{
	return skb->csum_start - skb_headroom(skb);
}

static inline void skb_reset_mac_header(struct sk_buff *skb)
{
	skb->mac_header = skb_headroom(skb);
}

static inline void skb_reset_transport_header(struct sk_buff *skb)
{
	skb->transport_header = skb_headroom(skb);
}

static inline void skb_set_network_header(struct sk_buff *skb, int offset)
{
	skb->network_header = skb_headroom(skb) + offset;
}

static inline void skb_set_transport_header(struct sk_buff *skb, int offset)
{
	skb->transport_header = skb_headroom(skb) + offset;
}

#define eth_hdr(skb) ((struct ethhdr *)((skb)->head + (skb)->mac_header))
#define ip_hdr(skb) ((struct iphdr *)((skb)->head + (skb)->network_header))
#define ipv6_hdr(skb) ((struct ipv6hdr *)((skb)->head + (skb)->network_header))

#define skb_vlan_tag_present(skb) ((skb)->vlan_present)
#define skb_vlan_tag_get(skb) ((skb)->vlan_tci)
#define skb_vlan_tag_get_id(skb) ((skb)->vlan_tci & VLAN_VID_MASK)

struct inet_skb_parm { int iif; };
struct inet6_skb_parm { int iif; };
#define IPCB(skb) ((struct inet_skb_parm *)(skb)->cb)
#define IP6CB(skb) ((struct inet6_skb_parm *)(skb)->cb)

#define skb_dst(skb) ((skb)->dst)
#define skb_valid_dst(skb) (!!(skb)->dst)
#define skb_sec_path(skb) ((skb)->sec_path)
#define nf_bridge_info_exists(skb) ((skb)->bridged)

static inline struct rtable *skb_rtable(const struct sk_buff *skb)
{
	return container_of(skb->dst, struct rtable, dst);
}

/* Room */
static inline void skb_reserve(struct sk_buff *skb, int len)
{
	demand(!skb->len, "room is made in an empty skb");
	skb->data += len;
	skb->tail += len;
}

/* The kernel's skb_put() and skb_push() check; so do those with underscores here. */
static inline void *__skb_put(struct sk_buff *skb, unsigned int len)
{
	u8 *at = skb->head + skb->tail;

	demand(!skb->data_len && skb->tail + len <= skb->end, "what is put fits");
	skb->tail += len;
	skb->len += len;
	return at;
}

#define skb_put __skb_put

static inline void *skb_put_data(struct sk_buff *skb, const void *data, unsigned int len)
{
	return memcpy(skb_put(skb, len), data, len);
}

static inline void *__skb_push(struct sk_buff *skb, unsigned int len)
{
	demand(len <= (unsigned int)skb_headroom(skb), "what is pushed fits");
	skb->data -= len;
	skb->len += len;
	return skb->data;
}

/* Pages */
#define skb_frag_size(frag) ((frag)->size)
#define skb_frag_size_set(frag, bytes) ((frag)->size = (bytes))
#define __skb_frag_ref(frag) ((void)((frag)->page->users++))
#define skb_frag_address(frag) ((void *)((frag)->page->bytes + (frag)->offset))

/* Where a part of a packet is read, wherever its bytes are */
int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len);
int skb_store_bits(struct sk_buff *skb, int offset, const void *from, int len);

static inline void *skb_header_pointer(const struct sk_buff *skb, int offset, int len, void *buffer)
{
	if ((int)skb_headlen(skb) - offset >= len)
		return skb->data + offset;
	return skb_copy_bits(skb, offset, buffer, len) < 0 ? NULL : buffer;
}

/* Moves the linear part, even if it need not. */
bool pskb_may_pull(struct sk_buff *skb, unsigned int len);

/* SKB_HEAD_ALIGN() has no room for anything else: napi_build_skb() needs none. */
#define SKB_HEAD_ALIGN(size) (size)
#define skb_free_frag(data) free(data)
struct sk_buff *napi_build_skb(void *data, unsigned int size);
struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp);
struct sk_buff *alloc_skb_with_frags(unsigned long head, unsigned long pages, int order, int *err,
				     gfp_t gfp);
void kfree_skb(struct sk_buff *skb);
#define consume_skb kfree_skb
static inline void kfree_skb_list(struct sk_buff *segs)
{
	for (struct sk_buff *next; segs; segs = next) {
		next = segs->next;
		kfree_skb(segs);
	}
}
/* Nothing here takes of a packet's headroom. */
static inline int skb_cow_head(struct sk_buff *skb, unsigned int headroom)
{
	return skb_headroom(skb) < (int)headroom ? -ENOMEM : 0;
}
struct sk_buff *__skb_gso_segment(struct sk_buff *skb, unsigned int features, bool tx_path);

/* Pages of a packet that a test makes */
void skb_add_page(struct sk_buff *skb, const void *bytes, unsigned int len);

#endif /* _SHIM_SKBUFF_H */
