// SPDX-License-Identifier: GPL-2.0-only
//
// Superframes of a tap device, as guests send them: nobody has checked their headers when they are
// mirrored.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/tap.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;

constexpr std::size_t ip_offset = 14;
constexpr std::size_t segment = 1000;

test::PacketBuilder packet(bool ipv6) {
    test::PacketBuilder builder;
    builder.eth(Topology::sender_mac, Topology::lan_mac);
    if (ipv6)
        builder.ipv6({.source = Topology::sender_ipv6, .destination = Topology::lan_ipv6});
    else
        builder.ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4});
    return builder;
}

Bytes tcp_superframe(bool ipv6, std::size_t payload = 4500) {
    return packet(ipv6).tcp({.source = 1000, .destination = 2000}).payload(payload).build();
}

GsoRequest request_for(bool ipv6) {
    const auto tcp = static_cast<std::uint16_t>(ip_offset + (ipv6 ? 40 : 20));
    return {.type = ipv6 ? GsoType::tcp_ipv6 : GsoType::tcp_ipv4,
            .segment_size = segment,
            .header_length = static_cast<std::uint16_t>(tcp + 20),
            .checksum_start = tcp,
            .checksum_offset = 16};
}

class UntrustedSourceTest : public TopologyTest {
protected:
    explicit UntrustedSourceTest(const std::string &options = "") {
        net_.router.nft(
            "table netdev mirror { chain in { type filter hook ingress device guest priority 0; "
            "rmirror to 10.0.0.5" +
            options + "; }\n}\n");
    }

    void expect_counted(const std::string &outcome) {
        EXPECT_TRUE(only_counters(net_.router).are({{"matched", 1}, {outcome, 1}}));
    }

    Tap guest_{net_.router, "guest"};
};

class UntrustedSuperframe : public UntrustedSourceTest,
                            public ::testing::WithParamInterface<bool> {};

// The copies' device takes superframes, and gets one.
TEST_P(UntrustedSuperframe, IsCopied) {
    const Bytes frame = tcp_superframe(GetParam());
    Capture capture(net_.collector, "eth0");
    guest_.send(frame, request_for(GetParam()));
    const std::vector<Frame> seen = drain(capture, is_copy());
    EXPECT_TRUE(same_frames({frame}, mirrored_frames(seen)));
    expect_counted("sent");
}

INSTANTIATE_TEST_SUITE_P(Families, UntrustedSuperframe, ::testing::Bool(),
                         [](const auto &family) { return family.param ? "IPv6" : "IPv4"; });

// A datagram that a guest wants in IP fragments. In IPv6 that puts a header into each of them, for
// which there was no room kept beside that for the headers of the copy.
struct Datagram {
    const char *name;
    bool ipv6;
    bool bare;
};

void PrintTo(const Datagram &datagram, std::ostream *out) {
    *out << datagram.name;
}

class UntrustedDatagram : public UntrustedSourceTest,
                          public ::testing::WithParamInterface<Datagram> {
protected:
    UntrustedDatagram() : UntrustedSourceTest(GetParam().bare ? " encap none" : "") {}
};

TEST_P(UntrustedDatagram, IsCopiedInFragments) {
    const bool ipv6 = GetParam().ipv6;
    const Bytes frame = packet(ipv6).udp(1000, 2000).payload(2500).build();
    const auto udp = static_cast<std::uint16_t>(ip_offset + (ipv6 ? 40 : 20));

    Capture capture(net_.collector, "eth0");
    guest_.send(frame, {.type = GsoType::udp_fragments,
                        .segment_size = segment,
                        .header_length = static_cast<std::uint16_t>(udp + 8),
                        .checksum_start = udp,
                        .checksum_offset = 6});
    // 8 + 2500 bytes, 1000 in each
    const std::uint8_t inside = ipv6 ? 44 : 17;
    const auto seen = capture.wait_for(3, GetParam().bare ? has_ip_protocol(inside) : is_copy());
    ASSERT_EQ(seen.size(), 3U);
    const std::size_t headers = udp + (ipv6 ? 8U : 0U);
    std::vector<Bytes> copies;
    if (GetParam().bare)
        std::ranges::transform(seen, std::back_inserter(copies), &Frame::bytes);
    else
        copies = mirrored_frames(seen);
    Bytes payload;
    for (const Bytes &copy : copies) {
        ASSERT_GT(copy.size(), headers);
        payload.insert(payload.end(), copy.begin() + static_cast<std::ptrdiff_t>(headers),
                       copy.end());
    }
    EXPECT_TRUE(test::same_bytes(Bytes(frame.begin() + udp, frame.end()), payload));
    expect_counted("sent");
}

INSTANTIATE_TEST_SUITE_P(Families, UntrustedDatagram,
                         ::testing::Values(Datagram{"IPv4", false, false},
                                           Datagram{"IPv6", true, false},
                                           Datagram{"BareIPv4", false, true},
                                           Datagram{"BareIPv6", true, true}),
                         [](const auto &datagram) { return std::string(datagram.param.name); });

