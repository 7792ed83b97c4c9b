// SPDX-License-Identifier: GPL-2.0-only
/* The x_tables target: its two layouts to struct rmirror_conf, and the hooks. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge/ebtables.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/static_key.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include <rmirror_tables.h>

#include "rmirror.h"

static_assert(sizeof(struct xt_rmirror_tginfo) == 20);
static_assert(sizeof(struct xt_rmirror_tginfo_v1) == 104);
static_assert(offsetof(struct xt_rmirror_tginfo_v1, mirror) == 96);

/* Where a rule stands. Of the table x_tables has only a name that goes when the rule is made. */
struct xt_place {
	struct rmirror_place	place;
	char			table[XT_TABLE_MAXNAMELEN];
	char			hooks[48];
};

static const char *family_word(u8 family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return "iptables";
	case NFPROTO_IPV6:
		return "ip6tables";
	case NFPROTO_BRIDGE:
		return "ebtables";
	case NFPROTO_ARP:
		return "arptables";
	default:
		return "xtables";
	}
}

/* The names of the chains that begin at the hooks that lead to the rule */
static void name_hooks(const struct xt_tgchk_param *par, char *to, size_t size)
{
	static const char *const inet[] = { "PREROUTING", "INPUT", "FORWARD", "OUTPUT",
					    "POSTROUTING" };
	static const char *const arp[] = { "INPUT", "OUTPUT", "FORWARD" };
	const bool is_arp = par->family == NFPROTO_ARP;
	const unsigned int count = is_arp ? ARRAY_SIZE(arp) : ARRAY_SIZE(inet);
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (par->hook_mask & BIT(i))
			used += scnprintf(to + used, size - used, "%s%s", used ? "," : "",
					  is_arp ? arp[i] : inet[i]);
	}
}

static struct rmirror_place *place_alloc(const struct xt_tgchk_param *par)
{
	struct xt_place *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return NULL;
	strscpy(p->table, par->table, sizeof(p->table));
	name_hooks(par, p->hooks, sizeof(p->hooks));
	p->place.family = family_word(par->family);
	p->place.table = p->table;
	p->place.hooks = p->hooks;
	return &p->place;
}

static void place_free(const struct rmirror_place *place)
{
	kfree(container_of(place, struct xt_place, place));
}

/*
 * ip_tables keeps one jump stack for each CPU. A copy that re-enters it from
 * within a traversal, through a bridge or a device on top of another, finds a
 * second one only while this key is on and TEE's guard, which rmirror_mirror()
 * holds, is set.
 */
static int mirror_create(const struct xt_tgchk_param *par, struct rmirror_conf *conf,
			 struct rmirror **mirror)
{
	struct rmirror_place *place;
	struct rmirror *m;
	int err;

	err = rmirror_conf_check(conf);
	if (err)
		return err;
	place = place_alloc(par);
	if (!place)
		return -ENOMEM;
	m = rmirror_create(par->net, conf, place);
	if (IS_ERR(m)) {
		place_free(place);
		return PTR_ERR(m);
	}
	static_key_slow_inc(&xt_tee_enabled);
	*mirror = m;
	return 0;
}

/*
 * x_tables has waited until no CPU traverses the table any more, nf_tables for a
 * grace period: what rmirror_release() asks for.
 */
static void mirror_release(struct rmirror *m)
{
	const struct rmirror_place *place = rmirror_place_get(m);

	static_key_slow_dec(&xt_tee_enabled);
	rmirror_release(m);
	place_free(place);
}

/*
 * Revision 0 has no field for a pointer, but on every machine that aligns a u64
 * to 8 bytes (not i386) there are 4 bytes between it and the end of the rule.
 */
struct v0_info {
	struct xt_rmirror_tginfo	user;
	u32				id;
};

#define V0_HAS_ROOM (XT_ALIGN(sizeof(struct xt_rmirror_tginfo)) >= sizeof(struct v0_info))

static DEFINE_XARRAY_ALLOC(v0_mirrors);

static unsigned int target_v0(struct sk_buff *skb, const struct xt_action_param *par)
{
	const struct v0_info *info = par->targinfo;

	rmirror_mirror(xa_load(&v0_mirrors, info->id), skb, par->state, NULL, NULL);
	return XT_CONTINUE;
}

