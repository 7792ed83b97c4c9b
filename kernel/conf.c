// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a statement may say.
 *
 * nf_tables hands no extended ack to an expression (struct nft_ctx has none),
 * so a refusal is an errno, which the front end in user space explains, and,
 * for whoever speaks netlink himself, a line in the kernel log, as x_tables'
 * targets have it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/in.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/printk.h>
#include <net/ipv6.h>

#include <rmirror_tables.h>

#include "encap/encap.h"

static const struct option_rule {
	const char			*word;
	enum nft_rmirror_attributes	attr;
	u32				flag;
	u32				min;
	u32				max;
	u32				encaps;
} options[] = {
#define X(id, word, kind, min, max, encaps)	\
	{ (word), RMIRROR_ATTR_OF_##kind(id), RMIRROR_FLAG_OF_##kind(id), (min), (max), (encaps) },
	RMIRROR_OPTION_TABLE(X)
#undef X
};

/* Where an option with a number is kept; 0: it has none */
static const u8 number_offset[] = {
	[NFTA_RMIRROR_ENCAP]	= offsetof(struct rmirror_conf, encap),
	[NFTA_RMIRROR_KEY]	= offsetof(struct rmirror_conf, key),
	[NFTA_RMIRROR_LEN]	= offsetof(struct rmirror_conf, len),
	[NFTA_RMIRROR_MTU]	= offsetof(struct rmirror_conf, mtu),
	[NFTA_RMIRROR_TTL]	= offsetof(struct rmirror_conf, ttl),
	[NFTA_RMIRROR_DSCP]	= offsetof(struct rmirror_conf, dscp),
	[NFTA_RMIRROR_MARK]	= offsetof(struct rmirror_conf, mark),
	[NFTA_RMIRROR_PORT]	= offsetof(struct rmirror_conf, port),
	[NFTA_RMIRROR_FLAGS]	= offsetof(struct rmirror_conf, flags),
};

static u32 *number_of(struct rmirror_conf *conf, enum nft_rmirror_attributes attr)
{
	return (u32 *)((char *)conf + number_offset[attr]);
}

/**
 * rmirror_conf_number - where an option with a number is kept
 * @conf: any
 * @attr: the option
 *
 * Return: NULL if it has no number.
 */
const u32 *rmirror_conf_number(const struct rmirror_conf *conf,
			       enum nft_rmirror_attributes attr)
{
	if (attr >= ARRAY_SIZE(number_offset) || !number_offset[attr])
		return NULL;
	return (const u32 *)((const char *)conf + number_offset[attr]);
}
EXPORT_SYMBOL_GPL(rmirror_conf_number);

/**
 * rmirror_conf_set - take an option with a number
 * @conf: under construction
 * @attr: an option for which rmirror_conf_number() is not NULL
 * @value: as the user gave it, in host order
 *
 * Return: 0, or -ERANGE with a line in the log if the value is out of the range
 * of rmirror_tables.h.
 */
int rmirror_conf_set(struct rmirror_conf *conf, enum nft_rmirror_attributes attr,
		     u32 value)
{
	const struct option_rule *o;

	if (attr == NFTA_RMIRROR_FLAGS && value & ~RMIRROR_F_MASK) {
		pr_info_ratelimited("unknown flags 0x%x\n", value & ~RMIRROR_F_MASK);
		return -ERANGE;
	}
	for (o = options; o < options + ARRAY_SIZE(options); o++) {
		if (o->attr != attr || o->flag)
			continue;
		if (value < o->min || value > o->max) {
			pr_info_ratelimited("%s %u is out of range %u..%u\n",
					    o->word, value, o->min, o->max);
			return -ERANGE;
		}
	}
	*number_of(conf, attr) = value;
	conf->given |= BIT(attr);
	return 0;
}
EXPORT_SYMBOL_GPL(rmirror_conf_set);

static bool is_unicast4(__be32 addr)
{
	return addr != htonl(INADDR_ANY) && !ipv4_is_lbcast(addr) && !ipv4_is_multicast(addr);
}

static bool is_unicast6(const struct in6_addr *addr)
{
	return !ipv6_addr_any(addr) && !ipv6_addr_is_multicast(addr);
}

/* A multicast group is a collector too, if the user says on which device. */
static int check_addresses4(const struct rmirror_conf *conf)
{
	const bool group = ipv4_is_multicast(conf->addr.ip) &&
			   rmirror_conf_given(conf, NFTA_RMIRROR_OIFNAME);

	if (!conf->in_register && !group && !is_unicast4(conf->addr.ip)) {
		pr_info_ratelimited("collector %pI4 is no unicast address\n", &conf->addr.ip);
		return -EADDRNOTAVAIL;
	}
	if (rmirror_conf_given(conf, NFTA_RMIRROR_SADDR) && !is_unicast4(conf->saddr.ip)) {
		pr_info_ratelimited("from %pI4 is no unicast address\n", &conf->saddr.ip);
		return -EADDRNOTAVAIL;
	}
	return 0;
}

static int check_addresses6(const struct rmirror_conf *conf)
{
	const bool device = rmirror_conf_given(conf, NFTA_RMIRROR_OIFNAME);
	const bool group = ipv6_addr_is_multicast(&conf->addr.in6) && device;

	if (!conf->in_register && !group && !is_unicast6(&conf->addr.in6)) {
		pr_info_ratelimited("collector %pI6c is no unicast address\n", &conf->addr.in6);
		return -EADDRNOTAVAIL;
	}
	/* The same address stands for another host on each link. */
	if (!conf->in_register && !device &&
	    ipv6_addr_type(&conf->addr.in6) & IPV6_ADDR_LINKLOCAL) {
		pr_info_ratelimited("collector %pI6c is link-local: a device is needed\n",
				    &conf->addr.in6);
		return -EADDRNOTAVAIL;
	}
	if (rmirror_conf_given(conf, NFTA_RMIRROR_SADDR) && !is_unicast6(&conf->saddr.in6)) {
		pr_info_ratelimited("from %pI6c is no unicast address\n", &conf->saddr.in6);
		return -EADDRNOTAVAIL;
	}
	return 0;
}

static int check_addresses(const struct rmirror_conf *conf)
{
	switch (conf->family) {
	case NFPROTO_IPV4:
		return check_addresses4(conf);
	case NFPROTO_IPV6:
		return check_addresses6(conf);
	default:
		return -EAFNOSUPPORT;
	}
}

/* Options and encapsulation must fit each other. */
static int check_encap(const struct rmirror_conf *conf)
{
	const char *word = rmirror_encap_word(conf->encap);
	const u32 key_max = rmirror_encap_key_max(conf->encap);
	const struct option_rule *o;

	for (o = options; o < options + ARRAY_SIZE(options); o++) {
		bool given = o->flag ? conf->flags & o->flag :
				       rmirror_conf_given(conf, o->attr);

		if (o->attr == NFTA_RMIRROR_KEY)
			given = rmirror_conf_has_key(conf);
		if (given && !(o->encaps & BIT(conf->encap))) {
			pr_info_ratelimited("encap %s has no %s\n", word, o->word);
			return -EINVAL;
		}
	}
	if (rmirror_conf_given(conf, NFTA_RMIRROR_KEY) && conf->key > key_max) {
		pr_info_ratelimited("key %u is out of range 0..%u of encap %s\n",
				    conf->key, key_max, word);
		return -ERANGE;
	}
	if (conf->encap == RMIRROR_ENCAP_NONE &&
	    rmirror_conf_given(conf, NFTA_RMIRROR_LEN) && conf->len < RMIRROR_LEN_MIN_NONE) {
		pr_info_ratelimited("len %u is below %u, the shortest of encap %s\n",
				    conf->len, RMIRROR_LEN_MIN_NONE, word);
		return -ERANGE;
	}
	return 0;
}

/* The value of @attr if it is not given; the same value given means the same. */
static void set_default(struct rmirror_conf *conf, enum nft_rmirror_attributes attr,
			u32 value)
{
	u32 *number = number_of(conf, attr);

	if (!rmirror_conf_given(conf, attr))
		*number = value;
	else if (*number == value)
		conf->given &= ~BIT(attr);
}

static void set_defaults(struct rmirror_conf *conf)
{
	set_default(conf, NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_GRE);
	set_default(conf, NFTA_RMIRROR_LEN, U32_MAX);
	set_default(conf, NFTA_RMIRROR_MTU, RMIRROR_MTU_RESEGMENT);
	set_default(conf, NFTA_RMIRROR_TTL, RMIRROR_TTL_DEFAULT);
	set_default(conf, NFTA_RMIRROR_DSCP, 0);
	set_default(conf, NFTA_RMIRROR_MARK, 0);
	set_default(conf, NFTA_RMIRROR_PORT, rmirror_encap_port(conf->encap));
	/* These always have it. */
	if (BIT(conf->encap) & RMIRROR_E_SEQ_ALWAYS)
		conf->flags &= ~RMIRROR_F_SEQ;
	set_default(conf, NFTA_RMIRROR_FLAGS, 0);
	/* A GRE key of 0 is on the wire, no key is not: nothing to leave out. */
	if (!(BIT(conf->encap) & RMIRROR_E_GRE_KEY))
		set_default(conf, NFTA_RMIRROR_KEY, 0);
}

/**
 * rmirror_conf_check - the last word on a statement
 * @conf: with everything in it that was given; its defaults are filled in
 *
 * Return: 0, or one of the errors of <linux/netfilter/rmirror.h> with a line in
 * the log.
 */
int rmirror_conf_check(struct rmirror_conf *conf)
{
	int err;

	if (conf->given & BIT(NFTA_RMIRROR_OIFNAME) && !dev_valid_name(conf->oifname)) {
		pr_info_ratelimited("device has no valid name\n");
		return -EINVAL;
	}
	err = check_addresses(conf);
	if (!err)
		err = check_encap(conf);
	if (!err)
		set_defaults(conf);
	return err;
}
EXPORT_SYMBOL_GPL(rmirror_conf_check);
