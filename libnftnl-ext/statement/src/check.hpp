// SPDX-License-Identifier: GPL-2.0-only
//
// What makes a statement wrong, and the sentence that says so. The front ends add the place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rmirror/statement.hpp"
#include "value.hpp"

namespace rmirror {

// 'text' for a message: cut when it is long, control characters replaced, so that what somebody
// typed, or a kernel sent, cannot steer a terminal.
std::string quoted(std::string_view text);

// "invalid len '13', expected 14..65535". The range is that of the statement's encapsulation, the
// address family that of its collector.
std::string invalid_value(const Option &option, const Statement &statement, std::string_view shown);

// "invalid collector '10.0.0.500', expected an IPv4 or IPv6 address"
std::string invalid_collector(std::string_view shown);

// Each returns what is wrong, or nothing. The statement's collector and encapsulation are set.
std::optional<std::string> check_belongs(const Option &option, rmirror_encap encap);
std::optional<std::string> check_value(const Option &option, const Statement &statement,
                                       const Value &value);

// A key in a register: whether there may be one, and is that register. Call it when all options are
// set.
std::optional<std::string> check_key_register(const Statement &statement);

// Looks at the device, too: call it when all options are set.
std::optional<std::string> check_collector(const Statement &statement);

}  // namespace rmirror
