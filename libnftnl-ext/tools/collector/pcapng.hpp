// SPDX-License-Identifier: GPL-2.0-only
//
// Blocks of a pcapng file (draft-ietf-opsawg-pcapng-02), in this machine's byte order, times in
// nanoseconds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sink.hpp"

namespace rmirror::collector::pcapng {

using Buffer = std::vector<std::uint8_t>;

// Each appends one block.
void add_section(Buffer &buffer);
void add_interface(Buffer &buffer, Link link, std::string_view name);
void add_packet(Buffer &buffer, std::uint32_t interface, const Frame &frame);

struct Summary {
    std::uint64_t received = 0;
    std::uint64_t lost = 0;     // numbers that are missing
    std::uint64_t dropped = 0;  // by the kernel of this host
};
void add_statistics(Buffer &buffer, std::uint32_t interface, std::uint64_t time_ns,
                    const Summary &summary);

}  // namespace rmirror::collector::pcapng
