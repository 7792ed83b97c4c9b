// SPDX-License-Identifier: GPL-2.0-only
//
// IPsec policies that select copies: what they select leaves encrypted or not at all, and what they
// do not select in clear.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <chrono>
#include <memory>
#include <thread>

#include "vm/support/capture.hpp"
#include "vm/support/command.hpp"
#include "vm/support/encapsulation.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint8_t esp = 50;
constexpr std::uint16_t discard = 9;

// `ip xfrm` between the router and the collector
class Ipsec {
public:
    explicit Ipsec(bool ipv6)
        : ends_(ipv6 ? "src fd00::1 dst fd00::5 " : "src 10.0.0.1 dst 10.0.0.5 ") {}

    std::string policy(const std::string &selector) const {
        return "xfrm policy add " + ends_ + selector +
               " dir out tmpl proto esp reqid 1 mode transport\n";
    }
    std::string state() const {
        return "xfrm state add " + ends_ +
               "proto esp spi 0x2001 reqid 1 mode transport enc cbc(aes) "
               "0x00112233445566778899aabbccddeeff auth hmac(sha1) "
               "0x00112233445566778899aabbccddeeff00112233\n";
    }

private:
    std::string ends_;
};

class XfrmTest : public TopologyTest, public ::testing::WithParamInterface<bool> {
protected:
    void SetUp() override {
        const char *module = GetParam() ? "esp6" : "esp4";
        if (run_command({"modprobe", module}).status != 0)
            GTEST_SKIP() << "this kernel has no " << module;
    }
    // A route that waits for a state must not outlive a test that fails.
    void TearDown() override { net_.router.nft("flush ruleset"); }

    static std::string collector() { return GetParam() ? "fd00::5" : "10.0.0.5"; }

    void send(std::size_t count, std::uint16_t port = discard) {
        for (std::size_t i = 0; i < count; i++)
            send_udp(net_.sender, "10.1.0.2", port, test::Bytes(40, 0x5a));
    }

    static bool is_copy_of_ours(const Frame &frame) {
        return has_ip_protocol(IPPROTO_GRE)(frame) ||
               (has_ip_protocol(IPPROTO_UDP)(frame) && is_copy()(frame));
    }

    const Ipsec ipsec_{GetParam()};
    Capture wire_{net_.collector, "eth0"};
};

// The state comes when a key daemon has made it; until then no copy is in clear anywhere, not even
// on the router's own loopback device.
TEST_P(XfrmTest, WithoutAStateNothingIsSent) {
    Capture loopback(net_.router, "lo", Direction::both);
    net_.router.ip(ipsec_.policy("proto gre"));
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to " + collector()));
    send(3);
    EXPECT_TRUE(wire_.collect(is_copy_of_ours, std::chrono::milliseconds(300)).empty());
    EXPECT_TRUE(loopback.collect(any_frame()).empty());
    const Counters counters = settled_counters(net_.router);
    EXPECT_TRUE(counters.add_up());
    EXPECT_EQ(counters["matched"], 3U);
    EXPECT_EQ(counters["sent"], 0U);
    // No reload is needed.
    net_.router.ip(ipsec_.state());
    send(3);
    EXPECT_EQ(wire_.wait_for(3, has_ip_protocol(esp)).size(), 3U);
    EXPECT_TRUE(wire_.collect(is_copy_of_ours).empty());
    EXPECT_GE(only_counters(net_.router)["sent"], 3U);
}

// Everything that a selector can name and that is the same for all copies of a rule
TEST_P(XfrmTest, SelectorsOfPoliciesHold) {
    struct Case {
        std::string options;
        std::string selector;  // empty: no policy means it
    };
    std::vector<Case> cases = {
        {" key 7", "proto gre key 7"},     {" key 8", ""},
        {" key 9 seq", "proto gre key 9"}, {" encap erspan key 11", "proto gre key 11"},
        {" encap erspan3 key 12", ""},     {" encap vxlan port 5555", "proto udp dport 5555"},
        {" encap vxlan port 5556", ""}};
    for (const Encapsulation &encap : encapsulations())
        if (encap.port != 0)
            cases.push_back({std::string(" encap ") + encap.word,
                             "proto udp dport " + std::to_string(encap.port)});
    std::string policies = ipsec_.state();
    std::string rules;
    for (std::size_t i = 0; i < cases.size(); i++) {
        if (!cases[i].selector.empty())
            policies += ipsec_.policy(cases[i].selector);
        rules += "udp dport " + std::to_string(100 + i) + " rmirror to " + collector() +
                 cases[i].options + "\n";
    }
    net_.router.ip(policies);
    net_.router.nft(ruleset(hook("inet input"), rules));
    for (std::size_t i = 0; i < cases.size(); i++) {
        SCOPED_TRACE(cases[i].options);
        const bool secret = !cases[i].selector.empty();
        send(2, static_cast<std::uint16_t>(100 + i));
        const auto is_either = [](const Frame &frame) {
            return has_ip_protocol(esp)(frame) || is_copy_of_ours(frame);
        };
        const std::vector<Frame> seen = wire_.wait_for(2, is_either);
        EXPECT_EQ(seen.size(), 2U);
        for (const Frame &frame : seen)
            EXPECT_EQ(has_ip_protocol(esp)(frame), secret);
        EXPECT_EQ(read_counters(net_.router)[i]["sent"], 2U);
    }
}

INSTANTIATE_TEST_SUITE_P(Families, XfrmTest, ::testing::Bool(),
                         [](const auto &ipv6) { return ipv6.param ? "IPv6" : "IPv4"; });

}  // namespace
}  // namespace rmirror::vm
