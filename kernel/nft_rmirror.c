// SPDX-License-Identifier: GPL-2.0-only
/* The nf_tables expression: netlink to struct rmirror_conf and back, and the hooks. */

#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_arp.h>
#include <net/netfilter/nf_tables.h>

#include "compat/nft.h"
#include "rmirror.h"

struct nft_rmirror {
	struct rmirror	*mirror;
	u8		sreg_addr;	/* only if its configuration says in_register */
	u8		sreg_key;	/* likewise, key_in_register */
};

/* The highest attribute that nf_tables shows an expression; it must not be overlooked. */
#define ATTR_MAX	NFT_EXPR_MAXATTR

static const struct nla_policy nft_rmirror_policy[ATTR_MAX + 1] = {
	[NFTA_RMIRROR_ADDR]		= { .type = NLA_BINARY, .len = 16 },
	[NFTA_RMIRROR_SREG_ADDR]	= { .type = NLA_U32 },
	[NFTA_RMIRROR_FAMILY]		= { .type = NLA_U32 },
	[NFTA_RMIRROR_ENCAP]		= { .type = NLA_U32 },
	[NFTA_RMIRROR_KEY]		= { .type = NLA_U32 },
	[NFTA_RMIRROR_LEN]		= { .type = NLA_U32 },
	[NFTA_RMIRROR_MTU]		= { .type = NLA_U32 },
	[NFTA_RMIRROR_TTL]		= { .type = NLA_U32 },
	[NFTA_RMIRROR_DSCP]		= { .type = NLA_U32 },
	[NFTA_RMIRROR_SADDR]		= { .type = NLA_BINARY, .len = 16 },
	[NFTA_RMIRROR_OIFNAME]		= { .type = NLA_STRING, .len = IFNAMSIZ - 1 },
	[NFTA_RMIRROR_MARK]		= { .type = NLA_U32 },
	[NFTA_RMIRROR_PORT]		= { .type = NLA_U32 },
	[NFTA_RMIRROR_FLAGS]		= { .type = NLA_U32 },
	[NFTA_RMIRROR_EXT]		= { .type = NLA_NESTED },
	[NFTA_RMIRROR_EXT + 1 ... ATTR_MAX] = { .type = NLA_REJECT },
};

static const struct nla_policy nft_rmirror_ext_policy[NFTA_RMIRROR_EXT_MAX + 1] = {
	[NFTA_RMIRROR_EXT_SREG_KEY]	= { .type = NLA_U32 },
};

static void nft_rmirror_eval(const struct nft_expr *expr, struct nft_regs *regs,
			     const struct nft_pktinfo *pkt)
{
	const struct nft_rmirror *priv = nft_expr_priv(expr);

	rmirror_mirror(priv->mirror, pkt->skb, pkt->state,
		       (const union nf_inet_addr *)&regs->data[priv->sreg_addr],
		       &regs->data[priv->sreg_key]);
}

