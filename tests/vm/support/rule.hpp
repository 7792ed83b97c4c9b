// SPDX-License-Identifier: GPL-2.0-only
// Rules that no nft can write: expressions as netlink attributes, straight to the kernel.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "support/address.hpp"
#include "vm/support/netns.hpp"

namespace rmirror::vm {

/** One netlink attribute of an expression; numbers are big endian, as nf_tables has them. */
struct Attribute {
    std::uint16_t type;
    test::Bytes value;
};

Attribute number(std::uint16_t type, std::uint32_t value);
Attribute text(std::uint16_t type, const std::string &value);
Attribute bytes(std::uint16_t type, test::ByteView value);

struct Expression {
    std::string name;
    std::vector<Attribute> attributes;
};

/** Appends a rule to a chain of an `inet` table, or one of another NFPROTO_*; returns 0 or the
 * kernel's errno. */
int append_rule(const NetNs &netns, const std::string &table, const std::string &chain,
                const std::vector<Expression> &expressions, std::uint8_t family = 1);

/** The same in the namespace that the thread is in; std::system_error if netlink itself fails. */
int append_rule_here(const std::string &table, const std::string &chain,
                     const std::vector<Expression> &expressions, std::uint8_t family = 1);

}  // namespace rmirror::vm
