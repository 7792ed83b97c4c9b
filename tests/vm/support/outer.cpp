// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/outer.hpp"

#include <netinet/in.h>

#include <numeric>

#include "support/packet_builder.hpp"

namespace rmirror::vm {

namespace {

constexpr std::size_t ethernet_length = 14;
constexpr std::size_t ipv4_length = 20;
constexpr std::size_t ipv6_length = 40;
constexpr std::uint16_t discard_port = 9;

std::uint16_t be16(test::ByteView bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

// The outer packet without its Ethernet header
struct Outer {
    test::ByteView packet;
    std::uint8_t protocol = 0;
    std::size_t header_length = 0;

    test::ByteView transport() const { return packet.subspan(header_length); }
};

std::optional<Outer> outer(const Frame &frame) {
    const test::ByteView all(frame.bytes);
    if (all.size() < ethernet_length + ipv4_length)
        return std::nullopt;
    const test::ByteView packet = all.subspan(ethernet_length);
    if (be16(all, 12) == 0x0800)
        return Outer{packet, packet[9], std::size_t{4} * (packet[0] & 15U)};
    if (be16(all, 12) == 0x86dd && packet.size() >= ipv6_length)
        return Outer{packet, packet[6], ipv6_length};
    return std::nullopt;
}

}  // namespace

Capture::Predicate is_copy() {
    return [](const Frame &frame) {
        const auto packet = outer(frame);
        return packet &&
               (packet->protocol == IPPROTO_GRE ||
                (packet->protocol == IPPROTO_UDP && be16(packet->transport(), 2) != discard_port));
    };
}

std::optional<test::Bytes> inner_frame(const Frame &copy) {
    const auto packet = outer(copy);
    if (!packet || packet->protocol != IPPROTO_GRE)
        return std::nullopt;
    const test::ByteView gre = packet->transport();
    std::size_t length = 4;
    for (const unsigned option : {0x20U, 0x10U})  // key, sequence
        length += (gre[0] & option) != 0 ? 4 : 0;
    return test::Bytes(gre.begin() + static_cast<std::ptrdiff_t>(length), gre.end());
}

::testing::AssertionResult outer_checksums_hold(const Frame &copy) {
    const auto packet = outer(copy);
    if (!packet)
        return ::testing::AssertionFailure() << "no IP packet";
    if (packet->packet[0] >> 4 == 4) {
        if (test::internet_checksum(packet->packet.first(packet->header_length)) == 0)
            return ::testing::AssertionSuccess();
        return ::testing::AssertionFailure() << "the outer IPv4 checksum is wrong";
    }
    if (packet->protocol != IPPROTO_UDP)
        return ::testing::AssertionSuccess();
    // RFC 8200 section 8.1: addresses, length, next header
    test::Bytes sum(packet->packet.begin() + 8, packet->packet.begin() + ipv6_length);
    const auto length = static_cast<std::uint16_t>(packet->transport().size());
    sum.insert(sum.end(), {0, 0, static_cast<std::uint8_t>(length >> 8),
                           static_cast<std::uint8_t>(length), 0, 0, 0, IPPROTO_UDP});
    sum.insert(sum.end(), packet->transport().begin(), packet->transport().end());
    if (test::internet_checksum(sum) == 0)
        return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "the outer UDP checksum is wrong";
}

}  // namespace rmirror::vm
