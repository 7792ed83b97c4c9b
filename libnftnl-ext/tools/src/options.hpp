// SPDX-License-Identifier: GPL-2.0-only
//
// The command line of the subcommands that look at mirrors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rmirror::tools {

struct Options {
    bool json = false;
    bool probe = false;
    bool deletions = false;
    std::optional<double> wait;      // seconds
    std::string file;                // empty: standard output
    std::vector<std::string> words;  // which mirrors
};

// `accepted` holds the letters of the options that the command has: j, w, p (--probe), o
// (--output), d (--deletions). When there is nothing to do (--help, a mistake) `status` is the exit
// status and nothing returned.
std::optional<Options> parse_options(int argc, char **argv, std::string_view accepted,
                                     const char *usage, int &status);

}  // namespace rmirror::tools
