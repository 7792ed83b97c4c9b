/* SPDX-License-Identifier: GPL-2.0-only */
/* The Internet checksum, RFC 1071, by pairs of bytes */
#ifndef _SHIM_CHECKSUM_H
#define _SHIM_CHECKSUM_H

static inline __wsum csum_add(__wsum a, __wsum b)
{
	const u32 sum = a + b;

	return sum + (sum < b);
}

static inline __wsum csum_sub(__wsum a, __wsum b)
{
	return csum_add(a, ~b);
}

static inline __wsum csum_unfold(__sum16 sum)
{
	return sum;
}

static inline __sum16 csum_fold(__wsum sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

__wsum csum_partial(const void *bytes, int len, __wsum sum);
__wsum csum_block_add(__wsum sum, __wsum block, int offset);
__sum16 csum_tcpudp_magic(__be32 saddr, __be32 daddr, u32 len, u8 proto, __wsum sum);
__sum16 csum_ipv6_magic(const struct in6_addr *saddr, const struct in6_addr *daddr, u32 len,
			u8 proto, __wsum sum);
__wsum skb_checksum(const struct sk_buff *skb, int offset, int len, __wsum sum);

/* Of any offload: none is had. SCTP's CRC is not. */
int skb_csum_hwoffload_help(struct sk_buff *skb, unsigned int features);
int pskb_trim(struct sk_buff *skb, unsigned int len);
void udp6_set_csum(bool nocheck, struct sk_buff *skb, const struct in6_addr *saddr,
		   const struct in6_addr *daddr, int len);

#endif /* _SHIM_CHECKSUM_H */
