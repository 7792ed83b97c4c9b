/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * rmirror: mirror selected packets to a remote collector.
 *
 * This file is the only definition of the rmirror ABI. It is append-only: a
 * value or an attribute keeps its number and its meaning for ever.
 *
 * The nf_tables expression
 * ------------------------
 *
 * Name RMIRROR_NFT_EXPR ("rmirror"), no result register: a statement. It never
 * changes the packet, the registers or the verdict.
 *
 * NFTA_EXPR_DATA holds the attributes of enum nft_rmirror_attributes. Exactly
 * one of NFTA_RMIRROR_ADDR and NFTA_RMIRROR_SREG_ADDR is required, all others
 * are optional. An absent attribute stands for the default, and the kernel does
 * not dump an attribute that has its default value. Numbers are 32 bit and big
 * endian, whatever their range; addresses are in network byte order.
 *
 * Nothing is rounded, clamped or ignored: what the kernel does not understand,
 * or does not support yet, it refuses. There is one limit to that: nf_tables shows
 * an expression attributes up to number 16 only, and drops those above. So what is
 * new stands in NFTA_RMIRROR_EXT, of which nothing is dropped.
 *
 *   EINVAL         an attribute is missing, unknown, not exactly as long as it has
 *                  to be, or does not belong to the encapsulation
 *   ERANGE         a number is out of its range (rmirror_tables.h)
 *   EADDRNOTAVAIL  the collector is unspecified, broadcast, or multicast or
 *                  link-local without a device
 *   EAFNOSUPPORT   an address is of a family that does not fit
 *   EOPNOTSUPP     an encapsulation, an option, or a hook that this version of
 *                  the module does not implement
 */
#ifndef _UAPI_LINUX_NETFILTER_RMIRROR_H
#define _UAPI_LINUX_NETFILTER_RMIRROR_H

#include <linux/types.h>

#define RMIRROR_NFT_EXPR	"rmirror"

/**
 * enum nft_rmirror_attributes - netlink attributes of the rmirror expression
 *
 * @NFTA_RMIRROR_ADDR: constant collector: 4 (IPv4) or 16 (IPv6) bytes
 * @NFTA_RMIRROR_SREG_ADDR: register that holds the collector (NLA_U32: nft_registers)
 * @NFTA_RMIRROR_FAMILY: family of the collector in the register
 *	(NLA_U32: NFPROTO_IPV4 or NFPROTO_IPV6); only with NFTA_RMIRROR_SREG_ADDR
 * @NFTA_RMIRROR_ENCAP: enum rmirror_encap (NLA_U32)
 * @NFTA_RMIRROR_KEY: GRE key, ERSPAN session id or VNI (NLA_U32)
 * @NFTA_RMIRROR_LEN: bytes of the mirrored frame to keep (NLA_U32)
 * @NFTA_RMIRROR_MTU: enum rmirror_mtu (NLA_U32)
 * @NFTA_RMIRROR_TTL: outer TTL or hop limit (NLA_U32)
 * @NFTA_RMIRROR_DSCP: outer DSCP, 0..63 (NLA_U32)
 * @NFTA_RMIRROR_SADDR: outer source: 4 or 16 bytes, as the collector
 * @NFTA_RMIRROR_OIFNAME: output device or VRF (NLA_STRING, below IFNAMSIZ)
 * @NFTA_RMIRROR_MARK: mark of the copy (NLA_U32)
 * @NFTA_RMIRROR_PORT: UDP destination port (NLA_U32)
 * @NFTA_RMIRROR_FLAGS: RMIRROR_F_* (NLA_U32)
 * @NFTA_RMIRROR_EXT: what is newer than the above (NLA_NESTED, with NLA_F_NESTED):
 *	enum nft_rmirror_ext_attributes
 */
enum nft_rmirror_attributes {
	NFTA_RMIRROR_UNSPEC,
	NFTA_RMIRROR_ADDR,
	NFTA_RMIRROR_SREG_ADDR,
	NFTA_RMIRROR_FAMILY,
	NFTA_RMIRROR_ENCAP,
	NFTA_RMIRROR_KEY,
	NFTA_RMIRROR_LEN,
	NFTA_RMIRROR_MTU,
	NFTA_RMIRROR_TTL,
	NFTA_RMIRROR_DSCP,
	NFTA_RMIRROR_SADDR,
	NFTA_RMIRROR_OIFNAME,
	NFTA_RMIRROR_MARK,
	NFTA_RMIRROR_PORT,
	NFTA_RMIRROR_FLAGS,
	NFTA_RMIRROR_EXT,
	__NFTA_RMIRROR_MAX
};
#define NFTA_RMIRROR_MAX	(__NFTA_RMIRROR_MAX - 1)

