// SPDX-License-Identifier: GPL-2.0-only
//
// IP fragments, datagrams that are larger than any link, and frames that are as small as can be.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/shape.hpp"
#include "vm/support/stream.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;

constexpr std::size_t ethernet_length = 14;
constexpr std::size_t outer_length = 20 + 4;  // IPv4, GRE
constexpr std::size_t longest_outer = 65535;

Bytes bytes(std::size_t size) {
    return test::PacketBuilder().payload(size).build();
}

// The datagram that these frames are the fragments of, in order, as a frame; as IP's reassembly and
// its output hook have it.
Bytes whole(const std::vector<Frame> &fragments) {
    Bytes packet(fragments.at(0).bytes.begin(), fragments.at(0).bytes.begin() + 34);
    for (const Frame &fragment : fragments)
        packet.insert(packet.end(), fragment.bytes.begin() + 34, fragment.bytes.end());
    const std::size_t length = packet.size() - ethernet_length;
    packet[16] = static_cast<std::uint8_t>(length >> 8);
    packet[17] = static_cast<std::uint8_t>(length);
    packet[20] = packet[21] = packet[24] = packet[25] = 0;
    const std::uint16_t sum = test::internet_checksum(ByteView(packet).subspan(14, 20));
    packet[24] = static_cast<std::uint8_t>(sum >> 8);
    packet[25] = static_cast<std::uint8_t>(sum);
    return packet;
}

class ShapeFragments : public ShapeTest {
protected:
    // The fragments on the wire between sender and router
    std::vector<Frame> send(const NetNs &from, const std::string &address, std::size_t size) {
        const bool outgoing = &from == &net_->sender;
        Capture wire(net_->sender, "eth0", outgoing ? Direction::outgoing : Direction::incoming);
        send_datagrams(from, address, bytes(size));
        std::vector<Frame> all = drain(wire, any_frame());
        // ICMP says that nobody listens.
        std::erase_if(all, [](const Frame &frame) {
            return has_ip_protocol(1)(frame) || has_ip_protocol(58)(frame);
        });
        return all;
    }
};

struct Family {
    const char *name;
    const char *address;
};

void PrintTo(const Family &family, std::ostream *out) {
    *out << family.name;
}

class ShapeReceivedFragments : public ShapeFragments,
                               public ::testing::WithParamInterface<Family> {};

TEST_P(ShapeReceivedFragments, AreCopiedOneByOne) {
    build({.collector_mtu = 1700});
    mirror({"inet prerouting", "iifname \"lan\""});
    const std::vector<Frame> fragments = send(net_->sender, GetParam().address, 4000);
    EXPECT_EQ(fragments.size(), 3U);
    EXPECT_EQ(expect_copies(wire_bytes(fragments)), 3U);
}

TEST_P(ShapeReceivedFragments, AreCopiedOneByOneAndCut) {
    build({});
    mirror({"inet prerouting", "iifname \"lan\"", " len 60"});
    const std::vector<Frame> fragments = send(net_->sender, GetParam().address, 4000);
    expect_copies(wire_bytes(fragments), "sent", 60);
}

INSTANTIATE_TEST_SUITE_P(Families, ShapeReceivedFragments,
                         ::testing::Values(Family{"IPv4", "10.1.0.2"}, Family{"IPv6", "fd00:1::2"}),
                         [](const auto &family) { return family.param.name; });

TEST_F(ShapeFragments, TrackedAreCopiedAsTheDatagramTheyMake) {
    build({});
    track_connections();
    mirror({"inet prerouting", "udp dport 9"});
    const std::vector<Frame> fragments = send(net_->sender, "10.1.0.2", 4000);
    ASSERT_EQ(fragments.size(), 3U);
    EXPECT_EQ(expect_copies({whole(fragments)}, "fragmented"), 1U);
}

TEST_F(ShapeFragments, TrackedAreCutAsTheDatagramTheyMake) {
    build({});
    track_connections();
    mirror({"inet prerouting", "udp dport 9", " len 1000"});
    const std::vector<Frame> fragments = send(net_->sender, "10.1.0.2", 4000);
    ASSERT_EQ(fragments.size(), 3U);
    expect_copies({whole(fragments)}, "sent", 1000);
}

