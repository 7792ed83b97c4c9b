// SPDX-License-Identifier: GPL-2.0-only
//
// What goes wrong with a copy: the original does not notice, the reason is counted, and when the
// cause is gone the mirror is back by itself.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint16_t discard = 9;

bool is_probe(const Frame &frame) {
    return has_ip_protocol(17)(frame) && !is_copy()(frame);
}

// The mirror is at forward; its originals go from the sender to a host behind a third link.
class FailureTest : public ::testing::Test {
protected:
    explicit FailureTest(const Topology::Options &options = {}) : net_(options) {
        create_veth({net_.router, "out", test::mac("02:00:00:00:02:01")},
                    {other_, "eth0", test::mac("02:00:00:00:02:02")});
        net_.router.ip(
            "addr add 10.2.0.1/24 dev out\n"
            "neigh replace 10.2.0.2 lladdr 02:00:00:00:02:02 nud permanent dev out\n");
        other_.ip("addr add 10.2.0.2/24 dev eth0\n");
        originals_ = std::make_unique<Capture>(other_, "eth0");
        copies_ = std::make_unique<Capture>(net_.collector, "eth0");
    }

    void mirror(const std::string &statement = "rmirror to 10.0.0.5") {
        net_.router.nft(ruleset(hook("inet forward"), "udp dport 9 " + statement));
    }

    // Sends originals one after the other; every one of them has to arrive.
    void send(std::size_t count) {
        for (std::size_t i = 0; i < count; i++)
            send_udp(net_.sender, "10.2.0.2", discard, test::from_hex("01 02 03"));
        EXPECT_EQ(originals_->wait_for(count, is_probe).size(), count);
    }

    void expect_copies(std::size_t count) {
        EXPECT_EQ(copies_->wait_for(count, is_copy()).size(), count);
        EXPECT_TRUE(copies_->collect(is_copy()).empty());
    }

    void expect_counted(const std::map<std::string, std::uint64_t> &expected) {
        EXPECT_TRUE(settled_counters(net_.router).are(expected));
    }

    Topology net_;
    NetNs other_{"other"};
    std::unique_ptr<Capture> originals_;
    std::unique_ptr<Capture> copies_;
};

TEST_F(FailureTest, NoRoute) {
    mirror("rmirror to 192.0.2.1");
    send(3);
    expect_counted({{"matched", 3}, {"no-route", 3}});
    net_.router.ip("route add 192.0.2.1 via 10.0.0.5\n");
    send(1);
    expect_copies(1);
    expect_counted({{"matched", 4}, {"no-route", 3}, {"sent", 1}});
}

TEST_F(FailureTest, NoRouteOverIpv6) {
    mirror("rmirror to 2001:db8::1");
    send(2);
    expect_counted({{"matched", 2}, {"no-route", 2}});
    net_.router.ip("route add 2001:db8::1 via fd00::5\n");
    send(1);
    expect_copies(1);
    expect_counted({{"matched", 3}, {"no-route", 2}, {"sent", 1}});
}

TEST_F(FailureTest, UnreachableRoute) {
    net_.router.ip("route add unreachable 192.0.2.0/24\n");
    mirror("rmirror to 192.0.2.1");
    send(2);
    expect_counted({{"matched", 2}, {"no-route", 2}});
}

TEST_F(FailureTest, LinkDownWhileTrafficFlows) {
    mirror();
    send(2);
    expect_copies(2);
    net_.router.ip("link set mon down\n");
    send(3);
    expect_counted({{"matched", 5}, {"sent", 2}, {"no-route", 3}});
    net_.router.ip(
        "link set mon up\n"
        "neigh replace 10.0.0.5 lladdr 02:00:00:00:00:05 nud permanent dev mon\n");
    send(1);
    expect_copies(1);
    expect_counted({{"matched", 6}, {"sent", 3}, {"no-route", 3}});
}

TEST_F(FailureTest, CarrierLost) {
    mirror();
    send(1);
    net_.collector.ip("link set eth0 down\n");
    send(2);
    expect_counted({{"matched", 3}, {"sent", 1}, {"no-route", 2}});
    net_.collector.ip("link set eth0 up\n");
    send(1);
    expect_counted({{"matched", 4}, {"sent", 2}, {"no-route", 2}});
}

