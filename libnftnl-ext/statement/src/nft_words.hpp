// SPDX-License-Identifier: GPL-2.0-only
//
// The words of nft that may follow a statement in a rule.
#pragma once

#include <string_view>

namespace rmirror {

// A statement, or what comes after the last one: `accept`, `counter`, `comment`.
bool starts_nft_statement(std::string_view word);

// An expression, with which a match or an assignment starts: `tcp`, `meta`, `iifname`.
bool starts_nft_expression(std::string_view word);

}  // namespace rmirror
