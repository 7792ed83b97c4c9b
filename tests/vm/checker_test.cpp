// SPDX-License-Identifier: GPL-2.0-only
//
// The checker that other tests rely on does see what a rule changes.
#include <gtest/gtest.h>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/checker.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

class CheckerTest : public TopologyTest {
protected:
    // Sends a packet through the router, past `rule`.
    void pass(const std::string &rule) {
        net_.router.nft(ruleset(hook("inet forward"), rule));
        net_.collector.nft(ruleset(hook("inet input"), "drop"));  // no answer
        Capture capture(net_.collector, "eth0");
        Injector(net_.sender, "eth0")
            .send(test::PacketBuilder()
                      .eth(Topology::sender_mac, Topology::lan_mac)
                      .ipv4({.source = Topology::sender_ipv4,
                             .destination = Topology::collector_ipv4})
                      .udp(1000, 9)
                      .payload(100)
                      .build());
        ASSERT_EQ(capture.wait_for(1, has_ip_protocol(17)).size(), 1U);
    }
};

TEST_F(CheckerTest, SeesThatNothingChanges) {
    const Checker checker(net_.router, {"lan"});
    pass("counter");
    EXPECT_TRUE(checker.saw_no_change());
    // prerouting, forward, postrouting, lan's ingress
    EXPECT_EQ(checker.compared(), 4U);
}

TEST_F(CheckerTest, DoesNotTakeNoPacketForNoChange) {
    EXPECT_FALSE(Checker(net_.router).saw_no_change());
}

struct Change {
    const char *rule;
    const char *field;
};

void PrintTo(const Change &change, std::ostream *out) {
    *out << change.rule;
}

class CheckerChange : public CheckerTest, public ::testing::WithParamInterface<Change> {};

TEST_P(CheckerChange, IsSeen) {
    const Checker checker(net_.router);
    pass(GetParam().rule);
    EXPECT_FALSE(checker.saw_no_change());
    const std::map<std::string, std::uint64_t> changes = checker.changes();
    ASSERT_TRUE(changes.contains(GetParam().field));
    EXPECT_EQ(changes.at(GetParam().field), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, CheckerChange,
    ::testing::Values(Change{"meta mark set 1", "mark"},
                      Change{"meta priority set 1:2", "priority"},
                      // To name the packet, a trace computes its hash.
                      Change{"meta nftrace set 1", "hash"}, Change{"ip ttl set 9", "data_bytes"},
                      Change{"ether saddr set 02:00:00:00:00:99", "headroom"}));

}  // namespace
}  // namespace rmirror::vm
