// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/tcp_frame.hpp"

#include <algorithm>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;
using test::PacketBuilder;

constexpr std::size_t ethernet_length = 14;

// In a superframe the checksum field holds the folded sum of the pseudo header.
void leave_checksum_open(Bytes &frame, bool ipv6) {
    const std::size_t tcp = tcp_header_length(ipv6) - 20;
    const std::size_t addresses = ethernet_length + (ipv6 ? 8 : 12);
    Bytes pseudo(frame.begin() + static_cast<std::ptrdiff_t>(addresses),
                 frame.begin() + static_cast<std::ptrdiff_t>(tcp));
    const std::size_t length = frame.size() - tcp;
    pseudo.insert(pseudo.end(), {0, 6, static_cast<std::uint8_t>(length >> 8),
                                 static_cast<std::uint8_t>(length)});
    const std::uint16_t sum = static_cast<std::uint16_t>(~test::internet_checksum(pseudo));
    frame[tcp + 16] = static_cast<std::uint8_t>(sum >> 8);
    frame[tcp + 17] = static_cast<std::uint8_t>(sum);
}

}  // namespace

Bytes tcp_payload(std::size_t size) {
    return PacketBuilder().payload(size).build();
}

Bytes tcp_frame(const TcpPart &part, const Bytes &payload) {
    PacketBuilder builder;
    builder.eth(Topology::sender_mac, Topology::lan_mac);
    if (part.ipv6)
        builder.ipv6({.source = Topology::sender_ipv6, .destination = Topology::lan_ipv6});
    else
        builder.ipv4({.source = Topology::sender_ipv4,
                      .destination = Topology::lan_ipv4,
                      .id = part.id,
                      .dont_fragment = true});
    return builder
        .tcp({.source = 1000,
              .destination = 2000,
              .sequence = static_cast<std::uint32_t>(5000 + part.offset),
              .acknowledgement = 1,
              .flags = part.flags})
        .payload(ByteView(payload).subspan(part.offset, part.size))
        .build();
}

std::vector<Bytes> tcp_segments(bool ipv6, const Bytes &payload, std::size_t segment) {
    std::vector<Bytes> frames;
    for (std::size_t offset = 0; offset < payload.size(); offset += segment) {
        const std::size_t size = std::min(segment, payload.size() - offset);
        const bool last = offset + size == payload.size();
        frames.push_back(tcp_frame(
            {.ipv6 = ipv6,
             .offset = offset,
             .size = size,
             .id = static_cast<std::uint16_t>(100 + offset / segment),
             .flags = static_cast<std::uint8_t>(last ? tcp_ack | tcp_psh | tcp_fin : tcp_ack)},
            payload));
    }
    return frames;
}

std::size_t tcp_header_length(bool ipv6) {
    return ethernet_length + (ipv6 ? 40 : 20) + 20;
}

void send_tcp_superframe(const NetNs &sender, bool ipv6, const Bytes &payload,
                         std::size_t segment) {
    Bytes frame = tcp_frame({.ipv6 = ipv6, .size = payload.size()}, payload);
    leave_checksum_open(frame, ipv6);
    const auto headers = static_cast<std::uint16_t>(tcp_header_length(ipv6));
    Injector(sender, "eth0")
        .send_gso(frame, {.type = ipv6 ? GsoType::tcp_ipv6 : GsoType::tcp_ipv4,
                          .segment_size = static_cast<std::uint16_t>(segment),
                          .header_length = headers,
                          .checksum_start = static_cast<std::uint16_t>(headers - 20),
                          .checksum_offset = 16});
}

::testing::AssertionResult are_segments_of(const Bytes &payload, bool ipv6, std::size_t limit,
                                           const std::vector<Bytes> &frames) {
    std::size_t offset = 0;
    for (const Bytes &frame : frames) {
        if (frame.size() < tcp_header_length(ipv6) || frame.size() > limit)
            return ::testing::AssertionFailure() << "a frame of " << frame.size() << " bytes";
        const std::size_t size = frame.size() - tcp_header_length(ipv6);
        if (size > payload.size() - offset)
            return ::testing::AssertionFailure() << "more than the payload";
        const bool last = offset + size == payload.size();
        const auto id = static_cast<std::uint16_t>(frame[18] << 8 | frame[19]);
        const ::testing::AssertionResult same = test::same_bytes(
            tcp_frame(
                {.ipv6 = ipv6,
                 .offset = offset,
                 .size = size,
                 .id = id,
                 .flags = static_cast<std::uint8_t>(last ? tcp_ack | tcp_psh | tcp_fin : tcp_ack)},
                payload),
            frame);
        if (!same)
            return same;
        offset += size;
    }
    if (offset != payload.size())
        return ::testing::AssertionFailure()
               << offset << " bytes of payload, not " << payload.size();
    return ::testing::AssertionSuccess();
}

}  // namespace rmirror::vm
