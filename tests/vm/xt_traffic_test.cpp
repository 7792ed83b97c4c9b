// SPDX-License-Identifier: GPL-2.0-only
//
// Packets through the target: the examples of the original's users, TEE's recipes and what replaces
// them, bridges, ARP, and re-entry.
#include <gtest/gtest.h>

#include <linux/netfilter/rmirror.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/rule.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"
#include "vm/support/xtables.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::PacketBuilder;

bool is_probe(const Frame &frame) {
    return has_ip_protocol(17)(frame) && !is_copy()(frame);
}

Bytes probe(const test::Ipv4Address &destination, std::uint8_t ttl = 64) {
    return PacketBuilder()
        .eth(Topology::sender_mac, Topology::lan_mac)
        .ipv4({.source = Topology::sender_ipv4,
               .destination = destination,
               .ttl = ttl,
               .id = 77,
               .dont_fragment = true})
        .udp(1000, 9)
        .payload(200)
        .build();
}

Bytes probe6(const test::Ipv6Address &destination) {
    return PacketBuilder()
        .eth(Topology::sender_mac, Topology::lan_mac)
        .ipv6({.source = Topology::sender_ipv6, .destination = destination})
        .udp(1000, 9)
        .payload(200)
        .build();
}

Bytes l3_of(const Bytes &frame) {
    return {frame.begin() + 14, frame.end()};
}

class XtTrafficTest : public ::testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        std::string missing = here_.missing();
        if (missing.empty() && GetParam() == "legacy")
            missing = missing_legacy_tables();
        if (!missing.empty())
            GTEST_SKIP() << missing;
        for (const char *device : {"lan", "mon"})
            set_offload(net_.router, device, Offload::tx_checksum, false);
    }

    void rule(const std::string &arguments, const std::string &program = "iptables") {
        here_.require(net_.router, program + "-" + GetParam() + " " + arguments);
    }

    void send(const Bytes &frame) { Injector(net_.sender, "eth0").send(frame); }

    // The frames in the copies that come in while `act` runs
    template <typename Act>
    std::vector<Bytes> copies(std::size_t count, Act &&act) {
        Capture capture(net_.collector, "eth0");
        act();
        std::vector<Bytes> frames;
        for (const Frame &copy : capture.wait_for(count, is_copy())) {
            EXPECT_TRUE(outer_checksums_hold(copy));
            const auto inner = inner_frame(copy);
            if (inner)
                frames.push_back(*inner);
        }
        EXPECT_TRUE(capture.collect(is_copy()).empty());
        return frames;
    }

    Topology net_;
    Userland here_;
};

// As the original's README has them
TEST_P(XtTrafficTest, AllThatComesIn) {
    rule("-A INPUT -j RMIRROR --target 10.0.0.5");
    const Bytes frame = probe(Topology::lan_ipv4);
    const auto seen = copies(1, [&] { send(frame); });
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_TRUE(test::same_bytes(frame, seen[0]));
}

TEST_P(XtTrafficTest, CutTo60Bytes) {
    rule("-A INPUT -j RMIRROR --target 10.0.0.5 --len 60");
    Bytes frame = probe(Topology::lan_ipv4);
    const auto seen = copies(1, [&] { send(frame); });
    ASSERT_EQ(seen.size(), 1U);
    frame.resize(60);
    EXPECT_TRUE(test::same_bytes(frame, seen[0]));
}

TEST_P(XtTrafficTest, FromOneAddress) {
    rule("-A INPUT -s 10.1.0.9 -j RMIRROR --target 10.0.0.5");
    EXPECT_TRUE(copies(0, [&] { send(probe(Topology::lan_ipv4)); }).empty());
    rule("-A INPUT -s 10.1.0.1 -j RMIRROR --target 10.0.0.5");
    EXPECT_EQ(copies(1, [&] { send(probe(Topology::lan_ipv4)); }).size(), 1U);
}

TEST_P(XtTrafficTest, OfOneMacAddress) {
    rule("-A INPUT -m mac --mac-source 02:00:00:00:01:09 -j RMIRROR --target 10.0.0.5");
    EXPECT_TRUE(copies(0, [&] { send(probe(Topology::lan_ipv4)); }).empty());
    rule("-A INPUT -m mac --mac-source 02:00:00:00:01:01 -j RMIRROR --target 10.0.0.5");
    EXPECT_EQ(copies(1, [&] { send(probe(Topology::lan_ipv4)); }).size(), 1U);
}

