/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rmirror expression: mirror packets to a remote collector.
 *
 * Compiles as src/expr/rmirror.c of libnftnl 1.2.4 and all later releases. What
 * struct expr_ops looks like is told by EXPR_OPS_* from expr_ops.h.
 */

#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include "internal.h"
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/rmirror.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include "expr_ops.h"

/*
 * Up to FLAGS, NFTNL_EXPR_RMIRROR_* have the numbers of NFTA_RMIRROR_*: one loop does for all. What is newer is
 * in NFTA_RMIRROR_EXT. Of what the kernel may send beyond them nothing is known here: it is left out, as by the
 * other expressions, and so are the counters.
 */
_Static_assert(NFTNL_EXPR_RMIRROR_ADDR == (int)NFTA_RMIRROR_ADDR, "first attribute");
_Static_assert(NFTNL_EXPR_RMIRROR_FLAGS == (int)NFTA_RMIRROR_FLAGS, "last attribute");
_Static_assert(NFTNL_EXPR_RMIRROR_SREG_KEY == (int)NFTA_RMIRROR_EXT, "first one beyond them");

#define NFTNL_RMIRROR_MAX	(__NFTNL_EXPR_RMIRROR_MAX - 1)

struct nftnl_rmirror_addr {
	uint8_t		data[sizeof(struct in6_addr)];
	uint32_t	len;
};

struct nftnl_expr_rmirror {
	struct nftnl_rmirror_addr	addr;
	struct nftnl_rmirror_addr	saddr;
	char				oifname[IFNAMSIZ];
	/* all others, in host byte order */
	uint32_t			num[__NFTNL_EXPR_RMIRROR_MAX];
};

/* As in the text of the statement. */
static const char *const nftnl_rmirror_name[__NFTNL_EXPR_RMIRROR_MAX] = {
	[NFTNL_EXPR_RMIRROR_ADDR]	= "addr",
	[NFTNL_EXPR_RMIRROR_SREG_ADDR]	= "sreg_addr",
	[NFTNL_EXPR_RMIRROR_FAMILY]	= "family",
	[NFTNL_EXPR_RMIRROR_ENCAP]	= "encap",
	[NFTNL_EXPR_RMIRROR_KEY]	= "key",
	[NFTNL_EXPR_RMIRROR_LEN]	= "len",
	[NFTNL_EXPR_RMIRROR_MTU]	= "mtu",
	[NFTNL_EXPR_RMIRROR_TTL]	= "ttl",
	[NFTNL_EXPR_RMIRROR_DSCP]	= "dscp",
	[NFTNL_EXPR_RMIRROR_SADDR]	= "from",
	[NFTNL_EXPR_RMIRROR_OIFNAME]	= "device",
	[NFTNL_EXPR_RMIRROR_MARK]	= "mark",
	[NFTNL_EXPR_RMIRROR_PORT]	= "port",
	[NFTNL_EXPR_RMIRROR_FLAGS]	= "flags",
	[NFTNL_EXPR_RMIRROR_SREG_KEY]	= "key reg",
};

static struct nftnl_rmirror_addr *
nftnl_rmirror_addr(struct nftnl_expr_rmirror *rmirror, uint16_t type)
{
	switch (type) {
	case NFTNL_EXPR_RMIRROR_ADDR:
		return &rmirror->addr;
	case NFTNL_EXPR_RMIRROR_SADDR:
		return &rmirror->saddr;
	}
	return NULL;
}

static bool nftnl_rmirror_addr_len_ok(uint32_t len)
{
	return len == sizeof(struct in_addr) || len == sizeof(struct in6_addr);
}

