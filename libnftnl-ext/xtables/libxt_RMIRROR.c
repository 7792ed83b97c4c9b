// SPDX-License-Identifier: GPL-2.0-only
/*
 * "RMIRROR" target extension for iptables, ip6tables, ebtables-nft and
 * arptables-nft: the original target's options (revision 0) and those of the
 * nft statement (revision 1).
 */
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* For afinfo */
#define XTABLES_INTERNAL 1
#include <xtables.h>
#include <linux/netfilter.h>
#include <linux/netfilter/rmirror.h>
#include <linux/netfilter/x_tables.h>

#include "address.h"
#include "options.h"

enum {
	O_TARGET = __RMIRROR_OPT_MAX,
	O_GATEWAY,
};

#define HAS_ARG_ENCAP	1
#define HAS_ARG_MTU	1
#define HAS_ARG_NUM	1
#define HAS_ARG_DSCP	1
#define HAS_ARG_ADDR	1
#define HAS_ARG_NAME	1
#define HAS_ARG_FLAG	0

/* Not x6_options: ebtables-nft knows but these. */
static const struct option rmirror_opts[] = {
	{ .name = "target", .has_arg = 1, .val = O_TARGET },
	{ .name = "gateway", .has_arg = 1, .val = O_GATEWAY },
#define X(attr, word, kind, min, max, encaps) \
	{ .name = (word), .has_arg = HAS_ARG_##kind, .val = RMIRROR_OPT_##attr },
	RMIRROR_OPTION_TABLE(X)
#undef X
	{ .name = NULL },
};

static const char *const meanings[__RMIRROR_OPT_MAX] = {
	[RMIRROR_OPT_ENCAP]	= "what a copy is wrapped in (gre)",
	[RMIRROR_OPT_KEY]	= "GRE key, ERSPAN session id or VNI",
	[RMIRROR_OPT_LEN]	= "bytes of the frame to keep (all)",
	[RMIRROR_OPT_MTU]	= "copies too long for the path (resegment)",
	[RMIRROR_OPT_TTL]	= "outer TTL or hop limit (255)",
	[RMIRROR_OPT_DSCP]	= "outer DSCP, or its name (0)",
	[RMIRROR_OPT_SADDR]	= "outer source address (by route)",
	[RMIRROR_OPT_OIFNAME]	= "output device or VRF (by route)",
	[RMIRROR_OPT_MARK]	= "mark of the copy (0)",
	[RMIRROR_OPT_PORT]	= "UDP destination (of the encapsulation)",
	[RMIRROR_OPT_SEQ]	= "GRE sequence numbers",
	[RMIRROR_OPT_PLATFORM]	= "erspan3: platform sub-header",
	[RMIRROR_OPT_METADATA]	= "geneve: time, length, devices, mark",
};

static void rmirror_help(void)
{
	char words[RMIRROR_TEXT_MAX];
	unsigned int row;

	printf(
"RMIRROR target options:\n"
"  --target    HOST          send copies to this collector\n"
"  --gateway   HOST          send bare copies to this next hop: --encap none\n");
	for (row = 0; row < __RMIRROR_OPT_MAX; row++) {
		const struct rmirror_option_row *option = &rmirror_option_rows[row];
		char value[32] = "";

		if (option->kind == RMIRROR_KIND_NUM || option->kind == RMIRROR_KIND_DSCP)
			snprintf(value, sizeof(value), "%u..%u", option->min, option->max);
		else if (option->kind != RMIRROR_KIND_FLAG)
			strcpy(value, option->kind == RMIRROR_KIND_ADDR ? "ADDRESS" :
				      option->kind == RMIRROR_KIND_NAME ? "NAME" : "WORD");
		printf("  --%-9s %-13s %s\n", option->word, value, meanings[row]);
	}
	rmirror_text_encaps(words, RMIRROR_E_ALL);
	printf("Words of --encap: %s\n", words);
	rmirror_text_mtus(words);
	printf("Words of --mtu: %s\n", words);
}

static const char *name_of(int option)
{
	return option == O_TARGET ? "target" : option == O_GATEWAY ? "gateway" :
						 rmirror_option_rows[option].word;
}

/* Words are only kept here: what they mean depends on each other. */
static int rmirror_parse(int c, char **argv, int invert, unsigned int *flags, const void *entry,
			 struct xt_entry_target **target)
{
	/* The one whose member this is, be it registered or a copy for another rule */
	struct xtables_target *self = (void *)((char *)target - offsetof(struct xtables_target, t));
	struct option_words *words = self->udata;

	/* ebtables-nft asks every extension it knows for every option. */
	if (c < 0 || c > O_GATEWAY || !words)
		return 0;
	if (invert)
		xtables_error(PARAMETER_PROBLEM, "RMIRROR: option \"--%s\" cannot be inverted",
			      name_of(c));
	if (*flags & (1u << c))
		xtables_error(PARAMETER_PROBLEM, "RMIRROR: option \"--%s\" can only be used once",
			      name_of(c));
	*flags |= 1u << c;
	if (c == O_TARGET)
		words->target = optarg;
	else if (c == O_GATEWAY)
		words->gateway = optarg;
	else
		words->word[c] = optarg ? optarg : "";
	return 1;
}

/* `--len 0` was the original's way to say that the whole frame is wanted. */
static void drop_len_0(struct option_words *words)
{
	if (words->word[RMIRROR_OPT_LEN] && strcmp(words->word[RMIRROR_OPT_LEN], "0") == 0)
		words->word[RMIRROR_OPT_LEN] = NULL;
}

static bool is_original(const struct option_words *words)
{
	unsigned int row;

	for (row = 0; row < __RMIRROR_OPT_MAX; row++)
		if (row != RMIRROR_OPT_LEN && words->word[row])
			return false;
	return !words->gateway;
}

static struct xt_rmirror_tginfo_v1 parse_words(struct option_words *words, int family)
{
	struct xt_rmirror_tginfo_v1 info;
	char error[RMIRROR_TEXT_MAX];

	if (family == AF_INET && is_original(words))
		drop_len_0(words);
	if (!options_parse(words, family, &info, error))
		xtables_error(PARAMETER_PROBLEM, "RMIRROR: %s", error);
	return info;
}

/* The family of the rule, of which a host name's addresses are looked for first */
static int rule_family(void)
{
	return afinfo->family == NFPROTO_IPV4 ? AF_INET :
	       afinfo->family == NFPROTO_IPV6 ? AF_INET6 : AF_UNSPEC;
}

static void rmirror_check(struct xt_fcheck_call *cb)
{
	const struct xt_rmirror_tginfo_v1 info = parse_words(cb->udata, rule_family());

	memcpy(cb->data, &info, sizeof(info));
}

/* The kernel has but revision 0. */
static void rmirror_check_v0(struct xt_fcheck_call *cb)
{
	const struct xt_rmirror_tginfo_v1 info = parse_words(cb->udata, AF_INET);
	struct xt_rmirror_tginfo *v0 = cb->data;

	if (info.family != NFPROTO_IPV4 || info.given & ~(1u << NFTA_RMIRROR_LEN))
		xtables_error(PARAMETER_PROBLEM,
			      "RMIRROR: the kernel's target knows but --target with an IPv4 "
			      "address and --len; is its module there? See modprobe xt_RMIRROR");
	memset(v0, 0, sizeof(*v0));
	v0->dst[0] = info.addr[0];
	v0->len = info.len;
}

/* What a rule of either revision says */
static struct xt_rmirror_tginfo_v1 statement_of(const struct xt_entry_target *target)
{
	struct xt_rmirror_tginfo_v1 info = { .family = NFPROTO_IPV4 };
	struct xt_rmirror_tginfo v0;

	if (target->u.user.revision != 0) {
		memcpy(&info, target->data, sizeof(info));
		return info;
	}
	memcpy(&v0, target->data, sizeof(v0));
	info.addr[0] = v0.dst[0];
	/* As the kernel takes it. */
	if (v0.len != 0 && v0.len <= RMIRROR_LEN_MAX) {
		info.len = v0.len < RMIRROR_LEN_MIN ? RMIRROR_LEN_MIN : v0.len;
		info.given = 1u << NFTA_RMIRROR_LEN;
	}
	return info;
}

static void rmirror_save(const void *ip, const struct xt_entry_target *target)
{
	const struct xt_rmirror_tginfo_v1 info = statement_of(target);
	const bool bare = info.encap == RMIRROR_ENCAP_NONE;
	char text[RMIRROR_TEXT_MAX];
	unsigned int row;

	address_print(info.family, info.addr, text);
	printf(" --%s %s", bare ? "gateway" : "target", text);
	for (row = 0; row < __RMIRROR_OPT_MAX; row++) {
		if (!options_value(&info, row, text) || (bare && row == RMIRROR_OPT_ENCAP))
			continue;
		printf(" --%s", rmirror_option_rows[row].word);
		if (rmirror_option_rows[row].kind == RMIRROR_KIND_NAME)
			xtables_save_string(text);
		else if (rmirror_option_rows[row].kind != RMIRROR_KIND_FLAG)
			printf(" %s", text);
	}
}

/* The options as nft's statement has them, each with a blank before it */
static void print_options(const struct xt_rmirror_tginfo_v1 *info, struct xt_xlate *xl)
{
	char text[RMIRROR_TEXT_MAX], words[RMIRROR_TEXT_MAX * 2];
	unsigned int row;

	for (row = 0; row < __RMIRROR_OPT_MAX; row++) {
		const char *quote = rmirror_option_rows[row].kind == RMIRROR_KIND_NAME ? "\"" : "";

		if (!options_value(info, row, text))
			continue;
		snprintf(words, sizeof(words), "%s%s%s%s%s", rmirror_option_rows[row].word,
			 rmirror_option_rows[row].kind == RMIRROR_KIND_FLAG ? "" : " ", quote, text, quote);
		if (xl)
			xt_xlate_add(xl, " %s", words);
		else
			printf(" %s", words);
	}
}

static void rmirror_print(const void *ip, const struct xt_entry_target *target, int numeric)
{
	const struct xt_rmirror_tginfo_v1 info = statement_of(target);
	char text[ADDRESS_TEXT_MAX];

	address_print(info.family, info.addr, text);
	if (numeric)
		printf(" rmirror to %s", text);
	else if (info.family == NFPROTO_IPV4)
		printf(" rmirror to %s", xtables_ipaddr_to_anyname((const void *)info.addr));
	else
		printf(" rmirror to %s", xtables_ip6addr_to_anyname((const void *)info.addr));
	print_options(&info, NULL);
}

static int rmirror_xlate(struct xt_xlate *xl, const struct xt_xlate_tg_params *params)
{
	const struct xt_rmirror_tginfo_v1 info = statement_of(params->target);
	char text[ADDRESS_TEXT_MAX];

	address_print(info.family, info.addr, text);
	xt_xlate_add(xl, "rmirror to %s", text);
	print_options(&info, xl);
	return 1;
}

#define COMMON							\
	.name		= RMIRROR_XT_TARGET,			\
	.version	= XTABLES_VERSION,			\
	.help		= rmirror_help,				\
	.print		= rmirror_print,			\
	.save		= rmirror_save,				\
	.parse		= rmirror_parse,			\
	.extra_opts	= rmirror_opts,				\
	.udata_size	= sizeof(struct option_words),		\
	.xlate		= rmirror_xlate

static struct xtables_target rmirror_v0 = {
	COMMON,
	.revision	= 0,
	.family		= NFPROTO_IPV4,
	.size		= XT_ALIGN(sizeof(struct xt_rmirror_tginfo)),
	.userspacesize	= sizeof(struct xt_rmirror_tginfo),
	.x6_fcheck	= rmirror_check_v0,
};

/*
 * One for every family, as of two with the same name and revision libxtables drops the one
 * that is not of the family it looks in first: a process that lists another family later,
 * as nft does, would never find it again.
 */
static struct xtables_target rmirror_v1 = {
	COMMON,
	.revision	= 1,
	.family		= NFPROTO_UNSPEC,
	.size		= XT_ALIGN(sizeof(struct xt_rmirror_tginfo_v1)),
	.userspacesize	= offsetof(struct xt_rmirror_tginfo_v1, mirror),
	.x6_fcheck	= rmirror_check,
};

/*
 * libxtables takes the best revision that the kernel has, for all new rules, and
 * forgets the others. So that a rule of revision 0, from a binary of the original
 * target, can still be listed by iptables-legacy, which looks for the rule's own
 * revision, that one is taken first, and finds its place behind the better one.
 * Not in other families: a target that is not found is never looked for again.
 */
static void __attribute__((constructor)) rmirror_register(void)
{
	xtables_register_target(&rmirror_v0);
	if (afinfo->family == NFPROTO_IPV4) {
		xtables_find_target(rmirror_v0.name, XTF_DONT_LOAD);
		/* No rule names it yet: --help is printed for each that is used. */
		rmirror_v0.used = 0;
	}
	xtables_register_target(&rmirror_v1);
}
