// SPDX-License-Identifier: GPL-2.0-only
//
// Every hook of every family: the copy is the frame that was on the wire there.
#include <gtest/gtest.h>

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

using test::Bytes;
using test::PacketBuilder;

constexpr std::uint16_t discard = 9;

// The tests' own traffic: UDP to port 9, tagged or not
bool is_probe(const Frame &frame) {
    return has_ip_protocol(17)(frame) && !is_copy()(frame);
}

Bytes payload() {
    return PacketBuilder().payload(200).build();
}

Bytes frame_to(const test::Ipv4Address &destination, std::uint8_t ttl) {
    return PacketBuilder()
        .eth(Topology::sender_mac, Topology::lan_mac)
        .ipv4({.source = Topology::sender_ipv4, .destination = destination, .ttl = ttl})
        .udp(1000, discard)
        .payload(payload())
        .build();
}

Bytes frame_to(const test::Ipv6Address &destination, std::uint8_t hop_limit) {
    return PacketBuilder()
        .eth(Topology::sender_mac, Topology::lan_mac)
        .ipv6({.source = Topology::sender_ipv6, .destination = destination, .hop_limit = hop_limit})
        .udp(1000, discard)
        .payload(payload())
        .build();
}

class HookTest : public TopologyTest {
protected:
    HookTest() {
        // Only finished checksums can be compared.
        for (const char *device : {"lan", "mon"})
            set_offload(net_.router, device, Offload::tx_checksum, false);
    }

    // A rule for the probes, with a GRE copy to the collector
    void mirror(const std::string &chain, const std::string &device = "lan") {
        net_.router.nft(ruleset(hook(chain), "udp dport 9 rmirror to 10.0.0.5", device));
    }

    // The frame of the only copy that arrives
    Bytes only_copy(Capture &capture) {
        const std::vector<Frame> copies = capture.wait_for(1, is_copy());
        if (copies.size() != 1) {
            ADD_FAILURE() << "no copy arrived";
            return {};
        }
        EXPECT_TRUE(capture.collect(is_copy()).empty());
        EXPECT_TRUE(only_counters(net_.router).are({{"matched", 1}, {"sent", 1}}));
        return inner_frame(copies[0]).value_or(Bytes{});
    }
};

struct At {
    const char *chain;
    bool ipv6;
};

void PrintTo(const At &at, std::ostream *out) {
    *out << at.chain << (at.ipv6 ? " IPv6" : " IPv4");
}

class InboundHook : public HookTest, public ::testing::WithParamInterface<At> {};

TEST_P(InboundHook, CopiesTheFrameAsReceived) {
    mirror(GetParam().chain);
    Capture capture(net_.collector, "eth0");
    const Bytes sent =
        GetParam().ipv6 ? frame_to(Topology::lan_ipv6, 64) : frame_to(Topology::lan_ipv4, 64);
    Injector(net_.sender, "eth0").send(sent);
    EXPECT_TRUE(test::same_bytes(sent, only_copy(capture)));
}

INSTANTIATE_TEST_SUITE_P(Chains, InboundHook,
                         ::testing::Values(At{"ip prerouting", false}, At{"ip input", false},
                                           At{"ip6 prerouting", true}, At{"ip6 input", true},
                                           At{"inet ingress", false}, At{"inet ingress", true},
                                           At{"inet prerouting", false},
                                           At{"inet prerouting", true}, At{"inet input", false},
                                           At{"inet input", true}, At{"netdev ingress", false},
                                           At{"netdev ingress", true}));

class ForwardHook : public HookTest, public ::testing::WithParamInterface<At> {};

// The Ethernet header as received, the L3 packet as the hook sees it: a hop later.
TEST_P(ForwardHook, CopiesTheReceivedHeaderAndTheForwardedPacket) {
    mirror(GetParam().chain);
    Capture capture(net_.collector, "eth0");
    Injector injector(net_.sender, "eth0");
    if (GetParam().ipv6) {
        injector.send(frame_to(Topology::collector_ipv6, 64));
        EXPECT_TRUE(test::same_bytes(frame_to(Topology::collector_ipv6, 63), only_copy(capture)));
    } else {
        injector.send(frame_to(Topology::collector_ipv4, 64));
        EXPECT_TRUE(test::same_bytes(frame_to(Topology::collector_ipv4, 63), only_copy(capture)));
    }
}

INSTANTIATE_TEST_SUITE_P(Chains, ForwardHook,
                         ::testing::Values(At{"ip forward", false}, At{"ip6 forward", true},
                                           At{"inet forward", false}, At{"inet forward", true}));

class OutboundHook : public HookTest, public ::testing::WithParamInterface<At> {};

