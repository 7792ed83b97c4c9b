// SPDX-License-Identifier: GPL-2.0-only
//
// What the kernel makes of the filters: a pair of sockets has it, too, and what one end sends is
// what the other end's filter sees.
#include "collector/filter.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <system_error>

#include "collector/descriptor.hpp"
#include "support/golden_packet.hpp"
#include "support/packet_builder.hpp"

namespace rmirror::collector {
namespace {

using test::Bytes;

class Pair {
public:
    explicit Pair(Filter filter) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0)
            throw std::system_error(errno, std::generic_category(), "socketpair");
        in_ = Descriptor(ends[0]);
        out_ = Descriptor(ends[1]);
        const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
        if (setsockopt(out_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
            throw std::system_error(errno, std::generic_category(), "SO_ATTACH_FILTER");
    }

    bool takes(const Bytes &packet) const {
        Bytes got(packet.size() + 1);
        send(in_.get(), packet.data(), packet.size(), 0);
        return recv(out_.get(), got.data(), got.size(), MSG_DONTWAIT) ==
               static_cast<ssize_t>(packet.size());
    }

private:
    Descriptor in_;
    Descriptor out_;
};

Bytes udp4(std::uint16_t port, bool fragment = false) {
    return test::PacketBuilder()
        .ipv4({.source = test::ipv4("10.0.0.1"),
               .destination = test::ipv4("10.0.0.5"),
               .more_fragments = fragment})
        .udp(50000, port)
        .payload(20)
        .build();
}

Bytes udp6(std::uint16_t port) {
    return test::PacketBuilder()
        .ipv6({.source = test::ipv6("fd00::1"), .destination = test::ipv6("fd00::5")})
        .udp(50000, port)
        .payload(20)
        .build();
}

Bytes of_protocol(std::uint8_t protocol, bool ipv6) {
    test::PacketBuilder builder;
    if (ipv6)
        builder.ipv6({.source = test::ipv6("fd00::1"),
                      .destination = test::ipv6("fd00::5"),
                      .next_header = protocol});
    else
        builder.ipv4({.source = test::ipv4("10.0.0.1"),
                      .destination = test::ipv4("10.0.0.5"),
                      .protocol = protocol});
    return builder.payload(40).build();
}

TEST(CollectorFilter, TakesEveryGoldenCopy) {
    const Ports ports = default_ports();
    const Pair ipv4(ipv4_filter(ports));
    const Pair ipv6(ipv6_filter(ports));
    for (const test::GoldenPacket &golden : test::read_golden_packets()) {
        const Bytes packet = test::fill(golden.copy, {});
        if (golden.statement.find(" port ") != std::string::npos)
            continue;
        EXPECT_TRUE((packet[0] >> 4 == 4 ? ipv4 : ipv6).takes(packet)) << golden.name;
    }
}

TEST(CollectorFilter, LeavesTheRest) {
    const Ports ports = default_ports();
    const Pair ipv4(ipv4_filter(ports));
    const Pair ipv6(ipv6_filter(ports));
    constexpr std::uint16_t ports_of_others[] = {53, 4788, 4790, 6080};
    constexpr std::uint8_t protocols_of_others[] = {1, 6, 50, 132};
    for (const std::uint16_t port : ports_of_others) {
        EXPECT_FALSE(ipv4.takes(udp4(port))) << port;
        EXPECT_FALSE(ipv6.takes(udp6(port))) << port;
    }
    for (const std::uint8_t protocol : protocols_of_others) {
        EXPECT_FALSE(ipv4.takes(of_protocol(protocol, false))) << +protocol;
        EXPECT_FALSE(ipv6.takes(of_protocol(protocol, true))) << +protocol;
    }
    // What is behind is not known yet.
    EXPECT_TRUE(ipv4.takes(udp4(53, true)));
    EXPECT_TRUE(ipv6.takes(of_protocol(44, true)));
    EXPECT_TRUE(ipv6.takes(of_protocol(60, true)));
}

TEST(CollectorFilter, HasThePortsThatItIsGiven) {
    Ports ports = default_ports();
    ports[RMIRROR_ENCAP_VXLAN] = 4790;
    const Pair ipv4(ipv4_filter(ports));
    const Pair ipv6(ipv6_filter(ports));
    EXPECT_TRUE(ipv4.takes(udp4(4790)));
    EXPECT_FALSE(ipv4.takes(udp4(4789)));
    EXPECT_TRUE(ipv6.takes(udp6(4790)));
    EXPECT_FALSE(ipv6.takes(udp6(4789)));
    EXPECT_TRUE(Pair(every_packet()).takes(udp4(53)));
    EXPECT_FALSE(Pair(no_packet()).takes(udp4(4789)));
}

}  // namespace
}  // namespace rmirror::collector