static int check_v0(const struct xt_tgchk_param *par)
{
	struct rmirror_conf conf = { .family = NFPROTO_IPV4 };
	struct v0_info *info = par->targinfo;
	struct rmirror *m;
	int err;

	conf.addr.ip = info->user.dst[0];
	/* The original knew no limits: rules that it took must load. */
	if (info->user.len && info->user.len <= RMIRROR_LEN_MAX) {
		err = rmirror_conf_set(&conf, NFTA_RMIRROR_LEN,
				       max_t(u32, info->user.len, RMIRROR_LEN_MIN));
		if (err)
			return err;
	}
	err = mirror_create(par, &conf, &m);
	if (err)
		return err;
	err = xa_alloc(&v0_mirrors, &info->id, m, xa_limit_32b, GFP_KERNEL_ACCOUNT);
	if (err)
		mirror_release(m);
	return err;
}

static void destroy_v0(const struct xt_tgdtor_param *par)
{
	const struct v0_info *info = par->targinfo;

	mirror_release(xa_erase(&v0_mirrors, info->id));
}

/* Where revision 1 has an option that is a number; 0: it is none */
static const u16 v1_numbers[] = {
	[NFTA_RMIRROR_ENCAP]	= offsetof(struct xt_rmirror_tginfo_v1, encap),
	[NFTA_RMIRROR_KEY]	= offsetof(struct xt_rmirror_tginfo_v1, key),
	[NFTA_RMIRROR_LEN]	= offsetof(struct xt_rmirror_tginfo_v1, len),
	[NFTA_RMIRROR_MTU]	= offsetof(struct xt_rmirror_tginfo_v1, mtu),
	[NFTA_RMIRROR_TTL]	= offsetof(struct xt_rmirror_tginfo_v1, ttl),
	[NFTA_RMIRROR_DSCP]	= offsetof(struct xt_rmirror_tginfo_v1, dscp),
	[NFTA_RMIRROR_MARK]	= offsetof(struct xt_rmirror_tginfo_v1, mark),
	[NFTA_RMIRROR_PORT]	= offsetof(struct xt_rmirror_tginfo_v1, port),
	[NFTA_RMIRROR_FLAGS]	= offsetof(struct xt_rmirror_tginfo_v1, flags),
};

static struct rmirror *v1_mirror(const struct xt_rmirror_tginfo_v1 *info)
{
	return (struct rmirror *)(unsigned long)info->mirror;
}

static unsigned int target_v1(struct sk_buff *skb, const struct xt_action_param *par)
{
	rmirror_mirror(v1_mirror(par->targinfo), skb, par->state, NULL, NULL);
	return XT_CONTINUE;
}

/* XT_CONTINUE is ebtables' ACCEPT. */
static unsigned int target_v1_bridge(struct sk_buff *skb, const struct xt_action_param *par)
{
	rmirror_mirror(v1_mirror(par->targinfo), skb, par->state, NULL, NULL);
	return EBT_CONTINUE;
}

/* What was not given is 0: two programs that mean the same write the same bytes. */
static int refuse_leftover(const char *what)
{
	pr_info_ratelimited("%s is set, but was not given\n", what);
	return -EINVAL;
}

static int v1_numbers_to_conf(const struct xt_rmirror_tginfo_v1 *info, struct rmirror_conf *conf)
{
	int attr, err;

	for (attr = 0; attr < ARRAY_SIZE(v1_numbers); attr++) {
		u32 value;

		if (!v1_numbers[attr])
			continue;
		value = *(const u32 *)((const char *)info + v1_numbers[attr]);
		if (!(info->given & BIT(attr))) {
			if (value)
				return refuse_leftover("a number");
			continue;
		}
		err = rmirror_conf_set(conf, attr, value);
		if (err)
			return err;
	}
	return 0;
}

/* An IPv4 address has nothing behind it. */
static int v1_address_to_conf(const struct xt_rmirror_tginfo_v1 *info, const __be32 from[4],
			      union nf_inet_addr *to)
{
	if (info->family == NFPROTO_IPV4 && (from[1] | from[2] | from[3]))
		return refuse_leftover("the rest of an address");
	memcpy(to, from, sizeof(*to));
	return 0;
}

