// SPDX-License-Identifier: GPL-2.0-only
#include "chain.h"

#include <string.h>

#include <linux/netfilter.h>

static const struct {
	const char	*word;
	uint8_t		family;
} families[] = {
	{ "ip",		NFPROTO_IPV4 },
	{ "ip6",	NFPROTO_IPV6 },
	{ "inet",	NFPROTO_INET },
	{ "arp",	NFPROTO_ARP },
	{ "bridge",	NFPROTO_BRIDGE },
	{ "netdev",	NFPROTO_NETDEV },
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

const char *chain_family_word(uint8_t family)
{
	unsigned int i;

	for (i = 0; i < FAMILIES; i++)
		if (families[i].family == family)
			return families[i].word;
	return NULL;
}

bool chain_family(const char *word, uint8_t *family)
{
	unsigned int i;

	for (i = 0; i < FAMILIES; i++) {
		if (strcmp(families[i].word, word) == 0) {
			*family = families[i].family;
			return true;
		}
	}
	return false;
}

/* What nft takes for a name: others could neither be listed nor deleted. */
static bool is_name(const char *word, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t i;

	if (len == 0 || len >= NFT_NAME_MAXLEN || !strchr(letters, word[0]))
		return false;
	for (i = 1; i < len; i++)
		if (!strchr(letters, word[i]) && !strchr("0123456789/\\_.-", word[i]))
			return false;
	return true;
}

/* The next word of @text, which goes on behind it; its length, 0 at the end */
static size_t next_word(const char **text, const char **word)
{
	size_t len;

	*word = *text + strspn(*text, " \t\n");
	len = strcspn(*word, " \t\n");
	*text = *word + len;
	return len;
}

static bool parse_name(const char **text, const char *what, char name[NFT_NAME_MAXLEN],
		       char error[CHAIN_ERROR_MAX])
{
	const char *word;
	const size_t len = next_word(text, &word);

	if (!is_name(word, len)) {
		snprintf(error, CHAIN_ERROR_MAX,
			 "invalid name of a %s '%.*s', expected a letter and up to %d letters, digits, '/', '\\', '_', '.' and '-'",
			 what, len > 64 ? 64 : (int)len, word, NFT_NAME_MAXLEN - 2);
		return false;
	}
	memcpy(name, word, len);
	name[len] = '\0';
	return true;
}

static bool parse_family(const char **text, uint8_t *family, char error[CHAIN_ERROR_MAX])
{
	const char *word;
	const size_t len = next_word(text, &word);
	char copy[16] = "";

	memcpy(copy, word, len < sizeof(copy) ? len : sizeof(copy) - 1);
	if (len < sizeof(copy) && chain_family(copy, family))
		return true;
	snprintf(error, CHAIN_ERROR_MAX,
		 "invalid family '%s', expected ip, ip6, inet, arp, bridge or netdev", copy);
	return false;
}

bool chain_parse(const char *text, struct chain *chain, char error[CHAIN_ERROR_MAX])
{
	memset(chain, 0, sizeof(*chain));
	return parse_family(&text, &chain->family, error) &&
	       parse_name(&text, "table", chain->table, error) &&
	       parse_name(&text, "chain", chain->name, error) &&
	       statement_parse(text, &chain->statement, error);
}
