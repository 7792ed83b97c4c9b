// SPDX-License-Identifier: GPL-2.0-only
//
// `encap none`: the same L3 packet to another next hop.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::PacketBuilder;

bool is_probe(const Frame &frame) {
    return has_ip_protocol(17)(frame);
}

PacketBuilder ipv4_packet(std::size_t size) {
    PacketBuilder builder;
    builder
        .ipv4({.source = Topology::sender_ipv4,
               .destination = Topology::lan_ipv4,
               .ttl = 7,
               .id = 77,
               .dont_fragment = true})
        .udp(1000, 9)
        .payload(size);
    return builder;
}

PacketBuilder ipv6_packet(std::size_t size) {
    PacketBuilder builder;
    builder
        .ipv6({.source = Topology::sender_ipv6, .destination = Topology::lan_ipv6, .hop_limit = 7})
        .udp(1000, 9)
        .payload(size);
    return builder;
}

Bytes framed(const test::MacAddress &source, const test::MacAddress &destination,
             std::uint16_t ethertype, const Bytes &packet) {
    return PacketBuilder().eth(source, destination, ethertype).payload(packet).build();
}

class BareCopyTest : public ::testing::Test {
protected:
    void start(const std::string &statement, unsigned collector_mtu = 1500) {
        net_ = std::make_unique<Topology>(
            Topology::Options{.gro = false, .collector_mtu = collector_mtu});
        net_->router.nft(ruleset(hook("inet input"), "iifname \"lan\" udp dport 9 " + statement));
        capture_ = std::make_unique<Capture>(net_->collector, "eth0");
    }

    void send(std::uint16_t ethertype, const Bytes &packet) {
        Injector(net_->sender, "eth0")
            .send(framed(Topology::sender_mac, Topology::lan_mac, ethertype, packet));
    }

    void expect_copy(std::uint16_t ethertype, const Bytes &packet) {
        const std::vector<Frame> copies = capture_->wait_for(1, is_probe);
        ASSERT_EQ(copies.size(), 1U);
        EXPECT_TRUE(
            test::same_bytes(framed(Topology::mon_mac, Topology::collector_mac, ethertype, packet),
                             copies[0].bytes));
        EXPECT_TRUE(capture_->collect(is_probe).empty());
    }

    void expect_counted(const std::string &outcome) {
        EXPECT_TRUE(only_counters(net_->router).are({{"matched", 1}, {outcome, 1}}));
    }

    std::unique_ptr<Topology> net_;
    std::unique_ptr<Capture> capture_;
};

TEST_F(BareCopyTest, ThePacketIsUnchanged) {
    start("rmirror to 10.0.0.5 encap none");
    send(0x0800, ipv4_packet(100).build());
    expect_copy(0x0800, ipv4_packet(100).build());
    expect_counted("sent");
}

TEST_F(BareCopyTest, Ipv6ToAnIpv6NextHop) {
    start("rmirror to fd00::5 encap none");
    send(0x86dd, ipv6_packet(100).build());
    expect_copy(0x86dd, ipv6_packet(100).build());
    expect_counted("sent");
}

// The next hop is a link address, whatever family it was found by.
TEST_F(BareCopyTest, EitherFamilyToANextHopOfTheOther) {
    start("rmirror to 10.0.0.5 encap none");
    send(0x86dd, ipv6_packet(100).build());
    expect_copy(0x86dd, ipv6_packet(100).build());
    start("rmirror to fd00::5 encap none");
    send(0x0800, ipv4_packet(100).build());
    expect_copy(0x0800, ipv4_packet(100).build());
}

TEST_F(BareCopyTest, LenDoesNotCountTheLinkHeader) {
    start("rmirror to 10.0.0.5 encap none len 40");
    send(0x0800, ipv4_packet(100).build());
    Bytes cut = ipv4_packet(100).build();
    cut.resize(40);
    expect_copy(0x0800, cut);
    expect_counted("sent");
}

TEST_F(BareCopyTest, ThroughAGateway) {
    start("rmirror to 192.0.2.7 encap none");
    net_->router.ip("route add 192.0.2.7 via 10.0.0.5\n");
    send(0x0800, ipv4_packet(100).build());
    expect_copy(0x0800, ipv4_packet(100).build());
    expect_counted("sent");
}

// A copy that does not fit goes in fragments although DF is set, and nobody hears of it.
TEST_F(BareCopyTest, TooLongIsFragmentedWithoutAnError) {
    start("rmirror to 10.0.0.5 encap none", 1280);
    Capture answers(net_->sender, "eth0");
    send(0x0800, ipv4_packet(1400).build());
    EXPECT_EQ(capture_->wait_for(2, is_probe).size(), 2U);
    expect_counted("fragmented");
    const std::vector<Frame> errors = answers.collect([](const Frame &frame) {
        return has_ip_protocol(1)(frame) && frame.bytes[34] == 3 && frame.bytes[35] == 4;
    });
    EXPECT_TRUE(errors.empty());
}

TEST_F(BareCopyTest, TooLongOfTheOtherFamilyIsDropped) {
    start("rmirror to fd00::5 encap none", 1280);
    send(0x0800, ipv4_packet(1400).build());
    EXPECT_TRUE(capture_->collect(is_probe).empty());
    expect_counted("too-big");
}

// Two that send each other bare copies of all that comes in do not go on for ever.
TEST_F(BareCopyTest, TwoThatMirrorToEachOther) {
    start("rmirror to 10.0.0.5 encap none");
    net_->router.nft("flush ruleset; " + ruleset(hook("inet prerouting"),
                                                 "udp dport 9 rmirror to 10.0.0.5 encap none"));
    net_->collector.nft(
        ruleset(hook("inet prerouting"), "udp dport 9 rmirror to 10.0.0.1 encap none"));
    for (int i = 0; i < 10; i++)
        send(0x0800, ipv4_packet(100).build());
    const std::size_t there = capture_->collect(is_probe, std::chrono::milliseconds(1000)).size();
    EXPECT_GE(there, 10U);
    // Each bare copy may be forwarded by the collector, which is a router: with a TTL that ends.
    EXPECT_LE(there, 30U);
    EXPECT_LE(only_counters(net_->router)["sent"], 10U);
    EXPECT_LE(only_counters(net_->collector)["sent"], 10U);
}

}  // namespace
}  // namespace rmirror::vm
