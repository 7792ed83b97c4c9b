// SPDX-License-Identifier: GPL-2.0-only
//
// IPsec that is done later than a rule sees the packet, or in place after it: nothing leaves in
// clear that is not in clear on the wire.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <sstream>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/ipsec.hpp"
#include "vm/support/link.hpp"
#include "vm/support/module.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/points.hpp"
#include "vm/support/stream.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;

// Without hardware for it, too, the kernel encrypts below egress as soon as esp4_offload is loaded.
struct Offloaded {
    const char *name;
    bool ipv6;
    const char *mode;
    bool stream;  // superframes, else datagrams
};

void PrintTo(const Offloaded &offloaded, std::ostream *out) {
    *out << offloaded.name;
}

class OffloadTest : public PointTest, public ::testing::WithParamInterface<Offloaded> {
protected:
    void SetUp() override {
        ipsec_ = {.mode = GetParam().mode,
                  .source = GetParam().ipv6 ? "fd00:1::2" : "10.1.0.2",
                  .destination = GetParam().ipv6 ? "fd00:1::1" : "10.1.0.1"};
        const char *const offload = GetParam().ipv6 ? "esp6_offload" : "esp4_offload";
        if (!has_module(offload))
            GTEST_SKIP() << "this kernel has no " << offload;
        if (const auto missing = ipsec_.missing_module())
            GTEST_SKIP() << "this kernel has no " << *missing;
        // With it the sender would decrypt before the capture sees a packet.
        set_offload(net_.sender, "eth0", Offload::gro, false);
        ipsec_.add_state(net_.router);
        ipsec_.add_state(net_.sender);
        const std::string ends = "src " + ipsec_.source + " dst " + ipsec_.destination;
        ipsec_.add_policy(net_.router, ends + " proto udp");
        ipsec_.add_policy(net_.router, ends + " proto tcp");
    }

    // Every other test has its ESP as it would be without them.
    static void TearDownTestSuite() {
        remove_module("esp4_offload");
        remove_module("esp6_offload");
    }

    void send() {
        if (GetParam().stream) {
            Bytes payload;
            while (payload.size() < 30000) {
                const Bytes more = marked_payload();
                payload.insert(payload.end(), more.begin(), more.end());
            }
            EXPECT_EQ(send_stream({net_.router, net_.sender, ipsec_.destination}, payload),
                      payload);
        } else {
            for (int i = 0; i < 3; i++)
                send_udp(net_.router, ipsec_.destination, 9, marked_payload());
        }
    }

    Ipsec ipsec_;
};

TEST_P(OffloadTest, NoCopyIsInClear) {
    mirror_at({{"inet output", "meta l4proto esp"},
               {"inet postrouting", "meta l4proto esp"},
               {"netdev egress lan", "meta l4proto esp"}});
    Capture wire(net_.sender, "eth0");
    Capture collector(net_.collector, "eth0");
    send();
    const std::vector<Frame> encrypted =
        wire.wait_for(GetParam().stream ? 10 : 3, has_ip_protocol(ipsec_.wire_protocol()));
    EXPECT_GE(encrypted.size(), 3U);
    EXPECT_FALSE(std::ranges::any_of(encrypted, is_marked));
    EXPECT_TRUE(collector.collect(is_marked).empty());
    for (const Counters &counters : read_counters(net_.router)) {
        const std::uint64_t matched = counters["matched"];
        EXPECT_GT(matched, 0U);
        EXPECT_TRUE(counters.are({{"matched", matched}, {"clear", matched}}));
    }
}

INSTANTIATE_TEST_SUITE_P(Modes, OffloadTest,
                         ::testing::Values(Offloaded{"TunnelIPv4", false, "tunnel", false},
                                           Offloaded{"TunnelIPv6", true, "tunnel", false},
                                           Offloaded{"TransportIPv6", true, "transport", false},
                                           Offloaded{"StreamIPv4", false, "transport", true},
                                           Offloaded{"StreamIPv6", true, "transport", true}),
                         [](const auto &offloaded) { return offloaded.param.name; });

// A rule that sees a packet before IPsec is asked mirrors it: that is what it was written for.
using NotYetProtected = OffloadTest;

TEST_P(NotYetProtected, IsCopied) {
    mirror_at({{"inet output", "udp dport 9"}});
    Capture wire(net_.sender, "eth0");
    send();
    EXPECT_EQ(wire.wait_for(3, has_ip_protocol(ipsec_.wire_protocol())).size(), 3U);
    EXPECT_EQ(mirrored(3)[1].size(), 3U);
    expect_all_sent();
}

INSTANTIATE_TEST_SUITE_P(Modes, NotYetProtected,
                         ::testing::Values(Offloaded{"TunnelIPv4", false, "tunnel", false},
                                           Offloaded{"TransportIPv6", true, "transport", false}),
                         [](const auto &offloaded) { return offloaded.param.name; });

