// SPDX-License-Identifier: GPL-2.0-only
//
// The doctor on rules that no packet reaches: the fault is made, the line is expected, and the
// remedy that it prints is typed and works.
#include <gtest/gtest.h>

#include "vm/support/command.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/module.hpp"
#include "vm/support/operator.hpp"
#include "vm/support/xtables.hpp"

namespace rmirror::vm {
namespace {

class RuleFinding : public OperatorTest {
protected:
    void expect_mirrored() const {
        send_counted();
        EXPECT_EQ(only_counters(net_.router)["sent"], 1U);
    }
    // From the sender to the collector, through the router
    void forward_one() const { net_.sender.exec({"ping", "-qc", "1", "-W", "5", "10.0.0.5"}); }
};

TEST_F(RuleFinding, ADormantTable) {
    net_.router.nft(
        "table inet t { flags dormant; chain c { type filter hook input priority 0; udp dport 9 "
        "rmirror to 10.0.0.5; }; }");
    type_remedy("no packet comes here: table inet t is dormant");
    expect_mirrored();
}

TEST_F(RuleFinding, AVerdictBeforeTheJump) {
    net_.router.nft(
        "table inet t { chain side { udp dport 9 rmirror to 10.0.0.5; }; chain base { type filter "
        "hook input priority 0; counter accept; jump side; }; }");
    type_remedy("of chain base takes all packets before one leads to chain side");
    expect_mirrored();
}

TEST_F(RuleFinding, AnEarlierChainDropsAll) {
    net_.router.nft(
        "table ip first { chain in { type filter hook input priority -5; counter; drop; }; }\n"
        "table ip t { chain in { type filter hook input priority 0; udp dport 9 rmirror to "
        "10.0.0.5; }; }");
    type_remedy("no packet comes here: chain ip first in (priority -5) drops all packets before");
    expect_mirrored();
}

TEST_F(RuleFinding, AnEarlierPolicyDropsAll) {
    net_.router.nft(
        "table inet first { chain in { type filter hook input priority -5; policy drop; udp dport "
        "7 counter; }; }\n"
        "table ip t { chain in { type filter hook input priority 0; udp dport 9 rmirror to "
        "10.0.0.5; }; }");
    type_remedy("chain inet first in (priority -5) drops all packets before");
    expect_mirrored();
}

TEST_F(RuleFinding, AnEarlierChainThatAcceptsSomeIsNone) {
    net_.router.nft(
        "table inet first { chain in { type filter hook input priority -5; policy drop; udp dport "
        "9 accept; }; }\n"
        "table inet t { chain in { type filter hook input priority 0; rmirror to 10.0.0.5; }; }");
    expect_no_finding("no packet comes here");
}

TEST_F(RuleFinding, AChainOfTheTypeNat) {
    net_.router.nft(
        "table ip t { chain pre { type nat hook prerouting priority -100; udp dport 9 rmirror to "
        "10.0.0.5; }; chain tracked { type filter hook input priority 0; ct state new counter; "
        "}; }");
    send();
    send_counted();
    const auto before = only_counters(net_.router)["matched"];
    EXPECT_EQ(before, 1U) << "both are of one flow";
    type_remedy(
        "only the first packet of each connection can come here: chain ip t pre is of the "
        "type nat");
    send();
    send_counted();
    for (int i = 0; i < 100 && only_counters(net_.router)["sent"] < 2; i++)
        usleep(20'000);
    EXPECT_EQ(only_counters(net_.router)["sent"], 2U);
}

TEST_F(RuleFinding, TheTableNatOfIptables) {
    const Userland here;
    here.require(net_.router, "iptables-nft -t nat -A PREROUTING -j RMIRROR --target 10.0.0.5");
    EXPECT_NE(
        finding("only the first packet of each connection can come to table nat: use -t mangle"),
        "");
    here.require(net_.router, "iptables-nft -t nat -F");
    here.require(net_.router, "iptables-nft -t mangle -A PREROUTING -j RMIRROR --target 10.0.0.5");
    expect_no_finding("the first packet");
}

TEST_F(RuleFinding, AMapWithoutCollectors) {
    net_.router.nft(
        "table inet t { map sensors { type inet_service : ipv4_addr; }; chain c { type filter "
        "hook input priority 0; rmirror to udp dport map @sensors; }; }");
    const std::string line = finding("no packet is mirrored: map sensors is empty");
    EXPECT_EQ(remedy_of(line), "nft add element inet t sensors '{ KEY : COLLECTOR }'");
    type_remedy("map sensors is empty", "KEY : COLLECTOR", "9 : 10.0.0.5");
    expect_mirrored();
}

TEST_F(RuleFinding, AMapOfMoreCollectorsThanAreExamined) {
    std::string elements;
    for (int i = 1; i <= 70; i++)
        elements += std::to_string(i) + " : 10.0.0." + std::to_string(100 + i) + ", ";
    net_.router.nft(
        "table inet t { map sensors { type inet_service : ipv4_addr; elements = { " + elements +
        "100 : 10.0.0.101 }; }; chain c { type filter hook input priority 0; rmirror to udp dport "
        "map @sensors; }; }");
    finding("6 collectors of map sensors not examined: there are too many");
}

// The counters are the rule's: which of its collectors refuses, probes tell.
TEST_F(RuleFinding, ACollectorOfAMapThatRefuses) {
    net_.router.nft(
        "table inet t { map sensors { type inet_service : ipv4_addr; elements = { 9 : 10.0.0.5, 7 "
        ": 10.0.0.1 }; }; chain c { type filter hook input priority 0; rmirror to udp dport map "
        "@sensors encap vxlan; }; }");
    finding("to 10.0.0.1: the collector 10.0.0.1 is this host itself");
    send_counted();
    for (int i = 0; i < 100 && only_counters(net_.router)["refused"] == 0; i++)
        usleep(20'000);
    const std::string line = finding(
        "1 ICMP error came back about copies: nothing takes vxlan at one of the collectors");
    EXPECT_EQ(remedy_of(line), "rmirror doctor --probe t/c");
    finding("to 10.0.0.5: probe ", {"doctor", "--probe", "t/c"});
    finding("10.0.0.5 answered: port unreachable", {"doctor", "--probe", "t/c"});
}

TEST_F(RuleFinding, AHostThatDoesNotForward) {
    net_.router.nft(ruleset(hook("ip forward"), "rmirror to 10.0.0.5"));
    expect_no_finding("no packet comes here");
    net_.router.sysctl("net.ipv4.ip_forward", "0");
    type_remedy("no packet comes here: this host does not forward packets");
    forward_one();
    EXPECT_GT(settled_counters(net_.router)["matched"], 0U);
}

TEST_F(RuleFinding, AHostThatForwardsTheOtherFamily) {
    net_.router.nft(ruleset(hook("ip6 forward"), "rmirror to 10.0.0.5"));
    net_.router.sysctl("net.ipv6.conf.all.forwarding", "0");
    type_remedy("no packet comes here: this host does not forward packets");
}

TEST_F(RuleFinding, ADeviceOfTheChainThatIsDown) {
    net_.router.ip("link add spare type dummy\n");
    net_.router.nft(ruleset(hook("netdev ingress"), "rmirror to 10.0.0.5", "spare"));
    type_remedy("no packet comes here: device spare is down");
    EXPECT_TRUE(net_.router.is_running("spare"));
}

TEST_F(RuleFinding, ADeviceOfTheChainWithoutACarrier) {
    net_.router.ip("link add one type veth peer name two\nlink set one up\n");
    net_.router.nft(ruleset(hook("netdev ingress"), "rmirror to 10.0.0.5", "one"));
    EXPECT_EQ(remedy_of(finding("no packet comes here: device one has no carrier")),
              "ip link show one");
    net_.router.ip("link set two up\n");
    expect_no_finding("no packet comes here");
}

std::string flowtable(const std::string &mirror) {
    return "table inet t { flowtable f { hook ingress priority 0; devices = { lan, mon }; }; "
           "chain way { type filter hook forward priority 0; ip protocol udp flow add @f; }; }\n" +
           mirror;
}

TEST_F(RuleFinding, AFlowtable) {
    net_.router.nft(flowtable(
        "table inet m { chain way { type filter hook forward priority 5; rmirror to 10.0.0.5; }; "
        "}"));
    type_remedy(
        "packets of flows in a flowtable do not come here (rule inet t way handle 3 "
        "offloads them)");
    expect_mirrored();
}

TEST_F(RuleFinding, AnIngressChainBehindAFlowtable) {
    net_.router.nft(flowtable(
        "table netdev m { chain c { type filter hook ingress device lan priority 5; ip protocol "
        "udp rmirror to 10.0.0.5; }; }"));
    type_remedy("packets of flows in a flowtable do not come here");
    expect_mirrored();
}

// The card takes the flowtable, as the doctor sees it from there; that it would forward is not
// shown.
TEST_F(RuleFinding, AFlowtableInHardware) {
    require_command(
        {"sh", "-ec",
         "modprobe rmirror_bench_nic name=card; ip link set card up netns " + net_.router.name()});
    net_.router.ip("link set card up\n");
    net_.router.nft(
        "table inet t { flowtable f { hook ingress priority 0; devices = { card }; flags offload; "
        "}; chain way { type filter hook forward priority 0; ip protocol udp flow add @f; }; }\n"
        "table netdev m { chain c { type filter hook ingress device card priority -300; rmirror to "
        "10.0.0.5; }; chain here { type filter hook ingress device lan priority 0; udp dport 9 "
        "rmirror to 10.0.0.5 key 1; }; }");
    const std::string line = finding("netdev m c handle");
    EXPECT_NE(line.find("offloads them to hardware, where no hook sees them"), std::string::npos)
        << line;
    EXPECT_EQ(rmirror({"doctor", "m/here"}).out.find("flowtable"), std::string::npos);
    type_remedy("offloads them to hardware");
    EXPECT_EQ(net_.router.require({"nft", "list", "chain", "inet", "t", "way"}).find("flow add"),
              std::string::npos);
    net_.router.nft("flush ruleset\n");
    net_.router.exec({"ip", "link", "set", "card", "netns", "1"});
    remove_module("rmirror_bench_nic");
}

TEST_F(RuleFinding, AFlowtableHidesNothingFromOthers) {
    net_.router.nft(flowtable(
        "table inet m { chain in { type filter hook input priority 0; rmirror to 10.0.0.5; }; }\n"
        "table netdev m { chain c { type filter hook ingress device lan priority -5; rmirror to "
        "10.0.0.5 key 1; }; }"));
    expect_no_finding("flowtable");
}

}  // namespace
}  // namespace rmirror::vm
