// SPDX-License-Identifier: GPL-2.0-only
#include "files.hpp"

#include <fstream>
#include <sstream>

namespace rmirror::tools {

std::string text_of_file(const std::filesystem::path &file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return std::move(text).str();
}

}  // namespace rmirror::tools
