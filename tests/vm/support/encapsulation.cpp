// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/encapsulation.hpp"

#include <ostream>
#include <stdexcept>

#include "vm/support/topology.hpp"

namespace rmirror::vm {

void PrintTo(const Encapsulation &encap, std::ostream *out) {
    *out << encap.word;
}

std::vector<Encapsulation> encapsulations() {
    std::vector<Encapsulation> all = {
#define X(id, word, key_max, port) {RMIRROR_ENCAP_##id, word, port},
        RMIRROR_ENCAP_TABLE(X)
#undef X
    };
    std::erase_if(all, [](const Encapsulation &one) { return one.id == RMIRROR_ENCAP_NONE; });
    return all;
}

test::PacketBuilder from_sender(const Ends &ends, std::optional<std::uint8_t> protocol) {
    test::PacketBuilder builder;
    builder.eth(Topology::sender_mac, Topology::lan_mac);
    if (ends.ipv6)
        builder.ipv6({.source = test::ipv6(ends.source),
                      .destination = test::ipv6(ends.destination),
                      .next_header = protocol});
    else
        builder.ipv4({.source = test::ipv4(ends.source),
                      .destination = test::ipv4(ends.destination),
                      .protocol = protocol});
    return builder;
}

test::PacketBuilder &add_encapsulation(test::PacketBuilder &builder, const Encapsulation &encap) {
    constexpr std::uint16_t source_port = 50000;
    const auto hex = [](const char *text) { return test::from_hex(text); };
    switch (encap.id) {
        case RMIRROR_ENCAP_GRE:
            return builder.gre();
        case RMIRROR_ENCAP_ERSPAN1:
            return builder.gre({.protocol = 0x88be});
        case RMIRROR_ENCAP_ERSPAN:
            return builder.gre({.protocol = 0x88be, .sequence = 1})
                .payload(hex("10 00 00 00 00 00 00 00"));
        case RMIRROR_ENCAP_ERSPAN3:
            return builder.gre({.protocol = 0x22eb, .sequence = 1})
                .payload(hex("20 00 00 00 00 00 00 00 00 00 00 00"));
        case RMIRROR_ENCAP_VXLAN:
            return builder.udp(source_port, encap.port).payload(hex("08 00 00 00 00 00 00 00"));
        case RMIRROR_ENCAP_GENEVE:
            return builder.udp(source_port, encap.port).payload(hex("00 00 65 58 00 00 00 00"));
        case RMIRROR_ENCAP_TZSP:
            return builder.udp(source_port, encap.port).payload(hex("01 00 00 01 01"));
        case RMIRROR_ENCAP_NONE:
        case __RMIRROR_ENCAP_MAX:
            break;
    }
    throw std::invalid_argument("nothing is wrapped in no encapsulation");
}

}  // namespace rmirror::vm