/**
 * enum nft_rmirror_ext_attributes - attributes in NFTA_RMIRROR_EXT
 *
 * They are parsed strictly: one that the kernel does not know, or that is not exactly
 * as long as it has to be, is refused.
 *
 * @NFTA_RMIRROR_EXT_SREG_KEY: register that holds the key (NLA_U32: nft_registers) as it
 *	would hold a mark: 32 bits in host order. The encapsulation takes as many of its
 *	low bits as its keys have. Not with NFTA_RMIRROR_KEY.
 * @NFTA_RMIRROR_EXT_COUNTERS: what the rule has counted so far (NLA_NESTED, with
 *	NLA_F_NESTED): enum nft_rmirror_counter_attributes. Always in the dump of a rule;
 *	in a rule that is added: where its counters begin, as of the counter expression.
 *	NFT_MSG_GETRULE_RESET sets them to 0
 */
enum nft_rmirror_ext_attributes {
	NFTA_RMIRROR_EXT_UNSPEC,
	NFTA_RMIRROR_EXT_SREG_KEY,
	NFTA_RMIRROR_EXT_COUNTERS,
	__NFTA_RMIRROR_EXT_MAX
};
#define NFTA_RMIRROR_EXT_MAX	(__NFTA_RMIRROR_EXT_MAX - 1)

/**
 * enum nft_rmirror_counter_attributes - attributes in NFTA_RMIRROR_EXT_COUNTERS
 *
 * Each is a number of 64 bits, big endian, at an address that is a multiple of 4. One
 * that is 0 is left out. What they count is in rmirror(7), under the names of
 * rmirror_tables.h.
 */
enum nft_rmirror_counter_attributes {
	NFTA_RMIRROR_COUNTER_UNSPEC,
	NFTA_RMIRROR_COUNTER_MATCHED,
	NFTA_RMIRROR_COUNTER_SENT,
	NFTA_RMIRROR_COUNTER_BYTES,
	NFTA_RMIRROR_COUNTER_RESEGMENTED,
	NFTA_RMIRROR_COUNTER_FRAGMENTED,
	NFTA_RMIRROR_COUNTER_TRUNCATED,
	NFTA_RMIRROR_COUNTER_TOO_BIG,
	NFTA_RMIRROR_COUNTER_NO_ROUTE,
	NFTA_RMIRROR_COUNTER_NO_NEIGHBOUR,
	NFTA_RMIRROR_COUNTER_NO_MEMORY,
	NFTA_RMIRROR_COUNTER_TX_DROP,
	NFTA_RMIRROR_COUNTER_LOOP,
	NFTA_RMIRROR_COUNTER_LOCAL,
	NFTA_RMIRROR_COUNTER_NESTED,
	NFTA_RMIRROR_COUNTER_CLEAR,
	NFTA_RMIRROR_COUNTER_REFUSED,
	__NFTA_RMIRROR_COUNTER_MAX
};
#define NFTA_RMIRROR_COUNTER_MAX	(__NFTA_RMIRROR_COUNTER_MAX - 1)

/**
 * enum rmirror_encap - what a copy is wrapped in
 *
 * @RMIRROR_ENCAP_GRE: GRE, transparent Ethernet bridging (RFC 2784, RFC 2890)
 * @RMIRROR_ENCAP_ERSPAN1: ERSPAN type I
 * @RMIRROR_ENCAP_ERSPAN: ERSPAN type II
 * @RMIRROR_ENCAP_ERSPAN3: ERSPAN type III
 * @RMIRROR_ENCAP_VXLAN: VXLAN (RFC 7348)
 * @RMIRROR_ENCAP_GENEVE: Geneve (RFC 8926)
 * @RMIRROR_ENCAP_TZSP: TaZmen Sniffer Protocol
 * @RMIRROR_ENCAP_NONE: nothing: the same packet to another next hop, as TEE
 */
enum rmirror_encap {
	RMIRROR_ENCAP_GRE,
	RMIRROR_ENCAP_ERSPAN1,
	RMIRROR_ENCAP_ERSPAN,
	RMIRROR_ENCAP_ERSPAN3,
	RMIRROR_ENCAP_VXLAN,
	RMIRROR_ENCAP_GENEVE,
	RMIRROR_ENCAP_TZSP,
	RMIRROR_ENCAP_NONE,
	__RMIRROR_ENCAP_MAX
};
#define RMIRROR_ENCAP_MAX	(__RMIRROR_ENCAP_MAX - 1)

/**
 * enum rmirror_mtu - what happens to a copy that does not fit the path
 *
 * @RMIRROR_MTU_RESEGMENT: its TCP payload is split so that each piece fits; what
 *	is not TCP is treated as by @RMIRROR_MTU_FRAGMENT
 * @RMIRROR_MTU_FRAGMENT: the outer packet is fragmented
 * @RMIRROR_MTU_TRUNCATE: the frame is cut to what fits
 * @RMIRROR_MTU_DROP: the copy is dropped
 */
