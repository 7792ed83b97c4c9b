// SPDX-License-Identifier: GPL-2.0-only
//
// Time stamps: the hardware's if the packet has one, else the clock's.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/checker.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint64_t hardware = 1'700'000'000'123'456'789;

// Bytes from the Ethernet header on to the fields
constexpr std::size_t erspan3 = 14 + 20 + 8;
constexpr std::size_t erspan3_time = erspan3 + 4;
constexpr std::size_t platform_time = erspan3 + 12 + 4;
constexpr std::size_t tzsp_time = 14 + 20 + 8 + 6;

std::uint64_t now() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
}

class TimeTest : public TopologyTest {
protected:
    test::Bytes copy(const std::string &options) {
        net_.router.nft(
            ruleset(hook("inet input"), "iifname \"lan\" rmirror to 10.0.0.5" + options));
        Capture capture(net_.collector, "eth0");
        Injector(net_.sender, "eth0")
            .send(test::PacketBuilder()
                      .eth(Topology::sender_mac, Topology::lan_mac)
                      .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
                      .udp(1000, 9)
                      .payload(100)
                      .build());
        const std::vector<Frame> copies = capture.wait_for(1, is_copy());
        net_.router.nft("flush ruleset");
        return copies.empty() ? test::Bytes(200) : copies[0].bytes;
    }

    static std::uint64_t be32(const test::Bytes &bytes, std::size_t at) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < 4; i++)
            value = value << 8U | bytes.at(at + i);
        return value;
    }

    // What type III says with its sub-header: units of 100 ns (Gra 1), 64 bits
    static std::uint64_t whole_time(const test::Bytes &bytes) {
        return (be32(bytes, platform_time) << 32U | be32(bytes, erspan3_time)) * 100;
    }
};

TEST_F(TimeTest, OfTheHardware) {
    const Checker checker(net_.router);
    checker.stamp(hardware);
    EXPECT_EQ(be32(copy(" encap erspan3"), erspan3_time), hardware / 100 % (1ULL << 32U));
    EXPECT_EQ(whole_time(copy(" encap erspan3 platform")), hardware / 100 * 100);
    EXPECT_EQ(be32(copy(" encap tzsp"), tzsp_time), hardware / 1000 % (1ULL << 32U));
}

TEST_F(TimeTest, OfTheClock) {
    const std::uint64_t before = now();
    const std::uint64_t time = whole_time(copy(" encap erspan3 platform"));
    EXPECT_GE(time, before - 100);
    EXPECT_LE(time, now());

    const std::uint64_t microseconds = now() / 1000;
    const std::uint64_t tzsp = be32(copy(" encap tzsp"), tzsp_time);
    EXPECT_LE((tzsp - microseconds) % (1ULL << 32U), now() / 1000 - microseconds);
}

}  // namespace
}  // namespace rmirror::vm
