// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>

#include "address.h"

#define ARRAY_ELEMENTS(array) (sizeof(array) / sizeof(*(array)))

const struct option_info option_infos[OPTION_ROWS] = {
#define X(id, name, type, low, high, takers) [ROW_##id] = {		\
		.word	= (name),					\
		.attr	= RMIRROR_ATTR_OF_##type(id),			\
		.flag	= RMIRROR_FLAG_OF_##type(id),			\
		.kind	= KIND_##type,					\
		.min	= (low),					\
		.max	= (high),					\
		.encaps	= (takers),					\
	},
	RMIRROR_OPTION_TABLE(X)
#undef X
};

static const struct {
	const char	*word;
	uint32_t	key_max;
	uint32_t	port;
} encaps[] = {
#define X(id, word, key_max, port) { (word), (key_max), (port) },
	RMIRROR_ENCAP_TABLE(X)
#undef X
};

static const char *const mtus[] = {
#define X(id, word) (word),
	RMIRROR_MTU_TABLE(X)
#undef X
};

static const struct {
	const char	*name;
	uint32_t	value;
} dscps[] = {
#define X(name, value) { (name), (value) },
	RMIRROR_DSCP_TABLE(X)
#undef X
};

bool options_refuse(char error[OPTION_TEXT_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, OPTION_TEXT_MAX, format, args);
	va_end(args);
	return false;
}

static void append(char text[OPTION_TEXT_MAX], const char *word)
{
	const size_t used = strlen(text);

	snprintf(text + used, OPTION_TEXT_MAX - used, "%s%s", used ? ", " : "", word);
}

void options_encaps(uint32_t wanted, char text[OPTION_TEXT_MAX])
{
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < ARRAY_ELEMENTS(encaps); i++)
		if (wanted & (1u << i))
			append(text, encaps[i].word);
}

void options_mtus(char text[OPTION_TEXT_MAX])
{
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < ARRAY_ELEMENTS(mtus); i++)
		append(text, mtus[i]);
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
	return info->given & (1u << attr);
}

/* Decimal or 0x..; neither a sign nor an octal number: as nft's statement. */
static bool parse_number(const char *word, uint32_t *value)
{
	const bool hex = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
	unsigned long long parsed;
	char *end;

	if (!isxdigit((unsigned char)word[hex ? 2 : 0]) ||
	    (!hex && word[0] == '0' && word[1] != '\0'))
		return false;
	errno = 0;
	parsed = strtoull(word, &end, hex ? 16 : 10);
	if (errno || end == word || *end != '\0' || parsed > UINT32_MAX)
		return false;
	*value = (uint32_t)parsed;
	return true;
}

static bool parse_dscp(const char *word, uint32_t *value)
{
	unsigned int i;

	for (i = 0; i < ARRAY_ELEMENTS(dscps); i++) {
		if (strcmp(dscps[i].name, word) == 0) {
			*value = dscps[i].value;
			return true;
		}
	}
	return parse_number(word, value);
}

static bool parse_encap(const char *word, uint32_t *value)
{
	for (*value = 0; *value < ARRAY_ELEMENTS(encaps); ++*value)
		if (strcmp(encaps[*value].word, word) == 0)
			return true;
	return false;
}

static bool parse_mtu(const char *word, uint32_t *value)
{
	for (*value = 0; *value < ARRAY_ELEMENTS(mtus); ++*value)
		if (strcmp(mtus[*value], word) == 0)
			return true;
	return false;
}

/*
 * What the kernel takes, less what nft's quoted strings cannot hold. Byte 0xa0, which UTF-8 has in
 * some letters, is white space to the kernel.
 */
