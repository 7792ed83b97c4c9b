/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The statement as options of an iptables command: the words that were given to
 * struct xt_rmirror_tginfo_v1 and back. Ranges, words and messages are those of
 * the nft statement.
 */
#ifndef _RMIRROR_XTABLES_OPTIONS_H
#define _RMIRROR_XTABLES_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "../rules/rmirror_rules.h"

/**
 * struct option_words - what was given
 * @target: of --target; an address or the name of a host
 * @gateway: of --gateway
 * @word: of each row, NULL if it was not given; of a flag, anything
 */
struct option_words {
	const char	*target;
	const char	*gateway;
	const char	*word[__RMIRROR_OPT_MAX];
};

/**
 * options_parse - from words
 * @words: what was given
 * @family: AF_INET or AF_INET6, the family of which a host name's addresses are
 *	looked for first; AF_UNSPEC if none is preferred
 * @info: the canonical statement: what is left at its default counts as not given
 * @error: says what is wrong with which word, and what would be right
 *
 * Return: false, and @error, if the words make no statement.
 */
bool options_parse(const struct option_words *words, int family,
		   struct xt_rmirror_tginfo_v1 *info, char error[RMIRROR_TEXT_MAX]);

/**
 * options_value - the value of an option
 * @info: a statement
 * @opt: which
 * @text: the value as a word; empty for a flag
 *
 * Return: false if it was not given.
 */
bool options_value(const struct xt_rmirror_tginfo_v1 *info, enum rmirror_option opt,
		   char text[RMIRROR_TEXT_MAX]);

/**
 * options_number - where a number is kept
 * @info: a statement
 * @attr: enum nft_rmirror_attributes
 *
 * Return: its field in host order; NULL if the attribute holds no number.
 */
uint32_t *options_number(struct xt_rmirror_tginfo_v1 *info, unsigned int attr);

/* Says in @error what is wrong; false, for the caller to return. */
bool __attribute__((format(printf, 2, 3)))
options_refuse(char error[RMIRROR_TEXT_MAX], const char *format, ...);

#endif /* _RMIRROR_XTABLES_OPTIONS_H */
