/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses as struct xt_rmirror_tginfo_v1 has them: NFPROTO_IPV4 or _IPV6, four words. */
#ifndef _RMIRROR_XTABLES_ADDRESS_H
#define _RMIRROR_XTABLES_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "options.h"

#define ADDRESS_TEXT_MAX INET6_ADDRSTRLEN

/* Numeric notation of one family only */
bool address_parse(const char *text, uint32_t family, __be32 addr[4]);
void address_print(uint32_t family, const __be32 addr[4], char text[ADDRESS_TEXT_MAX]);

/**
 * address_resolve - the collector of a statement
 * @name: an address of either family, or the name of a host with one address
 * @family: AF_INET or AF_INET6 is looked for first; AF_UNSPEC: either
 * @info: gets the address and its family
 * @error: what is wrong with @name
 */
bool address_resolve(const char *name, int family, struct xt_rmirror_tginfo_v1 *info,
		     char error[RMIRROR_TEXT_MAX]);

#endif /* _RMIRROR_XTABLES_ADDRESS_H */