static bool is_device_name(const char *name, const struct option_info *option)
{
	const size_t len = strlen(name);
	const char *c;

	if (len < option->min || len > option->max || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return false;
	for (c = name; *c; c++)
		if (strchr(" /:\"\xa0", *c) || iscntrl((unsigned char)*c))
			return false;
	return true;
}

/* What an option may be within the encapsulation of @info */
static void expected(const struct option_info *option, const struct xt_rmirror_tginfo_v1 *info,
		     char text[OPTION_TEXT_MAX])
{
	uint32_t min = option->min, max = option->max;
	char words[OPTION_TEXT_MAX], with[64] = "";

	if (option->attr == NFTA_RMIRROR_KEY && encaps[info->encap].key_max < max)
		max = encaps[info->encap].key_max;
	if (option->attr == NFTA_RMIRROR_LEN && info->encap == RMIRROR_ENCAP_NONE)
		min = RMIRROR_LEN_MIN_NONE;
	if (min != option->min || max != option->max)
		snprintf(with, sizeof(with), " with encap %s", encaps[info->encap].word);

	switch (option->kind) {
	case KIND_ENCAP:
		options_encaps(option->encaps, words);
		snprintf(text, OPTION_TEXT_MAX, "one of %.200s", words);
		break;
	case KIND_MTU:
		options_mtus(words);
		snprintf(text, OPTION_TEXT_MAX, "one of %.200s", words);
		break;
	case KIND_NUM:
		snprintf(text, OPTION_TEXT_MAX, "%u..%u%s", min, max, with);
		break;
	case KIND_DSCP:
		snprintf(text, OPTION_TEXT_MAX, "%u..%u or a name such as cs1, af11, ef", min, max);
		break;
	case KIND_ADDR:
		snprintf(text, OPTION_TEXT_MAX, "an %s address, as the collector",
			 info->family == NFPROTO_IPV4 ? "IPv4" : "IPv6");
		break;
	case KIND_NAME:
		snprintf(text, OPTION_TEXT_MAX,
			 "a name of %u..%u bytes without white space, '/', ':' and '\"'", min, max);
		break;
	case KIND_FLAG:
		snprintf(text, OPTION_TEXT_MAX, "no value");
		break;
	}
}

static bool invalid(const struct option_info *option, const char *word,
		    const struct xt_rmirror_tginfo_v1 *info, char error[OPTION_TEXT_MAX])
{
	char text[OPTION_TEXT_MAX];

	expected(option, info, text);
	return options_refuse(error,
			      "invalid %s '%.64s', expected %.150s", option->word, word, text);
}

static bool number_in_range(const struct option_info *option,
			    const struct xt_rmirror_tginfo_v1 *info, uint32_t value)
{
	if (option->attr == NFTA_RMIRROR_KEY && value > encaps[info->encap].key_max)
		return false;
	if (option->attr == NFTA_RMIRROR_LEN && info->encap == RMIRROR_ENCAP_NONE &&
	    value < RMIRROR_LEN_MIN_NONE)
		return false;
	return value >= option->min && value <= option->max;
}

static bool parse_value(const struct option_info *option, const char *word,
			struct xt_rmirror_tginfo_v1 *info, char error[OPTION_TEXT_MAX])
{
	uint32_t value = 0;
	bool good = true;

	switch (option->kind) {
	case KIND_ENCAP:
		good = parse_encap(word, &value);
		break;
	case KIND_MTU:
		good = parse_mtu(word, &value);
		break;
	case KIND_NUM:
		good = parse_number(word, &value);
		break;
	case KIND_DSCP:
		good = parse_dscp(word, &value);
		break;
	case KIND_ADDR:
		good = address_parse(word, info->family, info->saddr);
		if (good && !address_is_unicast(info->family, info->saddr))
			return options_refuse(error,
					      "invalid %s '%.64s', expected a unicast address",
					      option->word, word);
		break;
	case KIND_NAME:
		good = is_device_name(word, option);
		if (good)
			strncpy(info->oifname, word, sizeof(info->oifname));
		break;
	case KIND_FLAG:
		value = info->flags | option->flag;
		break;
	}
	if (good && options_number(info, option->attr)) {
		good = option->kind == KIND_FLAG || number_in_range(option, info, value);
		*options_number(info, option->attr) = value;
	}
	if (!good)
		return invalid(option, word, info, error);
	info->given |= 1u << option->attr;
	return true;
}

static bool parse_option(enum option_row row, const char *word,
			 struct xt_rmirror_tginfo_v1 *info, char error[OPTION_TEXT_MAX])
{
	const struct option_info *option = &option_infos[row];
	char words[OPTION_TEXT_MAX];

	if (!(option->encaps & (1u << info->encap))) {
		options_encaps(option->encaps, words);
		return options_refuse(error, "'%s' does not belong to encap %s, only to %.150s",
				      option->word, encaps[info->encap].word, words);
	}
	return parse_value(option, word, info, error);
}

/* What equals its default is not there. */
static void canonicalise(struct xt_rmirror_tginfo_v1 *info)
{
	const struct {
		unsigned int	attr;
		uint32_t	value;
		bool		applies;
	} defaults[] = {
		{ NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_GRE, true },
		/* A GRE key of 0 is on the wire, no key is not. */
		{ NFTA_RMIRROR_KEY, 0, !(RMIRROR_E_GRE_KEY >> info->encap & 1) },
		{ NFTA_RMIRROR_MTU, RMIRROR_MTU_RESEGMENT, true },
		{ NFTA_RMIRROR_TTL, RMIRROR_TTL_DEFAULT, true },
		{ NFTA_RMIRROR_DSCP, 0, true },
		{ NFTA_RMIRROR_MARK, 0, true },
		{ NFTA_RMIRROR_PORT, encaps[info->encap].port, true },
		{ NFTA_RMIRROR_FLAGS, 0, true },
	};
	unsigned int i;

	if (RMIRROR_E_SEQ_ALWAYS & (1u << info->encap))
		info->flags &= ~(uint32_t)RMIRROR_F_SEQ;
	for (i = 0; i < ARRAY_ELEMENTS(defaults); i++) {
		uint32_t *value = options_number(info, defaults[i].attr);

		if (defaults[i].applies && *value == defaults[i].value) {
			*value = 0;
			info->given &= ~(1u << defaults[i].attr);
		}
	}
}

static bool check_collector(const struct xt_rmirror_tginfo_v1 *info, char error[OPTION_TEXT_MAX])
{
	char text[ADDRESS_TEXT_MAX];

	address_print(info->family, info->addr, text);
	if (address_is_unspecified(info->family, info->addr))
		return options_refuse(error,
				      "invalid collector '%s', the unspecified address is nobody's",
				      text);
	if (address_is_broadcast(info->family, info->addr))
		return options_refuse(error,
				      "invalid collector '%s', a copy is not broadcast", text);
	if (address_is_multicast(info->family, info->addr) && !given(info, NFTA_RMIRROR_OIFNAME))
		return options_refuse(error,
				      "invalid collector '%s', a multicast address needs 'device'",
				      text);
	if (address_is_link_local(info->family, info->addr) && !given(info, NFTA_RMIRROR_OIFNAME))
		return options_refuse(error,
				      "invalid collector '%s', a link-local address needs 'device'",
				      text);
	return true;
}

static bool parse_collector(const struct option_words *words, int family,
			    struct xt_rmirror_tginfo_v1 *info, char error[OPTION_TEXT_MAX])
{
	const char *encap = words->word[ROW_ENCAP];

	if (!words->target && !words->gateway)
		return options_refuse(error, "missing collector, expected --target or --gateway");
	if (words->target && words->gateway)
		return options_refuse(error, "--target and --gateway exclude each other");
	if (words->gateway && encap && strcmp(encap, encaps[RMIRROR_ENCAP_NONE].word) != 0)
		return options_refuse(error,
				      "'--encap %.64s' does not go with --gateway, which stands for "
				      "--encap none", encap);
	return address_resolve(words->target ? words->target : words->gateway, family, info,
			       error);
}

bool options_parse(const struct option_words *words, int family,
		   struct xt_rmirror_tginfo_v1 *info, char error[OPTION_TEXT_MAX])
{
	unsigned int row;

	memset(info, 0, sizeof(*info));
	if (!parse_collector(words, family, info, error))
		return false;
	if (words->gateway) {
		info->encap = RMIRROR_ENCAP_NONE;
		info->given |= 1u << NFTA_RMIRROR_ENCAP;
	}
	/* The encapsulation is the first row: the others' ranges depend on it. */
	for (row = 0; row < OPTION_ROWS; row++)
		if (words->word[row] && !parse_option(row, words->word[row], info, error))
			return false;
	if (!check_collector(info, error))
		return false;
	canonicalise(info);
	return true;
}

bool options_value(const struct xt_rmirror_tginfo_v1 *info, enum option_row row,
		   char text[OPTION_TEXT_MAX])
{
	const struct option_info *option = &option_infos[row];
	struct xt_rmirror_tginfo_v1 copy = *info;
	const uint32_t *value = options_number(&copy, option->attr);
	unsigned int i;

	text[0] = '\0';
	if (option->kind == KIND_FLAG)
		return info->flags & option->flag;
	if (!given(info, option->attr))
		return false;
	if (option->kind == KIND_ADDR)
		address_print(info->family, info->saddr, text);
	else if (option->kind == KIND_NAME)
		snprintf(text, OPTION_TEXT_MAX, "%.*s", (int)sizeof(info->oifname), info->oifname);
	else if (option->kind == KIND_ENCAP && *value < ARRAY_ELEMENTS(encaps))
		snprintf(text, OPTION_TEXT_MAX, "%s", encaps[*value].word);
	else if (option->kind == KIND_MTU && *value < ARRAY_ELEMENTS(mtus))
		snprintf(text, OPTION_TEXT_MAX, "%s", mtus[*value]);
	else if (option->attr == NFTA_RMIRROR_MARK)
		snprintf(text, OPTION_TEXT_MAX, "0x%08x", *value);
	else
		snprintf(text, OPTION_TEXT_MAX, "%u", *value);

	for (i = 0; option->kind == KIND_DSCP && i < ARRAY_ELEMENTS(dscps); i++) {
		if (dscps[i].value == *value) {
			snprintf(text, OPTION_TEXT_MAX, "%s", dscps[i].name);
			break;
		}
	}
	return true;
}
