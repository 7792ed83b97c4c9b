/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words of the statement, their ranges and their defaults: one row each.
 *
 * Kernel, statement library, xtables extension and native grammar all expand
 * these X-macros, so a name or a limit is written down here and nowhere else.
 * Plain C, no types: it must compile in the kernel, in C and in C++.
 */
#ifndef _RMIRROR_TABLES_H
#define _RMIRROR_TABLES_H

#include <linux/netfilter/rmirror.h>

/*
 * RMIRROR_ENCAP_TABLE - the encapsulations
 *
 * X(ID, word, key_max, port)
 *   ID       RMIRROR_ENCAP_<ID>
 *   word     its name in the statement
 *   key_max  highest key (GRE key, session id, VNI); 0: it has no key
 *   port     default UDP destination port; 0: it is not over UDP
 */
#define RMIRROR_ENCAP_TABLE(X)					\
	X(GRE,		"gre",		0xffffffff,	0)	\
	X(ERSPAN1,	"erspan1",	0,		0)	\
	X(ERSPAN,	"erspan",	1023,		0)	\
	X(ERSPAN3,	"erspan3",	1023,		0)	\
	X(VXLAN,	"vxlan",	0xffffff,	4789)	\
	X(GENEVE,	"geneve",	0xffffff,	6081)	\
	X(TZSP,		"tzsp",		0,		37008)	\
	X(NONE,		"none",		0,		0)

/* RMIRROR_MTU_TABLE - X(ID, word): the policies, RMIRROR_MTU_<ID> */
#define RMIRROR_MTU_TABLE(X)		\
	X(RESEGMENT,	"resegment")	\
	X(FRAGMENT,	"fragment")	\
	X(TRUNCATE,	"truncate")	\
	X(DROP,		"drop")

/* Sets of encapsulations, for the last column of the option table */
#define RMIRROR_E(id)		(1u << RMIRROR_ENCAP_##id)
#define RMIRROR_E_ALL		((1u << __RMIRROR_ENCAP_MAX) - 1)
#define RMIRROR_E_OUTER		(RMIRROR_E_ALL & ~RMIRROR_E(NONE))
#define RMIRROR_E_UDP		(RMIRROR_E(VXLAN) | RMIRROR_E(GENEVE) | RMIRROR_E(TZSP))
#define RMIRROR_E_KEY		(RMIRROR_E(GRE) | RMIRROR_E(ERSPAN) | RMIRROR_E(ERSPAN3) | \
				 RMIRROR_E(VXLAN) | RMIRROR_E(GENEVE))
/* Their key is that of a GRE header, which may have none: no key is not the key 0 */
#define RMIRROR_E_GRE_KEY	RMIRROR_E(GRE)
#define RMIRROR_E_SEQ		(RMIRROR_E(GRE) | RMIRROR_E(ERSPAN) | RMIRROR_E(ERSPAN3))
/* These number their packets whether `seq` is given or not */
#define RMIRROR_E_SEQ_ALWAYS	(RMIRROR_E(ERSPAN) | RMIRROR_E(ERSPAN3))

/*
 * RMIRROR_OPTION_TABLE - the options, in the order in which they are printed
 *
 * X(ATTR, word, KIND, min, max, encaps)
 *   ATTR    NFTA_RMIRROR_<ATTR>; for KIND FLAG the bit RMIRROR_F_<ATTR>
 *   word    its name in the statement
 *   KIND    ENCAP, MTU  a word of the table of that name
 *           NUM         a number from min to max; max is further limited by
 *                       key_max (key), min raised by RMIRROR_LEN_MIN_NONE (len)
 *           DSCP        a number from min to max, or the name of a code point
 *           ADDR        an address of the collector's family
 *           NAME        a device name, min to max bytes
 *           FLAG        no value
 *   encaps  the encapsulations that take it
 */
#define RMIRROR_OPTION_TABLE(X)							\
	X(ENCAP,	"encap",	ENCAP,	0, RMIRROR_ENCAP_MAX, RMIRROR_E_ALL)	\
	X(KEY,		"key",		NUM,	0, 0xffffffff,	RMIRROR_E_KEY)	\
	X(LEN,		"len",		NUM,	RMIRROR_LEN_MIN, RMIRROR_LEN_MAX,	\
									RMIRROR_E_ALL)	\
	X(MTU,		"mtu",		MTU,	0, RMIRROR_MTU_MAX, RMIRROR_E_ALL)	\
	X(TTL,		"ttl",		NUM,	1, 255,		RMIRROR_E_OUTER)	\
	X(DSCP,		"dscp",		DSCP,	0, 63,		RMIRROR_E_OUTER)	\
	X(SADDR,	"from",		ADDR,	0, 0,		RMIRROR_E_OUTER)	\
	X(OIFNAME,	"device",	NAME,	1, 15,		RMIRROR_E_ALL)	\
	X(MARK,		"mark",		NUM,	0, 0xffffffff,	RMIRROR_E_ALL)	\
	X(PORT,		"port",		NUM,	1, 65535,	RMIRROR_E_UDP)	\
	X(SEQ,		"seq",		FLAG,	0, 0,		RMIRROR_E_SEQ)	\
	X(PLATFORM,	"platform",	FLAG,	0, 0,		RMIRROR_E(ERSPAN3))	\
	X(METADATA,	"metadata",	FLAG,	0, 0,		RMIRROR_E(GENEVE))