TEST_F(FailureTest, RouteMovesToAnotherDevice) {
    mirror();
    send(1);
    expect_copies(1);
    net_.router.ip("route add 10.0.0.5/32 via 10.2.0.2\n");
    send(1);
    EXPECT_EQ(originals_->wait_for(1, is_copy()).size(), 1U);
    net_.router.ip("route del 10.0.0.5/32\n");
    send(1);
    expect_copies(1);
    expect_counted({{"matched", 3}, {"sent", 3}});
}

TEST_F(FailureTest, CollectorOnThisHost) {
    for (const char *collector : {"10.0.0.1", "127.0.0.1", "10.0.0.255", "::1", "fd00:1::2"}) {
        net_.router.nft("flush ruleset");
        mirror(std::string("rmirror to ") + collector);
        send(2);
        EXPECT_TRUE(only_counters(net_.router).are({{"matched", 2}, {"local", 2}})) << collector;
    }
    expect_copies(0);
}

// An ICMP error for every copy, each of which quotes one; a mirror of everything skips them.
TEST_F(FailureTest, CollectorThatDoesNotListen) {
    net_.collector.sysctl("net.ipv4.icmp_ratelimit", "0");
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 encap vxlan"));
    for (int i = 0; i < 5; i++)
        send_udp(net_.sender, "10.1.0.2", discard, test::from_hex("01"));
    expect_copies(5);
    const std::vector<Frame> errors = copies_->wait_for(0, has_ip_protocol(1));
    const Counters counters = only_counters(net_.router);
    EXPECT_TRUE(counters.add_up());
    EXPECT_EQ(counters["sent"], 5U);
    EXPECT_EQ(counters["loop"], 5U);
}

class NeighbourTest : public FailureTest {
protected:
    NeighbourTest() : FailureTest({.static_neighbours = false}) {
        send_udp(net_.sender, "10.2.0.2", 1, test::from_hex("00"));
        // Neighbour discovery wants a link-local address of the one who asks.
        net_.router.ip("neigh flush dev mon\naddr add fe80::1/64 dev mon nodad\n");
    }
};

// Not one copy is lost while the neighbour is being asked for.
TEST_F(NeighbourTest, IsResolvedByTheFirstCopies) {
    mirror();
    send(5);
    expect_copies(5);
    expect_counted({{"matched", 5}, {"sent", 5}});
}

TEST_F(NeighbourTest, IsResolvedOverIpv6Too) {
    mirror("rmirror to fd00::5");
    send(5);
    expect_copies(5);
    expect_counted({{"matched", 5}, {"sent", 5}});
}

TEST_F(NeighbourTest, DoesNotAnswer) {
    mirror("rmirror to 10.0.0.77");
    send(5);
    expect_counted({{"matched", 5}, {"no-neighbour", 5}});
    expect_copies(0);
}

TEST_F(NeighbourTest, RuleGoesWhileCopiesWait) {
    mirror("rmirror to 10.0.0.77");
    send(5);
    net_.router.nft("flush ruleset");
    EXPECT_TRUE(read_counters(net_.router).empty());
}

TEST_F(NeighbourTest, WaitingCopiesAreBounded) {
    mirror("rmirror to 10.0.0.77");
    // So many bytes wait for a neighbour, and no copy takes less memory than this.
    constexpr unsigned bound = 212992, least = 512, many = 1000;
    send(many);
    const Counters counters = only_counters(net_.router);
    EXPECT_GE(counters["no-neighbour"], many - bound / least);
    expect_counted({{"matched", many}, {"no-neighbour", many}});
}

TEST_F(FailureTest, DeviceAppearsAndIsRenamed) {
    mirror("rmirror to 10.0.0.5 device \"tap7\"");
    send(1);
    expect_counted({{"matched", 1}, {"no-route", 1}});
    net_.router.ip(
        "link set mon down\nlink set mon name tap7\nlink set tap7 up\n"
        "neigh replace 10.0.0.5 lladdr 02:00:00:00:00:05 nud permanent dev tap7\n");
    send(1);
    expect_copies(1);
    net_.router.ip(
        "link set tap7 down\nlink set tap7 name mon\nlink set mon up\n"
        "neigh replace 10.0.0.5 lladdr 02:00:00:00:00:05 nud permanent dev mon\n");
    send(1);
    expect_counted({{"matched", 3}, {"no-route", 2}, {"sent", 1}});
}