TEST_P(XtTrafficTest, WhatGoesToOneAddress) {
    rule("-A OUTPUT -d 10.1.0.1 -j RMIRROR --target 10.0.0.5");
    Capture originals(net_.sender, "eth0");
    const auto seen = copies(1, [&] { send_udp(net_.router, "10.1.0.1", 9, Bytes(200)); });
    const auto wire = originals.wait_for(1, is_probe);
    ASSERT_EQ(wire.size(), 1U);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_TRUE(test::same_bytes(wire[0].bytes, seen[0]));
}

TEST_P(XtTrafficTest, Ipv6) {
    rule("-A INPUT -p udp -j RMIRROR --target fd00::5 --len 80", "ip6tables");
    Bytes frame = probe6(Topology::lan_ipv6);
    const auto seen = copies(1, [&] { send(frame); });
    ASSERT_EQ(seen.size(), 1U);
    frame.resize(80);
    EXPECT_TRUE(test::same_bytes(frame, seen[0]));
}

// The rule after it has its turn, and the packet goes where it went.
TEST_P(XtTrafficTest, TheNextRuleSeesThePacketToo) {
    rule("-A FORWARD -p udp -j RMIRROR --target 10.0.0.5 --key 1");
    rule("-A FORWARD -p udp -j RMIRROR --target 10.0.0.5 --key 2");
    Capture originals(net_.collector, "eth0");
    EXPECT_EQ(copies(2, [&] { send(probe(Topology::collector_ipv4)); }).size(), 2U);
    EXPECT_EQ(originals.wait_for(1, is_probe).size(), 1U);
    for (const Counters &counters : read_counters(net_.router))
        EXPECT_TRUE(counters.are({{"matched", 1}, {"sent", 1}}));
}

// TEE's recipe, and its replacement: the collector gets the same packets.
class XtTeeTest : public XtTrafficTest {
protected:
    // What reaches the collector as bare packets while a frame of TTL 7 is forwarded to 10.9.9.9
    std::vector<Bytes> bare(const std::string &chain, const std::string &target) {
        rule("-t mangle -A " + chain + " -p udp -j " + target);
        Capture capture(net_.collector, "eth0");
        send(probe({10, 9, 9, 9}, 7));
        std::vector<Bytes> all;
        for (const Frame &frame : capture.collect(is_probe, std::chrono::milliseconds(500)))
            all.push_back(frame.bytes);
        rule("-t mangle -F " + chain);
        std::sort(all.begin(), all.end());
        return all;
    }
};

// .. but for the TTL: TEE takes one off in PREROUTING and INPUT, a mirror nowhere.
TEST_P(XtTeeTest, TheReplacementSendsWhatTeeSends) {
    // Back to where it came from, so that only copies reach the collector.
    net_.router.ip("route add 10.9.9.9 via 10.1.0.1\n");
    for (const char *chain : {"PREROUTING", "POSTROUTING"}) {
        const auto tee = bare(chain, "TEE --gateway 10.0.0.5");
        const auto ours = bare(chain, "RMIRROR --gateway 10.0.0.5");
        ASSERT_EQ(tee.size(), 1U) << chain;
        ASSERT_EQ(ours.size(), 1U) << chain;
        EXPECT_TRUE(test::same_bytes({tee[0].begin(), tee[0].begin() + 14},
                                     {ours[0].begin(), ours[0].begin() + 14}));
        EXPECT_TRUE(test::same_bytes(l3_of(probe({10, 9, 9, 9}, 6)), l3_of(tee[0]))) << chain;
        const Bytes expected = l3_of(probe({10, 9, 9, 9}, chain[1] == 'R' ? 7 : 6));
        EXPECT_TRUE(test::same_bytes(expected, l3_of(ours[0]))) << chain;
    }
}

