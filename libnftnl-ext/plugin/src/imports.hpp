// SPDX-License-Identifier: GPL-2.0-only
//
// What a loaded library asks of others, by its dynamic symbol table.
#pragma once

#include <set>
#include <string>

namespace rmirror::plugin {

// The names of the symbols that the library looks up elsewhere. handle: from dlopen(3). Empty: the
// library could not be read.
std::set<std::string> imports_of(void *handle);

}  // namespace rmirror::plugin
