// SPDX-License-Identifier: GPL-2.0-only
//
// `rmirror doctor --probe`: how far its frames come is told at both ends, nothing else is touched,
// and nothing of it stays.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <regex>

#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/module.hpp"
#include "vm/support/operator.hpp"

namespace rmirror::vm {
namespace {

class ProbeTest : public OperatorTest {
protected:
    void expect_no_trace() const {
        EXPECT_EQ(net_.router.require({"nft", "list", "tables"}).find("probe"), std::string::npos);
        EXPECT_EQ(only_counters(net_.router)["matched"], 0U);
    }
    std::string probe(const std::string &text) const {
        return finding(text, {"doctor", "--probe"});
    }
};

TEST_F(ProbeTest, ArrivesAtTheCollector) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 key 7"));
    CollectorProcess collector(net_.collector, {});
    const std::string line = probe("no ICMP error within a second");
    std::smatch words;
    ASSERT_TRUE(std::regex_search(line, words,
                                  std::regex("^note: inet mirror input handle 2: probe "
                                             "([0-9a-f]{8})01 of 84 bytes left whole, "
                                             "[0-9a-f]{8}02 of 1500 bytes left in fragments, for "
                                             "10.0.0.5 by mon; ")))
        << line;
    const std::string label = words[1];
    EXPECT_TRUE(collector.says("probe " + label + "01 from 10.0.0.1 by gre key 7: 84 bytes, whole"))
        << collector.errors();
    EXPECT_TRUE(
        collector.says("probe " + label + "02 from 10.0.0.1 by gre key 7: 1500 bytes, whole"))
        << collector.errors();
    EXPECT_EQ(remedy_of(line), "rmirror collector --encap gre");
    expect_no_trace();
}

// Every kind of statement, as the user's own: `len` cuts, the key tells.
TEST_F(ProbeTest, IsSentAsTheMirrorsAre) {
    struct Case {
        const char *statement;
        const char *seen;
    };
    constexpr Case cases[] = {
        {"10.0.0.5 key 3 seq", "from 10.0.0.1 by gre key 3: 84 bytes, whole"},
        {"10.0.0.5 key 4 len 14", "by gre key 4: cut, 14 bytes of the frame are left"},
        {"10.0.0.5 encap erspan key 5 len 60", "by erspan session 5: 84 bytes, cut, 60 bytes"},
        {"10.0.0.5 encap erspan3 key 6 platform", "by erspan3 session 6: 1500 bytes, whole"},
        {"10.0.0.5 encap vxlan key 7", "by vxlan vni 7: 1500 bytes, whole"},
        {"fd00::5 encap geneve key 8 metadata", "from fd00::1 by geneve vni 8: 84 bytes, whole"},
        {"fd00::5 encap tzsp", "from fd00::1 by tzsp: 1500 bytes, whole"},
        {"10.0.0.5 key 9 mtu truncate", "by gre key 9: 1500 bytes, cut, 1472 bytes"},
    };
    std::string rules;
    for (const Case &one : cases)
        rules += std::string("rmirror to ") + one.statement + '\n';
    net_.router.nft(ruleset(hook("inet input"), rules));
    CollectorProcess collector(net_.collector, {});
    const CommandResult result = rmirror({"doctor", "--probe"});
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    for (const Case &one : cases)
        EXPECT_TRUE(collector.says(one.seen)) << one.seen << '\n' << collector.errors();
}

TEST_F(ProbeTest, ABarePacket) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 encap none"));
    CollectorProcess collector(net_.collector, {"--encap", "none", "--device", "eth0"});
    EXPECT_EQ(remedy_of(probe("no ICMP error")), "rmirror collector --encap none --device DEVICE");
    EXPECT_TRUE(collector.says("by none: 84 bytes, whole")) << collector.errors();
    expect_no_trace();
}

TEST_F(ProbeTest, BothEndsAsJson) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 key 7 len 60"));
    CollectorProcess collector(net_.collector, {"--json", "--key", "8"});
    const CommandResult result = rmirror({"doctor", "-j", "--probe"});
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    std::smatch label;
    ASSERT_TRUE(std::regex_search(result.out, label,
                                  std::regex("\"probes\": \\[\\s*\"([0-9a-f]{8}01)\"\\s*\\]")))
        << result.out;
    usleep(300'000);
    const CommandResult end = collector.stop(SIGTERM);
    EXPECT_NE(end.out.find("{\"probe\":\"" + std::string(label[1]) +
                           "\",\"from\":\"10.0.0.1\",\"encap\":\"gre\",\"key\":7,"
                           "\"wanted\":false,\"packet\":84,\"kept\":60,\"cut\":true}\n"),
              std::string::npos)
        << end.out;
}

