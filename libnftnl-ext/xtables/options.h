/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The statement as options of an iptables command: the words that were given to
 * struct xt_rmirror_tginfo_v1 and back. Ranges, words and messages are those of
 * the nft statement.
 */
#ifndef _RMIRROR_XTABLES_OPTIONS_H
#define _RMIRROR_XTABLES_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rmirror_tables.h>

/* The rows of RMIRROR_OPTION_TABLE, by number */
enum option_row {
#define X(attr, word, kind, min, max, encaps) ROW_##attr,
	RMIRROR_OPTION_TABLE(X)
#undef X
	OPTION_ROWS
};

enum option_kind {
	KIND_ENCAP,
	KIND_MTU,
	KIND_NUM,
	KIND_DSCP,
	KIND_ADDR,
	KIND_NAME,
	KIND_FLAG,
};

/**
 * struct option_info - a row of RMIRROR_OPTION_TABLE
 * @word: its name, without the dashes
 * @attr: enum nft_rmirror_attributes
 * @flag: its bit in the flags, if it is a flag
 * @kind: enum option_kind
 * @min: lowest value or length
 * @max: highest value or length
 * @encaps: BIT(enum rmirror_encap) of those that take it
 */
struct option_info {
	const char	*word;
	unsigned int	attr;
	uint32_t	flag;
	enum option_kind kind;
	uint32_t	min;
	uint32_t	max;
	uint32_t	encaps;
};

extern const struct option_info option_infos[OPTION_ROWS];

/* Long enough for every message and every value */
#define OPTION_TEXT_MAX 256

/**
 * struct option_words - what was given
 * @target: of --target; an address or the name of a host
 * @gateway: of --gateway
 * @word: of each row, NULL if it was not given; of a flag, anything
 */
struct option_words {
	const char	*target;
	const char	*gateway;
	const char	*word[OPTION_ROWS];
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
		   struct xt_rmirror_tginfo_v1 *info, char error[OPTION_TEXT_MAX]);

/**
 * options_value - the value of an option
 * @info: a statement
 * @row: which
 * @text: the value as a word; empty for a flag
 *
 * Return: false if it was not given.
 */
bool options_value(const struct xt_rmirror_tginfo_v1 *info, enum option_row row,
		   char text[OPTION_TEXT_MAX]);

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
options_refuse(char error[OPTION_TEXT_MAX], const char *format, ...);

/* The words of encapsulations, with a comma between */
void options_encaps(uint32_t encaps, char text[OPTION_TEXT_MAX]);

/* The words of the policies, with a comma between */
void options_mtus(char text[OPTION_TEXT_MAX]);

#endif /* _RMIRROR_XTABLES_OPTIONS_H */
