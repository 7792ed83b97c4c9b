// SPDX-License-Identifier: GPL-2.0-only
//
// What the router receives and merges, or gets as a superframe already: the copies are the frames
// that the sender put on the wire.
#include <gtest/gtest.h>

#include "support/packet_builder.hpp"
#include "vm/support/link.hpp"
#include "vm/support/shape.hpp"
#include "vm/support/stream.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;

Bytes bytes(std::size_t size) {
    return test::PacketBuilder().payload(size).build();
}

struct Shape {
    const char *name;
    const char *match;
    std::uint8_t protocol;
    const char *address;
    bool sender_checksums;       // finished by the sender's stack, not left to its device
    const char *router_feature;  // of lan, on
};

const Shape shapes[] = {
    {"gro_tcp4", "tcp dport 2000", 6, "10.1.0.2", false, nullptr},
    {"gro_tcp4_checked", "tcp dport 2000", 6, "10.1.0.2", true, nullptr},
    {"gro_tcp6", "tcp dport 2000", 6, "fd00:1::2", false, nullptr},
    {"gro_tcp6_checked", "tcp dport 2000", 6, "fd00:1::2", true, nullptr},
    {"gro_udp4", "udp dport 9", 17, "10.1.0.2", false, "rx-udp-gro-forwarding"},
    {"gro_udp6", "udp dport 9", 17, "fd00:1::2", false, "rx-udp-gro-forwarding"},
    {"list_udp4", "udp dport 9", 17, "10.1.0.2", false, "rx-gro-list"},
    {"list_udp6", "udp dport 9", 17, "fd00:1::2", false, "rx-gro-list"},
};

void PrintTo(const Shape &shape, std::ostream *out) {
    *out << shape.name;
}

using Case = std::tuple<Shape, const char *, Way>;

class ShapeInput : public ShapeTest, public ::testing::WithParamInterface<Case> {};

std::string case_name(const ::testing::TestParamInfo<Case> &info) {
    const auto &[shape, chain, way] = info.param;
    std::string name = std::string(shape.name) + "_" + chain + "_" + way.name();
    for (char &letter : name)
        letter = letter == ' ' ? '_' : letter;
    return name;
}

TEST_P(ShapeInput, MergedIsCopiedAsTheFramesOnTheWire) {
    const auto &[shape, chain, way] = GetParam();
    build({.gro = true, .collector_mtu = 1700});
    set_features(net_->sender, "eth0", segmentation, "off");
    if (shape.sender_checksums)
        set_offload(net_->sender, "eth0", Offload::tx_checksum, false);
    if (shape.router_feature != nullptr)
        set_features(net_->router, "lan", {shape.router_feature}, "on");
    if (way.tracked)
        track_connections();
    mirror({chain, shape.match, way.options, way.collector});
    Capture wire(net_->sender, "eth0", Direction::outgoing);
    if (shape.protocol == 6) {
        const Bytes payload = bytes(60000);
        EXPECT_EQ(send_stream({net_->sender, net_->router, shape.address}, payload), payload);
    } else {
        send_datagrams(net_->sender, shape.address, bytes(7500), {.segment = 1000});
    }
    const std::vector<Bytes> frames = wire_bytes(drain(wire, has_ip_protocol(shape.protocol)));
    ASSERT_FALSE(frames.empty());
    const std::uint64_t matched = expect_copies(frames, "sent", way.len());
    EXPECT_LT(matched, frames.size()) << "nothing was merged";
}

INSTANTIATE_TEST_SUITE_P(Shapes, ShapeInput,
                         ::testing::Combine(::testing::ValuesIn(shapes),
                                            ::testing::Values("netdev ingress", "inet prerouting",
                                                              "inet input"),
                                            ::testing::Values(Way{})),
                         case_name);

INSTANTIATE_TEST_SUITE_P(
    Options, ShapeInput,
    ::testing::Combine(::testing::ValuesIn(shapes), ::testing::Values("inet input"),
                       ::testing::Values(Way{" len 60"}, Way{" encap erspan"}, Way{" encap vxlan"},
                                         Way{.tracked = true}, Way{.collector = "fd00::5"},
                                         Way{" encap vxlan", "fd00::5"})),
    case_name);

// Nobody segments between the two stacks: what a NIC would do, the test does.
TEST_F(ShapeTest, SegmentsOfADatagramThatCameUnsegmented) {
    build({.gro = false});
    mirror({"inet input", "udp dport 9"});
    Capture wire(net_->sender, "eth0", Direction::outgoing);
    send_datagrams(net_->sender, "10.1.0.2", bytes(7500), {.segment = 1000});
    const std::vector<Frame> sent = drain(wire, has_ip_protocol(17));
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(expect_copies(segments_of(sent[0].bytes, 1000)), 1U);
}

TEST_F(ShapeTest, SegmentsOfAStreamThatCameUnsegmented) {
    build({.gro = false, .collector_mtu = 1700});
    mirror({"inet input", "tcp dport 2000"});
    Capture wire(net_->sender, "eth0", Direction::outgoing);
    const Bytes payload = bytes(40000);
    EXPECT_EQ(send_stream({net_->sender, net_->router, "10.1.0.2"}, payload), payload);
    std::vector<Bytes> frames;
    // 1500 bytes less IP and TCP headers with timestamps
    for (const Frame &frame : drain(wire, has_ip_protocol(6)))
        for (Bytes &segment : segments_of(frame.bytes, 1448))
            frames.push_back(std::move(segment));
    EXPECT_LT(expect_copies(frames), frames.size());
}

}  // namespace
}  // namespace rmirror::vm
