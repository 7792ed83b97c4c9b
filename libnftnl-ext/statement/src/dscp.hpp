// SPDX-License-Identifier: GPL-2.0-only
//
// Names of differentiated services code points: those of nft's own type `dscp`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rmirror {

std::optional<std::uint32_t> dscp_from_name(std::string_view name);

// Empty when nft has no name for it and prints the number.
std::string_view dscp_name(std::uint32_t dscp);

}  // namespace rmirror
