// SPDX-License-Identifier: GPL-2.0-only
// TCP packets from the sender to the router, whole, as segments and as superframes.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "support/address.hpp"
#include "vm/support/netns.hpp"

namespace rmirror::vm {

constexpr std::uint8_t tcp_fin = 0x01;
constexpr std::uint8_t tcp_syn = 0x02;
constexpr std::uint8_t tcp_rst = 0x04;
constexpr std::uint8_t tcp_psh = 0x08;
constexpr std::uint8_t tcp_ack = 0x10;
constexpr std::uint8_t tcp_urg = 0x20;

/** A TCP packet, or a part of it as a segment. */
struct TcpPart {
    bool ipv6 = false;
    std::size_t offset = 0;
    std::size_t size = 0;
    std::uint16_t id = 100;
    std::uint8_t flags = tcp_ack | tcp_psh | tcp_fin;
};

test::Bytes tcp_payload(std::size_t size);
test::Bytes tcp_frame(const TcpPart &part, const test::Bytes &payload);

/** Ethernet, IP and TCP headers. */
std::size_t tcp_header_length(bool ipv6);

/** The frames that a sender puts on the wire for `payload` with that segment size. */
std::vector<test::Bytes> tcp_segments(bool ipv6, const test::Bytes &payload, std::size_t segment);

/** The sender's device sends the payload as one superframe. */
void send_tcp_superframe(const NetNs &sender, bool ipv6, const test::Bytes &payload,
                         std::size_t segment);

/** The payload is in these TCP frames one after the other, each with the headers that it must have
 *  and at most `limit` bytes. */
::testing::AssertionResult are_segments_of(const test::Bytes &payload, bool ipv6, std::size_t limit,
                                           const std::vector<test::Bytes> &frames);

}  // namespace rmirror::vm
