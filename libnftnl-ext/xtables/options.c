// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>

#include "address.h"

bool options_refuse(char error[RMIRROR_TEXT_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, RMIRROR_TEXT_MAX, format, args);
	va_end(args);
	return false;
}

uint32_t *options_number(struct xt_rmirror_tginfo_v1 *info, unsigned int attr)
{
	switch (attr) {
	case NFTA_RMIRROR_ENCAP:
		return &info->encap;
	case NFTA_RMIRROR_KEY:
		return &info->key;
	case NFTA_RMIRROR_LEN:
		return &info->len;
	case NFTA_RMIRROR_MTU:
		return &info->mtu;
	case NFTA_RMIRROR_TTL:
		return &info->ttl;
	case NFTA_RMIRROR_DSCP:
		return &info->dscp;
	case NFTA_RMIRROR_MARK:
		return &info->mark;
	case NFTA_RMIRROR_PORT:
		return &info->port;
	case NFTA_RMIRROR_FLAGS:
		return &info->flags;
	default:
		return NULL;
	}
}

static bool given(const struct xt_rmirror_tginfo_v1 *info, unsigned int attr)
{
	return info->given & RMIRROR_BIT(attr);
}

static size_t addr_len(uint32_t family)
{
	return family == NFPROTO_IPV4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static bool is_unicast(const char *word, const struct xt_rmirror_tginfo_v1 *info,
		       char error[RMIRROR_TEXT_MAX])
{
	const char *why = rmirror_source_refused(info->saddr, addr_len(info->family));

	if (why)
		rmirror_text_invalid(error, rmirror_option_rows[RMIRROR_OPT_SADDR].word, word,
				     strlen(word), why);
	return !why;
}

static bool parse_value(enum rmirror_option opt, const char *word,
			struct xt_rmirror_tginfo_v1 *info, char error[RMIRROR_TEXT_MAX])
{
	const struct rmirror_option_row *row = &rmirror_option_rows[opt];
	uint32_t value = 0;
	bool good = true;

	switch (row->kind) {
	case RMIRROR_KIND_ADDR:
		good = address_parse(word, info->family, info->saddr);
		if (good && !is_unicast(word, info, error))
			return false;
		break;
	case RMIRROR_KIND_NAME:
		good = rmirror_device_fits(word, strlen(word));
		if (good)
			memcpy(info->oifname, word, strlen(word));
		break;
	case RMIRROR_KIND_FLAG:
		info->flags |= row->flag;
		break;
	default:
		good = rmirror_value_read(opt, word, &value) &&
		       rmirror_value_fits(opt, info->encap, value);
		if (good)
			*options_number(info, row->attr) = value;
		break;
	}
	if (!good) {
		rmirror_text_bad_value(error, opt, info->encap, info->family, word, strlen(word));
		return false;
	}
	info->given |= RMIRROR_BIT(row->attr);
	return true;
}

static bool parse_option(enum rmirror_option opt, const char *word,
			 struct xt_rmirror_tginfo_v1 *info, char error[RMIRROR_TEXT_MAX])
{
	if (rmirror_option_rows[opt].encaps & RMIRROR_BIT(info->encap))
		return parse_value(opt, word, info, error);
	rmirror_text_foreign(error, opt, info->encap);
	return false;
}

/* What equals its default is not there. */
static void canonicalise(struct xt_rmirror_tginfo_v1 *info)
{
	unsigned int opt;

	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++) {
		const struct rmirror_option_row *row = &rmirror_option_rows[opt];
		uint32_t *value = options_number(info, row->attr);

		if (!value || !rmirror_value_is_default(opt, info->encap, *value))
			continue;
		*value &= row->flag ? ~row->flag : 0;
		if (*value == 0)
			info->given &= ~RMIRROR_BIT(row->attr);
	}
}

static bool check_collector(const struct xt_rmirror_tginfo_v1 *info, char error[RMIRROR_TEXT_MAX])
{
	const char *why = rmirror_collector_refused(info->addr, addr_len(info->family),
						    given(info, NFTA_RMIRROR_OIFNAME));
	char text[ADDRESS_TEXT_MAX];

	if (!why)
		return true;
	address_print(info->family, info->addr, text);
	rmirror_text_invalid(error, "collector", text, strlen(text), why);
	return false;
}

static bool parse_collector(const struct option_words *words, int family,
			    struct xt_rmirror_tginfo_v1 *info, char error[RMIRROR_TEXT_MAX])
{
	const char *encap = words->word[RMIRROR_OPT_ENCAP];

	if (!words->target && !words->gateway)
		return options_refuse(error, "missing collector, expected --target or --gateway");
	if (words->target && words->gateway)
		return options_refuse(error, "--target and --gateway exclude each other");
	if (words->gateway && encap && strcmp(encap, rmirror_encap_name(RMIRROR_ENCAP_NONE)) != 0)
		return options_refuse(error,
				      "'--encap %.64s' does not go with --gateway, which stands for "
				      "--encap none", encap);
	return address_resolve(words->target ? words->target : words->gateway, family, info,
			       error);
}

bool options_parse(const struct option_words *words, int family,
		   struct xt_rmirror_tginfo_v1 *info, char error[RMIRROR_TEXT_MAX])
{
	unsigned int opt;

	memset(info, 0, sizeof(*info));
	if (!parse_collector(words, family, info, error))
		return false;
	if (words->gateway) {
		info->encap = RMIRROR_ENCAP_NONE;
		info->given |= RMIRROR_BIT(NFTA_RMIRROR_ENCAP);
	}
	/* The encapsulation is the first row: the others' ranges depend on it. */
	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++)
		if (words->word[opt] && !parse_option(opt, words->word[opt], info, error))
			return false;
	if (!check_collector(info, error))
		return false;
	canonicalise(info);
	return true;
}

bool options_value(const struct xt_rmirror_tginfo_v1 *info, enum rmirror_option opt,
		   char text[RMIRROR_TEXT_MAX])
{
	const struct rmirror_option_row *row = &rmirror_option_rows[opt];
	struct xt_rmirror_tginfo_v1 copy = *info;

	text[0] = '\0';
	if (row->kind == RMIRROR_KIND_FLAG)
		return info->flags & row->flag;
	if (!given(info, row->attr))
		return false;
	if (row->kind == RMIRROR_KIND_ADDR)
		address_print(info->family, info->saddr, text);
	else if (row->kind == RMIRROR_KIND_NAME)
		snprintf(text, RMIRROR_TEXT_MAX, "%.*s", (int)sizeof(info->oifname), info->oifname);
	else
		rmirror_text_value(text, opt, *options_number(&copy, row->attr));
	return true;
}