// The better one: with the Ethernet header, and across a router, which TEE's copies do not survive.
TEST_P(XtTeeTest, TheBetterOneKeepsTheHeaderAndCrossesRouters) {
    NetNs far("far");
    create_veth({net_.collector, "beyond", {2, 0, 0, 0, 2, 1}}, {far, "eth0", {2, 0, 0, 0, 2, 2}});
    net_.collector.ip("addr add 10.2.0.1/24 dev beyond\n");
    net_.collector.sysctl("net.ipv4.ip_forward", "1");
    far.ip("addr add 10.2.0.2/24 dev eth0\nroute add default via 10.2.0.1\n");
    net_.router.ip("route add 10.2.0.0/24 via 10.0.0.5\nroute add 10.9.9.9 via 10.1.0.1\n");

    rule("-t mangle -A PREROUTING -p udp -j RMIRROR --target 10.2.0.2");
    Capture capture(far, "eth0");
    const Bytes frame = probe({10, 9, 9, 9}, 7);
    send(frame);
    const auto seen = capture.wait_for(1, is_copy());
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_TRUE(test::same_bytes(frame, inner_frame(seen[0]).value_or(Bytes{})));
}

// A copy that enters the table again that it comes from, in OUTPUT below a tunnel device that leads
// to the collector, and jumps as deep there: ip_tables has one stack of return addresses for a CPU
// and table. Without xt_tee_enabled and TEE's guard the outer traversal returns to the inner one's
// chains.
TEST_P(XtTeeTest, ReentryDoesNotDisturbTheOuterTraversal) {
    if (run_command({"modprobe", "ipip"}).status != 0)
        GTEST_SKIP() << "this kernel has no ipip";
    net_.router.ip(
        "link add below type ipip local 10.0.0.1 remote 10.0.0.5\n"
        "addr add 10.3.0.1/24 dev below\nlink set below up\n");
    for (const char *chain : {"out1", "out2", "out3", "in1", "in2", "in3"})
        rule(std::string("-t mangle -N ") + chain);
    rule("-t mangle -A OUTPUT -p ipencap -j in1");
    rule("-t mangle -A in1 -j in2");
    rule("-t mangle -A in2 -j in3");
    rule("-t mangle -A in3 -m comment --comment reentered");
    rule("-t mangle -A OUTPUT -p udp -j out1");
    rule("-t mangle -A out1 -j out2");
    rule("-t mangle -A out2 -j out3");
    rule("-t mangle -A out3 -j RMIRROR --target 10.3.0.5 --len 100");
    rule("-t mangle -A out2 -m comment --comment after-2");
    rule("-t mangle -A out1 -m comment --comment after-1");
    rule("-t mangle -A OUTPUT -p udp -m comment --comment after-0");

    constexpr unsigned each = 1000;
    const auto load = [this] {
        for (unsigned i = 0; i < each; i++)
            send_udp(net_.router, "10.1.0.1", 9, Bytes(64));
    };
    std::thread other(load);
    load();
    other.join();
    const std::string counted =
        here_.require(net_.router, "iptables-" + GetParam() + " -t mangle -nvxL");
    const auto count = [&counted](const char *mark) {
        const auto lines = lines_with(counted, mark);
        return lines.size() == 1 ? std::stoul(lines[0]) : 0;
    };
    for (const char *mark : {"after-2", "after-1", "after-0", "reentered"})
        EXPECT_EQ(count(mark), 2 * each)
            << counted << net_.router.require({"ip", "-s", "-s", "link", "show", "below"})
            << net_.router.require({"nstat", "-as"});
    EXPECT_TRUE(only_counters(net_.router).are({{"matched", 2 * each}, {"sent", 2 * each}}));
}

INSTANTIATE_TEST_SUITE_P(Backends, XtTrafficTest, ::testing::Values("legacy", "nft"),
                         [](const auto &each) { return each.param; });
INSTANTIATE_TEST_SUITE_P(Backends, XtTeeTest, ::testing::Values("legacy", "nft"),
                         [](const auto &each) { return each.param; });

// Families that have no legacy program
class XtFamilyTest : public TopologyTest {
protected:
    void SetUp() override {
        if (const std::string missing = here_.missing(); !missing.empty())
            GTEST_SKIP() << missing;
    }
    Userland here_;
};

