// SPDX-License-Identifier: GPL-2.0-only
//
// Netlink attributes in memory: reading with bounds, and the expressions of a rule.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace rmirror::plugin {

using Bytes = std::span<const std::uint8_t>;

// One attribute. Empty whole: there is no further one, or what follows is malformed.
struct Attribute {
    Bytes whole;  // header and padding included
    Bytes payload;
    std::uint16_t type = 0;

    explicit operator bool() const { return !whole.empty(); }
    std::string_view string() const;  // without the NUL
};

// Takes the first attribute off bytes.
Attribute take_attribute(Bytes &bytes);
// The first attribute of that type among those in bytes.
Attribute find_attribute(Bytes bytes, std::uint16_t type);

// Is it an NFT_MSG_NEWRULE or an NFT_MSG_DELRULE?
bool is_rule(const nlmsghdr &message);
// The attributes of an nf_tables message.
Bytes attributes_of(const nlmsghdr &message);

}  // namespace rmirror::plugin
