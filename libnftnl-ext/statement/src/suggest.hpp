// SPDX-License-Identifier: GPL-2.0-only
//
// What somebody may have meant who wrote a word that we do not know.
#pragma once

#include <string>
#include <string_view>

#include "rmirror/statement.hpp"
#include "tables.hpp"

namespace rmirror {

// Each is empty, or a hint for the end of a message: " (did you mean 'len'?)".
std::string suggest_option(std::string_view word);
// The option is encap or mtu.
std::string suggest_value(const Option &option, std::string_view word);
// For an option that does not belong to the encapsulation: the one that its value speaks for.
std::string suggest_encap(const Option &option, std::string_view value);

}  // namespace rmirror