// XT_CONTINUE would be ACCEPT here, and the second rule not be reached.
TEST_F(XtFamilyTest, EbtablesGoesOnWithTheNextRule) {
    NetNs far("far");
    create_veth({net_.router, "port", {2, 0, 0, 0, 3, 1}}, {far, "eth0", {2, 0, 0, 0, 3, 2}});
    net_.router.ip(
        "link add br0 type bridge\nlink set lan master br0\nlink set port master br0\n"
        "link set br0 up\n");
    for (const char *key : {"1", "2"})
        here_.require(net_.router,
                      std::string("ebtables -A FORWARD -p IPv4 -j RMIRROR --target 10.0.0.5 "
                                  "--key ") +
                          key);
    here_.require(net_.router, "ebtables -A FORWARD -p IPv4 -j DROP");
    EXPECT_EQ(lines_with(here_.require(net_.router, "ebtables -L"), "-j RMIRROR").size(), 2U);
    const Bytes frame = PacketBuilder()
                            .eth(Topology::sender_mac, {2, 0, 0, 0, 3, 2})
                            .ipv4({.source = Topology::sender_ipv4, .destination = {10, 1, 0, 9}})
                            .udp(1000, 9)
                            .payload(100)
                            .build();
    Capture copies(net_.collector, "eth0");
    Capture beyond(far, "eth0");
    Injector(net_.sender, "eth0").send(frame);
    const auto seen = copies.wait_for(2, is_copy());
    ASSERT_EQ(seen.size(), 2U);
    for (const Frame &copy : seen)
        EXPECT_TRUE(test::same_bytes(frame, inner_frame(copy).value_or(Bytes{})));
    EXPECT_TRUE(beyond.collect(is_probe).empty());
}

TEST_F(XtFamilyTest, Arptables) {
    here_.require(net_.router, "arptables -A INPUT -j RMIRROR --target 10.0.0.5");
    EXPECT_EQ(lines_with(here_.require(net_.router, "arptables -L"), "rmirror to 10.0.0.5").size(),
              1U);
    net_.sender.ip("neigh del 10.1.0.2 dev eth0\n");
    Capture copies(net_.collector, "eth0");
    net_.sender.exec({"ping", "-n", "-c", "1", "-W", "2", "10.1.0.2"});
    const auto seen = copies.wait_for(1, is_copy());
    ASSERT_EQ(seen.size(), 1U);
    const Bytes inner = inner_frame(seen[0]).value_or(Bytes{});
    ASSERT_GT(inner.size(), 14U);
    EXPECT_EQ(inner[12], 0x08);
    EXPECT_EQ(inner[13], 0x06);
}

// Netlink as iptables-nft writes it, where iptables has no table: `inet`, and hooks that are not
// ours.
class XtCompatTest : public XtFamilyTest {
protected:
    // NFPROTO_*
    inline static const std::map<std::string, std::uint8_t> families = {
        {"inet", 1}, {"ip", 2}, {"arp", 3}, {"netdev", 5}, {"bridge", 7}, {"ip6", 10}};
    // NFTA_TARGET_*
    static constexpr std::uint16_t target_name = 1, target_revision = 2, target_info = 3;

    int append(const std::string &words, const Bytes &info, std::uint32_t revision = 1) {
        const Hook at = hook(words);
        net_.router.nft("flush ruleset\n" + ruleset(at, ""));
        return append_rule(net_.router, "mirror", at.name,
                           {{"target",
                             {text(target_name, "RMIRROR"), number(target_revision, revision),
                              bytes(target_info, info)}}},
                           families.at(at.family));
    }

    static Bytes info_of(const xt_rmirror_tginfo_v1 &info) {
        const auto *begin = reinterpret_cast<const std::uint8_t *>(&info);
        return {begin, begin + sizeof(info)};
    }

    static xt_rmirror_tginfo_v1 plain() {
        xt_rmirror_tginfo_v1 info{};
        info.family = 2;
        const std::uint8_t collector[] = {10, 0, 0, 5};
        std::copy(std::begin(collector), std::end(collector),
                  reinterpret_cast<std::uint8_t *>(info.addr));
        return info;
    }
};

TEST_F(XtCompatTest, Inet) {
    // The kernel has no name by which to ask for a target of this family.
    require_command({"modprobe", "xt_RMIRROR"});
    ASSERT_EQ(append("inet input", info_of(plain())), 0);
    Capture copies(net_.collector, "eth0");
    Injector(net_.sender, "eth0").send(probe(Topology::lan_ipv4));
    Injector(net_.sender, "eth0").send(probe6(Topology::lan_ipv6));
    EXPECT_EQ(copies.wait_for(2, is_copy()).size(), 2U);
}

