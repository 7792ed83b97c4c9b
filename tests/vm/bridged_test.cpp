// SPDX-License-Identifier: GPL-2.0-only
//
// br_netfilter shows bridged frames to the hooks of IP: the copies are the frames that are bridged.
#include <gtest/gtest.h>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/link.hpp"
#include "vm/support/module.hpp"
#include "vm/support/points.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;

constexpr test::MacAddress peer_mac{2, 0, 0, 0, 2, 1};
constexpr test::MacAddress bridge_mac{2, 0, 0, 0, 0x0b, 0};

enum class Around { nothing, vlan, pppoe };

struct Bridged {
    const char *name;
    bool ipv6;
    Around around;
};

void PrintTo(const Bridged &bridged, std::ostream *out) {
    *out << bridged.name;
}

// RFC 2516 section 4, RFC 1661 section 2: version and type, session data, session, length, protocol
Bytes in_pppoe(const Bytes &frame, bool ipv6) {
    constexpr std::size_t ethernet_length = 14;
    const auto length = static_cast<std::uint16_t>(frame.size() - ethernet_length + 2);
    const std::uint8_t header[] = {0x11,
                                   0x00,
                                   0x00,
                                   0x01,
                                   static_cast<std::uint8_t>(length >> 8),
                                   static_cast<std::uint8_t>(length),
                                   0x00,
                                   static_cast<std::uint8_t>(ipv6 ? 0x57 : 0x21)};
    return test::PacketBuilder()
        .eth(Topology::sender_mac, peer_mac, 0x8864)
        .payload(header)
        .payload(test::ByteView(frame).subspan(ethernet_length))
        .build();
}

Bytes bridged_frame(const Bridged &bridged) {
    const Bytes frame = marked_datagram(
        {.destination_mac = peer_mac,
         .tags = bridged.around == Around::vlan ? std::vector<Tag>{{7}} : std::vector<Tag>{},
         .source = bridged.ipv6 ? "fd00:1::1" : "10.1.0.1",
         .destination = bridged.ipv6 ? "fd00:1::9" : "10.1.0.9"});
    return bridged.around == Around::pppoe ? in_pppoe(frame, bridged.ipv6) : frame;
}

// The sender's second device is the peer: lan and wan are ports of one bridge.
class BridgedTest : public PointTest, public ::testing::WithParamInterface<Bridged> {
protected:
    void SetUp() override {
        if (!has_module("bridge") || !has_module("br_netfilter"))
            GTEST_SKIP() << "this kernel has no br_netfilter";
        create_veth({net_.sender, "eth1", peer_mac}, {net_.router, "wan", {2, 0, 0, 0, 2, 2}});
        net_.router.ip("link add br0 address " + test::to_string(bridge_mac) +
                       " type bridge mcast_snooping 0\n"
                       "addr flush dev lan\nlink set lan master br0\nlink set wan master br0\n"
                       "link set br0 up\naddr add 10.1.0.2/24 dev br0\n"
                       "addr add fd00:1::2/64 dev br0 nodad\n");
        for (const char *what :
             {"call-iptables", "call-ip6tables", "filter-pppoe-tagged", "filter-vlan-tagged"})
            net_.router.sysctl(std::string("net.bridge.bridge-nf-") + what, "1");
    }

    // Other tests have bridges without it.
    static void TearDownTestSuite() { remove_module("br_netfilter"); }
};

TEST_P(BridgedTest, IsCopiedAsItIsBridged) {
    const std::string own = GetParam().ipv6 ? "ip6" : "ip";
    std::vector<Point> points;
    for (const char *chain : {"prerouting", "forward", "postrouting"})
        for (const std::string &family : {own, std::string("inet")})
            points.push_back({family + " " + chain, "udp dport 9"});
    points.push_back({"netdev ingress lan"});
    points.push_back({"netdev egress wan"});
    mirror_at(points);
    Capture wire(net_.sender, "eth1");
    const Bytes frame = bridged_frame(GetParam());
    Injector(net_.sender, "eth0").send(frame);
    const std::vector<Frame> arrived = wire.wait_for(1, is_marked);
    ASSERT_EQ(arrived.size(), 1U);
    EXPECT_TRUE(test::same_bytes(frame, arrived[0].bytes));
    expect_at_each_point({frame});
}

INSTANTIATE_TEST_SUITE_P(Frames, BridgedTest,
                         ::testing::Values(Bridged{"IPv4", false, Around::nothing},
                                           Bridged{"IPv6", true, Around::nothing},
                                           Bridged{"IPv4InVlan", false, Around::vlan},
                                           Bridged{"IPv6InVlan", true, Around::vlan},
                                           Bridged{"IPv4InPppoe", false, Around::pppoe},
                                           Bridged{"IPv6InPppoe", true, Around::pppoe}),
                         [](const auto &bridged) { return bridged.param.name; });

}  // namespace
}  // namespace rmirror::vm
