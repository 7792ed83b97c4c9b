// SPDX-License-Identifier: GPL-2.0-only
//
// Files that are read as a whole.
#pragma once

#include <filesystem>
#include <string>

namespace rmirror::tools {

// Nothing if it cannot be read.
std::string text_of_file(const std::filesystem::path &file);

}  // namespace rmirror::tools
