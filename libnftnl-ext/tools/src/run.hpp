// SPDX-License-Identifier: GPL-2.0-only
//
// Other programs, asked for what only they know.
#pragma once

#include <string>
#include <vector>

namespace rmirror::tools {

// A program's standard output; nothing if it cannot be run. No shell: words may be anything.
std::string output_of(std::vector<std::string> words);

}  // namespace rmirror::tools
