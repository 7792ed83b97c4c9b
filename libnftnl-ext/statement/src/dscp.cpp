// SPDX-License-Identifier: GPL-2.0-only
#include "dscp.hpp"

#include <rmirror_tables.h>

#include <algorithm>
#include <array>

namespace rmirror {

namespace {

struct CodePoint {
    std::string_view name;
    std::uint32_t value;
};

constexpr std::array code_points = {
#define X(name, value) CodePoint{name, value},
    RMIRROR_DSCP_TABLE(X)
#undef X
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