TEST_F(FailureTest, DeviceGoesAndComesBack) {
    create_veth({net_.router, "m2", test::mac("02:00:00:00:03:01")},
                {net_.collector, "m2", test::mac("02:00:00:00:03:05")});
    const auto set_up = [this] {
        net_.router.ip(
            "addr add 10.3.0.1/24 dev m2\n"
            "neigh replace 10.3.0.5 lladdr 02:00:00:00:03:05 nud permanent dev m2\n");
    };
    set_up();
    mirror("rmirror to 10.3.0.5 device \"m2\"");
    send(1);
    net_.router.ip("link del m2\n");
    send(1);
    expect_counted({{"matched", 2}, {"sent", 1}, {"no-route", 1}});
    create_veth({net_.router, "m2", test::mac("02:00:00:00:03:01")},
                {net_.collector, "m2", test::mac("02:00:00:00:03:05")});
    set_up();
    const std::unique_ptr<Capture> there = std::make_unique<Capture>(net_.collector, "m2");
    send(2);
    EXPECT_EQ(there->wait_for(2, is_copy()).size(), 2U);
    expect_counted({{"matched", 4}, {"sent", 3}, {"no-route", 1}});
}

TEST_F(FailureTest, GroupOnADevice) {
    for (const auto &[group, mac] : {std::pair{"239.1.2.3", "01 00 5e 01 02 03"},
                                     std::pair{"ff05::12:3456", "33 33 00 12 34 56"}}) {
        mirror(std::string("rmirror to ") + group + " device \"mon\"");
        send(1);
        const std::vector<Frame> copies = copies_->wait_for(1, is_copy());
        ASSERT_EQ(copies.size(), 1U) << group;
        EXPECT_TRUE(
            test::same_bytes(test::from_hex(mac), test::ByteView(copies[0].bytes).first(6)));
        expect_counted({{"matched", 1}, {"sent", 1}});
        net_.router.nft("flush ruleset");
    }
}

// Each original has a port and an entry of its own; copies have none, however they leave.
TEST_F(FailureTest, CopiesAreNotTracked) {
    net_.router.nft(
        "table inet track { chain in { type filter hook prerouting priority -10;"
        " ct state established counter; }; }");
    // One byte too few for the copy of a probe
    net_.router.ip("route add 10.0.0.6/32 via 10.0.0.5 mtu lock 68\n");
    std::size_t sent = 0;
    for (const auto &[statement, outcome] :
         {std::pair{"to 10.0.0.5", "sent"}, std::pair{"to fd00::5 encap vxlan", "sent"},
          std::pair{"to 10.0.0.6", "fragmented"}, std::pair{"to 10.0.0.5 encap none", "sent"}}) {
        mirror(std::string("rmirror ") + statement);
        send(3);
        sent += 3;
        expect_counted({{"matched", 3}, {outcome, 3}});
        net_.router.nft("delete table inet mirror");
        EXPECT_EQ(net_.router.require({"cat", "/proc/sys/net/netfilter/nf_conntrack_count"}),
                  std::to_string(sent) + "\n")
            << statement;
    }
}

TEST_F(FailureTest, MarkChoosesTheRoute) {
    net_.router.ip(
        "rule add fwmark 7 lookup 100\n"
        "route add 192.0.2.1 via 10.0.0.5 table 100\n");
    mirror("rmirror to 192.0.2.1 mark 7");
    send(1);
    expect_copies(1);
    expect_counted({{"matched", 1}, {"sent", 1}});
}

TEST_F(FailureTest, DeviceMayBeAVrf) {
    net_.router.ip(
        "link add blue type vrf table 200\nlink set blue up\nlink set mon master blue\n"
        "neigh replace 10.0.0.5 lladdr 02:00:00:00:00:05 nud permanent dev mon\n");
    mirror();
    send(1);
    expect_counted({{"matched", 1}, {"no-route", 1}});
    net_.router.nft("flush ruleset");
    mirror("rmirror to 10.0.0.5 device \"blue\"");
    send(2);
    expect_copies(2);
    expect_counted({{"matched", 2}, {"sent", 2}});
}

TEST_F(FailureTest, RulesOfAnotherNetnsDoNotSeeOurRoutes) {
    NetNs island("island");
    island.nft(ruleset(hook("inet output"), "rmirror to 10.0.0.5"));
    send_udp(island, "127.0.0.1", discard, test::from_hex("01"));
    EXPECT_TRUE(only_counters(island).add_up());
    EXPECT_EQ(only_counters(island)["no-route"], only_counters(island)["matched"]);
    EXPECT_TRUE(read_counters(net_.router).empty());
    expect_copies(0);
}

}  // namespace
}  // namespace rmirror::vm
