// SPDX-License-Identifier: GPL-2.0-only
//
// Copies are not mirrored again: there are never more of them than originals and rules.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint64_t originals = 10;

// Long enough for thousands of rounds of a loop
constexpr std::chrono::seconds quiet{1};

test::Bytes marker() {
    return test::from_hex("72 6d 69 72 72 6f 72 20 6c 6f 6f 70");
}

// Copies of the originals, or of their copies, not of what else is on the link
bool is_marked_copy(const Frame &frame) {
    const test::Bytes wanted = marker();
    return is_copy()(frame) && !std::ranges::search(frame.bytes, wanted).empty();
}

std::uint64_t sum(const NetNs &netns, const std::string &column) {
    std::uint64_t all = 0;
    for (const Counters &counters : read_counters(netns)) {
        EXPECT_TRUE(counters.add_up());
        all += counters[column];
    }
    return all;
}

class LoopTest : public ::testing::TestWithParam<const char *> {
protected:
    // Every hook that sees packets of either direction
    static std::string everything(const std::string &statement) {
        std::string rules;
        for (const char *chain : {"prerouting", "input", "forward", "output", "postrouting"})
            rules += std::string("chain ") + chain + " { type filter hook " + chain +
                     " priority 0; " + statement + "; }\n";
        return "table inet mirror {\n" + rules + "}\n";
    }

    void send_originals() {
        for (std::uint64_t i = 0; i < originals; i++)
            send_udp(net_.sender, "10.1.0.2", 9, marker());
    }

    std::string to(const char *collector) const {
        return std::string("rmirror to ") + collector + GetParam();
    }

    Topology net_;
};

INSTANTIATE_TEST_SUITE_P(Encapsulations, LoopTest,
                         ::testing::Values("", " key 7", " encap erspan1", " encap erspan",
                                           " encap erspan3", " encap vxlan", " encap geneve",
                                           " encap tzsp", " mtu fragment"));

TEST_P(LoopTest, MirrorOfEverything) {
    net_.collector.sysctl("net.ipv4.icmp_ratelimit", "0");
    net_.router.nft(everything(to("10.0.0.5")));
    Capture capture(net_.collector, "eth0");
    send_originals();
    const std::size_t copies = capture.collect(is_marked_copy, quiet).size();
    // Prerouting and input see each; what the router answers passes output and postrouting.
    EXPECT_GE(copies, 2 * originals);
    EXPECT_LE(copies, 4 * originals);
    EXPECT_GE(sum(net_.router, "sent"), copies);
}

TEST_P(LoopTest, MirrorOfTheDeviceTheCopiesLeaveBy) {
    net_.router.nft(
        "table netdev mirror {\n"
        "chain in { type filter hook ingress device mon priority 0; " +
        to("10.0.0.5") +
        "; }\n"
        "chain out { type filter hook egress device mon priority 0; " +
        to("10.0.0.5") +
        "; }\n"
        "chain lan { type filter hook ingress device lan priority 0; " +
        to("10.0.0.5") + "; }\n}\n");
    Capture capture(net_.collector, "eth0");
    send_originals();
    const std::size_t copies = capture.collect(is_marked_copy, quiet).size();
    EXPECT_EQ(copies, originals);
    EXPECT_GE(sum(net_.router, "loop"), originals);
}

// The collector is a router with a mirror of its own, back to us.
TEST_P(LoopTest, TwoThatMirrorToEachOther) {
    net_.router.nft(everything(to("10.0.0.5")));
    net_.collector.nft(everything(to("10.0.0.1")));
    Capture there(net_.collector, "eth0");
    Capture back(net_.router, "mon");
    send_originals();
    const std::size_t copies = there.collect(is_marked_copy, quiet).size();
    EXPECT_GE(copies, originals);
    EXPECT_LE(copies, 4 * originals);
    // The other side may mirror what it answers, and nothing else.
    EXPECT_LE(back.collect(is_marked_copy).size(), 4 * originals);
}

}  // namespace
}  // namespace rmirror::vm