TEST_F(ProbeTest, IsRefusedByTheCollector) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 encap vxlan key 7"));
    const std::string line =
        probe("10.0.0.5 answered: port unreachable. To receive copies, at the collector");
    EXPECT_TRUE(line.starts_with("wrong: ")) << line;
    net_.collector.require(
        {"sh", "-c", "PATH=${0%/*}:$PATH; " + remedy_of(line), rmirror_program()});
    EXPECT_TRUE(probe("no ICMP error within a second").starts_with("note: "));
}

// The kernel's GRE module answers for want of a tunnel, also where a raw socket took the copy.
TEST_F(ProbeTest, IsNotRefusedByTheGreModuleOfACollector) {
    const std::string missing = missing_modules({"ip_gre", "ip6_gre"});
    if (!missing.empty())
        GTEST_SKIP() << "this kernel has no" << missing;
    net_.router.nft(ruleset(hook("inet input"),
                            "rmirror to 10.0.0.5 key 7\nrmirror to fd00::5 encap erspan key 8\n"));
    for (const char *host : {"10.0.0.5", "fd00::5"})
        probe(std::string(host) + " answered: port unreachable. To receive copies");
    {
        CollectorProcess collector(net_.collector, {});
        for (const char *host : {"10.0.0.5", "fd00::5"})
            EXPECT_EQ(probe(std::string("for ") + host + " by mon; ").find("answered"),
                      std::string::npos);
        EXPECT_TRUE(collector.says("from 10.0.0.1 by gre key 7: 84 bytes, whole"));
        EXPECT_TRUE(collector.says("from fd00::1 by erspan session 8: 84 bytes, whole"));
        collector.stop(SIGKILL);
    }
    EXPECT_EQ(net_.collector.require({"nft", "list", "tables"}), "");
    const std::string line = probe("10.0.0.5 answered: port unreachable. To receive copies");
    net_.collector.require(
        {"sh", "-c", "PATH=${0%/*}:$PATH; " + remedy_of(line), rmirror_program()});
    probe("for 10.0.0.5 by mon; no ICMP error within a second");
}

TEST_F(ProbeTest, IsRefusedOnTheWay) {
    net_.router.ip("route add 192.0.2.0/24 via 10.0.0.5\nroute add 2001:db8:5::/64 via fd00::5\n");
    net_.router.nft(ruleset(hook("inet input"),
                            "rmirror to 192.0.2.7\nrmirror to 2001:db8:5::7 encap vxlan\n"));
    net_.collector.sysctl("net.ipv4.ip_forward", "1");
    net_.collector.sysctl("net.ipv6.conf.all.forwarding", "1");
    net_.collector.ip("route add unreachable 192.0.2.7\nroute add prohibit 2001:db8:5::7\n");
    EXPECT_EQ(remedy_of(probe("for 192.0.2.7 by mon and 10.0.0.5; 10.0.0.5 answered: the host "
                              "does not answer")),
              "tracepath -n 192.0.2.7");
    probe("and fd00::5; fd00::5 answered: a firewall forbids it");
}

// Each collector of a map is a way of its own.
TEST_F(ProbeTest, GoesToEachCollectorOfAMap) {
    net_.router.nft(
        "table inet t { map sensors { type ipv4_addr : ipv4_addr; elements = { 10.1.0.1 : "
        "10.0.0.5, 10.1.0.2 : 10.0.0.5, 10.1.0.3 : 10.0.0.77 }; }; chain c { type filter hook "
        "input priority 0; rmirror to ip saddr map @sensors key 7 len 60; }; }");
    CollectorProcess collector(net_.collector, {});
    const CommandResult result = rmirror({"doctor", "--probe"});
    EXPECT_EQ(result.status, 1) << result.out;
    EXPECT_NE(result.out.find("note: inet t c handle 3 to 10.0.0.5: probe "), std::string::npos)
        << result.out;
    EXPECT_NE(
        result.out.find("wrong: inet t c handle 3 to 10.0.0.77: 10.0.0.77 does not answer on mon"),
        std::string::npos)
        << result.out;
    EXPECT_EQ(result.out.find("not probed"), std::string::npos) << result.out;
    EXPECT_TRUE(collector.says("by gre key 7: 84 bytes, cut, 60 bytes")) << collector.errors();
    EXPECT_EQ(only_counters(net_.router)["matched"], 0U);
    const CommandResult shown = rmirror({"show"});
    EXPECT_TRUE(
        shown.out.starts_with("* inet t c handle 3: rmirror ip to .. map @sensors key 7 len 60\n"))
        << shown.out;
    EXPECT_NE(shown.out.find("* to 10.0.0.77: 10.0.0.77 does not answer on mon"), std::string::npos)
        << shown.out;
    // Named by its address, with the rule that leads to it.
    const std::string one = rmirror({"doctor", "10.0.0.77"}).out;
    EXPECT_NE(one.find("to 10.0.0.77: 10.0.0.77 does not answer"), std::string::npos) << one;
    EXPECT_NE(one.find("no packet has matched so far"), std::string::npos) << one;
    EXPECT_EQ(one.find("to 10.0.0.5"), std::string::npos) << one;
}

