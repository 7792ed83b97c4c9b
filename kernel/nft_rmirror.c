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
	struct rmirror		*mirror;
	u8			sreg_addr;	/* only if its configuration says in_register */
	u8			sreg_key;	/* likewise, key_in_register */
	bool			committed;	/* known to be in force */
	bool			leaving;	/* a batch deletes it, which may yet fail */
	struct rmirror_place	place;
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
	[NFTA_RMIRROR_EXT_COUNTERS]	= { .type = NLA_NESTED },
};

static const struct nla_policy nft_rmirror_counter_policy[NFTA_RMIRROR_COUNTER_MAX + 1] = {
	[NFTA_RMIRROR_COUNTER_UNSPEC]	= { .type = NLA_REJECT },
	[NFTA_RMIRROR_COUNTER_UNSPEC + 1 ... NFTA_RMIRROR_COUNTER_MAX] = { .type = NLA_U64 },
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

/* Where the counters begin: as a dump had them */
static int parse_counters(const struct nlattr *attr, u64 counters[RMIRROR_COUNTERS])
{
	struct nlattr *tb[NFTA_RMIRROR_COUNTER_MAX + 1];
	int i, err;

	if (!attr)
		return 0;
	err = nla_parse_nested(tb, NFTA_RMIRROR_COUNTER_MAX, attr, nft_rmirror_counter_policy,
			       NULL);
	if (err)
		return err;
	for (i = 0; i < RMIRROR_COUNTERS; i++) {
		if (tb[i + 1])
			counters[i] = be64_to_cpu(nla_get_be64(tb[i + 1]));
	}
	return 0;
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

static const struct nft_expr_ops nft_rmirror_ops;

static const char *family_word(u8 family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_ARP:
		return "arp";
	case NFPROTO_NETDEV:
		return "netdev";
	default:
		return "inet";
	}
}

/*
 * nf_tables tells an expression of its making and of its end, which are parts of a batch
 * that may fail, but not of the commit: the rules of the chain know. One walk finds
 * what has been committed for all of them.
 */
static bool find_committed(const struct nft_rmirror *wanted, const struct nft_chain *chain,
			   struct net *net)
{
	const struct nft_rule *rule;
	bool live = false;

	list_for_each_entry_rcu(rule, &chain->rules, list) {
		const bool active = nft_is_active(net, rule);
		struct nft_expr *expr, *last;

		nft_rule_for_each_expr(expr, last, rule) {
			struct nft_rmirror *priv = nft_expr_priv(expr);

			if (expr->ops != &nft_rmirror_ops)
				continue;
			if (active)
				WRITE_ONCE(priv->committed, true);
			if (priv == wanted)
				live = active;
		}
	}
	return live;
}

static bool is_live(const struct rmirror_place *place, struct net *net)
{
	const struct nft_rmirror *priv = container_of(place, struct nft_rmirror, place);
	bool live = true;

	rcu_read_lock();
	if (!READ_ONCE(priv->committed) || READ_ONCE(priv->leaving))
		live = find_committed(priv, container_of(place->chain, struct nft_chain, name),
				      net);
	rcu_read_unlock();
	return live;
}

/* Of a rule that is to be deleted; when the batch fails, nft_rmirror_activate() follows. */
static void nft_rmirror_deactivate(const struct nft_ctx *ctx, const struct nft_expr *expr,
				   enum nft_trans_phase phase)
{
	struct nft_rmirror *priv = nft_expr_priv(expr);

	if (phase == NFT_TRANS_PREPARE)
		WRITE_ONCE(priv->leaving, true);
}

static void nft_rmirror_activate(const struct nft_ctx *ctx, const struct nft_expr *expr)
{
	struct nft_rmirror *priv = nft_expr_priv(expr);

	WRITE_ONCE(priv->leaving, false);
}

/* Table and chain go after their rules. */
static void init_place(struct nft_rmirror *priv, const struct nft_ctx *ctx)
{
	priv->committed = false;
	priv->leaving = false;
	priv->place = (struct rmirror_place) {
		.family		= family_word(ctx->family),
		.table		= ctx->table->name,
		.chain		= &ctx->chain->name,
		.is_live	= is_live,
	};
}

static int nft_rmirror_init(const struct nft_ctx *ctx, const struct nft_expr *expr,
			    const struct nlattr * const tb[])
{
	struct nft_rmirror *priv = nft_expr_priv(expr);
	struct nlattr *ext[NFTA_RMIRROR_EXT_MAX + 1];
	u64 counters[RMIRROR_COUNTERS] = {};
	struct rmirror_conf conf = {};
	struct rmirror *mirror;
	int err;

	err = parse_ext(tb[NFTA_RMIRROR_EXT], ext);
	if (!err)
		err = parse_conf(tb, (const struct nlattr * const *)ext, &conf);
	if (!err)
		err = parse_registers(ctx, tb, (const struct nlattr * const *)ext, &conf, priv);
	if (!err)
		err = parse_counters(ext[NFTA_RMIRROR_EXT_COUNTERS], counters);
	if (err)
		return err;
	init_place(priv, ctx);
	mirror = rmirror_create(ctx->net, &conf, &priv->place);
	if (IS_ERR(mirror))
		return PTR_ERR(mirror);
	rmirror_stats_restore(mirror, counters);
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

static int put_counters(struct sk_buff *skb, struct rmirror *mirror, bool reset)
{
	u64 counters[RMIRROR_COUNTERS];
	struct nlattr *nest;
	int i;

	nest = nla_nest_start(skb, NFTA_RMIRROR_EXT_COUNTERS);
	if (!nest)
		return -1;
	/* A dump that does not fit is made again: what it resets must have its place. */
	if (reset && skb_tailroom(skb) < RMIRROR_COUNTERS * nla_total_size(sizeof(__be64)))
		return -1;
	rmirror_stats_read(mirror, counters, reset);
	for (i = 0; i < RMIRROR_COUNTERS; i++) {
		const __be64 value = cpu_to_be64(counters[i]);

		if (value && nla_put(skb, i + 1, sizeof(value), &value))
			return -1;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int put_ext(struct sk_buff *skb, const struct nft_rmirror *priv,
		   const struct rmirror_conf *conf, bool reset)
{
	struct nlattr *ext = nla_nest_start(skb, NFTA_RMIRROR_EXT);

	if (!ext)
		return -1;
	if (conf->key_in_register &&
	    nft_dump_register(skb, NFTA_RMIRROR_EXT_SREG_KEY, priv->sreg_key))
		return -1;
	if (put_counters(skb, priv->mirror, reset))
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
	return put_ext(skb, priv, conf, reset);
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
	.activate	= nft_rmirror_activate,
	.deactivate	= nft_rmirror_deactivate,
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
