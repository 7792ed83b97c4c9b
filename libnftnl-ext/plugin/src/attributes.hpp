// SPDX-License-Identifier: GPL-2.0-only
//
// The expressions of a rule in netlink messages.
#pragma once

#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "rmirror/attributes.hpp"

namespace rmirror::plugin {

// The name of the object (quota, counter, ..) that an expression refers to; empty: it is something
// else. bytes: NFTA_EXPR_*.
std::string_view object_name(Bytes bytes);
// Is it such an expression? The quick answer for all the others.
inline bool is_object_reference(Bytes bytes) {
    return find_attribute(bytes, NFTA_EXPR_NAME).is("objref");
}

// The registers 1 to 4 are four of the others each.
inline std::uint32_t first_word(std::uint32_t number) {
    return number >= NFT_REG32_00 ? number : NFT_REG32_00 + 4 * (number - NFT_REG_1);
}

// Of a rule or a set: family, table and that name
std::string name_in_table(const nlmsghdr &message, std::string_view table, std::string_view name);
// Is it an NFT_MSG_NEWRULE or an NFT_MSG_DELRULE?
bool is_rule(const nlmsghdr &message);
// The attributes of an nf_tables message.
Bytes attributes_of(const nlmsghdr &message);

}  // namespace rmirror::plugin