TEST_F(ProbeTest, GoesToTheDefaultAndTheIntervalsOfAnAnonymousMapOfIpv6) {
    net_.router.nft(
        ruleset(hook("inet input"),
                "rmirror ip6 to udp dport map { 1-9 : fd00::5, * : fd00::77 } encap vxlan key 9"));
    CollectorProcess collector(net_.collector, {});
    probe("inet mirror input handle 3 to fd00::5: probe ");
    probe("inet mirror input handle 3 to fd00::77: probe ");
    EXPECT_TRUE(collector.says("by vxlan vni 9: 84 bytes, whole")) << collector.errors();
    const CommandResult shown = rmirror({"show"});
    EXPECT_NE(shown.out.find("rmirror ip6 to .. map { .. } encap vxlan key 9"), std::string::npos)
        << shown.out;
}

TEST_F(ProbeTest, HasNoKeyOfThePackets) {
    net_.router.nft(
        ruleset(hook("inet input"),
                "rmirror to 10.0.0.5 encap vxlan key ip saddr map { 10.1.0.0/16 : 9 }"));
    CollectorProcess collector(net_.collector, {});
    probe("for 10.0.0.5 by mon with key 0, for the packet decides on the key; no ICMP error");
    EXPECT_TRUE(collector.says("by vxlan vni 0: 84 bytes, whole")) << collector.errors();
    const CommandResult shown = rmirror({"show"});
    EXPECT_NE(shown.out.find("rmirror to 10.0.0.5 encap vxlan key .. map { .. }"),
              std::string::npos)
        << shown.out;
}

// What the packet itself is sent to is known to nobody else.
TEST_F(ProbeTest, IsNotSentForAnAddressOfThePacket) {
    // That of a map was in the same register before.
    net_.router.nft(
        "table ip t { map m { type ipv4_addr : mark; elements = { 10.1.0.1 : 7 }; }; chain c { "
        "type "
        "filter hook input priority 0; meta mark set ip saddr map @m rmirror to ip saddr; }; }");
    probe("not probed: the packet decides on the collector");
    EXPECT_NE(rmirror({"show", "-j"}).out.find("\"statement\": \"rmirror ip to ..\""),
              std::string::npos);
}

TEST_F(ProbeTest, IsTooLong) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 mtu drop"));
    CollectorProcess collector(net_.collector, {});
    EXPECT_TRUE(probe("01 of 84 bytes left whole, ").starts_with("wrong: "));
    probe("02 of 1500 bytes not sent (too-big: too long for the path)");
    EXPECT_TRUE(collector.says("84 bytes, whole"));
}

TEST_F(ProbeTest, FindsASilentNeighbour) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.77"));
    expect_no_finding("does not answer");
    const CommandResult result = rmirror({"doctor", "--probe"});
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.out.find("10.0.0.77 does not answer on mon"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("bytes not sent (no-neighbour: the next hop does not answer)"),
              std::string::npos)
        << result.out;
    expect_no_trace();
}

TEST_F(ProbeTest, NothingStaysOfOneThatIsEnded) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.77"));
    for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
        const pid_t child = fork();
        if (child == 0) {
            const NetNs::Entered entered(net_.router);
            const std::string program = rmirror_program();
            execl(program.c_str(), "rmirror", "doctor", "--probe", nullptr);
            _exit(127);
        }
        bool is_there = false;
        for (int i = 0; i < 200 && !is_there; i++) {
            usleep(20'000);
            is_there = net_.router.require({"nft", "list", "tables"}).find("rmirror-probe-") !=
                       std::string::npos;
        }
        EXPECT_TRUE(is_there);
        kill(child, signal);
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status)) << status;
        expect_no_trace();
        net_.router.ip("neigh flush dev mon\n");
    }
}

TEST_F(ProbeTest, NeedsTheLoopbackDevice) {
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to 10.0.0.5"));
    net_.router.ip("link set lo down\n");
    const CommandResult result = rmirror({"doctor", "--probe"});
    EXPECT_EQ(result.status, 2) << result.out;
    net_.router.require(
        {"sh", "-c", remedy_of(probe("cannot send a probe by the loopback device"))});
    EXPECT_NE(rmirror({"doctor", "--probe"}).out.find("bytes left whole"), std::string::npos);
    expect_no_trace();
}

// What passes the loopback device meanwhile is neither mirrored nor held up.
TEST_F(ProbeTest, LeavesOtherTrafficAlone) {
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to 10.0.0.5"));
    CollectorProcess collector(net_.collector, {});
    const CommandResult pings = net_.router.exec(
        {"sh", "-c", "ping -qc 20 -i 0.2 127.0.0.1 & \"$0\" doctor --probe >&2; wait $!",
         rmirror_program()});
    EXPECT_NE(pings.out.find("20 received"), std::string::npos) << pings.out << pings.err;
    expect_no_trace();
    EXPECT_NE(collector.stop(SIGTERM).out.find("2 packets"), std::string::npos);
}

}  // namespace
}  // namespace rmirror::vm
