// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk over IPv6's extension headers as the kernel does it (RFC 8200 section 4): it ends at the
 * header of a later fragment, which *@frag_off then tells, and knows none behind "no next header".
 */
#include "kernel.h"

/* Bytes of the extension header at @off, 0 if it ends the walk, -1 if it is cut */
static int extension_len(const struct sk_buff *skb, int off, u8 type, const struct ipv6_opt_hdr *h,
			 __be16 *frag_off)
{
	const __be16 *field;
	__be16 buf;

	if (type == NEXTHDR_AUTH)
		return ipv6_authlen(h);
	if (type != NEXTHDR_FRAGMENT)
		return ipv6_optlen(h);
	field = skb_header_pointer(skb, off + offsetof(struct frag_hdr, frag_off), sizeof(buf), &buf);
	if (!field)
		return -1;
	*frag_off = *field;
	return *field & htons(IP6_OFFSET) ? 0 : sizeof(struct frag_hdr);
}

int ipv6_skip_exthdr(const struct sk_buff *skb, int start, u8 *nexthdrp, __be16 *frag_offp)
{
	u8 type = *nexthdrp;

	*frag_offp = 0;
	while (type == NEXTHDR_HOP || type == NEXTHDR_ROUTING || type == NEXTHDR_FRAGMENT ||
	       type == NEXTHDR_AUTH || type == NEXTHDR_DEST) {
		const struct ipv6_opt_hdr *h;
		struct ipv6_opt_hdr buf;
		int len;

		h = skb_header_pointer(skb, start, sizeof(buf), &buf);
		len = h ? extension_len(skb, start, type, h, frag_offp) : -1;
		if (len < 0)
			return -1;
		if (!len)
			break;
		type = h->nexthdr;
		start += len;
	}
	if (type == NEXTHDR_NONE)
		return -1;
	*nexthdrp = type;
	return start;
}
