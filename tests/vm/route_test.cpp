// SPDX-License-Identifier: GPL-2.0-only
//
// Which way copies go: routes that lead nowhere, sources of other hosts, and next hops that die.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "vm/support/capture.hpp"
#include "vm/support/encapsulation.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/processor.hpp"
#include "vm/support/time_scale.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint16_t discard = 9;

class RouteTest : public TopologyTest {
protected:
    void mirror(const std::vector<std::string> &statements) {
        std::string rules;
        for (const std::string &statement : statements)
            rules += "udp dport 9 rmirror to " + statement + "\n";
        net_.router.nft(ruleset(hook("inet input"), rules));
    }

    void send(std::size_t count = 1) {
        for (std::size_t i = 0; i < count; i++)
            send_udp(net_.sender, "10.1.0.2", discard, test::Bytes(20, 0x5a));
    }
};

// Every kind of route that refuses, in both families, with and without an outer header
TEST_F(RouteTest, ThatRefusesIsNoRoute) {
    std::string refuse;
    std::string allow;
    std::vector<std::string> statements;
    unsigned number = 1;
    for (const char *kind : {"unreachable", "prohibit", "blackhole", "throw"}) {
        for (const bool ipv6 : {false, true}) {
            const std::string collector =
                (ipv6 ? "2001:db8::" : "192.0.2.") + std::to_string(number);
            const std::string words = std::string("route add ") + kind + " " + collector + "\n";
            refuse += words;
            allow += "route del" + words.substr(9);
            allow += "route add " + collector + " via " + (ipv6 ? "fd00::5\n" : "10.0.0.5\n");
            for (const char *encap : {"", " encap vxlan", " encap none"})
                statements.push_back(collector + encap);
        }
        number++;
    }
    net_.router.ip(refuse);
    mirror(statements);
    Capture answers(net_.sender, "eth0");
    send(2);
    std::vector<Counters> all = read_counters(net_.router);
    ASSERT_EQ(all.size(), statements.size());
    for (std::size_t i = 0; i < all.size(); i++)
        EXPECT_TRUE(all[i].are({{"matched", 2}, {"no-route", 2}})) << statements[i];
    // The sender hears of its port that is closed, and of nothing else.
    EXPECT_TRUE(answers
                    .collect([](const Frame &frame) {
                        return has_ip_protocol(1)(frame) && frame.bytes[35] != 3;
                    })
                    .empty());
    // When there is a route the mirror is back.
    net_.router.ip(allow);
    send();
    all = read_counters(net_.router);
    for (std::size_t i = 0; i < all.size(); i++)
        EXPECT_TRUE(all[i].are({{"matched", 3}, {"no-route", 2}, {"sent", 1}})) << statements[i];
}

// The word `from` takes any address: a virtual one that another host has for now, or one to tell
// mirrors apart by.
TEST_F(RouteTest, MayHaveASourceOfAnotherHost) {
    std::vector<std::string> statements;
    for (const Encapsulation &encap : encapsulations())
        for (const char *ends : {"10.0.0.5 from 192.0.2.77", "fd00::5 from 2001:db8::77"})
            statements.push_back(std::string(ends) + " encap " + encap.word);
    mirror(statements);
    Capture copies(net_.collector, "eth0");
    send();
    const std::vector<Frame> seen =
        copies.wait_for(statements.size(), is_copy(), std::chrono::seconds(1));
    EXPECT_EQ(seen.size(), statements.size());
    for (const Frame &copy : seen) {
        if (copy.bytes[14] >> 4U == 4)
            EXPECT_TRUE(std::ranges::equal(test::ByteView(copy.bytes).subspan(14 + 12, 4),
                                           test::ipv4("192.0.2.77")));
        else
            EXPECT_TRUE(std::ranges::equal(test::ByteView(copy.bytes).subspan(14 + 8, 16),
                                           test::ipv6("2001:db8::77")));
    }
    const std::vector<Counters> all = read_counters(net_.router);
    for (std::size_t i = 0; i < all.size(); i++)
        EXPECT_TRUE(all[i].are({{"matched", 1}, {"sent", 1}})) << statements[i];
}

