// SPDX-License-Identifier: GPL-2.0-only
// The formats of the copies, read as hostile input: every byte may be anything, and none outside of
// the payload is touched.
#pragma once

#include <array>
#include <string_view>

#include "copy.hpp"

namespace rmirror::collector {

enum class Outcome {
    copy,       // a copy of a packet
    foreign,    // something else of the same protocol or port, as a tunnel of IP in GRE
    malformed,  // it claims to be a copy, and is not whole or not valid
};

struct Decoded {
    Outcome outcome = Outcome::malformed;
    Copy copy;
};

// The UDP port of each encapsulation that has one, 0 for the others; by enum rmirror_encap
using Ports = std::array<std::uint16_t, __RMIRROR_ENCAP_MAX>;

// Those of the table
Ports default_ports();

// Its name in the statement
std::string_view encap_word(rmirror_encap encap);
// Its highest key; 0: it has none
std::uint32_t encap_key_max(rmirror_encap encap);

// What stands behind the outer IP header: from the GRE header, from the UDP header on. The frame is
// a view of the payload.
Decoded decode_gre(ByteView payload);
Decoded decode_udp(ByteView payload, const Ports &ports);

// What a UDP payload of these encapsulations holds
Decoded decode_vxlan(ByteView payload);
Decoded decode_geneve(ByteView payload);
Decoded decode_tzsp(ByteView payload);

}  // namespace rmirror::collector