static unsigned int address_size(u32 family)
{
	return family == NFPROTO_IPV4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static int parse_address(const struct nlattr *attr, union nf_inet_addr *addr, u32 *family)
{
	switch (nla_len(attr)) {
	case sizeof(addr->in):
		*family = NFPROTO_IPV4;
		break;
	case sizeof(addr->in6):
		*family = NFPROTO_IPV6;
		break;
	default:
		return -EINVAL;
	}
	nla_memcpy(addr, attr, sizeof(*addr));
	return 0;
}

/* A constant tells its family by its length, a register has to be told. */
static int parse_collector(const struct nlattr * const tb[], struct rmirror_conf *conf)
{
	if (!tb[NFTA_RMIRROR_ADDR] == !tb[NFTA_RMIRROR_SREG_ADDR] ||
	    !tb[NFTA_RMIRROR_FAMILY] != !tb[NFTA_RMIRROR_SREG_ADDR])
		return -EINVAL;
	if (tb[NFTA_RMIRROR_ADDR])
		return parse_address(tb[NFTA_RMIRROR_ADDR], &conf->addr, &conf->family);

	conf->in_register = true;
	conf->family = ntohl(nla_get_be32(tb[NFTA_RMIRROR_FAMILY]));
	return 0;
}

static int parse_addresses(const struct nlattr * const tb[], struct rmirror_conf *conf)
{
	u32 family;
	int err;

	err = parse_collector(tb, conf);
	if (err || !tb[NFTA_RMIRROR_SADDR])
		return err;

	conf->given |= BIT(NFTA_RMIRROR_SADDR);
	err = parse_address(tb[NFTA_RMIRROR_SADDR], &conf->saddr, &family);
	if (!err && family != conf->family)
		err = -EAFNOSUPPORT;
	return err;
}

/* Nothing stands behind the end of a name. */
static bool is_whole_name(const struct nlattr *attr)
{
	const int len = nla_len(attr), end = strnlen(nla_data(attr), len);

	return end && end + 1 >= len;
}

/* nf_tables is content with a number that is longer than one. */
static int check_lengths(const struct nlattr * const tb[])
{
	int attr;

	for (attr = NFTA_RMIRROR_UNSPEC + 1; attr <= NFTA_RMIRROR_MAX; attr++) {
		if (tb[attr] && nft_rmirror_policy[attr].type == NLA_U32 &&
		    nla_len(tb[attr]) != sizeof(__be32))
			return -EINVAL;
	}
	if (tb[NFTA_RMIRROR_OIFNAME] && !is_whole_name(tb[NFTA_RMIRROR_OIFNAME]))
		return -EINVAL;
	return 0;
}

/* @tb gets what is newer; of nothing, nothing. */
static int parse_ext(const struct nlattr *ext, struct nlattr *tb[])
{
	memset(tb, 0, sizeof(*tb) * (NFTA_RMIRROR_EXT_MAX + 1));
	return ext ? nla_parse_nested(tb, NFTA_RMIRROR_EXT_MAX, ext, nft_rmirror_ext_policy, NULL) :
		     0;
}

static int parse_conf(const struct nlattr * const tb[], const struct nlattr * const ext[],
		      struct rmirror_conf *conf)
{
	int attr, err;

	conf->key_in_register = ext[NFTA_RMIRROR_EXT_SREG_KEY];
	if (conf->key_in_register && tb[NFTA_RMIRROR_KEY])
		return -EINVAL;
	err = check_lengths(tb) ?: parse_addresses(tb, conf);
	for (attr = NFTA_RMIRROR_ENCAP; !err && attr <= NFTA_RMIRROR_MAX; attr++) {
		if (tb[attr] && rmirror_conf_number(conf, attr))
			err = rmirror_conf_set(conf, attr, ntohl(nla_get_be32(tb[attr])));
	}
	if (!err && tb[NFTA_RMIRROR_OIFNAME]) {
		conf->given |= BIT(NFTA_RMIRROR_OIFNAME);
		nla_strscpy(conf->oifname, tb[NFTA_RMIRROR_OIFNAME], sizeof(conf->oifname));
	}
	return err ?: rmirror_conf_check(conf);
}

static int parse_registers(const struct nft_ctx *ctx, const struct nlattr * const tb[],
			   const struct nlattr * const ext[], const struct rmirror_conf *conf,
			   struct nft_rmirror *priv)
{
	int err = 0;

	if (conf->in_register)
		err = nft_parse_register_load(ctx, tb[NFTA_RMIRROR_SREG_ADDR], &priv->sreg_addr,
					      address_size(conf->family));
	if (!err && conf->key_in_register)
		err = nft_parse_register_load(ctx, ext[NFTA_RMIRROR_EXT_SREG_KEY], &priv->sreg_key,
					      sizeof(u32));
	return err;
}

static int nft_rmirror_init(const struct nft_ctx *ctx, const struct nft_expr *expr,
			    const struct nlattr * const tb[])
{
	struct nft_rmirror *priv = nft_expr_priv(expr);
	struct nlattr *ext[NFTA_RMIRROR_EXT_MAX + 1];
	struct rmirror_conf conf = {};
	struct rmirror *mirror;
	int err;

	err = parse_ext(tb[NFTA_RMIRROR_EXT], ext);
	if (!err)
		err = parse_conf(tb, (const struct nlattr * const *)ext, &conf);
	if (!err)
		err = parse_registers(ctx, tb, (const struct nlattr * const *)ext, &conf, priv);
	if (err)
		return err;
	mirror = rmirror_create(ctx->net, &conf);
	if (IS_ERR(mirror))
		return PTR_ERR(mirror);
	priv->mirror = mirror;
	return 0;
}

static void nft_rmirror_destroy(const struct nft_ctx *ctx, const struct nft_expr *expr)
{
	const struct nft_rmirror *priv = nft_expr_priv(expr);

	rmirror_release(priv->mirror);
}

static int put_address(struct sk_buff *skb, int attr, const union nf_inet_addr *addr, u32 family)
{
	return nla_put(skb, attr, address_size(family), addr);
}

static int put_collector(struct sk_buff *skb, const struct nft_rmirror *priv,
			 const struct rmirror_conf *conf)
{
	if (!conf->in_register)
		return put_address(skb, NFTA_RMIRROR_ADDR, &conf->addr, conf->family);
	if (nft_dump_register(skb, NFTA_RMIRROR_SREG_ADDR, priv->sreg_addr))
		return -1;
	return nla_put_be32(skb, NFTA_RMIRROR_FAMILY, htonl(conf->family));
}

static int put_ext(struct sk_buff *skb, const struct nft_rmirror *priv,
		   const struct rmirror_conf *conf)
{
	struct nlattr *ext;

	if (!conf->key_in_register)
		return 0;
	ext = nla_nest_start(skb, NFTA_RMIRROR_EXT);
	if (!ext || nft_dump_register(skb, NFTA_RMIRROR_EXT_SREG_KEY, priv->sreg_key))
		return -1;
	nla_nest_end(skb, ext);
	return 0;
}

static int nft_rmirror_dump(struct sk_buff *skb, const struct nft_expr *expr, bool reset)
{
	const struct nft_rmirror *priv = nft_expr_priv(expr);
	const struct rmirror_conf *conf = rmirror_conf_get(priv->mirror);
	int attr;

	if (put_collector(skb, priv, conf))
		return -1;
	for (attr = NFTA_RMIRROR_ENCAP; attr <= NFTA_RMIRROR_MAX; attr++) {
		const u32 *number = rmirror_conf_number(conf, attr);

		if (!rmirror_conf_given(conf, attr))
			continue;
		if (number && nla_put_be32(skb, attr, htonl(*number)))
			return -1;
		if (attr == NFTA_RMIRROR_SADDR &&
		    put_address(skb, attr, &conf->saddr, conf->family))
			return -1;
		if (attr == NFTA_RMIRROR_OIFNAME && nla_put_string(skb, attr, conf->oifname))
			return -1;
	}
	return put_ext(skb, priv, conf);
}

/* NF_BR_* have the same numbers. */
#define INET_HOOKS	(BIT(NF_INET_PRE_ROUTING) | BIT(NF_INET_LOCAL_IN) |	\
			 BIT(NF_INET_FORWARD) | BIT(NF_INET_LOCAL_OUT) |	\
			 BIT(NF_INET_POST_ROUTING))

