// SPDX-License-Identifier: GPL-2.0-only
#include "attributes.h"

#include <arpa/inet.h>
#include <string.h>

#include <linux/netfilter.h>

#include "../xtables/options.h"

static size_t address_size(uint32_t family)
{
	return family == NFPROTO_IPV4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

/* Of those that are given, in the order of their numbers, as the kernel dumps them. */
static void put_option(struct nlmsghdr *nlh, struct xt_rmirror_tginfo_v1 *info, uint16_t attr)
{
	const uint32_t *number = options_number(info, attr);

	if (number)
		mnl_attr_put_u32(nlh, attr, htonl(*number));
	else if (attr == NFTA_RMIRROR_SADDR)
		mnl_attr_put(nlh, attr, address_size(info->family), info->saddr);
	else if (attr == NFTA_RMIRROR_OIFNAME)
		mnl_attr_put_strz(nlh, attr, info->oifname);
}

void attributes_put(struct nlmsghdr *nlh, const struct xt_rmirror_tginfo_v1 *info)
{
	struct xt_rmirror_tginfo_v1 copy = *info;
	uint16_t attr;

	mnl_attr_put(nlh, NFTA_RMIRROR_ADDR, address_size(info->family), info->addr);
	for (attr = NFTA_RMIRROR_ENCAP; attr < NFTA_RMIRROR_EXT; attr++)
		if (info->given & (1u << attr))
			put_option(nlh, &copy, attr);
}

static bool get_address(const struct nlattr *attr, uint32_t family, __be32 addr[4])
{
	if (mnl_attr_get_payload_len(attr) != address_size(family))
		return false;
	memcpy(addr, mnl_attr_get_payload(attr), address_size(family));
	return true;
}

static bool get_name(const struct nlattr *attr, char name[16])
{
	const size_t len = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));

	if (len >= 16)
		return false;
	memcpy(name, mnl_attr_get_payload(attr), len);
	return true;
}

static bool get_option(const struct nlattr *attr, struct xt_rmirror_tginfo_v1 *info)
{
	const uint16_t type = mnl_attr_get_type(attr);
	uint32_t *number = options_number(info, type);

	info->given |= 1u << type;
	if (type == NFTA_RMIRROR_SADDR)
		return get_address(attr, info->family, info->saddr);
	if (type == NFTA_RMIRROR_OIFNAME)
		return get_name(attr, info->oifname);
	if (!number || mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		return false;
	*number = ntohl(mnl_attr_get_u32(attr));
	return true;
}

static bool has_key_register(const struct nlattr *ext)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, ext)
		if (mnl_attr_get_type(attr) == NFTA_RMIRROR_EXT_SREG_KEY)
			return true;
	return false;
}

bool attributes_get(const struct nlattr *data, struct xt_rmirror_tginfo_v1 *info)
{
	const struct nlattr *tb[NFTA_RMIRROR_MAX + 1] = { NULL };
	const struct nlattr *attr;
	unsigned int type;

	memset(info, 0, sizeof(*info));
	mnl_attr_for_each_nested(attr, data) {
		if (mnl_attr_get_type(attr) > NFTA_RMIRROR_MAX)
			return false;
		tb[mnl_attr_get_type(attr)] = attr;
	}
	if (!tb[NFTA_RMIRROR_ADDR] ||
	    (tb[NFTA_RMIRROR_EXT] && has_key_register(tb[NFTA_RMIRROR_EXT])))
		return false;
	info->family = mnl_attr_get_payload_len(tb[NFTA_RMIRROR_ADDR]) == sizeof(struct in_addr) ?
		       NFPROTO_IPV4 : NFPROTO_IPV6;
	if (!get_address(tb[NFTA_RMIRROR_ADDR], info->family, info->addr))
		return false;
	for (type = NFTA_RMIRROR_ENCAP; type < NFTA_RMIRROR_EXT; type++)
		if (tb[type] && !get_option(tb[type], info))
			return false;
	return true;
}
