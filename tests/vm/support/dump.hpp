// SPDX-License-Identifier: GPL-2.0-only
// Rules as the kernel dumps them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "vm/support/netns.hpp"
#include "vm/support/rule.hpp"

namespace rmirror::vm {

/** Counters by their attribute; those that are 0 are not there. */
using Numbers = std::map<std::uint16_t, std::uint64_t>;

struct DumpedRule {
    std::string table;
    std::string chain;
    Numbers counters;  ///< of its first rmirror statement
};

/** All rules of a netns, by NFT_MSG_GETRULE or another message; none if the kernel does not know
 * it. */
std::vector<DumpedRule> dump_rules(const NetNs &netns, std::uint8_t message);

/** An attribute that holds others */
Attribute nested(std::uint16_t type, const std::vector<Attribute> &attributes);

/** A table and a chain of the inet family, whatever their names; returns 0 or the errno. */
int add_table_and_chain(const NetNs &netns, const std::string &table, const std::string &chain);

}  // namespace rmirror::vm
