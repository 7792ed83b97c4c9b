// SPDX-License-Identifier: GPL-2.0-only
//
// The doctor on copies that do not arrive, do not fit, come back or have no answer: the fault is
// made, the line is expected, and the remedy that it prints is typed and works.
#include <gtest/gtest.h>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/command.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/operator.hpp"
#include "vm/support/tap.hpp"

namespace rmirror::vm {
namespace {

constexpr const char *key = "0x00112233445566778899aabbccddeeff00112233";

class WayFinding : public OperatorTest {
protected:
    // A route that waits for a state must not outlive a test that fails.
    void TearDown() override { net_.router.nft("flush ruleset"); }

    static void need(const char *module) {
        if (run_command({"modprobe", module}).status != 0)
            GTEST_SKIP() << "this kernel has no " << module;
    }
    static std::string filled(std::string text, const std::string &word, const std::string &value) {
        const auto at = text.find(word);
        return at == std::string::npos ? text : text.replace(at, word.size(), value);
    }
    // The state that the finding says is missing
    void add_state(const std::string &line) const {
        const std::string command = filled(filled(remedy_of(line), "SPI", "0x2001"), "KEY", key);
        const CommandResult typed = net_.router.exec({"sh", "-c", command});
        EXPECT_EQ(typed.status, 0) << command << ": " << typed.err;
    }
};

TEST_F(WayFinding, AnIpsecPolicyWithoutAState) {
    ASSERT_NO_FATAL_FAILURE(need("esp4"));
    if (IsSkipped())
        return;
    net_.router.ip(
        "xfrm policy add src 10.0.0.1 dst 10.0.0.5 proto gre dir out tmpl proto esp reqid 1 mode "
        "transport\n");
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to 10.0.0.5"));
    send_counted();
    EXPECT_EQ(only_counters(net_.router)["no-route"], 1U);
    EXPECT_EQ(rmirror({"show"}).out.substr(0, 2), "* ");
    add_state(
        finding("an IPsec policy wants ESP to 10.0.0.5, and there is no security association"));
    expect_no_finding("IPsec");
    Capture wire(net_.collector, "eth0");
    send_counted();
    EXPECT_EQ(wire.wait_for(1, has_ip_protocol(50)).size(), 1U);
}

TEST_F(WayFinding, AnIpsecPolicyOfATunnelOverIpv6) {
    ASSERT_NO_FATAL_FAILURE(need("esp6"));
    if (IsSkipped())
        return;
    net_.router.ip(
        "xfrm policy add src ::/0 dst fd00::/64 proto udp dport 4789 dir out tmpl src fd00::1 dst "
        "fd00::9 proto esp reqid 5 mode tunnel\n");
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to fd00::5 encap vxlan"));
    const std::string line = finding("an IPsec policy wants ESP to fd00::5");
    EXPECT_NE(line.find("src fd00::1 dst fd00::9"), std::string::npos) << line;
    add_state(line);
    expect_no_finding("IPsec");
}

TEST_F(WayFinding, IpsecPoliciesAboutOtherPackets) {
    ASSERT_NO_FATAL_FAILURE(need("esp4"));
    if (IsSkipped())
        return;
    const std::string wants = " dir out tmpl proto esp reqid 1 mode transport\n";
    net_.router.ip(
        "xfrm policy add src 10.0.0.1 dst 10.0.0.5 proto udp" + wants +
        "xfrm policy add src 10.0.0.1 dst 10.0.0.6" + wants +
        "xfrm policy add src 10.0.0.1 dst 10.0.0.5 proto gre key 8" + wants +
        "xfrm policy add src 10.0.0.1 dst 10.0.0.5 mark 4 mask 0xff" + wants +
        "xfrm policy add src 10.0.0.1 dst 10.0.0.5 proto gre key 7 priority 1 dir out\n");
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to 10.0.0.5 key 7"));
    expect_no_finding("IPsec");
    send_counted();
    EXPECT_EQ(only_counters(net_.router)["sent"], 1U);
}

TEST_F(WayFinding, AnIpsecPolicyThatForbids) {
    ASSERT_NO_FATAL_FAILURE(need("esp4"));
    if (IsSkipped())
        return;
    net_.router.ip("xfrm policy add src 0.0.0.0/0 dst 10.0.0.0/24 dir out action block\n");
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to 10.0.0.5"));
    EXPECT_NE(net_.router
                  .require({"sh", "-c",
                            remedy_of(finding("an IPsec policy forbids packets to 10.0.0.5"))})
                  .find("action block"),
              std::string::npos);
    net_.router.ip("xfrm policy flush\n");
    expect_no_finding("IPsec");
}

TEST_F(WayFinding, AnswersThatAreDropped) {
    net_.router.ip("rule add fwmark 5 table 100\nroute add 10.0.0.5 via 10.1.0.1 table 100\n");
    net_.router.sysctl("net.ipv4.conf.all.rp_filter", "0");
    net_.router.sysctl("net.ipv4.conf.lan.rp_filter", "1");
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 mark 5"));
    type_remedy(
        "ICMP errors about copies are dropped when they come by lan, which is not on the route to "
        "10.0.0.5 (rp_filter)");
}

TEST_F(WayFinding, AnswersThatGoElsewhere) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 from 192.0.2.9"));
    EXPECT_TRUE(
        finding("ICMP errors about copies go to 192.0.2.9, which is not an address of this host")
            .starts_with("note: "));
    net_.router.ip("address add 192.0.2.9/32 dev lo\n");
    expect_no_finding("ICMP errors about copies");
}

TEST_F(WayFinding, ATunnelOfAProgram) {
    require_command({"modprobe", "tun"});
    const Tap tunnel(net_.router, "vpn");
    net_.router.ip("address add 192.0.2.1/24 dev vpn\n");
    net_.router.nft(ruleset(hook("inet output"), "rmirror to 192.0.2.5"));
    EXPECT_TRUE(finding("copies leave by vpn, the tunnel of a program").starts_with("note: "));
    net_.router.nft("flush ruleset\n" + ruleset(hook("inet input"), "rmirror to 192.0.2.5"));
    expect_no_finding("the tunnel of a program");
}

// Between namespaces the kernel knows the packet itself again, and counts `loop`: what another host
// forwards is a frame like this.
TEST_F(WayFinding, BareCopiesThatComeBack) {
    net_.collector.sysctl("net.ipv4.ip_forward", "1");
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to 10.0.0.5 encap none"));
    send_counted();
    Injector(net_.collector, "eth0")
        .send(test::PacketBuilder()
                  .eth(Topology::collector_mac, Topology::mon_mac)
                  .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
                  .udp(1000, 9)
                  .payload(72)
                  .build());
    for (int i = 0; i < 100 && only_counters(net_.router)["nested"] == 0; i++)
        usleep(50'000);
    const std::string line = finding("1 packet looked like copies that came back");
    EXPECT_NE(line.find("10.0.0.5 forwards them. At the collector; type: "), std::string::npos)
        << line;
    net_.collector.require({"sh", "-c", remedy_of(line)});
    const auto before = settled_counters(net_.router)["matched"];
    send_counted();
    usleep(300'000);
    EXPECT_EQ(settled_counters(net_.router)["matched"], before + 1);
}

TEST_F(WayFinding, AQueueThatIsFull) {
    net_.router.require({"tc", "qdisc", "replace", "dev", "mon", "root", "bfifo", "limit", "1"});
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to 10.0.0.5"));
    send_counted();
    const std::string seen = net_.router.require(
        {"sh", "-c", remedy_of(finding("1 packet of 1 not mirrored: mon or its queue was full"))});
    EXPECT_NE(seen.find("dropped 1"), std::string::npos) << seen;
}

}  // namespace
}  // namespace rmirror::vm
