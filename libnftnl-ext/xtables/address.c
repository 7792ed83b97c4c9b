// SPDX-License-Identifier: GPL-2.0-only
#include "address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>

bool address_parse(const char *text, uint32_t family, __be32 addr[4])
{
	return inet_pton(family == NFPROTO_IPV4 ? AF_INET : AF_INET6, text, addr) == 1;
}

void address_print(uint32_t family, const __be32 addr[4], char text[ADDRESS_TEXT_MAX])
{
	inet_ntop(family == NFPROTO_IPV4 ? AF_INET : AF_INET6, addr, text, ADDRESS_TEXT_MAX);
}

/* Looks like an address, and so is not the name of a host */
static bool is_numeric(const char *name)
{
	return strchr(name, ':') || strspn(name, "0123456789./") == strlen(name);
}

static void take(const struct addrinfo *from, struct xt_rmirror_tginfo_v1 *info)
{
	memset(info->addr, 0, sizeof(info->addr));
	if (from->ai_family == AF_INET) {
		const struct sockaddr_in *sin = (const void *)from->ai_addr;

		info->family = NFPROTO_IPV4;
		memcpy(info->addr, &sin->sin_addr, sizeof(sin->sin_addr));
	} else {
		const struct sockaddr_in6 *sin6 = (const void *)from->ai_addr;

		info->family = NFPROTO_IPV6;
		memcpy(info->addr, &sin6->sin6_addr, sizeof(sin6->sin6_addr));
	}
}

/* Of several addresses none is the collector more than another. */
static bool look_up(const char *name, int family, struct xt_rmirror_tginfo_v1 *info,
		    char error[RMIRROR_TEXT_MAX])
{
	const struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_DGRAM };
	struct xt_rmirror_tginfo_v1 other;
	struct addrinfo *found, *each;
	char why[RMIRROR_TEXT_MAX];
	bool only = true;
	int err;

	err = getaddrinfo(name, NULL, &hints, &found);
	if (err) {
		snprintf(why, sizeof(why), RMIRROR_ANY_ADDRESS " or the name of a host: %.64s",
			 gai_strerror(err));
		rmirror_text_invalid(error, "collector", name, strlen(name), why);
		return false;
	}
	take(found, info);
	for (each = found->ai_next; each; each = each->ai_next) {
		take(each, &other);
		if (memcmp(other.addr, info->addr, sizeof(other.addr)) != 0)
			only = false;
	}
	freeaddrinfo(found);
	if (!only)
		rmirror_text_invalid(error, "collector", name, strlen(name),
				     "the host has several addresses: give the one");
	return only;
}

bool address_resolve(const char *name, int family, struct xt_rmirror_tginfo_v1 *info,
		     char error[RMIRROR_TEXT_MAX])
{
	const struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found;

	for (info->family = NFPROTO_IPV4; ; info->family = NFPROTO_IPV6) {
		if (address_parse(name, info->family, info->addr))
			return true;
		if (info->family == NFPROTO_IPV6)
			break;
	}
	if (*name == '\0' || is_numeric(name)) {
		rmirror_text_invalid(error, "collector", name, strlen(name), RMIRROR_ANY_ADDRESS);
		return false;
	}
	/* A host that has no address of the rule's own family may be reached by the other. */
	if (family != AF_UNSPEC && getaddrinfo(name, NULL, &hints, &found) != 0)
		family = AF_UNSPEC;
	else if (family != AF_UNSPEC)
		freeaddrinfo(found);
	return look_up(name, family, info, error);
}
