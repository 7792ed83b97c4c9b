/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Headers that may stand at any address: those in the frame of a copy, and in a frame inside
 * of a packet. Where the outer IP header is aligned the inner one is not, and behind TZSP it
 * even has an odd address. Some processors trap for each access to such a one.
 */
#ifndef _RMIRROR_INNER_H
#define _RMIRROR_INNER_H

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/ip.h>

/*
 * Bytes of an IPv4 header with its options. The compiler reads a word where a bit field is:
 * here there are bytes.
 */
static inline unsigned int rmirror_inner_hlen4(const struct iphdr *iph)
{
	return (((const u8 *)iph)[0] & 0xf) * 4;
}

static inline bool rmirror_inner_is_fragment4(const struct iphdr *iph)
{
	return get_unaligned(&iph->frag_off) & htons(IP_MF | IP_OFFSET);
}

static inline unsigned int rmirror_inner_tcp_hlen(const struct tcphdr *th)
{
	return (((const u8 *)th)[12] >> 4) * 4;
}

static inline u8 rmirror_inner_tcp_flags(const struct tcphdr *th)
{
	return ((const u8 *)th)[13];
}

#endif /* _RMIRROR_INNER_H */
