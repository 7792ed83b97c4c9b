// SPDX-License-Identifier: GPL-2.0-only
//
// Collectors that are expressions, in rules of the stock nft with the plugin: where the packets go.
#include <gtest/gtest.h>
#include <net/if.h>

#include <set>
#include <tuple>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

class ExpressionTest : public TopologyTest {
protected:
    ExpressionTest() {
        // A second collector beside the first
        net_.collector.ip("addr add 10.0.0.6/24 dev eth0\n");
        net_.router.ip(
            "neigh add 10.0.0.6 lladdr 02:00:00:00:00:05 dev mon\n"
            "neigh add fd00::6 lladdr 02:00:00:00:00:05 dev mon\n");
        capture_ = std::make_unique<Capture>(net_.collector, "eth0");
    }

    // Only what is sent here: ICMP errors of the collector would have their turns, too.
    void load(const std::string &family, const std::string &rule) const {
        const bool is_netdev = family == "netdev", is_bridge = family == "bridge";
        net_.router.nft("table " + family + " t {\n" +
                        "map by_source { type ipv4_addr : ipv4_addr; elements = { 10.1.0.1 : "
                        "10.0.0.5 }; }\n"
                        "chain c {\ntype filter hook " +
                        (is_netdev ? "ingress device \"lan\"" : "prerouting") + " priority " +
                        (is_bridge ? "-300" : "0") + ";\n" + rule + "\n}\n}\n");
    }

    void send(const char *source, std::uint16_t port = 9) const {
        Injector(net_.sender, "eth0")
            .send(test::PacketBuilder()
                      .eth(Topology::sender_mac, Topology::lan_mac)
                      .ipv4({.source = test::ipv4(source), .destination = Topology::lan_ipv4})
                      .udp(1000, port)
                      .payload(20)
                      .build());
    }

    // Where the next copy went: the last byte of the outer destination
    int next_collector() {
        const std::vector<Frame> copies = capture_->wait_for(1, is_copy());
        if (copies.empty())
            return 0;
        const bool ipv4 = copies[0].bytes.at(12) == 0x08 && copies[0].bytes.at(13) == 0x00;
        return copies[0].bytes.at(ipv4 ? 33 : 53);
    }

    // lan becomes a port of a bridge that has the router's addresses.
    void bridge_lan() const {
        net_.router.ip(
            "link add br0 address 02:00:00:00:01:02 type bridge\n"
            "link set lan master br0\n"
            "link set br0 up\n");
    }

    std::unique_ptr<Capture> capture_;
};

class ExpressionFamily : public ExpressionTest, public testing::WithParamInterface<const char *> {
    void SetUp() override {
        if (std::string(GetParam()) == "bridge")
            bridge_lan();
    }
};

TEST_P(ExpressionFamily, AnonymousMap) {
    load(GetParam(),
         "udp dport 9 rmirror to ip saddr map { 10.1.0.1 : 10.0.0.5, 10.1.0.3 : 10.0.0.6 }");
    send("10.1.0.1");
    EXPECT_EQ(next_collector(), 5);
    send("10.1.0.3");
    EXPECT_EQ(next_collector(), 6);
}

// An element takes effect when it is added; a packet without one is not mirrored.
TEST_P(ExpressionFamily, NamedMap) {
    load(GetParam(), "udp dport 9 rmirror to ip saddr map @by_source");
    send("10.1.0.3");
    send("10.1.0.1");
    EXPECT_EQ(next_collector(), 5);
    net_.router.nft(std::string("add element ") + GetParam() +
                    " t by_source { 10.1.0.3 : 10.0.0.6 }\n");
    send("10.1.0.3");
    EXPECT_EQ(next_collector(), 6);
    EXPECT_EQ(only_counters(net_.router)["matched"], 2U);
}

TEST_P(ExpressionFamily, InTurn) {
    load(GetParam(),
         "udp dport 9 rmirror to numgen inc mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 } len 60");
    std::multiset<int> seen;
    for (int i = 0; i < 4; i++) {
        send("10.1.0.1");
        seen.insert(next_collector());
    }
    EXPECT_EQ(seen, (std::multiset<int>{5, 5, 6, 6}));
}

