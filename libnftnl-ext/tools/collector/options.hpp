// SPDX-License-Identifier: GPL-2.0-only
// The command line of `rmirror collector`.
#pragma once

#include <cstdint>
#include <optional>
#include <rmirror/statement.hpp>
#include <span>
#include <string>
#include <vector>

#include "decode.hpp"
#include "file_sink.hpp"
#include "streams.hpp"

namespace rmirror::collector {

struct Options {
    Wanted wanted;
    Ports ports = default_ports();
    std::string device;  // packets that arrive on it; empty: on any
    std::string tap;
    std::optional<FileOptions> file;
    bool stats = false;
    bool json = false;
    bool help = false;
    bool sender_time = true;
    std::uint64_t buffer_mib = 32;  // for each of IPv4 and IPv6
    std::uint64_t count = 0;        // frames, then it ends; 0: it does not
};

// The words behind `rmirror collector`. An error names the option, what it was given and what it
// takes.
Result<Options> parse_options(std::span<const char *const> words);

// What -h prints
const char *usage_text();

}  // namespace rmirror::collector