enum rmirror_mtu {
	RMIRROR_MTU_RESEGMENT,
	RMIRROR_MTU_FRAGMENT,
	RMIRROR_MTU_TRUNCATE,
	RMIRROR_MTU_DROP,
	__RMIRROR_MTU_MAX
};
#define RMIRROR_MTU_MAX		(__RMIRROR_MTU_MAX - 1)

/* NFTA_RMIRROR_FLAGS */
#define RMIRROR_F_SEQ		(1 << 0)	/* GRE sequence numbers */
#define RMIRROR_F_PLATFORM	(1 << 1)	/* ERSPAN III platform sub-header */
#define RMIRROR_F_METADATA	(1 << 2)	/* Geneve option with what is known of the packet */
#define RMIRROR_F_MASK		(RMIRROR_F_SEQ | RMIRROR_F_PLATFORM | RMIRROR_F_METADATA)

/* The Geneve option: a class for experiments, a type that receivers may skip (RFC 8926) */
#define RMIRROR_GENEVE_CLASS	0xff52
#define RMIRROR_GENEVE_METADATA	0x01

/**
 * struct rmirror_geneve_metadata - the Geneve option of RMIRROR_F_METADATA
 *
 * Everything in network byte order. Stands behind the Geneve header, before the frame.
 *
 * @opt_class: RMIRROR_GENEVE_CLASS
 * @type: RMIRROR_GENEVE_METADATA
 * @length: what follows, in words of 4 bytes: 7
 * @time: nanoseconds since the epoch, upper half first
 * @len: bytes of the frame before it was cut
 * @iif: index of the device that the packet came in by; 0: by none
 * @oif: index of the device that it leaves by; 0: not known, or by none
 * @mark: of the packet
 * @direction: 0: it came in, 1: it leaves this host
 * @family: NFPROTO_* of the hook
 * @hook: number of the hook in that family
 * @reserved: 0
 */
struct rmirror_geneve_metadata {
	__be16	opt_class;
	__u8	type;
	__u8	length;
	__be32	time[2];
	__be32	len;
	__be32	iif;
	__be32	oif;
	__be32	mark;
	__u8	direction;
	__u8	family;
	__u8	hook;
	__u8	reserved;
};

/*
 * The x_tables target
 * -------------------
 *
 * Name RMIRROR_XT_TARGET. Packets go on to the next rule. Both structures have
 * one layout for 32 and 64 bit programs; numbers are in host order, addresses in
 * network byte order. The errors are those of the expression.
 */
#define RMIRROR_XT_TARGET	"RMIRROR"

/**
 * struct xt_rmirror_tginfo - revision 0, NFPROTO_IPV4: the original RMIRROR target
 *
 * @dst: the collector, IPv4, in the first of these; the others are 0
 * @len: bytes of the mirrored frame to keep; 0, and what no frame reaches: all.
 *	1..13 is taken for 14, an Ethernet header
 */
struct xt_rmirror_tginfo {
	__be32	dst[4];
	__u32	len;
};

/**
 * struct xt_rmirror_tginfo_v1 - revision 1, every family: the whole statement
 *
 * @given: 1 << NFTA_RMIRROR_* of each option that was given, its value in the
 *	field below; the field of any other is 0
 * @family: of @addr and @saddr: NFPROTO_IPV4 (they are in the first element, the
 *	others are 0) or NFPROTO_IPV6
 * @addr: the collector
 * @saddr: outer source
 * @encap: enum rmirror_encap
 * @key: GRE key, ERSPAN session id or VNI
 * @len: bytes of the mirrored frame to keep
 * @mtu: enum rmirror_mtu
 * @ttl: outer TTL or hop limit
 * @dscp: outer DSCP, 0..63
 * @mark: mark of the copy
 * @port: UDP destination port
 * @flags: RMIRROR_F_*
 * @oifname: output device or VRF; ends with a NUL
 * @reserved: 0
 * @mirror: the kernel's own; 0 from and to user space
 */
struct xt_rmirror_tginfo_v1 {
	__u32		given;
	__u32		family;
	__be32		addr[4];
	__be32		saddr[4];
	__u32		encap;
	__u32		key;
	__u32		len;
	__u32		mtu;
	__u32		ttl;
	__u32		dscp;
	__u32		mark;
	__u32		port;
	__u32		flags;
	char		oifname[16];
	__u32		reserved;
	__aligned_u64	mirror;
};

#endif /* _UAPI_LINUX_NETFILTER_RMIRROR_H */
