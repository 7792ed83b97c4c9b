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
 * or does not support yet, it refuses.
 *
 *   EINVAL         an attribute is missing, malformed, or does not belong to
 *                  the encapsulation
 *   ERANGE         a number is out of its range (rmirror_tables.h)
 *   EADDRNOTAVAIL  the collector is unspecified, broadcast or multicast
 *   EAFNOSUPPORT   an address is of a family that does not fit
 *   EOPNOTSUPP     an encapsulation, an option, or a hook that this version of
 *                  the module does not implement
 */
#ifndef _UAPI_LINUX_NETFILTER_RMIRROR_H
#define _UAPI_LINUX_NETFILTER_RMIRROR_H

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
	__NFTA_RMIRROR_MAX
};
#define NFTA_RMIRROR_MAX	(__NFTA_RMIRROR_MAX - 1)

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
#define RMIRROR_F_MASK		(RMIRROR_F_SEQ | RMIRROR_F_PLATFORM)

#endif /* _UAPI_LINUX_NETFILTER_RMIRROR_H */