// Two ways to a collector. The next hop that the copies take stops to answer.
class DeadNextHop : public ::testing::TestWithParam<bool> {
protected:
    DeadNextHop() {
        create_veth({net_.router, "mon2", test::mac("02:00:00:00:03:01")},
                    {net_.collector, "eth1", test::mac("02:00:00:00:03:05")});
        net_.router.sysctl("net.ipv4.fib_multipath_use_neigh", "1");
        // A host leaves a next hop that does not answer, a router of IPv6 stays with it.
        if (GetParam())
            net_.router.sysctl("net.ipv6.conf.all.forwarding", "0");
        for (const char *device : {"mon", "mon2"}) {
            const std::string neighbours =
                std::string("net.") + (GetParam() ? "ipv6" : "ipv4") + ".neigh." + device + ".";
            for (const char *key : {"ucast_solicit", "mcast_solicit", "delay_first_probe_time"})
                net_.router.sysctl(neighbours + key, "1");
            net_.router.sysctl(neighbours + "retrans_time_ms",
                               std::to_string(scaled(std::chrono::milliseconds(100)).count()));
        }
        net_.sender.ip("neigh replace 10.1.0.2 lladdr 02:00:00:00:01:02 nud permanent dev eth0\n");
        net_.router.ip(
            "addr add fe80::1/64 dev mon nodad\naddr add 10.3.0.1/24 dev mon2\n"
            "addr add fd00:3::1/64 dev mon2 nodad\naddr add fe80::1/64 dev mon2 nodad\n"
            "route add 10.50.0.5 nexthop via 10.0.0.5 nexthop via 10.3.0.5\n");
        net_.collector.ip(
            "addr add 10.3.0.5/24 dev eth1\naddr add fd00:3::5/64 dev eth1 nodad\n"
            "addr add 10.50.0.5/32 dev lo\n");
        first_ = std::make_unique<Capture>(net_.collector, "eth0");
        second_ = std::make_unique<Capture>(net_.collector, "eth1");
    }

    void send(std::size_t count) {
        for (std::size_t i = 0; i < count; i++) {
            send_udp(net_.sender, "10.1.0.2", discard, test::Bytes(20, 0x5a));
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }

    std::size_t arrived(Capture &way, std::size_t at_most) {
        return way.wait_for(at_most, is_copy(), std::chrono::milliseconds(500)).size();
    }

    // The collector by which copies go over the second link, where a choice of the kernel's that is
    // made again finds the first. IPv6 looks at no other than the one that the hash has chosen.
    std::string choose() {
        if (!GetParam())
            return "10.50.0.5";
        std::string batch;
        for (unsigned i = 1; i <= tries; i++)
            batch += "route add fd50::" + std::to_string(i) +
                     " nexthop via fd00::5 dev mon nexthop via fd00:3::5 dev mon2\n";
        net_.router.ip(batch);
        // Not every kernel takes a next hop that it knows nothing of (CONFIG_IPV6_ROUTER_PREF).
        for (const char *next_hop : {"fd00::5", "fd00:3::5"})
            net_.router.require({"ping", "-c1", next_hop});
        for (unsigned i = 1; i <= tries; i++) {
            std::string address = "fd50::" + std::to_string(i);
            net_.router.nft("flush ruleset\n" +
                            ruleset(hook("inet input"), "udp dport 9 rmirror to " + address));
            send(1);
            if (arrived(*second_, 1) == 1)
                return address;
            first_->collect(any_frame(), std::chrono::milliseconds(1));
        }
        return "";
    }

    static constexpr unsigned tries = 12;
    // Each processor may have its own idea of the way.
    const OneProcessor here_;
    Topology net_{{.static_neighbours = false}};
    std::unique_ptr<Capture> first_;
    std::unique_ptr<Capture> second_;
};

TEST_P(DeadNextHop, IsLeftByTheCopies) {
    const std::string collector = choose();
    ASSERT_FALSE(collector.empty()) << "no copy went by the second link";
    net_.router.nft("flush ruleset\n" +
                    ruleset(hook("inet input"), "udp dport 9 rmirror to " + collector));
    send(4);
    const std::size_t by_first = arrived(*first_, 4);
    const std::size_t by_second = arrived(*second_, 4 - by_first);
    ASSERT_EQ(by_first + by_second, 4U);
    ASSERT_TRUE(by_first == 0 || by_second == 0) << "the copies are spread";
    const bool second_dies = by_second != 0;
    Capture &alive = second_dies ? *first_ : *second_;
    const std::string ipv4_of_it = second_dies ? "10.3.0.5" : "10.0.0.5";
    const std::string address =
        GetParam() ? (second_dies ? "fd00:3::5/64" : "fd00::5/64") : ipv4_of_it + "/24";
    net_.collector.ip("addr del " + address + " dev " + (second_dies ? "eth1\n" : "eth0\n"));
    net_.router.ip("neigh del " + address.substr(0, address.find('/')) + " dev " +
                   (second_dies ? "mon2\n" : "mon\n"));
    send(3);
    EXPECT_TRUE(settled_counters(net_.router).add_up());
    alive.collect(any_frame());
    // Those were lost at most, and no reload is needed.
    send(5);
    EXPECT_EQ(arrived(alive, 5), 5U);
    const Counters counters = settled_counters(net_.router);
    EXPECT_GE(counters["sent"], 9U);
    EXPECT_TRUE(counters.add_up());
}

INSTANTIATE_TEST_SUITE_P(Families, DeadNextHop, ::testing::Bool(),
                         [](const auto &ipv6) { return ipv6.param ? "IPv6" : "IPv4"; });

}  // namespace
}  // namespace rmirror::vm
