// SPDX-License-Identifier: GPL-2.0-only
/* The Internet checksum, RFC 1071, in the order of this machine as the kernel has it. */
#include "kernel.h"

__wsum csum_partial(const void *bytes, int len, __wsum sum)
{
	u16 word;

	demand(len >= 0, "no negative length is summed up");
	for (; len > 1; len -= 2, bytes += 2) {
		memcpy(&word, bytes, sizeof(word));
		sum = csum_add(sum, word);
	}
	if (len) {
		word = 0;
		memcpy(&word, bytes, 1);
		sum = csum_add(sum, word);
	}
	return sum;
}

/* At an odd offset, bytes of words change places. */
__wsum csum_block_add(__wsum sum, __wsum block, int offset)
{
	return csum_add(sum, offset & 1 ? block >> 8 | block << 24 : block);
}

__sum16 csum_tcpudp_magic(__be32 saddr, __be32 daddr, u32 len, u8 proto, __wsum sum)
{
	const __be32 pseudo[] = { saddr, daddr, htonl(proto), htonl(len) };

	return csum_fold(csum_partial(pseudo, sizeof(pseudo), sum));
}

__sum16 csum_ipv6_magic(const struct in6_addr *saddr, const struct in6_addr *daddr, u32 len,
			u8 proto, __wsum sum)
{
	sum = csum_partial(saddr, sizeof(*saddr), csum_partial(daddr, sizeof(*daddr), sum));
	return csum_tcpudp_magic(0, 0, len, proto, sum);
}

__wsum skb_checksum(const struct sk_buff *skb, int offset, int len, __wsum sum)
{
	u8 *bytes;

	demand(len >= 0 && offset + len <= (int)skb->len, "what is summed up is in the packet");
	bytes = malloc(len);
	skb_copy_bits(skb, offset, bytes, len);
	sum = csum_partial(bytes, len, sum);
	free(bytes);
	return sum;
}

/* Finishes a partial checksum, as skb_checksum_help(). */
int skb_csum_hwoffload_help(struct sk_buff *skb, unsigned int features)
{
	const int start = skb_checksum_start_offset(skb), field = start + skb->csum_offset;
	__sum16 sum;

	demand(!skb->csum_not_inet, "no CRC is asked for");
	/* The kernel warns, and refuses. */
	demand(start >= 0 && start < (int)skb_headlen(skb) && field + 2 <= (int)skb_headlen(skb),
	       "the kernel has nothing to warn about");
	sum = csum_fold(skb_checksum(skb, start, (int)skb->len - start, 0)) ?: CSUM_MANGLED_0;
	skb->ip_summed = CHECKSUM_NONE;
	return skb_store_bits(skb, field, &sum, sizeof(sum));
}

/* Of an outer header, which no harness writes over IPv6 */
void udp6_set_csum(bool nocheck, struct sk_buff *skb, const struct in6_addr *saddr,
		   const struct in6_addr *daddr, int len)
{
	demand(false, "no harness gets here");
}
