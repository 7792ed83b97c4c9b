/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text of the statement, as nft would read it, to struct xt_rmirror_tginfo_v1 and back. Words,
 * ranges and messages about values are those of the iptables extension: ../xtables/options.h.
 */
#ifndef _RMIRROR_CHAIN_STATEMENT_H
#define _RMIRROR_CHAIN_STATEMENT_H

#include "../xtables/options.h"

/* Every statement fits: its words, two addresses and the name of a device */
#define STATEMENT_TEXT_MAX 512

/**
 * statement_parse - from text
 * @text: "rmirror [ip|ip6] to COLLECTOR [OPTION [VALUE]]...", options in any order
 * @info: the canonical statement
 * @error: says what is wrong with which word, and what would be right
 *
 * Return: false, and @error, if the text is no statement.
 */
bool statement_parse(const char *text, struct xt_rmirror_tginfo_v1 *info,
		     char error[RMIRROR_TEXT_MAX]);

/* The text that statement_parse() and nft read. */
void statement_print(const struct xt_rmirror_tginfo_v1 *info, char text[STATEMENT_TEXT_MAX]);

#endif /* _RMIRROR_CHAIN_STATEMENT_H */
