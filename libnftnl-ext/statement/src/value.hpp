// SPDX-License-Identifier: GPL-2.0-only
//
// One option of a statement as a value, so that text, JSON and netlink are loops over the option
// table instead of lists of members.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "rmirror/statement.hpp"
#include "tables.hpp"

namespace rmirror {

// Absent; a number, also for ENCAP, MTU, DSCP and (1: set) FLAG; an address; a device name.
using Value = std::variant<std::monostate, std::uint32_t, Address, std::string>;

inline bool is_absent(const Value &value) {
    return std::holds_alternative<std::monostate>(value);
}

// A default encapsulation or policy is absent: the model has no other way to say so.
Value get(const Statement &statement, OptionId id);

// The value is of the option's kind and in its table's range.
void set(Statement &statement, OptionId id, const Value &value);

// As in a statement in which the option was never given.
void unset(Statement &statement, OptionId id);

// What an option's word in a text says. Numbers wider than 32 bits and whatever is no value of this
// kind is nullopt; that it is in range is for check_value().
std::optional<Value> value_from_word(const Option &option, std::string_view word);

// The word that says it: the inverse of value_from_word(). Not for flags and absent values.
std::string word_from_value(const Option &option, const Value &value);

}  // namespace rmirror
