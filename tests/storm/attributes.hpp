// SPDX-License-Identifier: GPL-2.0-only
// Netlink attributes as a tree that can also say what is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace rmirror::storm {

using Bytes = std::vector<std::uint8_t>;
using Random = std::mt19937_64;

/** A number below `end`. */
std::size_t below(Random &random, std::size_t end);
/** True once in `times`. */
bool once_in(Random &random, std::size_t times);

struct Attribute {
    std::uint16_t type = 0;                     ///< with its NLA_F_* bits
    Bytes value;                                ///< if it has no children
    std::vector<Attribute> children;            ///< what it nests
    std::optional<std::uint16_t> false_length;  ///< what its header says, if not the truth
};

using Attributes = std::vector<Attribute>;

/** The attributes of a message, in this machine's byte order; what is no attribute is left out. */
Attributes parse(std::span<const std::uint8_t> bytes);
/** Appends them to a message, each padded to 4 bytes. */
void put(Bytes &to, const Attributes &attributes);
Bytes bytes_of(const Attributes &attributes);

/** Big endian, as nf_tables has numbers. */
Attribute number(std::uint16_t type, std::uint32_t value);
Attribute text(std::uint16_t type, std::string_view value);
Attribute nested(std::uint16_t type, Attributes children);

/** The first of a type, whatever its flags; nullptr if there is none. */
const Attribute *find(const Attributes &attributes, std::uint16_t type);

/** Changes one thing at some depth: a type, a value, a length, the order, what is nested. */
void mutate(Random &random, Attributes &attributes);

}  // namespace rmirror::storm
