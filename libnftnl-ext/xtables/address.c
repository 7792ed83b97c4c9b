// SPDX-License-Identifier: GPL-2.0-only
#include "address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>

static const struct in6_addr *in6(const __be32 addr[4])
{
	return (const struct in6_addr *)(const void *)addr;
}

bool address_is_unspecified(uint32_t family, const __be32 addr[4])
{
	(void)family;
	return !(addr[0] | addr[1] | addr[2] | addr[3]);
}

bool address_is_broadcast(uint32_t family, const __be32 addr[4])
{
	return family == NFPROTO_IPV4 && addr[0] == htonl(INADDR_BROADCAST);
}

bool address_is_multicast(uint32_t family, const __be32 addr[4])
{
	return family == NFPROTO_IPV4 ? IN_MULTICAST(ntohl(addr[0])) :
					IN6_IS_ADDR_MULTICAST(in6(addr));
}

bool address_is_link_local(uint32_t family, const __be32 addr[4])
{
	return family == NFPROTO_IPV6 && IN6_IS_ADDR_LINKLOCAL(in6(addr));
}

bool address_is_unicast(uint32_t family, const __be32 addr[4])
{
	return !address_is_unspecified(family, addr) && !address_is_broadcast(family, addr) &&
	       !address_is_multicast(family, addr);
}

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
		    char error[OPTION_TEXT_MAX])
{
	const struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_DGRAM };
	struct xt_rmirror_tginfo_v1 other;
	struct addrinfo *found, *each;
	bool only = true;
	int err;

	err = getaddrinfo(name, NULL, &hints, &found);
	if (err) {
		snprintf(error, OPTION_TEXT_MAX,
			 "invalid collector '%.64s', expected an IPv4 or IPv6 address or the name "
			 "of a host: %.64s", name, gai_strerror(err));
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
		snprintf(error, OPTION_TEXT_MAX,
			 "invalid collector '%.64s', the host has several addresses: give the one",
			 name);
	return only;
}

bool address_resolve(const char *name, int family, struct xt_rmirror_tginfo_v1 *info,
		     char error[OPTION_TEXT_MAX])
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
		snprintf(error, OPTION_TEXT_MAX,
			 "invalid collector '%.64s', expected an IPv4 or IPv6 address", name);
		return false;
	}
	/* A host that has no address of the rule's own family may be reached by the other. */
	if (family != AF_UNSPEC && getaddrinfo(name, NULL, &hints, &found) != 0)
		family = AF_UNSPEC;
	else if (family != AF_UNSPEC)
		freeaddrinfo(found);
	return look_up(name, family, info, error);
}
