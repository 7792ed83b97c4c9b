// SPDX-License-Identifier: GPL-2.0-only
// The files of tests/golden/netlink, see tests/golden/README.md.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace rmirror::test {

/** One file: a statement's text and the attributes that it stands for. */
struct GoldenNetlink {
    std::string name;                 ///< of the file, without its extension
    std::string text;                 ///< empty when the bytes have no text that loads
    std::string prints;               ///< the canonical text
    std::string json;                 ///< the same as JSON, inside {"rmirror": ..}
    std::vector<std::uint8_t> bytes;  ///< in this machine's byte order
};

/** How GoogleTest shows it. */
void PrintTo(const GoldenNetlink &golden, std::ostream *out);

/** All of them, by name; none if the directory is missing. */
std::vector<GoldenNetlink> read_golden_netlink();

}  // namespace rmirror::test