TEST_F(ShapeFragments, OutputSeesTheDatagramBeforeItIsCut) {
    build({.gro = false});
    mirror({"inet output", "udp dport 9"});
    const std::vector<Frame> fragments = send(net_->router, "10.1.0.1", 60000);
    ASSERT_EQ(fragments.size(), 41U);
    EXPECT_EQ(expect_copies({whole(fragments)}, "fragmented"), 1U);
}

TEST_F(ShapeFragments, OutputOfZerocopyDatagram) {
    build({.gro = false});
    mirror({"inet output", "udp dport 9"});
    Capture wire(net_->sender, "eth0");
    send_datagrams(net_->router, "10.1.0.1", bytes(20000), {.source = Source::zerocopy});
    EXPECT_EQ(expect_copies({whole(drain(wire, has_ip_protocol(17)))}, "fragmented"), 1U);
}

// With its own headers it is longer than an IP packet can be.
TEST_F(ShapeFragments, TheLongestDatagramIsCutToWhatIpCarries) {
    build({.gro = false});
    mirror({"inet output", "udp dport 9"});
    const std::vector<Frame> fragments = send(net_->router, "10.1.0.1", 65507);
    expect_copies({whole(fragments)}, "truncated", longest_outer - outer_length);
}

TEST_F(ShapeFragments, TheLongestDatagramOnLoopback) {
    build({});
    mirror({"inet input", "udp dport 9"});
    Capture wire(net_->router, "lo", Direction::outgoing);
    send_datagrams(net_->router, "127.0.0.1", bytes(65507));
    const std::vector<Frame> sent = wire.wait_for(1, has_ip_protocol(17));
    ASSERT_EQ(sent.size(), 1U);
    expect_copies({finished(sent[0])}, "truncated", longest_outer - outer_length);
}

TEST_F(ShapeFragments, OverIpv6FragmentsTooAndVerifies) {
    build({});
    mirror({"inet prerouting", "udp dport 9", " mtu fragment", "fd00::5"});
    const std::vector<Frame> sent = send(net_->sender, "10.1.0.2", 1472);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(expect_copies(wire_bytes(sent), "fragmented"), 1U);
}

TEST_F(ShapeFragments, OverIpv6UdpFragmentsToo) {
    build({});
    mirror({"inet prerouting", "udp dport 9", " encap vxlan", "fd00::5"});
    const std::vector<Frame> sent = send(net_->sender, "10.1.0.2", 1472);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(expect_copies(wire_bytes(sent), "fragmented"), 1U);
}

class ShapeJumbo : public ShapeFragments, public ::testing::WithParamInterface<const char *> {};

TEST_P(ShapeJumbo, FramesAreCopiedWhole) {
    build({.gro = false, .mtu = 9000, .collector_mtu = 9100});
    set_features(net_->router, "lan", segmentation, "off");
    const std::string options = GetParam();
    mirror({"inet output", "meta l4proto { tcp, udp }", options});
    Capture wire(net_->sender, "eth0");
    const Bytes payload = bytes(60000);
    EXPECT_EQ(send_stream({net_->router, net_->sender, "10.1.0.1"}, payload), payload);
    send_datagrams(net_->router, "fd00:1::1", bytes(8900));
    std::vector<Frame> sent = drain(wire, has_ip_protocol(6));
    for (Frame &frame : drain(wire, has_ip_protocol(17)))
        sent.push_back(std::move(frame));
    EXPECT_TRUE(
        std::ranges::any_of(sent, [](const Frame &frame) { return frame.bytes.size() == 9014; }));
    expect_copies(wire_bytes(sent), "sent",
                  options == " len 60" ? std::optional(60) : std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Options, ShapeJumbo,
                         ::testing::Values("", " len 60", " encap erspan", " encap vxlan"));

TEST_F(ShapeFragments, AFrameThatIsNoMoreThanItsHeader) {
    build({});
    mirror({"netdev ingress", "ether type 0x9000"});
    const Bytes frame = test::from_hex("02 00 00 00 01 02 02 00 00 00 01 01 90 00");
    Injector(net_->sender, "eth0").send(frame);
    EXPECT_EQ(expect_copies({frame}), 1U);
}

}  // namespace
}  // namespace rmirror::vm