// IPv6 collectors of packets of IPv4: what nft wants to check for its assignment is not in the
// rule.
TEST_P(ExpressionFamily, CollectorsOfTheOtherFamily) {
    load(GetParam(),
         "udp dport 9 rmirror to udp sport map { 1000 : fd00::5, 1001 : fd00::6 } encap vxlan");
    send("10.1.0.1");
    EXPECT_EQ(next_collector(), 5);
    EXPECT_TRUE(only_counters(net_.router).are({{"matched", 1}, {"sent", 1}}));
}

INSTANTIATE_TEST_SUITE_P(Families, ExpressionFamily,
                         testing::Values("inet", "ip", "bridge", "netdev"),
                         [](const auto &each) { return std::string(each.param); });

// The VNI of the next copy
std::uint32_t vni_of(const Frame &copy) {
    const auto *vxlan = copy.bytes.data() + 14 + 20 + 8;
    return vxlan[4] << 16U | vxlan[5] << 8U | vxlan[6];
}

TEST_P(ExpressionFamily, KeyOfTheInterface) {
    load(GetParam(), "udp dport 9 rmirror to 10.0.0.5 encap vxlan key iif");
    send("10.1.0.1");
    const std::vector<Frame> copies = capture_->wait_for(1, is_copy());
    ASSERT_EQ(copies.size(), 1U);
    const int index = net_.router.run([] { return static_cast<int>(if_nametoindex("lan")); });
    EXPECT_EQ(vni_of(copies[0]), static_cast<std::uint32_t>(index));
}

// Each is computed in registers of its own.
TEST_P(ExpressionFamily, CollectorAndKey) {
    load(GetParam(),
         "udp dport 9 rmirror to ip saddr map { 10.1.0.1 : 10.0.0.5, 10.1.0.3 : 10.0.0.6 } encap "
         "vxlan key ip saddr . udp sport map { 10.1.0.1 . 1000 : 7, 10.1.0.3 . 1000 : 0x10008 } "
         "rmirror to ip saddr map @by_source encap vxlan key @th,0,16");
    for (const auto &[source, collector, key] :
         {std::tuple{"10.1.0.3", 6, 0x10008U}, std::tuple{"10.1.0.1", 5, 7U}}) {
        send(source);
        // The second statement has no collector for the first source.
        const std::vector<Frame> copies = capture_->wait_for(collector == 5 ? 2 : 1, is_copy());
        ASSERT_EQ(copies.size(), collector == 5 ? 2U : 1U);
        EXPECT_EQ(copies[0].bytes.at(33), collector);
        EXPECT_EQ(vni_of(copies[0]), key);
        if (copies.size() > 1) {
            EXPECT_EQ(copies[1].bytes.at(33), 5);
            EXPECT_EQ(vni_of(copies[1]), 1000U);
        }
    }
}

TEST_P(ExpressionFamily, KeyOfAMapAndOfAHeader) {
    load(GetParam(),
         "udp dport 9 rmirror to 10.0.0.5 encap vxlan key ip saddr map { 10.1.0.1 : 7, 10.1.0.3 : "
         "0x10008 } rmirror to 10.0.0.6 encap vxlan key udp sport");
    for (const std::pair<const char *, std::uint32_t> &sent :
         {std::pair{"10.1.0.1", 7U}, std::pair{"10.1.0.3", 0x10008U}}) {
        send(sent.first);
        const std::vector<Frame> copies = capture_->wait_for(2, is_copy());
        ASSERT_EQ(copies.size(), 2U);
        EXPECT_EQ(vni_of(copies[0]), sent.second);
        EXPECT_EQ(vni_of(copies[1]), 1000U);
    }
    send("10.1.0.9");  // which the map does not have
    EXPECT_TRUE(capture_->collect(is_copy()).empty());
}

// Packets of IPv6 reach a mirror whose collectors are of IPv4.
TEST_F(ExpressionTest, PacketsOfIpv6ToCollectorsOfIpv4) {
    load("inet", "udp dport 9 rmirror to symhash mod 1 map { 0 : 10.0.0.6 }");
    Injector(net_.sender, "eth0")
        .send(test::PacketBuilder()
                  .eth(Topology::sender_mac, Topology::lan_mac)
                  .ipv6({.source = Topology::sender_ipv6, .destination = Topology::lan_ipv6})
                  .udp(1000, 9)
                  .payload(20)
                  .build());
    EXPECT_EQ(next_collector(), 6);
    EXPECT_TRUE(only_counters(net_.router).are({{"matched", 1}, {"sent", 1}}));
}

}  // namespace
}  // namespace rmirror::vm