TEST_P(OutboundHook, CopiesTheFrameAsItLeaves) {
    mirror(GetParam().chain);
    Capture copies(net_.collector, "eth0");
    Capture wire(net_.sender, "eth0");
    send_udp(net_.router, GetParam().ipv6 ? "fd00:1::1" : "10.1.0.1", discard, payload());
    const std::vector<Frame> original = wire.wait_for(1, is_probe);
    ASSERT_EQ(original.size(), 1U);
    EXPECT_TRUE(test::same_bytes(original[0].bytes, only_copy(copies)));
}

INSTANTIATE_TEST_SUITE_P(Chains, OutboundHook,
                         ::testing::Values(At{"ip output", false}, At{"ip postrouting", false},
                                           At{"ip6 output", true}, At{"ip6 postrouting", true},
                                           At{"inet output", false}, At{"inet output", true},
                                           At{"inet postrouting", false},
                                           At{"inet postrouting", true}, At{"netdev egress", false},
                                           At{"netdev egress", true}));

TEST_F(HookTest, PostroutingOfAForwardedPacketHasTheHeaderOfItsNextHop) {
    mirror("inet postrouting");
    Capture capture(net_.collector, "eth0");
    Injector(net_.sender, "eth0").send(frame_to(Topology::collector_ipv4, 64));
    const Bytes expected = PacketBuilder()
                               .eth(Topology::mon_mac, Topology::collector_mac)
                               .ipv4({.source = Topology::sender_ipv4,
                                      .destination = Topology::collector_ipv4,
                                      .ttl = 63})
                               .udp(1000, discard)
                               .payload(payload())
                               .build();
    EXPECT_TRUE(test::same_bytes(expected, only_copy(capture)));
}

TEST_F(HookTest, OutputToANeighbourNotYetKnownHasNoDestinationAddress) {
    net_.router.ip("neigh del 10.1.0.1 dev lan\n");
    mirror("inet output");
    Capture copies(net_.collector, "eth0");
    Capture wire(net_.sender, "eth0");
    send_udp(net_.router, "10.1.0.1", discard, payload());
    const std::vector<Frame> original = wire.wait_for(1, is_probe);
    ASSERT_EQ(original.size(), 1U);
    Bytes expected = original[0].bytes;
    std::fill_n(expected.begin(), 6, std::uint8_t{0});
    EXPECT_TRUE(test::same_bytes(expected, only_copy(copies)));
}

TEST_F(HookTest, LoopbackFramesHaveZeroAddresses) {
    mirror("inet input");
    Capture copies(net_.collector, "eth0");
    Capture wire(net_.router, "lo");
    send_udp(net_.router, "127.0.0.1", discard, payload());
    const std::vector<Frame> original = wire.wait_for(1, is_probe);
    ASSERT_EQ(original.size(), 1U);
    Bytes copy = only_copy(copies);
    ASSERT_EQ(copy.size(), original[0].bytes.size());
    EXPECT_EQ(Bytes(copy.begin(), copy.begin() + 14),
              test::from_hex("00 00 00 00 00 00 00 00 00 00 00 00 08 00"));
    // Nobody finishes a checksum on loopback: all but those two bytes are the original's.
    const Bytes expected = PacketBuilder()
                               .eth({}, {})
                               .payload(test::ByteView(original[0].bytes).subspan(14, 26))
                               .payload(test::ByteView(copy).subspan(40, 2))
                               .payload(payload())
                               .build();
    EXPECT_TRUE(
        test::same_bytes(test::ByteView(expected).subspan(14), test::ByteView(copy).subspan(14)));
}

TEST_F(HookTest, ADeviceWithoutEthernetGetsAHeaderOfZeroes) {
    for (const NetNs *netns : {&net_.sender, &net_.router}) {
        const bool sender = netns == &net_.sender;
        netns->ip(std::string("link add ip1 type ipip local ") +
                  (sender ? "10.1.0.1 remote 10.1.0.2" : "10.1.0.2 remote 10.1.0.1") +
                  "\naddr add 10.9.0." + (sender ? "1" : "2") + "/24 dev ip1\nlink set ip1 up\n");
    }
    mirror("inet input");
    Capture capture(net_.collector, "eth0");
    const Bytes packet = PacketBuilder()
                             .ipv4({.source = {10, 9, 0, 1}, .destination = {10, 9, 0, 2}})
                             .udp(1000, discard)
                             .payload(payload())
                             .build();
    Injector(net_.sender, "eth0")
        .send(PacketBuilder()
                  .eth(Topology::sender_mac, Topology::lan_mac)
                  .ipv4({.source = Topology::sender_ipv4,
                         .destination = Topology::lan_ipv4,
                         .protocol = std::uint8_t{4}})
                  .payload(packet)
                  .build());
    Bytes expected = test::from_hex("00 00 00 00 00 00 00 00 00 00 00 00 08 00");
    expected.insert(expected.end(), packet.begin(), packet.end());
    EXPECT_TRUE(test::same_bytes(expected, only_copy(capture)));
}

