// SPDX-License-Identifier: GPL-2.0-only
//
// Nothing here trusts a length: the bytes come from a socket.
#include "attributes.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <cstring>

namespace rmirror::plugin {

std::string_view Attribute::string() const {
    std::string_view text(reinterpret_cast<const char *>(payload.data()), payload.size());
    return text.substr(0, text.find('\0'));
}

Attribute take_attribute(Bytes &bytes) {
    nlattr header;
    if (bytes.size() < sizeof header)
        return {};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size())
        return {};
    std::size_t padded = std::min<std::size_t>(NLA_ALIGN(header.nla_len), bytes.size());
    Attribute attribute{bytes.first(padded),
                        bytes.subspan(sizeof header, header.nla_len - sizeof header),
                        static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK)};
    bytes = bytes.subspan(padded);
    return attribute;
}

Attribute find_attribute(Bytes bytes, std::uint16_t type) {
    while (Attribute attribute = take_attribute(bytes))
        if (attribute.type == type)
            return attribute;
    return {};
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
