// SPDX-License-Identifier: GPL-2.0-only
//
// Whoever does not want the copies says so by ICMP: that is counted, for those that it is about.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

struct Rule {
    const char *name;
    const char *wanted;  // what its collector does not
    const char *other;   // and another rule, of the same collector, that has nothing to do with it
};

void PrintTo(const Rule &rule, std::ostream *out) {
    *out << rule.name;
}

class Refused : public ::testing::TestWithParam<Rule> {
protected:
    // The counter of the first rule, when it has become 1 or will not any more
    std::uint64_t refused() {
        for (int i = 0; i < 100; i++) {
            if (read_counters(net_.router)[0]["refused"] != 0)
                break;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return read_counters(net_.router)[0]["refused"];
    }
    Topology net_;
};

TEST_P(Refused, IsCountedForThoseThatItIsAbout) {
    net_.router.nft(
        "table inet t { chain c { type filter hook input priority 0; udp dport 9 "
        "rmirror to " +
        std::string(GetParam().wanted) + "; udp dport 10 rmirror to " + GetParam().other +
        "; }; }");
    net_.send_datagram();
    EXPECT_EQ(refused(), 1U);
    const auto all = read_counters(net_.router);
    EXPECT_EQ(all[0]["sent"], 1U);
    EXPECT_EQ(all[1]["refused"], 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Collector, Refused,
    ::testing::Values(
        Rule{"NothingListensOnThePort", "10.0.0.5 encap vxlan", "10.0.0.5 encap vxlan port 4790"},
        Rule{"NoSuchProtocol", "10.0.0.5 key 7", "10.0.0.5 key 8"},
        Rule{"NoSuchProtocolWithoutAKey", "10.0.0.5 seq", "10.0.0.5 key 0"},
        Rule{"NothingListensOverIpv6", "fd00::5 encap geneve metadata", "fd00::5 encap tzsp"},
        Rule{"NoSuchProtocolOverIpv6", "fd00::5 encap erspan", "fd00::5 key 7"}),
    [](const auto &one) { return std::string(one.param.name); });

// A router in between has no way further, or forbids it.
TEST_F(TopologyTest, ARouterOnTheWayRefuses) {
    net_.router.ip("route add 10.9.0.0/24 via 10.0.0.5\n");
    net_.collector.sysctl("net.ipv4.ip_forward", "1");
    net_.collector.ip("route add prohibit 10.9.0.0/24\n");
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.9.0.1"));
    Injector(net_.sender, "eth0")
        .send(test::PacketBuilder()
                  .eth(Topology::sender_mac, Topology::lan_mac)
                  .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
                  .udp(1000, 9)
                  .payload(test::Bytes(64, 1))
                  .build());
    for (int i = 0; i < 100 && only_counters(net_.router)["refused"] == 0; i++)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(only_counters(net_.router)["refused"], 1U);
}

// An error of the collector about a copy that it was never sent, as anybody can make it up
test::Bytes made_up_error() {
    const test::Bytes quoted = test::PacketBuilder()
                                   .ipv4({.source = {10, 0, 0, 1}, .destination = {10, 0, 0, 5}})
                                   .gre()
                                   .payload(20)
                                   .build();
    test::Bytes icmp = {3, 2, 0, 0, 0, 0, 0, 0};  // no such protocol
    icmp.insert(icmp.end(), quoted.begin(), quoted.end());
    const std::uint16_t sum = test::internet_checksum(icmp);
    icmp[2] = static_cast<std::uint8_t>(sum >> 8U);
    icmp[3] = static_cast<std::uint8_t>(sum);
    return test::PacketBuilder()
        .eth(Topology::collector_mac, Topology::mon_mac)
        .ipv4({.source = {10, 0, 0, 5}, .destination = {10, 0, 0, 1}, .protocol = 1})
        .payload(icmp)
        .build();
}

// Each is a look at all mirrors: 500 a second of them are.
TEST_F(TopologyTest, ErrorsThatAnybodyMakesUpCostABoundedTime) {
    constexpr std::uint64_t sent = 20000;
    constexpr std::uint64_t a_second = 500;
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5"));
    const test::Bytes error = made_up_error();
    Injector injector(net_.collector, "eth0");
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < sent; i++)
        injector.send(error);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const auto bound = static_cast<std::uint64_t>((took.count() + 2) * a_second);
    ASSERT_LT(bound, sent) << "too slow a guest to tell";
    const std::uint64_t refused = only_counters(net_.router)["refused"];
    EXPECT_GE(refused, a_second);
    EXPECT_LE(refused, bound);
}

}  // namespace
}  // namespace rmirror::vm
