/* SPDX-License-Identifier: GPL-2.0-only */
/* Chains that hold one rule, which is one statement. */
#ifndef _RMIRROR_CHAIN_CHAIN_H
#define _RMIRROR_CHAIN_CHAIN_H

#include <stdint.h>
#include <stdio.h>

#include <linux/netfilter/nf_tables.h>

#include "statement.h"

/* A message, with the place and the name of a chain before that of a statement */
#define CHAIN_ERROR_MAX 1024

/**
 * struct chain - one of them
 * @family: NFPROTO_*
 * @table: name of its table
 * @name: its own name
 * @statement: what its rule does
 * @line: where it was read, for messages; 0: on the command line
 */
struct chain {
	uint8_t				family;
	char				table[NFT_NAME_MAXLEN];
	char				name[NFT_NAME_MAXLEN];
	struct xt_rmirror_tginfo_v1	statement;
	unsigned int			line;
};

/* The word of nft for a family, and back; NULL and false: there is none. */
const char *chain_family_word(uint8_t family);
bool chain_family(const char *word, uint8_t *family);

/**
 * chain_parse - from "FAMILY TABLE CHAIN rmirror to .."
 * @text: that
 * @chain: all but its line
 * @error: what is wrong
 *
 * Return: false, and @error, if it is not that.
 */
bool chain_parse(const char *text, struct chain *chain, char error[CHAIN_ERROR_MAX]);

/**
 * chain_add - makes them, and the tables that are not there, in one transaction
 * @chains: none of which exists yet
 * @count: how many
 * @failed: the one that the kernel refuses; NULL if it is none of them
 * @error: why it refuses
 *
 * Return: false, and @error, if there is none of them now.
 */
bool chain_add(const struct chain *chains, size_t count, const struct chain **failed,
	       char error[CHAIN_ERROR_MAX]);

/**
 * chain_list - prints each statement of the ruleset: "FAMILY TABLE CHAIN rmirror to .."
 * @family: of one family only; NFPROTO_UNSPEC: of all
 * @table: of one table only; NULL: of all
 * @out: where to
 * @error: what is wrong
 *
 * Return: false, and @error, if the kernel does not tell.
 */
bool chain_list(uint8_t family, const char *table, FILE *out, char error[CHAIN_ERROR_MAX]);

#endif /* _RMIRROR_CHAIN_CHAIN_H */