struct Lie {
    const char *name;
    bool ipv6;
    std::size_t offset;  // of the byte that is wrong
    std::uint8_t value;
};

void PrintTo(const Lie &lie, std::ostream *out) {
    *out << lie.name;
}

class UntrustedLie : public UntrustedSourceTest, public ::testing::WithParamInterface<Lie> {};

// A device that trusts the stack must not get the copy of what the stack would refuse.
TEST_P(UntrustedLie, ReachesNoDevice) {
    Bytes frame = tcp_superframe(GetParam().ipv6);
    frame[GetParam().offset] = GetParam().value;
    Capture capture(net_.collector, "eth0");
    guest_.send(frame, request_for(GetParam().ipv6));
    EXPECT_TRUE(capture.collect(any_frame()).empty());
    expect_counted("tx-drop");
}

INSTANTIATE_TEST_SUITE_P(Headers, UntrustedLie,
                         ::testing::Values(Lie{"short_ip_header", false, ip_offset, 0x44},
                                           Lie{"not_tcp", false, ip_offset + 9, 17},
                                           Lie{"not_tcp6", true, ip_offset + 6, 17}),
                         [](const auto &lie) { return std::string(lie.param.name); });

// The kernel takes a checksum that starts in the 20th byte or later, whatever is there: of a frame
// with two tags that is before the IP header, where a bare copy begins.
constexpr std::size_t sum_start = 20;

Bytes tagged_superframe() {
    Bytes frame = test::PacketBuilder()
                      .eth(Topology::sender_mac, Topology::lan_mac)
                      .vlan(5)
                      .vlan(6)
                      .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
                      .tcp({.source = 1000, .destination = 2000})
                      .payload(4500)
                      .build();
    // What a TCP header at that place would have as its length: a byte of the IP header's checksum
    frame[sum_start + 12] = 0x50;
    return frame;
}

GsoRequest request_before_packet(std::uint16_t segment_size) {
    return {.type = GsoType::tcp_ipv4,
            .segment_size = segment_size,
            .header_length = sum_start + 20,
            .checksum_start = sum_start,
            .checksum_offset = 16};
}

class UntrustedCut : public UntrustedSourceTest {
protected:
    UntrustedCut() : UntrustedSourceTest(" encap none len 60") {}
};

TEST_F(UntrustedCut, ChecksumBeforeThePacketIsNoPlaceToWrite) {
    Capture capture(net_.collector, "eth0");
    guest_.send(tagged_superframe(), request_before_packet(segment));
    // Nor does the kernel make segments of it: it is sent as the one packet that it says it is.
    const std::vector<Frame> seen = drain(capture, has_ip_protocol(6));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].bytes.size(), ip_offset + 60);
    expect_counted("sent");
}

class UntrustedTruncated : public UntrustedSourceTest {
protected:
    UntrustedTruncated() : UntrustedSourceTest(" encap none mtu truncate") {}
};

// It says that it is not TCP, and so has no segments. The kernel warns of such a checksum.
TEST_F(UntrustedTruncated, ChecksumBeforeThePacketIsNotFinished) {
    Bytes frame = tagged_superframe();
    frame[ip_offset + 8 + 9] = 17;
    Capture capture(net_.collector, "eth0");
    guest_.send(frame, request_before_packet(2 * segment));
    EXPECT_EQ(capture.collect(has_ip_protocol(17)).size(), 1U);
    expect_counted("truncated");
}

// 3000 frames, if the host believed it: newer kernels take no smaller size for TCP's.
constexpr std::size_t long_payload = 24000;

GsoRequest request_for_many() {
    GsoRequest request = request_for(false);
    request.segment_size = 8;
    return request;
}

class UntrustedMany : public UntrustedSourceTest {};

TEST_F(UntrustedMany, FramesAreAsLongAsThePathTakes) {
    const Bytes frame = tcp_superframe(false, long_payload);
    Capture capture(net_.collector, "eth0");
    guest_.send(frame, request_for_many());
    const std::vector<Bytes> seen = mirrored_frames(drain(capture, is_copy()));
    EXPECT_EQ(seen.size(), 17U);
    Bytes payload;
    for (const Bytes &one : seen)
        payload.insert(payload.end(), one.begin() + ip_offset + 40, one.end());
    EXPECT_EQ(payload, Bytes(frame.begin() + ip_offset + 40, frame.end()));
    expect_counted("resegmented");
}

class UntrustedManyCut : public UntrustedSourceTest {
protected:
    UntrustedManyCut() : UntrustedSourceTest(" len 60") {}
};

TEST_F(UntrustedManyCut, FramesAreOne) {
    Capture capture(net_.collector, "eth0");
    guest_.send(tcp_superframe(false, long_payload), request_for_many());
    const std::vector<Bytes> seen = mirrored_frames(drain(capture, is_copy()));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].size(), 60U);
    expect_counted("sent");
}

}  // namespace
}  // namespace rmirror::vm
