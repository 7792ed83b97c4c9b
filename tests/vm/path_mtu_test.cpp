// SPDX-License-Identifier: GPL-2.0-only
//
// What a router on the way to the collector has said of the path's MTU counts, from then on.
#include <gtest/gtest.h>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/shape.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;

constexpr std::size_t path_mtu = 1300;

void set16(Bytes &bytes, std::size_t at, std::size_t value) {
    bytes[at] = static_cast<std::uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<std::uint8_t>(value);
}

// RFC 1191: from the collector's side, about an echo reply of the router to the collector
Bytes fragmentation_needed() {
    Bytes quoted = test::PacketBuilder()
                       .ipv4({.source = Topology::mon_ipv4,
                              .destination = Topology::collector_ipv4,
                              .dont_fragment = true})
                       .icmp_echo(1, 1)
                       .build();
    quoted[20] = 0;  // requests are looked at only if a program has sent them
    Bytes icmp = test::from_hex("03 04 00 00 00 00 00 00");
    set16(icmp, 6, path_mtu);
    icmp.insert(icmp.end(), quoted.begin(), quoted.end());
    set16(icmp, 2, test::internet_checksum(icmp));
    return test::PacketBuilder()
        .eth(Topology::collector_mac, Topology::mon_mac)
        .ipv4({.source = Topology::collector_ipv4,
               .destination = Topology::mon_ipv4,
               .protocol = std::uint8_t{1}})
        .payload(icmp)
        .build();
}

// RFC 4443 section 3.2
Bytes packet_too_big() {
    const Bytes quoted =
        test::PacketBuilder()
            .ipv6({.source = Topology::mon_ipv6, .destination = Topology::collector_ipv6})
            .icmp_echo(1, 1)
            .build();
    Bytes icmp = test::from_hex("02 00 00 00 00 00 00 00");
    set16(icmp, 6, path_mtu);
    icmp.insert(icmp.end(), quoted.begin(), quoted.end());
    Bytes sum(Topology::collector_ipv6.begin(), Topology::collector_ipv6.end());
    sum.insert(sum.end(), Topology::mon_ipv6.begin(), Topology::mon_ipv6.end());
    sum.insert(sum.end(), {0, 0, 0, static_cast<std::uint8_t>(icmp.size()), 0, 0, 0, 58});
    sum.insert(sum.end(), icmp.begin(), icmp.end());
    set16(icmp, 2, test::internet_checksum(sum));
    return test::PacketBuilder()
        .eth(Topology::collector_mac, Topology::mon_mac)
        .ipv6({.source = Topology::collector_ipv6,
               .destination = Topology::mon_ipv6,
               .next_header = std::uint8_t{58}})
        .payload(icmp)
        .build();
}

class PathMtu : public ShapeTest, public ::testing::WithParamInterface<bool> {
protected:
    std::string collector() const { return GetParam() ? "fd00::5" : "10.0.0.5"; }
    std::size_t outer_length() const { return (GetParam() ? 40 : 20) + 4; }

    void start(const std::string &options) {
        build({.gro = false});
        mirror({"inet input", "iifname \"lan\" meta l4proto { tcp, udp } th dport 9", options,
                collector()});
    }

    Bytes send(std::size_t payload) {
        const Bytes frame =
            test::PacketBuilder()
                .eth(Topology::sender_mac, Topology::lan_mac)
                .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
                .udp(1000, 9)
                .payload(payload)
                .build();
        Injector(net_->sender, "eth0").send(frame);
        return frame;
    }

    // A copy that fills the old path has gone before: its route is cached.
    void learn() {
        const Bytes frame = send(1400);
        EXPECT_TRUE(same_frames({frame}, copies()));
        Injector(net_->collector, "eth0")
            .send(GetParam() ? packet_too_big() : fragmentation_needed());
        ASSERT_NE(net_->router.require({"ip", "route", "get", collector()}).find("mtu 1300"),
                  std::string::npos);
    }

    std::vector<Bytes> copies() {
        std::vector<Frame> outers = drain(*copies_, any_frame());
        for (const Frame &outer : outers)
            EXPECT_LE(outer.bytes.size(), limit_);
        return mirrored_frames(outers);
    }

    std::size_t limit_ = 1514;
};

TEST_P(PathMtu, LearntByIcmpIsHonouredByTruncate) {
    start(" mtu truncate");
    learn();
    limit_ = path_mtu + 14;
    Bytes frame = send(1400);
    frame.resize(path_mtu - outer_length());
    EXPECT_TRUE(same_frames({frame}, copies()));
    EXPECT_TRUE(only_counters(net_->router).are({{"matched", 2}, {"sent", 1}, {"truncated", 1}}));
}

TEST_P(PathMtu, LearntByIcmpIsHonouredByFragment) {
    start(" mtu fragment");
    learn();
    limit_ = path_mtu + 14;
    const Bytes frame = send(1400);
    EXPECT_TRUE(same_frames({frame}, copies()));
    EXPECT_TRUE(only_counters(net_->router).are({{"matched", 2}, {"sent", 1}, {"fragmented", 1}}));
    EXPECT_TRUE(checker_->saw_no_change());
}

TEST_P(PathMtu, LearntByIcmpIsHonouredByResegment) {
    start("");
    learn();
    limit_ = path_mtu + 14;
    const Bytes payload = test::PacketBuilder().payload(1400).build();
    Injector(net_->sender, "eth0")
        .send(test::PacketBuilder()
                  .eth(Topology::sender_mac, Topology::lan_mac)
                  .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
                  .tcp({.source = 1000, .destination = 9})
                  .payload(payload)
                  .build());
    Bytes all;
    const std::vector<Bytes> frames = copies();
    EXPECT_EQ(frames.size(), 2U);
    for (const Bytes &frame : frames)
        all.insert(all.end(), frame.begin() + 14 + 20 + 20, frame.end());
    EXPECT_TRUE(test::same_bytes(payload, all));
    EXPECT_TRUE(only_counters(net_->router).are({{"matched", 2}, {"sent", 1}, {"resegmented", 1}}));
    EXPECT_TRUE(checker_->saw_no_change());
}

TEST_P(PathMtu, LearntByIcmpIsHonouredByDrop) {
    start(" mtu drop");
    learn();
    send(1400);
    EXPECT_TRUE(copies().empty());
    EXPECT_TRUE(only_counters(net_->router).are({{"matched", 2}, {"sent", 1}, {"too-big", 1}}));
}

INSTANTIATE_TEST_SUITE_P(Outer, PathMtu, ::testing::Bool(),
                         [](const auto &ipv6) { return ipv6.param ? "IPv6" : "IPv4"; });

}  // namespace
}  // namespace rmirror::vm