// A packet whose data is in pages, as from most drivers, that this host decrypts where it is.
struct Received {
    const char *name;
    IpsecProtocol protocol;
    bool ipv6;
};

void PrintTo(const Received &received, std::ostream *out) {
    *out << received.name;
}

class SharedPagesTest : public ::testing::Test, public ::testing::WithParamInterface<Received> {
protected:
    static constexpr unsigned mtu = 9000;

    void SetUp() override {
        if (const auto missing = ipsec_.missing_module())
            GTEST_SKIP() << "this kernel has no " << *missing;
        if (!has_module("sch_netem"))
            GTEST_SKIP() << "this kernel has no sch_netem";
    }

    // A packet as the sender puts it on the wire. The router cannot do anything with it yet.
    Bytes protected_packet() {
        ipsec_.add_state(net_.sender);
        ipsec_.add_policy(net_.sender, "src " + ipsec_.source + " dst " + ipsec_.destination +
                                           " dport 9 proto udp");
        Capture wire(net_.sender, "eth0", Direction::outgoing);
        send_udp(net_.sender, ipsec_.destination, 9, Bytes(6000, clear));
        const auto frames = wire.wait_for(1, has_ip_protocol(ipsec_.wire_protocol()));
        return frames.empty() ? Bytes{} : frames[0].bytes;
    }

    static constexpr std::uint8_t clear = 0x41;
    Ipsec ipsec_{.protocol = GetParam().protocol,
                 .source = GetParam().ipv6 ? "fd00:1::1" : "10.1.0.1",
                 .destination = GetParam().ipv6 ? "fd00:1::2" : "10.1.0.2"};
    Topology net_{Topology::Options{.gro = false, .mtu = mtu, .collector_mtu = mtu + 200}};
};

// Not with a dump: these packets are large, and all of one is wrong or nothing.
std::size_t different_bytes(const Bytes &one, const Bytes &other) {
    std::size_t count = std::max(one.size(), other.size()) - std::min(one.size(), other.size());
    for (std::size_t i = 0; i < std::min(one.size(), other.size()); i++)
        count += one[i] != other[i] ? 1 : 0;
    return count;
}

// Datagrams that arrived for a port that nobody listens on
std::uint64_t datagrams_for_nobody(const NetNs &netns) {
    std::istringstream lines(netns.require({"nstat", "-asz", "UdpNoPorts", "Udp6NoPorts"}));
    std::uint64_t sum = 0;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        std::uint64_t count = 0;
        if (words >> name >> count)
            sum += count;
    }
    return sum;
}

TEST_P(SharedPagesTest, CopiesInAQueueAreNotDecrypted) {
    const Bytes packet = protected_packet();
    ASSERT_GT(packet.size(), 6000U);
    const FileDescriptor socket = ipsec_.listen(net_.router);
    ipsec_.add_state(net_.router);
    net_.router.require({"tc", "qdisc", "add", "dev", "mon", "root", "netem", "delay", "100ms"});
    // The packet that is in it is shorter.
    const std::string rule = GetParam().ipv6 ? "ip6 saddr fd00:1::1 meta length > 6048"
                                             : "ip saddr 10.1.0.1 meta length > 6028";
    const std::vector<std::string> hooks = {"netdev ingress", "inet prerouting", "inet input"};
    for (const std::string &each : hooks)
        net_.router.nft(ruleset(hook(each), rule + " rmirror to 10.0.0.5"));
    Capture copies(net_.collector, "eth0");
    constexpr std::uint16_t headers = 54;
    const std::uint64_t before = datagrams_for_nobody(net_.router);
    Injector(net_.sender, "eth0").send_gso(packet, {.header_length = headers});
    const auto at_each = copies.wait_for(hooks.size(), is_copy());
    EXPECT_EQ(at_each.size(), hooks.size());
    for (const Frame &copy : at_each)
        EXPECT_EQ(different_bytes(packet, inner_frame(copy).value_or(Bytes{})), 0U);
    // What it is about did happen.
    EXPECT_EQ(datagrams_for_nobody(net_.router), before + 1);
}

INSTANTIATE_TEST_SUITE_P(
    Protocols, SharedPagesTest,
    ::testing::Values(Received{"EspOverIPv4", IpsecProtocol::esp, false},
                      Received{"EspOverIPv6", IpsecProtocol::esp, true},
                      Received{"AhOverIPv4", IpsecProtocol::ah, false},
                      Received{"AhOverIPv6", IpsecProtocol::ah, true},
                      Received{"EspInUdpOverIPv4", IpsecProtocol::esp_in_udp, false},
                      Received{"EspInUdpOverIPv6", IpsecProtocol::esp_in_udp, true}),
    [](const auto &received) { return received.param.name; });

}  // namespace
}  // namespace rmirror::vm