static int v1_others_to_conf(const struct xt_rmirror_tginfo_v1 *info, struct rmirror_conf *conf)
{
	int err;

	err = v1_address_to_conf(info, info->addr, &conf->addr);
	if (err)
		return err;
	if (info->given & BIT(NFTA_RMIRROR_SADDR))
		err = v1_address_to_conf(info, info->saddr, &conf->saddr);
	else if (memchr_inv(info->saddr, 0, sizeof(info->saddr)))
		err = refuse_leftover("from");
	if (err)
		return err;

	if (!(info->given & BIT(NFTA_RMIRROR_OIFNAME)))
		return memchr_inv(info->oifname, 0, sizeof(info->oifname)) ?
			refuse_leftover("device") : 0;
	if (strscpy(conf->oifname, info->oifname, sizeof(conf->oifname)) < 0) {
		pr_info_ratelimited("device has no end\n");
		return -EINVAL;
	}
	return 0;
}

static int check_v1(const struct xt_tgchk_param *par)
{
	const u32 known = BIT(NFTA_RMIRROR_FLAGS + 1) - BIT(NFTA_RMIRROR_ENCAP);
	struct xt_rmirror_tginfo_v1 *info = par->targinfo;
	struct rmirror_conf conf = { .family = info->family };
	struct rmirror *m;
	int err;

	/* The legacy tables of these have checks of their own, for targets of their own. */
	if ((par->family == NFPROTO_ARP || par->family == NFPROTO_BRIDGE) && !par->nft_compat) {
		pr_info_ratelimited("arptables and ebtables need their nf_tables variants\n");
		return -EOPNOTSUPP;
	}
	if (info->given & ~known || info->reserved) {
		pr_info_ratelimited("unknown options 0x%x\n", info->given & ~known);
		return -EINVAL;
	}
	err = v1_numbers_to_conf(info, &conf);
	if (!err)
		err = v1_others_to_conf(info, &conf);
	if (err)
		return err;
	conf.given = info->given;
	err = mirror_create(par, &conf, &m);
	if (err)
		return err;
	info->mirror = (unsigned long)m;
	return 0;
}

static void destroy_v1(const struct xt_tgdtor_param *par)
{
	mirror_release(v1_mirror(par->targinfo));
}

/* NF_BR_* have the same numbers. */
#define INET_HOOKS	(BIT(NF_INET_PRE_ROUTING) | BIT(NF_INET_LOCAL_IN) |	\
			 BIT(NF_INET_FORWARD) | BIT(NF_INET_LOCAL_OUT) |	\
			 BIT(NF_INET_POST_ROUTING))

#define V1(pf, allowed, function) {						\
	.name		= RMIRROR_XT_TARGET,					\
	.revision	= 1,							\
	.family		= (pf),							\
	.target		= (function),						\
	.checkentry	= check_v1,						\
	.destroy	= destroy_v1,						\
	.targetsize	= sizeof(struct xt_rmirror_tginfo_v1),			\
	.usersize	= offsetof(struct xt_rmirror_tginfo_v1, mirror),	\
	.hooks		= (allowed),						\
	.me		= THIS_MODULE,						\
}

static struct xt_target rmirror_targets[] __read_mostly = {
	/* ip, ip6 and, through nft_compat, inet */
	V1(NFPROTO_UNSPEC, INET_HOOKS, target_v1),
	V1(NFPROTO_BRIDGE, INET_HOOKS, target_v1_bridge),
	V1(NFPROTO_ARP, BIT(NF_ARP_IN) | BIT(NF_ARP_OUT), target_v1),
	/* The last: left out where it has no room. */
	{
		.name		= RMIRROR_XT_TARGET,
		.revision	= 0,
		.family		= NFPROTO_IPV4,
		.target		= target_v0,
		.checkentry	= check_v0,
		.destroy	= destroy_v0,
		.targetsize	= sizeof(struct xt_rmirror_tginfo),
		.usersize	= sizeof(struct xt_rmirror_tginfo),
		.hooks		= INET_HOOKS,
		.me		= THIS_MODULE,
	},
};

#define TARGETS	(ARRAY_SIZE(rmirror_targets) - !V0_HAS_ROOM)

static int __init xt_rmirror_init(void)
{
	return xt_register_targets(rmirror_targets, TARGETS);
}

static void __exit xt_rmirror_exit(void)
{
	xt_unregister_targets(rmirror_targets, TARGETS);
}

module_init(xt_rmirror_init);
module_exit(xt_rmirror_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Xtables target: mirror packets to a remote collector");
MODULE_ALIAS("ipt_RMIRROR");
MODULE_ALIAS("ip6t_RMIRROR");
MODULE_ALIAS("ebt_RMIRROR");
MODULE_ALIAS("arpt_RMIRROR");
