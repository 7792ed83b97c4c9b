// SPDX-License-Identifier: GPL-2.0-only
#include "statement.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>

#include "../xtables/address.h"

#define BLANKS " \t\n"

static void __attribute__((format(printf, 2, 3)))
append(char text[STATEMENT_TEXT_MAX], const char *format, ...)
{
	const size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, STATEMENT_TEXT_MAX - used, format, args);
	va_end(args);
}

static bool unknown_option(const char *word, char error[RMIRROR_TEXT_MAX])
{
	char words[RMIRROR_TEXT_MAX];

	rmirror_text_options(words);
	return options_refuse(error, "unknown option '%.64s', expected one of %.150s", word, words);
}

/* As nft prints a name, and reads any value: device "eth0" */
static void strip_quotes(char *word)
{
	const size_t len = strlen(word);

	if (len < 2 || word[0] != '"' || word[len - 1] != '"')
		return;
	memmove(word, word + 1, len - 2);
	word[len - 2] = '\0';
}

static bool parse_options(char **rest, struct option_words *words, char error[RMIRROR_TEXT_MAX])
{
	char *word;

	while ((word = strtok_r(NULL, BLANKS, rest))) {
		const enum rmirror_option opt = rmirror_option_find(word);
		char *value = word;

		if (strcmp(word, "to") == 0)
			return options_refuse(error,
					      "repeated 'to', a statement has one collector");
		if (opt == __RMIRROR_OPT_MAX)
			return unknown_option(word, error);
		if (words->word[opt])
			return options_refuse(error, "repeated option '%s'", word);
		if (rmirror_option_rows[opt].kind != RMIRROR_KIND_FLAG)
			value = strtok_r(NULL, BLANKS, rest);
		if (!value)
			return options_refuse(error, "missing value after '%s'", word);
		strip_quotes(value);
		words->word[opt] = value;
	}
	return true;
}

/* Not the name of a host, which iptables would look up */
static bool is_address(const char *word)
{
	struct in6_addr addr;

	return inet_pton(AF_INET, word, &addr) == 1 || inet_pton(AF_INET6, word, &addr) == 1;
}

/* Where a statement says it, the collector is of that family. */
static bool is_of_family(const char *family, const struct xt_rmirror_tginfo_v1 *info,
			 const char *collector, char error[RMIRROR_TEXT_MAX])
{
	const uint32_t wanted = strcmp(family, "ip") == 0 ? NFPROTO_IPV4 : NFPROTO_IPV6;

	if (info->family == wanted)
		return true;
	rmirror_text_other_family(error, collector, strlen(collector), wanted);
	return false;
}

bool statement_parse(const char *text, struct xt_rmirror_tginfo_v1 *info,
		     char error[RMIRROR_TEXT_MAX])
{
	struct option_words words = { NULL };
	const char *family = NULL;
	char copy[STATEMENT_TEXT_MAX];
	char *rest, *word;

	if (strlen(text) >= sizeof(copy))
		return options_refuse(error, "the statement has %zu bytes, expected %zu at most",
				      strlen(text), sizeof(copy) - 1);
	strcpy(copy, text);
	word = strtok_r(copy, BLANKS, &rest);
	if (!word || strcmp(word, "rmirror") != 0)
		return options_refuse(error,
				      "expected 'rmirror' instead of '%.64s'", word ? word : "");
	word = strtok_r(NULL, BLANKS, &rest);
	if (word && (strcmp(word, "ip") == 0 || strcmp(word, "ip6") == 0)) {
		family = word;
		word = strtok_r(NULL, BLANKS, &rest);
	}
	if (!word || strcmp(word, "to") != 0)
		return options_refuse(error, "expected 'to' and a collector after '%s'",
				      family ? family : "rmirror");
	words.target = strtok_r(NULL, BLANKS, &rest);
	if (!words.target)
		return options_refuse(error, "missing collector, " RMIRROR_ANY_ADDRESS);
	if (!is_address(words.target)) {
		rmirror_text_invalid(error, "collector", words.target, strlen(words.target),
				     RMIRROR_ANY_ADDRESS);
		return false;
	}
	return parse_options(&rest, &words, error) &&
	       options_parse(&words, AF_UNSPEC, info, error) &&
	       (!family || is_of_family(family, info, words.target, error));
}

void statement_print(const struct xt_rmirror_tginfo_v1 *info, char text[STATEMENT_TEXT_MAX])
{
	char value[RMIRROR_TEXT_MAX];
	unsigned int row;

	address_print(info->family, info->addr, value);
	snprintf(text, STATEMENT_TEXT_MAX, "rmirror to %s", value);
	for (row = 0; row < __RMIRROR_OPT_MAX; row++) {
		const struct rmirror_option_row *option = &rmirror_option_rows[row];
		const char *quote = option->kind == RMIRROR_KIND_NAME ? "\"" : "";

		if (!options_value(info, row, value))
			continue;
		append(text, " %s", option->word);
		if (option->kind != RMIRROR_KIND_FLAG)
			append(text, " %s%s%s", quote, value, quote);
	}
}
