// SPDX-License-Identifier: GPL-2.0-only
//
// What need not be inline.
#include "attributes.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

namespace rmirror::plugin {

std::string_view object_name(Bytes bytes) {
    if (!is_object_reference(bytes))
        return {};
    Attribute data = find_attribute(bytes, NFTA_EXPR_DATA);
    return find_attribute(data.payload, NFTA_OBJREF_IMM_NAME).string();
}

std::string name_in_table(const nlmsghdr &message, std::string_view table, std::string_view name) {
    // The family is the first byte behind the header.
    std::string whole(1, *(reinterpret_cast<const char *>(&message) + NLMSG_HDRLEN));
    return whole.append(table).append(1, '/').append(name);
}

bool is_rule(const nlmsghdr &message) {
    return message.nlmsg_type == ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE) ||
           message.nlmsg_type == ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_DELRULE);
}

Bytes attributes_of(const nlmsghdr &message) {
    constexpr std::size_t headers = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(nfgenmsg));
    if (message.nlmsg_len < headers)
        return {};
    return {reinterpret_cast<const std::uint8_t *>(&message) + headers,
            message.nlmsg_len - headers};
}

}  // namespace rmirror::plugin
