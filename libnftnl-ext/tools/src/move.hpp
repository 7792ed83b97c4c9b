// SPDX-License-Identifier: GPL-2.0-only
//
// What to type so that a rule stands elsewhere, or nowhere.
#pragma once

#include <string>

#include "mirror.hpp"
#include "ruleset.hpp"

namespace rmirror::tools {

// Names that a shell leaves alone may stand in what is to be typed.
bool is_plain(const std::string &text);

// Deletes the rule, also where nft does not know the statement. Empty: only iptables can,
// or a name is none that nft would take.
std::string deletion_of(const Mirror &mirror);

// To the head of its own chain. Empty: it cannot be said, for only nft can write what it matches.
std::string move_to_head(const Mirror &mirror);

// To a base chain that is made for it, with the table if that is not the mirror's. Likewise.
std::string move_to_new(const Mirror &mirror, const Chain &base);

// Makes a base chain.
std::string add_base(const Chain &base);

}  // namespace rmirror::tools
