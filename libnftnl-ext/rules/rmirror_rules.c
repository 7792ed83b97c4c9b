// SPDX-License-Identifier: GPL-2.0-only
#include "rmirror_rules.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>

/* How much of a word a message shows */
#define SHOWN_MAX	64

const struct rmirror_option_row rmirror_option_rows[__RMIRROR_OPT_MAX] = {
#define X(attr, word, kind, min, max, encaps)							\
	[RMIRROR_OPT_##attr] = { (word), RMIRROR_KIND_##kind, (min), (max), (encaps),		\
				 RMIRROR_FLAG_OF_##kind(attr), RMIRROR_ATTR_OF_##kind(attr) },
	RMIRROR_OPTION_TABLE(X)
#undef X
};

static const struct {
	const char	*word;
	uint32_t	key_max;
	uint32_t	port;
} encaps[__RMIRROR_ENCAP_MAX] = {
#define X(id, word, key_max, port) [RMIRROR_ENCAP_##id] = { (word), (key_max), (port) },
	RMIRROR_ENCAP_TABLE(X)
#undef X
};

static const char *const mtus[__RMIRROR_MTU_MAX] = {
#define X(id, word) [RMIRROR_MTU_##id] = (word),
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

#define DSCP_NAMES	(sizeof(dscps) / sizeof(dscps[0]))

enum rmirror_option rmirror_option_find(const char *word)
{
	int opt;

	for (opt = 0; opt < __RMIRROR_OPT_MAX; opt++)
		if (strcmp(rmirror_option_rows[opt].word, word) == 0)
			break;
	return (enum rmirror_option)opt;
}

const char *rmirror_encap_name(uint32_t encap)
{
	return encaps[encap].word;
}

uint32_t rmirror_encap_udp_port(uint32_t encap)
{
	return encaps[encap].port;
}

/*
 * Values
 */
bool rmirror_number_read(const char *word, uint32_t *number)
{
	const bool hex = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
	const char *digits = hex ? word + 2 : word;
	unsigned long long parsed;

	if (!*digits || digits[strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")] ||
	    (!hex && word[0] == '0' && word[1]))
		return false;
	errno = 0;
	parsed = strtoull(digits, NULL, hex ? 16 : 10);
	if (errno || parsed > UINT32_MAX)
		return false;
	*number = (uint32_t)parsed;
	return true;
}

bool rmirror_dscp_find(const char *name, uint32_t *dscp)
{
	size_t i;

	for (i = 0; i < DSCP_NAMES; i++) {
		if (strcmp(dscps[i].name, name) == 0) {
			*dscp = dscps[i].value;
			return true;
		}
	}
	return false;
}

bool rmirror_value_read(enum rmirror_option opt, const char *word, uint32_t *value)
{
	switch (rmirror_option_rows[opt].kind) {
	case RMIRROR_KIND_ENCAP:
		for (*value = 0; *value < __RMIRROR_ENCAP_MAX; ++*value)
			if (strcmp(encaps[*value].word, word) == 0)
				return true;
		return false;
	case RMIRROR_KIND_MTU:
		for (*value = 0; *value < __RMIRROR_MTU_MAX; ++*value)
			if (strcmp(mtus[*value], word) == 0)
				return true;
		return false;
	case RMIRROR_KIND_DSCP:
		return rmirror_dscp_find(word, value) || rmirror_number_read(word, value);
	default:
		return rmirror_number_read(word, value);
	}
}

static uint32_t value_min(enum rmirror_option opt, uint32_t encap)
{
	return opt == RMIRROR_OPT_LEN && encap == RMIRROR_ENCAP_NONE ? RMIRROR_LEN_MIN_NONE :
								       rmirror_option_rows[opt].min;
}

static uint32_t value_max(enum rmirror_option opt, uint32_t encap)
{
	return opt == RMIRROR_OPT_KEY ? encaps[encap].key_max : rmirror_option_rows[opt].max;
}

bool rmirror_value_fits(enum rmirror_option opt, uint32_t encap, uint32_t value)
{
	return value >= value_min(opt, encap) && value <= value_max(opt, encap);
}

const char *rmirror_value_word(enum rmirror_option opt, uint32_t value)
{
	const enum rmirror_kind kind = rmirror_option_rows[opt].kind;
	size_t i;

	if (kind == RMIRROR_KIND_ENCAP && value < __RMIRROR_ENCAP_MAX)
		return encaps[value].word;
	if (kind == RMIRROR_KIND_MTU && value < __RMIRROR_MTU_MAX)
		return mtus[value];
	for (i = 0; kind == RMIRROR_KIND_DSCP && i < DSCP_NAMES; i++)
		if (dscps[i].value == value)
			return dscps[i].name;
	return NULL;
}

bool rmirror_value_is_default(enum rmirror_option opt, uint32_t encap, uint32_t value)
{
	switch (opt) {
	case RMIRROR_OPT_ENCAP:
		return value == RMIRROR_ENCAP_GRE;
	case RMIRROR_OPT_MTU:
		return value == RMIRROR_MTU_RESEGMENT;
	case RMIRROR_OPT_TTL:
		return value == RMIRROR_TTL_DEFAULT;
	case RMIRROR_OPT_DSCP:
	case RMIRROR_OPT_MARK:
		return value == 0;
	default:
		break;
	}
	if (encap > RMIRROR_ENCAP_MAX)	/* of a newer kernel */
		return false;
	switch (opt) {
	case RMIRROR_OPT_PORT:
		return value == encaps[encap].port;
	case RMIRROR_OPT_KEY:
		/* A GRE key of 0 is on the wire, no key is not. */
		return value == 0 && !(RMIRROR_E_GRE_KEY & RMIRROR_BIT(encap));
	case RMIRROR_OPT_SEQ:
		return RMIRROR_E_SEQ_ALWAYS & RMIRROR_BIT(encap);
	default:
		return false;
	}
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The bytes of the character at the beginning; 0: it is none of UTF-8 (RFC 3629) */
static size_t utf8_len(const char *text, size_t len)
{
	static const uint32_t first[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char lead = (unsigned char)text[0];
	const size_t size = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 :
			    lead < 0xf8 ? 4 : 0;
	uint32_t c = size > 1 ? lead & (0x7fu >> size) : lead;
	size_t i;

	if (size == 0 || size > len)
		return 0;
	for (i = 1; i < size; i++) {
		if (!is_continuation(text[i]))
			return 0;
		c = c << 6 | ((unsigned char)text[i] & 0x3f);
	}
	return c < first[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0 : size;
}

static bool is_utf8(const char *text, size_t len)
{
	size_t at, size;

	for (at = 0; at < len; at += size) {
		size = utf8_len(text + at, len - at);
		if (!size)
			return false;
	}
	return true;
}

bool rmirror_device_fits(const char *name, size_t len)
{
	const struct rmirror_option_row *row = &rmirror_option_rows[RMIRROR_OPT_OIFNAME];
	size_t i;

	if (len < row->min || len > row->max || (len == 1 && name[0] == '.') ||
	    (len == 2 && name[0] == '.' && name[1] == '.'))
		return false;
	/* The no-break space of Latin-1 is white space to the kernel, wherever in UTF-8 it stands. */
	for (i = 0; i < len; i++)
		if (is_control(name[i]) || strchr(" /:\"\xa0", name[i]))
			return false;
	/* nft takes it for a wildcard, in quotes, too. */
	return name[len - 1] != '*' && is_utf8(name, len);
}

/*
 * Addresses
 */
static bool all_are(const uint8_t *bytes, size_t len, uint8_t value)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

enum rmirror_addr_kind rmirror_addr_kind(const void *addr, size_t len)
{
	const uint8_t *bytes = addr;

	if (all_are(bytes, len, 0))
		return RMIRROR_ADDR_UNSPECIFIED;
	if (len == sizeof(struct in_addr))
		return all_are(bytes, len, 0xff) ? RMIRROR_ADDR_BROADCAST :
		       (bytes[0] & 0xf0) == 0xe0 ? RMIRROR_ADDR_MULTICAST : RMIRROR_ADDR_UNICAST;
	if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80)
		return RMIRROR_ADDR_LINK_LOCAL;
	return bytes[0] == 0xff ? RMIRROR_ADDR_MULTICAST : RMIRROR_ADDR_UNICAST;
}

const char *rmirror_collector_refused(const void *addr, size_t len, bool has_device)
{
	switch (rmirror_addr_kind(addr, len)) {
	case RMIRROR_ADDR_UNSPECIFIED:
		return "the unspecified address is nobody's";
	case RMIRROR_ADDR_BROADCAST:
		return "a copy is not broadcast";
	case RMIRROR_ADDR_MULTICAST:
		return has_device ? NULL : "a multicast address needs 'device'";
	case RMIRROR_ADDR_LINK_LOCAL:
		return has_device ? NULL : "a link-local address needs 'device'";
	default:
		return NULL;
	}
}

const char *rmirror_source_refused(const void *addr, size_t len)
{
	const enum rmirror_addr_kind kind = rmirror_addr_kind(addr, len);

	return kind == RMIRROR_ADDR_UNICAST || kind == RMIRROR_ADDR_LINK_LOCAL ?
	       NULL : "expected a unicast address";
}

/*
 * Messages
 */
static void __attribute__((format(printf, 2, 3))) append(char *text, const char *format, ...)
{
	const size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, RMIRROR_TEXT_MAX - used, format, args);
	va_end(args);
}

static void append_quoted(char *text, const char *word, size_t len)
{
	const bool is_cut = len > SHOWN_MAX;
	char shown[SHOWN_MAX + 1];
	size_t i, size = is_cut ? SHOWN_MAX : len;
	bool is_text;

	while (is_cut && size && is_continuation(word[size]))
		size--;
	is_text = is_utf8(word, size);
	for (i = 0; i < size; i++)
		shown[i] = is_control(word[i]) || (!is_text && (word[i] & 0x80)) ? '?' : word[i];
	shown[size] = '\0';
	append(text, "'%s%s'", shown, is_cut ? "..." : "");
}

static void append_word(char *text, const char *word, bool *is_first)
{
	append(text, "%s%s", *is_first ? "" : ", ", word);
	*is_first = false;
}

static void append_encaps(char *text, uint32_t set)
{
	bool is_first = true;
	size_t i;

	for (i = 0; i < __RMIRROR_ENCAP_MAX; i++)
		if (set & RMIRROR_BIT(i))
			append_word(text, encaps[i].word, &is_first);
}

static void append_mtus(char *text)
{
	bool is_first = true;
	size_t i;

	for (i = 0; i < __RMIRROR_MTU_MAX; i++)
		append_word(text, mtus[i], &is_first);
}

static void append_range(char *text, enum rmirror_option opt, uint32_t encap)
{
	const struct rmirror_option_row *row = &rmirror_option_rows[opt];
	const uint32_t min = value_min(opt, encap), max = value_max(opt, encap);

	append(text, "%u..%u", min, max);
	if (min != row->min || max != row->max)
		append(text, " with encap %s", encaps[encap].word);
}

static void append_expected(char *text, enum rmirror_option opt, uint32_t encap, uint32_t family)
{
	const struct rmirror_option_row *row = &rmirror_option_rows[opt];

	switch (row->kind) {
	case RMIRROR_KIND_ENCAP:
		append(text, "one of ");
		append_encaps(text, row->encaps);
		break;
	case RMIRROR_KIND_MTU:
		append(text, "one of ");
		append_mtus(text);
		break;
	case RMIRROR_KIND_NUM:
		append_range(text, opt, encap);
		break;
	case RMIRROR_KIND_DSCP:
		append_range(text, opt, encap);
		append(text, " or a name such as cs1, af11, ef");
		break;
	case RMIRROR_KIND_ADDR:
		append(text, "an %s address, as the collector", family == NFPROTO_IPV4 ? "IPv4" : "IPv6");
		break;
	case RMIRROR_KIND_NAME:
		append(text, "a name of %u..%u bytes without white space, '/', ':' and '\"'", row->min,
		       row->max);
		break;
	case RMIRROR_KIND_FLAG:
		append(text, "no value");
		break;
	}
}

void rmirror_text_quoted(char text[RMIRROR_TEXT_MAX], const char *word, size_t len)
{
	text[0] = '\0';
	append_quoted(text, word, len);
}

void rmirror_text_encaps(char text[RMIRROR_TEXT_MAX], uint32_t set)
{
	text[0] = '\0';
	append_encaps(text, set);
}

void rmirror_text_mtus(char text[RMIRROR_TEXT_MAX])
{
	text[0] = '\0';
	append_mtus(text);
}

void rmirror_text_options(char text[RMIRROR_TEXT_MAX])
{
	bool is_first = true;
	size_t i;

	text[0] = '\0';
	for (i = 0; i < __RMIRROR_OPT_MAX; i++)
		append_word(text, rmirror_option_rows[i].word, &is_first);
}

void rmirror_text_value(char text[RMIRROR_TEXT_MAX], enum rmirror_option opt, uint32_t value)
{
	const char *word = rmirror_value_word(opt, value);

	text[0] = '\0';
	if (word)
		append(text, "%s", word);
	else	/* A mark is as nft lists it. */
		append(text, opt == RMIRROR_OPT_MARK ? "0x%08x" : "%u", value);
}

void rmirror_text_expected(char text[RMIRROR_TEXT_MAX], enum rmirror_option opt, uint32_t encap,
			   uint32_t family)
{
	text[0] = '\0';
	append_expected(text, opt, encap, family);
}

const char *rmirror_json_type(enum rmirror_option opt)
{
	switch (rmirror_option_rows[opt].kind) {
	case RMIRROR_KIND_NUM:
		return "an integer";
	case RMIRROR_KIND_DSCP:
		return "an integer or a string";
	case RMIRROR_KIND_FLAG:
		return "true";
	default:
		return "a string";
	}
}

void rmirror_text_invalid(char text[RMIRROR_TEXT_MAX], const char *name, const char *word, size_t len,
			  const char *why)
{
	snprintf(text, RMIRROR_TEXT_MAX, "invalid %s ", name);
	append_quoted(text, word, len);
	append(text, ", %s", why);
}

void rmirror_text_bad_value(char text[RMIRROR_TEXT_MAX], enum rmirror_option opt, uint32_t encap,
			    uint32_t family, const char *word, size_t len)
{
	rmirror_text_invalid(text, rmirror_option_rows[opt].word, word, len, "expected ");
	append_expected(text, opt, encap, family);
}

void rmirror_text_foreign(char text[RMIRROR_TEXT_MAX], enum rmirror_option opt, uint32_t encap)
{
	const struct rmirror_option_row *row = &rmirror_option_rows[opt];

	snprintf(text, RMIRROR_TEXT_MAX, "'%s' does not belong to encap %s, only to ", row->word,
		 encaps[encap].word);
	append_encaps(text, row->encaps);
}

void rmirror_text_other_family(char text[RMIRROR_TEXT_MAX], const char *word, size_t len, uint32_t family)
{
	rmirror_text_invalid(text, "collector", word, len,
			     family == NFPROTO_IPV4 ? "expected an IPv4 address after 'ip'" :
						      "expected an IPv6 address after 'ip6'");
}
