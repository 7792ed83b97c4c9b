/* SPDX-License-Identifier: GPL-2.0-only */
/* The rmirror expression; see linux/netfilter/rmirror.h for the values. */
enum {
	NFTNL_EXPR_RMIRROR_ADDR = NFTNL_EXPR_BASE,	/* 4 or 16 bytes */
	NFTNL_EXPR_RMIRROR_SREG_ADDR,			/* u32 */
	NFTNL_EXPR_RMIRROR_FAMILY,			/* u32 */
	NFTNL_EXPR_RMIRROR_ENCAP,			/* u32 */
	NFTNL_EXPR_RMIRROR_KEY,				/* u32 */
	NFTNL_EXPR_RMIRROR_LEN,				/* u32 */
	NFTNL_EXPR_RMIRROR_MTU,				/* u32 */
	NFTNL_EXPR_RMIRROR_TTL,				/* u32 */
	NFTNL_EXPR_RMIRROR_DSCP,			/* u32 */
	NFTNL_EXPR_RMIRROR_SADDR,			/* 4 or 16 bytes */
	NFTNL_EXPR_RMIRROR_OIFNAME,			/* string */
	NFTNL_EXPR_RMIRROR_MARK,			/* u32 */
	NFTNL_EXPR_RMIRROR_PORT,			/* u32 */
	NFTNL_EXPR_RMIRROR_FLAGS,			/* u32 */
	NFTNL_EXPR_RMIRROR_SREG_KEY,			/* u32 */
	__NFTNL_EXPR_RMIRROR_MAX
};