/* The attribute that carries an option of a KIND, and its bit there if it is a flag */
#define RMIRROR_ATTR_OF_ENCAP(id)	NFTA_RMIRROR_##id
#define RMIRROR_ATTR_OF_MTU(id)		NFTA_RMIRROR_##id
#define RMIRROR_ATTR_OF_NUM(id)		NFTA_RMIRROR_##id
#define RMIRROR_ATTR_OF_DSCP(id)	NFTA_RMIRROR_##id
#define RMIRROR_ATTR_OF_ADDR(id)	NFTA_RMIRROR_##id
#define RMIRROR_ATTR_OF_NAME(id)	NFTA_RMIRROR_##id
#define RMIRROR_ATTR_OF_FLAG(id)	NFTA_RMIRROR_FLAGS
#define RMIRROR_FLAG_OF_ENCAP(id)	0
#define RMIRROR_FLAG_OF_MTU(id)		0
#define RMIRROR_FLAG_OF_NUM(id)		0
#define RMIRROR_FLAG_OF_DSCP(id)	0
#define RMIRROR_FLAG_OF_ADDR(id)	0
#define RMIRROR_FLAG_OF_NAME(id)	0
#define RMIRROR_FLAG_OF_FLAG(id)	RMIRROR_F_##id

/* A cut leaves an Ethernet header at least */
#define RMIRROR_LEN_MIN		14
#define RMIRROR_LEN_MAX		65535

/* `encap none` keeps an L3 packet: its shortest cut is an IPv4 header */
#define RMIRROR_LEN_MIN_NONE	20

/* The defaults, where they are not 0 */
#define RMIRROR_TTL_DEFAULT	255

/*
 * RMIRROR_COUNTER_TABLE - the counters of a mirror, in the order of the columns of
 * /proc/net/rmirror
 *
 * X(ID, word, severity)
 *   ID        NFTA_RMIRROR_COUNTER_<ID>
 *   word      its name
 *   severity  of a packet that became several copies the most severe outcome counts;
 *             -1: it is no outcome. Every matched packet adds one to exactly one that
 *             is.
 */
#define RMIRROR_COUNTER_TABLE(X)		\
	X(MATCHED,	"matched",	-1)	\
	X(SENT,		"sent",		0)	\
	X(BYTES,	"bytes",	-1)	\
	X(RESEGMENTED,	"resegmented",	1)	\
	X(FRAGMENTED,	"fragmented",	2)	\
	X(TRUNCATED,	"truncated",	3)	\
	X(TOO_BIG,	"too-big",	5)	\
	X(NO_ROUTE,	"no-route",	6)	\
	X(NO_NEIGHBOUR,	"no-neighbour",	7)	\
	X(NO_MEMORY,	"no-memory",	9)	\
	X(TX_DROP,	"tx-drop",	8)	\
	X(LOOP,		"loop",		4)	\
	X(LOCAL,	"local",	4)	\
	X(NESTED,	"nested",	4)	\
	X(CLEAR,	"clear",	4)	\
	X(REFUSED,	"refused",	-1)

/*
 * RMIRROR_DSCP_TABLE - X(name, value): the code points that nft has names for, in
 * the order of `nft describe ip dscp`: of two names of one value it prints the
 * first. RFC 2474 (cs), RFC 2597 (af), RFC 3246 (ef), RFC 5865 (va), RFC 8622
 * (lephb).
 */
#define RMIRROR_DSCP_TABLE(X)							\
	X("cs0", 0x00) X("cs1", 0x08) X("cs2", 0x10) X("cs3", 0x18)		\
	X("cs4", 0x20) X("cs5", 0x28) X("cs6", 0x30) X("cs7", 0x38)		\
	X("df", 0x00) X("be", 0x00) X("lephb", 0x01)				\
	X("af11", 0x0a) X("af12", 0x0c) X("af13", 0x0e)				\
	X("af21", 0x12) X("af22", 0x14) X("af23", 0x16)				\
	X("af31", 0x1a) X("af32", 0x1c) X("af33", 0x1e)				\
	X("af41", 0x22) X("af42", 0x24) X("af43", 0x26)				\
	X("va", 0x2c) X("ef", 0x2e)

#endif /* _RMIRROR_TABLES_H */