static int __nftnl_expr_rmirror_set(struct nftnl_expr *e, uint16_t type,
				    const void *data, uint32_t data_len)
{
	struct nftnl_expr_rmirror *rmirror = nftnl_expr_data(e);
	struct nftnl_rmirror_addr *addr;

	if (type < NFTNL_EXPR_BASE || type > NFTNL_RMIRROR_MAX)
		return -1;

	addr = nftnl_rmirror_addr(rmirror, type);
	if (addr) {
		if (!nftnl_rmirror_addr_len_ok(data_len))
			return -1;
		memcpy(addr->data, data, data_len);
		addr->len = data_len;
		return 0;
	}

	if (type == NFTNL_EXPR_RMIRROR_OIFNAME) {
		/* a name, with or without the null byte after it */
		data_len = strnlen(data, data_len);
		if (data_len == 0 || data_len >= sizeof(rmirror->oifname))
			return -1;
		memcpy(rmirror->oifname, data, data_len);
		rmirror->oifname[data_len] = '\0';
		return 0;
	}

	if (data_len != sizeof(rmirror->num[type]))
		return -1;
	memcpy(&rmirror->num[type], data, data_len);
	return 0;
}

#ifdef EXPR_OPS_SET_BYTEORDER
static int
nftnl_expr_rmirror_set(struct nftnl_expr *e, uint16_t type,
		       const void *data, uint32_t data_len, uint32_t byteorder)
{
	return __nftnl_expr_rmirror_set(e, type, data, data_len);
}
#else
#define nftnl_expr_rmirror_set	__nftnl_expr_rmirror_set
#endif

static const void *nftnl_expr_rmirror_get(const struct nftnl_expr *e,
					  uint16_t type, uint32_t *data_len)
{
	struct nftnl_expr_rmirror *rmirror = nftnl_expr_data(e);
	struct nftnl_rmirror_addr *addr;

	if (type < NFTNL_EXPR_BASE || type > NFTNL_RMIRROR_MAX)
		return NULL;

	addr = nftnl_rmirror_addr(rmirror, type);
	if (addr) {
		*data_len = addr->len;
		return addr->data;
	}

	if (type == NFTNL_EXPR_RMIRROR_OIFNAME) {
		*data_len = strlen(rmirror->oifname) + 1;
		return rmirror->oifname;
	}

	*data_len = sizeof(rmirror->num[type]);
	return &rmirror->num[type];
}

static int nftnl_expr_rmirror_cb(const struct nlattr *attr, void *data)
{
	const struct nlattr **tb = data;
	int type = mnl_attr_get_type(attr);

	if (mnl_attr_type_valid(attr, NFTA_RMIRROR_EXT) < 0)
		return MNL_CB_OK;

	switch (type) {
	case NFTA_RMIRROR_EXT:
		if (mnl_attr_validate(attr, MNL_TYPE_NESTED) < 0)
			abi_breakage();
		break;
	case NFTA_RMIRROR_ADDR:
	case NFTA_RMIRROR_SADDR:
		if (!nftnl_rmirror_addr_len_ok(mnl_attr_get_payload_len(attr)))
			abi_breakage();
		break;
	case NFTA_RMIRROR_OIFNAME:
		if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0 ||
		    mnl_attr_get_payload_len(attr) > IFNAMSIZ)
			abi_breakage();
		break;
	default:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			abi_breakage();
		break;
	}

	tb[type] = attr;
	return MNL_CB_OK;
}