static int nft_rmirror_validate(const struct nft_ctx *ctx, const struct nft_expr *expr)
{
	switch (ctx->family) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_BRIDGE:
		return nft_chain_validate_hooks(ctx->chain, INET_HOOKS);
	case NFPROTO_INET:
		return nft_chain_validate_hooks(ctx->chain, INET_HOOKS | BIT(NF_INET_INGRESS));
	case NFPROTO_ARP:
		return nft_chain_validate_hooks(ctx->chain, BIT(NF_ARP_IN) | BIT(NF_ARP_OUT));
	case NFPROTO_NETDEV:
		return nft_chain_validate_hooks(ctx->chain, BIT(NF_NETDEV_INGRESS) |
							    BIT(NF_NETDEV_EGRESS));
	default:
		return -EOPNOTSUPP;
	}
}

RMIRROR_COMPAT_DEFINE_DUMP(nft_rmirror_dump)
RMIRROR_COMPAT_DEFINE_VALIDATE(nft_rmirror_validate)

static struct nft_expr_type nft_rmirror_type;
static const struct nft_expr_ops nft_rmirror_ops = {
	.type		= &nft_rmirror_type,
	.size		= NFT_EXPR_SIZE(sizeof(struct nft_rmirror)),
	.eval		= nft_rmirror_eval,
	.init		= nft_rmirror_init,
	.destroy	= nft_rmirror_destroy,
	.dump		= RMIRROR_COMPAT_DUMP(nft_rmirror_dump),
	.validate	= RMIRROR_COMPAT_VALIDATE(nft_rmirror_validate),
	RMIRROR_COMPAT_REDUCE
};

static struct nft_expr_type nft_rmirror_type __read_mostly = {
	.name		= RMIRROR_NFT_EXPR,
	.ops		= &nft_rmirror_ops,
	.policy		= nft_rmirror_policy,
	.maxattr	= ATTR_MAX,
	.owner		= THIS_MODULE,
};

static int __init nft_rmirror_module_init(void)
{
	return nft_register_expr(&nft_rmirror_type);
}

static void __exit nft_rmirror_module_exit(void)
{
	nft_unregister_expr(&nft_rmirror_type);
}

module_init(nft_rmirror_module_init);
module_exit(nft_rmirror_module_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("nftables statement: mirror packets to a remote collector");
MODULE_ALIAS_NFT_EXPR("rmirror");
