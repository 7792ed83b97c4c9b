// SPDX-License-Identifier: GPL-2.0-only
//
// What the router's own programs send, in every shape that the stack gives it: the copies are the
// frames that a host on the wire sees.
#include <gtest/gtest.h>

#include "support/packet_builder.hpp"
#include "vm/support/link.hpp"
#include "vm/support/shape.hpp"
#include "vm/support/stream.hpp"
#include "vm/support/tunnel.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;

Bytes bytes(std::size_t size) {
    return test::PacketBuilder().payload(size).build();
}

struct Shape {
    const char *name;
    const char *match;
    std::uint8_t protocol;  // on the wire
    bool superframes;
    void (*setup)(Topology &net);
    void (*send)(Topology &net);
};

void PrintTo(const Shape &shape, std::ostream *out) {
    *out << shape.name;
}

void nothing(Topology & /*net*/) {}

template <Source source>
void send_tcp4(Topology &net) {
    const Bytes payload = bytes(60000);
    EXPECT_EQ(send_stream({net.router, net.sender, "10.1.0.1"}, payload, source), payload);
}

template <Source source>
void send_tcp6(Topology &net) {
    const Bytes payload = bytes(60000);
    EXPECT_EQ(send_stream({net.router, net.sender, "fd00:1::1"}, payload, source), payload);
}

template <Source source>
void send_udp_gso4(Topology &net) {
    send_datagrams(net.router, "10.1.0.1", bytes(7500), {.segment = 1000, .source = source});
}

void send_udp_gso6(Topology &net) {
    send_datagrams(net.router, "fd00:1::1", bytes(7500), {.segment = 1000});
}

void send_datagram4(Topology &net) {
    send_datagrams(net.router, "10.1.0.1", bytes(1001));
}

void send_datagram6(Topology &net) {
    send_datagrams(net.router, "fd00:1::1", bytes(1001));
}

void send_zerocopy_datagram(Topology &net) {
    send_datagrams(net.router, "10.1.0.1", bytes(1400), {.source = Source::zerocopy});
}

void add_vlan(Topology &net) {
    net.sender.ip(
        "link add link eth0 name v7 type vlan id 7\naddr add 10.7.0.1/24 dev v7\n"
        "link set v7 up\n"
        "neigh replace 10.7.0.2 lladdr 02:00:00:00:01:02 nud permanent dev v7\n");
    net.router.ip(
        "link add link lan name v7 type vlan id 7\naddr add 10.7.0.2/24 dev v7\n"
        "link set v7 up\n"
        "neigh replace 10.7.0.1 lladdr 02:00:00:00:01:01 nud permanent dev v7\n");
}

template <const char *const &kind>
void add_tunnel(Topology &net) {
    join_by_tunnel(kind, {net.sender, "10.1.0.1", "10.9.0.1"},
                   {net.router, "10.1.0.2", "10.9.0.2"});
    // What is left to do for the inner packet is done before it gets to the wire.
    set_offload(net.router, "lan", Offload::tx_checksum, false);
}

constexpr const char *ipip = "ipip";
constexpr const char *gretap = "gretap";
constexpr const char *vxlan = "vxlan";

template <int network>
void send_inside(Topology &net) {
    const Bytes payload = bytes(40000);
    const std::string address = "10." + std::to_string(network) + ".0.1";
    EXPECT_EQ(send_stream({net.router, net.sender, address}, payload), payload);
}

const Shape shapes[] = {
    {"tcp4", "tcp dport 2000", 6, true, nothing, send_tcp4<Source::memory>},
    {"tcp6", "tcp dport 2000", 6, true, nothing, send_tcp6<Source::memory>},
    {"tcp4_file", "tcp dport 2000", 6, true, nothing, send_tcp4<Source::file>},
    {"tcp4_zerocopy", "tcp dport 2000", 6, true, nothing, send_tcp4<Source::zerocopy>},
    {"tcp6_zerocopy", "tcp dport 2000", 6, true, nothing, send_tcp6<Source::zerocopy>},
    {"tcp4_vlan", "tcp dport 2000", 6, true, add_vlan, send_inside<7>},
    {"udp4", "udp dport 9", 17, false, nothing, send_datagram4},
    {"udp6", "udp dport 9", 17, false, nothing, send_datagram6},
    {"udp4_zerocopy", "udp dport 9", 17, false, nothing, send_zerocopy_datagram},
    {"udp4_segments", "udp dport 9", 17, true, nothing, send_udp_gso4<Source::memory>},
    {"udp4_segments_zerocopy", "udp dport 9", 17, true, nothing, send_udp_gso4<Source::zerocopy>},
    {"udp6_segments", "udp dport 9", 17, true, nothing, send_udp_gso6},
    {"ipip", "ip daddr 10.1.0.1 ip protocol 4", 4, true, add_tunnel<ipip>, send_inside<9>},
    {"gretap", "ip daddr 10.1.0.1 meta l4proto gre", 47, true, add_tunnel<gretap>, send_inside<9>},
    {"vxlan", "ip daddr 10.1.0.1 udp dport 4789", 17, true, add_tunnel<vxlan>, send_inside<9>},
};

class ShapeOutput : public ShapeTest,
                    public ::testing::WithParamInterface<std::tuple<Shape, Way>> {};

std::string case_name(const ::testing::TestParamInfo<ShapeOutput::ParamType> &info) {
    return std::get<Shape>(info.param).name + ("_" + std::get<Way>(info.param).name());
}

TEST_P(ShapeOutput, IsCopiedAsTheFramesOnTheWire) {
    const auto &[shape, way] = GetParam();
    build({.gro = false, .collector_mtu = 1700});
    shape.setup(*net_);
    set_features(net_->router, "lan", segmentation, "off");
    if (way.tracked)
        track_connections();
    mirror({"inet postrouting", std::string("oifname { \"lan\", \"v7\" } ") + shape.match,
            way.options, way.collector});
    Capture wire(net_->sender, "eth0");
    shape.send(*net_);
    const std::vector<Bytes> frames = wire_bytes(drain(wire, has_ip_protocol(shape.protocol)));
    ASSERT_FALSE(frames.empty());
    const std::uint64_t matched = expect_copies(frames, "sent", way.len());
    if (shape.superframes) {
        EXPECT_LT(matched, frames.size()) << "no superframe was among them";
    }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ShapeOutput,
    ::testing::Combine(::testing::ValuesIn(shapes),
                       ::testing::Values(Way{}, Way{" len 60"}, Way{" encap erspan"},
                                         Way{" encap vxlan port 5555"}, Way{.tracked = true},
                                         Way{.collector = "fd00::5"},
                                         Way{" encap vxlan", "fd00::5"},
                                         Way{" encap erspan3 len 70", "fd00::5"})),
    case_name);

}  // namespace
}  // namespace rmirror::vm
