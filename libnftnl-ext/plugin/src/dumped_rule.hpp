// SPDX-License-Identifier: GPL-2.0-only
//
// A rule from the kernel, with each rmirror expression replaced by a reference to a quota whose
// name is a mark: libnftnl refuses a rule with an expression it does not know, and nft would not
// show it. A collector in a register is assigned to something between two marks, so that nft shows
// the expression that fills the register.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "attributes.hpp"
#include "registry.hpp"

namespace rmirror::plugin {

// nullopt: the message has no rmirror expression.
std::optional<std::vector<std::uint8_t>> translate_rule(const nlmsghdr &message,
                                                        Registry &registry);

}  // namespace rmirror::plugin
