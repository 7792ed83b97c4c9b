/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a statement may say, and the sentences that say what it may not: one truth for every front end. The
 * statement library, the iptables target, rmirror-chain and the native grammar are compiled with this; the words,
 * ranges and attributes are rows of rmirror_tables.h.
 *
 * Plain C on the C library alone: it is copied into trees of nftables, too. Of an option that is no row, or an
 * encapsulation of a newer kernel where it does not say so, nothing may be asked.
 */
#ifndef _RMIRROR_RULES_H
#define _RMIRROR_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rmirror_tables.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RMIRROR_BIT(n)	(1u << (n))

/* Room for every message and every value */
#define RMIRROR_TEXT_MAX	256

/* The options, in the order in which they are printed. */
enum rmirror_option {
#define X(attr, word, kind, min, max, encaps) RMIRROR_OPT_##attr,
	RMIRROR_OPTION_TABLE(X)
#undef X
	__RMIRROR_OPT_MAX
};

enum rmirror_kind {
	RMIRROR_KIND_ENCAP,
	RMIRROR_KIND_MTU,
	RMIRROR_KIND_NUM,
	RMIRROR_KIND_DSCP,
	RMIRROR_KIND_ADDR,
	RMIRROR_KIND_NAME,
	RMIRROR_KIND_FLAG,
};

/* A row of RMIRROR_OPTION_TABLE */
struct rmirror_option_row {
	const char		*word;
	enum rmirror_kind	kind;
	uint32_t		min;	/* lowest value, or length */
	uint32_t		max;
	uint32_t		encaps;	/* RMIRROR_BIT of each that takes it */
	uint32_t		flag;	/* RMIRROR_F_*, 0 if it is none */
	uint16_t		attr;	/* NFTA_RMIRROR_* */
};

extern const struct rmirror_option_row rmirror_option_rows[__RMIRROR_OPT_MAX];

/* By its word; __RMIRROR_OPT_MAX: there is none */
enum rmirror_option rmirror_option_find(const char *word);

/* The word of an encapsulation, and its UDP destination port, 0 if it is not over UDP */
const char *rmirror_encap_name(uint32_t encap);
uint32_t rmirror_encap_udp_port(uint32_t encap);

/*
 * Values. Numbers are those of kinds ENCAP, MTU, NUM and DSCP.
 */

/* Decimal or 0x.., neither a sign nor an octal number, which nft would read as another one */
bool rmirror_number_read(const char *word, uint32_t *number);
bool rmirror_dscp_find(const char *name, uint32_t *dscp);
/* The number that a word stands for, in range or not */
bool rmirror_value_read(enum rmirror_option opt, const char *word, uint32_t *value);
bool rmirror_value_fits(enum rmirror_option opt, uint32_t encap, uint32_t value);
/* Of two names of one code point nft prints the first, and so do we; NULL: the number has no word */
const char *rmirror_value_word(enum rmirror_option opt, uint32_t value);
/* What equals its default is left out, by whoever prints or sends it. Of a flag: whether it says nothing. */
bool rmirror_value_is_default(enum rmirror_option opt, uint32_t encap, uint32_t value);

/* What the kernel takes for a name (dev_valid_name()), less what nft's strings and JSON cannot hold */
bool rmirror_device_fits(const char *name, size_t len);

/*
 * Addresses: 4 or 16 bytes in network order
 */
enum rmirror_addr_kind {
	RMIRROR_ADDR_UNICAST,
	RMIRROR_ADDR_UNSPECIFIED,
	RMIRROR_ADDR_BROADCAST,
	RMIRROR_ADDR_MULTICAST,		/* RFC 5771, RFC 4291 section 2.7 */
	RMIRROR_ADDR_LINK_LOCAL,	/* of IPv6 (RFC 4291 section 2.5.6): means nothing without a device */
};

enum rmirror_addr_kind rmirror_addr_kind(const void *addr, size_t len);
/* Why there can be no such collector or source, for rmirror_text_invalid(); NULL: there can */
const char *rmirror_collector_refused(const void *addr, size_t len, bool has_device);
const char *rmirror_source_refused(const void *addr, size_t len);

/*
 * Messages, from the beginning of @text
 */

/* 'word': cut when it is long, and nothing in it that could steer a terminal */
void rmirror_text_quoted(char text[RMIRROR_TEXT_MAX], const char *word, size_t len);
/* "gre, erspan1": the words of a set RMIRROR_E_*, of the policies, of the options */
void rmirror_text_encaps(char text[RMIRROR_TEXT_MAX], uint32_t encaps);
void rmirror_text_mtus(char text[RMIRROR_TEXT_MAX]);
void rmirror_text_options(char text[RMIRROR_TEXT_MAX]);
/* A value as a word: the inverse of rmirror_value_read() */
void rmirror_text_value(char text[RMIRROR_TEXT_MAX], enum rmirror_option opt, uint32_t value);
/* "14..65535": what the option may be with this encapsulation, and a collector of this family, NFPROTO_* */
void rmirror_text_expected(char text[RMIRROR_TEXT_MAX], enum rmirror_option opt, uint32_t encap,
			   uint32_t family);
/* "an integer": the same for the type in JSON */
const char *rmirror_json_type(enum rmirror_option opt);

/* What is wrong with a word that is no address at all */
#define RMIRROR_ANY_ADDRESS	"expected an IPv4 or IPv6 address"

/* "invalid NAME 'word', WHY" */
void rmirror_text_invalid(char text[RMIRROR_TEXT_MAX], const char *name, const char *word, size_t len,
			  const char *why);
/* The same of an option, with what is expected */
void rmirror_text_bad_value(char text[RMIRROR_TEXT_MAX], enum rmirror_option opt, uint32_t encap,
			    uint32_t family, const char *word, size_t len);
/* An option that this encapsulation does not take */
void rmirror_text_foreign(char text[RMIRROR_TEXT_MAX], enum rmirror_option opt, uint32_t encap);
/* A collector that is not of the family that `ip` or `ip6` before it asks for */
void rmirror_text_other_family(char text[RMIRROR_TEXT_MAX], const char *word, size_t len, uint32_t family);

#ifdef __cplusplus
}
#endif

#endif /* _RMIRROR_RULES_H */
