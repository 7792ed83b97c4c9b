// SPDX-License-Identifier: GPL-2.0-only
#include "dscp.hpp"

#include <algorithm>
#include <array>

namespace rmirror {

namespace {

struct CodePoint {
    std::string_view name;
    std::uint32_t value;
};

// The output of `nft describe ip dscp`, in its order: of two names of one value nft prints the
// first. RFC 2474 (cs), RFC 2597 (af), RFC 3246 (ef), RFC 5865 (va), RFC 8622 (lephb).
constexpr std::array code_points = {
    CodePoint{"cs0", 0x00},  CodePoint{"cs1", 0x08},   CodePoint{"cs2", 0x10},
    CodePoint{"cs3", 0x18},  CodePoint{"cs4", 0x20},   CodePoint{"cs5", 0x28},
    CodePoint{"cs6", 0x30},  CodePoint{"cs7", 0x38},   CodePoint{"df", 0x00},
    CodePoint{"be", 0x00},   CodePoint{"lephb", 0x01}, CodePoint{"af11", 0x0a},
    CodePoint{"af12", 0x0c}, CodePoint{"af13", 0x0e},  CodePoint{"af21", 0x12},
    CodePoint{"af22", 0x14}, CodePoint{"af23", 0x16},  CodePoint{"af31", 0x1a},
    CodePoint{"af32", 0x1c}, CodePoint{"af33", 0x1e},  CodePoint{"af41", 0x22},
    CodePoint{"af42", 0x24}, CodePoint{"af43", 0x26},  CodePoint{"va", 0x2c},
    CodePoint{"ef", 0x2e},
};

}  // namespace

std::optional<std::uint32_t> dscp_from_name(std::string_view name) {
    const auto *found = std::find_if(code_points.begin(), code_points.end(),
                                     [name](const CodePoint &each) { return each.name == name; });
    if (found == code_points.end())
        return std::nullopt;
    return found->value;
}

std::string_view dscp_name(std::uint32_t dscp) {
    const auto *found = std::find_if(code_points.begin(), code_points.end(),
                                     [dscp](const CodePoint &each) { return each.value == dscp; });
    return found == code_points.end() ? std::string_view{} : found->name;
}

}  // namespace rmirror
