// SPDX-License-Identifier: GPL-2.0-only
/* The encapsulation table. */

#include <linux/kernel.h>

#include <rmirror_tables.h>

#include "encap.h"

static const char *const encap_word[] = {
#define X(id, word, key_max, port) [RMIRROR_ENCAP_##id] = (word),
	RMIRROR_ENCAP_TABLE(X)
#undef X
};

static const struct rmirror_encap_ops *const encap_table[__RMIRROR_ENCAP_MAX] = {
	[RMIRROR_ENCAP_GRE]	= &rmirror_encap_gre,
};

/**
 * rmirror_encap_find - operations of an encapsulation
 * @id: enum rmirror_encap
 *
 * Return: NULL if there is no such encapsulation, or none in this module yet.
 */
const struct rmirror_encap_ops *rmirror_encap_find(unsigned int id)
{
	return id < ARRAY_SIZE(encap_table) ? encap_table[id] : NULL;
}

/**
 * rmirror_encap_word - its name in the statement
 * @id: a valid enum rmirror_encap
 */
const char *rmirror_encap_word(unsigned int id)
{
	return encap_word[id];
}
