// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <rmirror/statement.hpp>

namespace rmirror::collector {

// Gives up every capability, and the way to get one back by executing a program. What is open stays
// open; of files a process of root then has what their mode gives to root.
std::optional<Error> drop_privileges();

}  // namespace rmirror::collector
