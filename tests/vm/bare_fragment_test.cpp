// SPDX-License-Identifier: GPL-2.0-only
//
// Bare copies that do not fit of packets whose headers are not where the stack has them as a rule:
// only a part of the Ethernet frame is in the linear part of the buffer, as with a guest's tap.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;

constexpr std::size_t ethernet_length = 14;
constexpr std::size_t path_mtu = 1500;
const std::uint16_t linear_parts[] = {14, 15, 20, 33, 34, 54, 62, 2000};

struct Policy {
    const char *name;
    const char *options;
    bool ipv6;
};

void PrintTo(const Policy &policy, std::ostream *out) {
    *out << policy.name;
}

class BareFragmentTest : public ::testing::Test, public ::testing::WithParamInterface<Policy> {
protected:
    // To an address that is nobody's: the original goes no further. Each has a port of its own.
    static Bytes packet(std::uint16_t port) {
        test::PacketBuilder builder;
        builder.eth(Topology::sender_mac, Topology::lan_mac);
        if (GetParam().ipv6)
            builder.ipv6({.source = Topology::sender_ipv6,
                          .destination = test::ipv6("fd00:1:ff::9"),
                          .flow_label = port});
        else
            builder.ipv4(
                {.source = Topology::sender_ipv4, .destination = {10, 9, 9, 9}, .id = port});
        return builder.udp(port, 2000).payload(5900).build();
    }

    static std::size_t header_length() { return GetParam().ipv6 ? 40 : 20; }

    // Whether a frame has the addresses of the originals where an IP header has them.
    static bool is_ours(const Frame &frame) {
        const std::size_t at = ethernet_length + (GetParam().ipv6 ? 8 : 12);
        const Bytes original = packet(0);
        const std::size_t length = GetParam().ipv6 ? 32 : 8;
        return frame.bytes.size() > at + length &&
               std::ranges::equal(ByteView(original).subspan(at, length),
                                  ByteView(frame.bytes).subspan(at, length));
    }

    // Sends a packet for each linear part, and returns what the router sent to the collector.
    std::vector<Frame> send() {
        net_.router.nft(ruleset(
            hook("netdev ingress"),
            std::string(GetParam().ipv6 ? "ip6 daddr fd00:1:ff::9 rmirror to fd00::5 encap none"
                                        : "ip daddr 10.9.9.9 rmirror to 10.0.0.5 encap none") +
                GetParam().options));
        Capture capture(net_.collector, "eth0");
        Injector injector(net_.sender, "eth0");
        for (const std::uint16_t linear : linear_parts)
            injector.send_gso(packet(linear), {.header_length = linear});
        return drain(capture, [](const Frame &frame) {
            return std::ranges::equal(ByteView(frame.bytes).subspan(6, 6), Topology::mon_mac);
        });
    }

    Topology net_{Topology::Options{.gro = false, .mtu = 9000, .collector_mtu = path_mtu}};
};

using BareFragments = BareFragmentTest;

TEST_P(BareFragments, MakeThePacketsAgain) {
    const std::vector<Frame> frames = send();
    // Nothing else may be sent, of memory that is no packet.
    ASSERT_TRUE(std::ranges::all_of(frames, is_ours));
    for (const Frame &frame : frames)
        EXPECT_LE(frame.bytes.size(), ethernet_length + path_mtu);
    std::vector<Bytes> expected;
    for (const std::uint16_t linear : linear_parts) {
        const Bytes original = packet(linear);
        expected.emplace_back(
            original.begin() + static_cast<std::ptrdiff_t>(ethernet_length + header_length()),
            original.end());
    }
    EXPECT_TRUE(same_frames(expected, ip_payloads(frames)));
    constexpr std::uint64_t count = std::size(linear_parts);
    EXPECT_TRUE(only_counters(net_.router).are({{"matched", count}, {"fragmented", count}}));
}

INSTANTIATE_TEST_SUITE_P(Policies, BareFragments,
                         ::testing::Values(Policy{"FragmentIPv4", " mtu fragment", false},
                                           Policy{"FragmentIPv6", " mtu fragment", true},
                                           Policy{"ResegmentIPv4", "", false},
                                           Policy{"ResegmentIPv6", "", true}),
                         [](const auto &policy) { return policy.param.name; });

using BareCut = BareFragmentTest;

TEST_P(BareCut, IsTheBeginningOfThePackets) {
    std::vector<Bytes> expected;
    for (const std::uint16_t linear : linear_parts) {
        const Bytes original = packet(linear);
        expected.emplace_back(
            original.begin() + 12,
            original.begin() + static_cast<std::ptrdiff_t>(ethernet_length + path_mtu));
    }
    std::vector<Bytes> cut;
    for (const Frame &frame : send())
        cut.emplace_back(frame.bytes.begin() + 12, frame.bytes.end());
    EXPECT_TRUE(same_frames(expected, cut));
}

INSTANTIATE_TEST_SUITE_P(Policies, BareCut,
                         ::testing::Values(Policy{"TruncateIPv4", " mtu truncate", false},
                                           Policy{"TruncateIPv6", " mtu truncate", true}),
                         [](const auto &policy) { return policy.param.name; });

}  // namespace
}  // namespace rmirror::vm