static int nftnl_expr_rmirror_ext_cb(const struct nlattr *attr, void *data)
{
	const struct nlattr **tb = data;
	int type = mnl_attr_get_type(attr);

	if (mnl_attr_type_valid(attr, NFTA_RMIRROR_EXT_MAX) < 0)
		return MNL_CB_OK;

	if (type == NFTA_RMIRROR_EXT_SREG_KEY && mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		abi_breakage();

	tb[type] = attr;
	return MNL_CB_OK;
}

static void nftnl_expr_rmirror_build_ext(struct nlmsghdr *nlh,
					 const struct nftnl_expr *e)
{
	struct nftnl_expr_rmirror *rmirror = nftnl_expr_data(e);
	struct nlattr *ext;

	if (!(e->flags & (1 << NFTNL_EXPR_RMIRROR_SREG_KEY)))
		return;

	ext = mnl_attr_nest_start(nlh, NFTA_RMIRROR_EXT);
	mnl_attr_put_u32(nlh, NFTA_RMIRROR_EXT_SREG_KEY,
			 htonl(rmirror->num[NFTNL_EXPR_RMIRROR_SREG_KEY]));
	mnl_attr_nest_end(nlh, ext);
}

static void nftnl_expr_rmirror_build(struct nlmsghdr *nlh,
				     const struct nftnl_expr *e)
{
	struct nftnl_expr_rmirror *rmirror = nftnl_expr_data(e);
	const struct nftnl_rmirror_addr *addr;
	uint16_t type;

	for (type = NFTNL_EXPR_BASE; type <= NFTNL_EXPR_RMIRROR_FLAGS; type++) {
		if (!(e->flags & (1 << type)))
			continue;

		addr = nftnl_rmirror_addr(rmirror, type);
		if (addr)
			mnl_attr_put(nlh, type, addr->len, addr->data);
		else if (type == NFTNL_EXPR_RMIRROR_OIFNAME)
			mnl_attr_put_strz(nlh, type, rmirror->oifname);
		else
			mnl_attr_put_u32(nlh, type, htonl(rmirror->num[type]));
	}
	nftnl_expr_rmirror_build_ext(nlh, e);
}

static int nftnl_expr_rmirror_parse_ext(struct nftnl_expr *e, const struct nlattr *attr)
{
	struct nftnl_expr_rmirror *rmirror = nftnl_expr_data(e);
	struct nlattr *tb[NFTA_RMIRROR_EXT_MAX + 1] = {};

	if (mnl_attr_parse_nested(attr, nftnl_expr_rmirror_ext_cb, tb) < 0)
		return -1;

	if (tb[NFTA_RMIRROR_EXT_SREG_KEY]) {
		rmirror->num[NFTNL_EXPR_RMIRROR_SREG_KEY] =
			ntohl(mnl_attr_get_u32(tb[NFTA_RMIRROR_EXT_SREG_KEY]));
		e->flags |= (1 << NFTNL_EXPR_RMIRROR_SREG_KEY);
	}
	return 0;
}

static int nftnl_expr_rmirror_parse(struct nftnl_expr *e, struct nlattr *attr)
{
	struct nftnl_expr_rmirror *rmirror = nftnl_expr_data(e);
	struct nlattr *tb[NFTA_RMIRROR_EXT + 1] = {};
	uint16_t type;

	if (mnl_attr_parse_nested(attr, nftnl_expr_rmirror_cb, tb) < 0)
		return -1;

	for (type = NFTNL_EXPR_BASE; type <= NFTNL_EXPR_RMIRROR_FLAGS; type++) {
		if (!tb[type])
			continue;

		if (nftnl_rmirror_addr(rmirror, type) || type == NFTNL_EXPR_RMIRROR_OIFNAME) {
			if (__nftnl_expr_rmirror_set(e, type, mnl_attr_get_payload(tb[type]),
						     mnl_attr_get_payload_len(tb[type])) < 0)
				return -1;
		} else {
			rmirror->num[type] = ntohl(mnl_attr_get_u32(tb[type]));
		}
		e->flags |= (1 << type);
	}

	if (tb[NFTA_RMIRROR_EXT])
		return nftnl_expr_rmirror_parse_ext(e, tb[NFTA_RMIRROR_EXT]);
	return 0;
}

static int
nftnl_rmirror_addr_snprintf(char *buf, size_t remain, const char *name,
			    const struct nftnl_rmirror_addr *addr)
{
	char str[INET6_ADDRSTRLEN];

	if (!inet_ntop(addr->len == sizeof(struct in_addr) ? AF_INET : AF_INET6,
		       addr->data, str, sizeof(str)))
		return -1;
	return snprintf(buf, remain, "%s %s ", name, str);
}

static int
nftnl_expr_rmirror_snprintf(char *buf, size_t remain,
			    uint32_t flags, const struct nftnl_expr *e)
{
	struct nftnl_expr_rmirror *rmirror = nftnl_expr_data(e);
	const struct nftnl_rmirror_addr *addr;
	int offset = 0, ret;
	const char *name;
	uint16_t type;

	for (type = NFTNL_EXPR_BASE; type <= NFTNL_RMIRROR_MAX; type++) {
		if (!(e->flags & (1 << type)))
			continue;

		name = nftnl_rmirror_name[type];
		addr = nftnl_rmirror_addr(rmirror, type);
		if (addr)
			ret = nftnl_rmirror_addr_snprintf(buf + offset, remain, name, addr);
		else if (type == NFTNL_EXPR_RMIRROR_OIFNAME)
			ret = snprintf(buf + offset, remain, "%s %s ", name, rmirror->oifname);
		else
			ret = snprintf(buf + offset, remain, "%s %u ", name, rmirror->num[type]);
		SNPRINTF_BUFFER_SIZE(ret, remain, offset);
	}

	return offset;
}

#ifdef EXPR_OPS_ATTR_POLICY
static struct attr_policy rmirror_attr_policy[__NFTNL_EXPR_RMIRROR_MAX] = {
	[NFTNL_EXPR_RMIRROR_ADDR]	= { .maxlen = sizeof(struct in6_addr) },
	[NFTNL_EXPR_RMIRROR_SREG_ADDR]	= { .maxlen = sizeof(uint32_t) },
	[NFTNL_EXPR_RMIRROR_FAMILY]	= { .maxlen = sizeof(uint32_t) },
	[NFTNL_EXPR_RMIRROR_ENCAP]	= { .maxlen = sizeof(uint32_t) },
	[NFTNL_EXPR_RMIRROR_KEY]	= { .maxlen = sizeof(uint32_t) },
	[NFTNL_EXPR_RMIRROR_LEN]	= { .maxlen = sizeof(uint32_t) },
	[NFTNL_EXPR_RMIRROR_MTU]	= { .maxlen = sizeof(uint32_t) },
	[NFTNL_EXPR_RMIRROR_TTL]	= { .maxlen = sizeof(uint32_t) },
	[NFTNL_EXPR_RMIRROR_DSCP]	= { .maxlen = sizeof(uint32_t) },
	[NFTNL_EXPR_RMIRROR_SADDR]	= { .maxlen = sizeof(struct in6_addr) },
	[NFTNL_EXPR_RMIRROR_OIFNAME]	= { .maxlen = IFNAMSIZ },
	[NFTNL_EXPR_RMIRROR_MARK]	= { .maxlen = sizeof(uint32_t) },
	[NFTNL_EXPR_RMIRROR_PORT]	= { .maxlen = sizeof(uint32_t) },
	[NFTNL_EXPR_RMIRROR_FLAGS]	= { .maxlen = sizeof(uint32_t) },
	[NFTNL_EXPR_RMIRROR_SREG_KEY]	= { .maxlen = sizeof(uint32_t) },
};
#endif

struct expr_ops expr_ops_rmirror = {
	.name		= RMIRROR_NFT_EXPR,
	.alloc_len	= sizeof(struct nftnl_expr_rmirror),
#ifdef EXPR_OPS_ATTR_POLICY
	.nftnl_max_attr	= NFTNL_RMIRROR_MAX,
	.attr_policy	= rmirror_attr_policy,
#else
	.max_attr	= NFTNL_RMIRROR_MAX,
#endif
	.set		= nftnl_expr_rmirror_set,
	.get		= nftnl_expr_rmirror_get,
	.parse		= nftnl_expr_rmirror_parse,
	.build		= nftnl_expr_rmirror_build,
	.output		= nftnl_expr_rmirror_snprintf,
};