class VlanDevice : public HookTest {
protected:
    VlanDevice() {
        for (const NetNs *netns : {&net_.sender, &net_.router}) {
            const std::string device = netns == &net_.sender ? "eth0" : "lan";
            const std::string address = netns == &net_.sender ? "10.7.0.1" : "10.7.0.2";
            netns->ip("link add link " + device + " name v7 type vlan id 7\n" + "addr add " +
                      address + "/24 dev v7\nlink set v7 up\n");
        }
        net_.sender.ip("neigh replace 10.7.0.2 lladdr 02:00:00:00:01:02 nud permanent dev v7\n");
        net_.router.ip("neigh replace 10.7.0.1 lladdr 02:00:00:00:01:01 nud permanent dev v7\n");
    }
};

TEST_F(VlanDevice, InputHasTheTagThatWasReceived) {
    mirror("inet input");
    Capture capture(net_.collector, "eth0");
    const Bytes sent = PacketBuilder()
                           .eth(Topology::sender_mac, Topology::lan_mac)
                           .vlan(7)
                           .ipv4({.source = {10, 7, 0, 1}, .destination = {10, 7, 0, 2}})
                           .udp(1000, discard)
                           .payload(payload())
                           .build();
    Injector(net_.sender, "eth0").send(sent);
    EXPECT_TRUE(test::same_bytes(sent, only_copy(capture)));
}

TEST_F(VlanDevice, OutputHasTheTagThatWillBeSent) {
    mirror("inet output");
    Capture copies(net_.collector, "eth0");
    Capture wire(net_.sender, "eth0");
    send_udp(net_.router, "10.7.0.1", discard, payload());
    const std::vector<Frame> original = wire.wait_for(1, is_probe);
    ASSERT_EQ(original.size(), 1U);
    EXPECT_TRUE(test::same_bytes(original[0].bytes, only_copy(copies)));
}

// lan becomes a port of a bridge that has the router's addresses.
class BridgeHook : public HookTest, public ::testing::WithParamInterface<const char *> {
protected:
    BridgeHook() {
        net_.router.ip(
            "link add br0 address 02:00:00:00:01:02 type bridge\n"
            "link set lan master br0\nlink set br0 up\n"
            "addr del 10.1.0.2/24 dev lan\naddr add 10.1.0.2/24 dev br0\n"
            "neigh replace 10.1.0.1 lladdr 02:00:00:00:01:01 nud permanent dev br0\n");
        set_offload(net_.router, "br0", Offload::tx_checksum, false);
    }
};

TEST_P(BridgeHook, CopiesTheFrame) {
    mirror(std::string("bridge ") + GetParam());
    Capture copies(net_.collector, "eth0");
    Capture wire(net_.sender, "eth0");
    if (std::string(GetParam()) == "prerouting" || std::string(GetParam()) == "input") {
        const Bytes sent = frame_to(Topology::lan_ipv4, 64);
        Injector(net_.sender, "eth0").send(sent);
        EXPECT_TRUE(test::same_bytes(sent, only_copy(copies)));
        return;
    }
    send_udp(net_.router, "10.1.0.1", discard, payload());
    const std::vector<Frame> original = wire.wait_for(1, is_probe);
    ASSERT_EQ(original.size(), 1U);
    EXPECT_TRUE(test::same_bytes(original[0].bytes, only_copy(copies)));
}

INSTANTIATE_TEST_SUITE_P(Chains, BridgeHook,
                         ::testing::Values("prerouting", "input", "output", "postrouting"));

TEST_F(HookTest, ArpInputAndOutputCopyTheFrames) {
    net_.router.nft(ruleset(hook("arp input"), "iifname \"lan\" rmirror to 10.0.0.5 key 1"));
    net_.router.nft(
        "table arp mirror { chain output { type filter hook output priority 0;"
        " oifname \"lan\" rmirror to 10.0.0.5 key 2; }; }");
    Capture copies(net_.collector, "eth0");
    Capture wire(net_.sender, "eth0");
    const Bytes request = test::from_hex(
        "ff ff ff ff ff ff 02 00 00 00 01 01 08 06 00 01 08 00 06 04 00 01"
        "02 00 00 00 01 01 0a 01 00 01 00 00 00 00 00 00 0a 01 00 02");
    Injector(net_.sender, "eth0").send(request);
    const std::vector<Frame> answer = wire.wait_for(1, has_ethertype(0x0806));
    const std::vector<Frame> both = copies.wait_for(2, is_copy());
    ASSERT_EQ(answer.size(), 1U);
    ASSERT_EQ(both.size(), 2U);
    EXPECT_TRUE(test::same_bytes(request, *inner_frame(both[0])));
    EXPECT_TRUE(test::same_bytes(answer[0].bytes, *inner_frame(both[1])));
}

}  // namespace
}  // namespace rmirror::vm
