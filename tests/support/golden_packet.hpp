// SPDX-License-Identifier: GPL-2.0-only
// The files of tests/golden/packet, see tests/golden/README.md.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "support/address.hpp"

namespace rmirror::test {

/** Bytes of a golden packet; those that differ from run to run have no value. */
using Pattern = std::vector<std::optional<std::uint8_t>>;

/** One file: a frame, the statement that mirrors it, and the copy. */
struct GoldenPacket {
    std::string name;  ///< of the file, without its extension
    std::string chain;
    std::string statement;
    Pattern send;
    Pattern copy;  ///< from the outer IP header on
};

/** How GoogleTest shows it. */
void PrintTo(const GoldenPacket &golden, std::ostream *out);

/** All of them, by name; throws std::runtime_error for a file that cannot be read. */
std::vector<GoldenPacket> read_golden_packets();

/** The pattern, with what came in the place of the bytes that may vary; 0 where nothing came. */
Bytes fill(const Pattern &pattern, ByteView got);

}  // namespace rmirror::test