TEST_F(XtCompatTest, HooksAndFamiliesThatAreNotItsOwn) {
    EXPECT_NE(append("inet ingress", info_of(plain())), 0);
    EXPECT_NE(append("netdev ingress", info_of(plain())), 0);
    EXPECT_EQ(append("arp input", info_of(plain())), 0);
    EXPECT_EQ(append("bridge forward", info_of(plain())), 0);
    EXPECT_TRUE(!read_counters(net_.router).empty());
}

TEST_F(XtCompatTest, BytesThatMeanNothing) {
    const auto refused = [this](auto change) {
        xt_rmirror_tginfo_v1 info = plain();
        change(info);
        return append("ip input", info_of(info)) != 0;
    };
    EXPECT_TRUE(refused([](auto &info) { info.family = 7; }));
    EXPECT_TRUE(refused([](auto &info) { info.family = 0; }));
    EXPECT_TRUE(refused([](auto &info) { info.addr[0] = 0; }));
    EXPECT_TRUE(refused([](auto &info) { info.addr[3] = 1; }));
    EXPECT_TRUE(refused([](auto &info) { info.saddr[0] = 1; }));
    EXPECT_TRUE(refused([](auto &info) { info.reserved = 1; }));
    EXPECT_TRUE(refused([](auto &info) { info.given = 1; }));
    EXPECT_TRUE(refused([](auto &info) { info.given = 1U << 31; }));
    EXPECT_TRUE(refused([](auto &info) { info.len = 60; }));
    EXPECT_TRUE(refused([](auto &info) { info.oifname[0] = 'a'; }));
    EXPECT_TRUE(refused([](auto &info) {
        info.given = 1U << NFTA_RMIRROR_OIFNAME;
        std::fill(std::begin(info.oifname), std::end(info.oifname), 'a');
    }));
    EXPECT_TRUE(refused([](auto &info) { info.given = 1U << NFTA_RMIRROR_OIFNAME; }));
    EXPECT_TRUE(refused([](auto &info) {
        info.given = 1U << NFTA_RMIRROR_LEN;
        info.len = 13;
    }));
    EXPECT_TRUE(refused([](auto &info) {
        info.given = 1U << NFTA_RMIRROR_ENCAP;
        info.encap = 99;
    }));
    EXPECT_TRUE(refused([](auto &info) {
        info.given = 1U << NFTA_RMIRROR_FLAGS;
        info.flags = 0x80;
    }));
    EXPECT_FALSE(refused([](auto &info) { info.mirror = 0x1122334455667788; }));
    EXPECT_EQ(read_counters(net_.router).size(), 1U);
}

// The rules of a binary of the original target: its bytes, whatever its `len`.
TEST_F(XtCompatTest, TheOriginalsRules) {
    const auto info = [](std::uint32_t len) {
        xt_rmirror_tginfo old{};
        const std::uint8_t collector[] = {10, 0, 0, 5};
        std::copy(std::begin(collector), std::end(collector),
                  reinterpret_cast<std::uint8_t *>(old.dst));
        old.len = len;
        const auto *begin = reinterpret_cast<const std::uint8_t *>(&old);
        Bytes all(begin, begin + sizeof(old));
        // What the program's alignment left there, if it is a 64 bit one
        all.insert(all.end(), {0xde, 0xad, 0xbe, 0xef});
        return all;
    };
    const Bytes frame = probe(Topology::lan_ipv4);
    for (const auto &[len, expected] : {std::pair<std::uint32_t, std::size_t>{0, frame.size()},
                                        {60, 60},
                                        {5, 14},
                                        {100000, frame.size()}}) {
        ASSERT_EQ(append("ip input", info(len), 0), 0) << len;
        Capture copies(net_.collector, "eth0");
        Injector(net_.sender, "eth0").send(frame);
        const auto seen = copies.wait_for(1, is_copy());
        ASSERT_EQ(seen.size(), 1U) << len;
        EXPECT_EQ(inner_frame(seen[0]).value_or(Bytes{}).size(), expected) << len;
        const std::string listed = here_.require(net_.router, "nft list ruleset");
        EXPECT_NE(listed.find(expected == frame.size()
                                  ? std::string("\t\trmirror to 10.0.0.5\n")
                                  : "\t\trmirror to 10.0.0.5 len " + std::to_string(expected)),
                  std::string::npos)
            << listed;
    }
    EXPECT_NE(append("ip6 input", info(0), 0), 0);
}

}  // namespace
}  // namespace rmirror::vm
