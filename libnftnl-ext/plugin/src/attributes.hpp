// SPDX-License-Identifier: GPL-2.0-only
//
// The expressions of a rule in netlink messages.
#pragma once

#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

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

// Is it an NFT_MSG_NEWRULE or an NFT_MSG_DELRULE?
bool is_rule(const nlmsghdr &message);
// The attributes of an nf_tables message.
Bytes attributes_of(const nlmsghdr &message);

}  // namespace rmirror::plugin
