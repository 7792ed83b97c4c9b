// SPDX-License-Identifier: GPL-2.0-only
// The encapsulations, by expansion of the table that kernel and front ends share.
#pragma once

#include <rmirror_tables.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/packet_builder.hpp"

namespace rmirror::vm {

struct Encapsulation {
    rmirror_encap id;
    const char *word;
    std::uint16_t port;  ///< UDP destination; 0: not over UDP
};

/** For the names of tests. */
void PrintTo(const Encapsulation &encap, std::ostream *out);

/** Every row but `none`: those that put an outer header around the frame. */
std::vector<Encapsulation> encapsulations();

/** The addresses of a packet. */
struct Ends {
    bool ipv6 = false;
    std::string source;
    std::string destination;
};

/** Begins a frame from the test network's sender to its router with an IP header; `protocol` unless
 * the next layer says it. */
test::PacketBuilder from_sender(const Ends &ends, std::optional<std::uint8_t> protocol = {});

/** Appends the headers of a copy in this encapsulation, without options; the mirrored frame is what
 * comes next. */
test::PacketBuilder &add_encapsulation(test::PacketBuilder &builder, const Encapsulation &encap);

}  // namespace rmirror::vm
