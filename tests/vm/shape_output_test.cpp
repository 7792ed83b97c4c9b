// SPDX-License-Identifier: GPL-2.0-only
//
// What the router's own programs send, in every shape that the stack gives it: the copies are the
// frames that a host on the wire sees.
#include <gtest/gtest.h>

#include "support/packet_builder.hpp"
#include "vm/support/link.hpp"
#include "vm/support/shape.hpp"
#include "vm/support/stream.hpp"
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

void add_tunnel(Topology &net, const std::string &sender, const std::string &router) {
    net.sender.ip("link add t1 " + sender + "\naddr add 10.9.0.1/24 dev t1\nlink set t1 up\n");
    net.router.ip("link add t1 " + router + "\naddr add 10.9.0.2/24 dev t1\nlink set t1 up\n");
    // What is left to do for the inner packet is done before it gets to the wire.
    set_offload(net.router, "lan", Offload::tx_checksum, false);
}

void add_ipip(Topology &net) {
    add_tunnel(net, "type ipip local 10.1.0.1 remote 10.1.0.2",
               "type ipip local 10.1.0.2 remote 10.1.0.1");
}

const std::string macs[] = {"address 02:00:00:00:09:01 ", "address 02:00:00:00:09:02 "};

void know_each_other(Topology &net) {
    net.sender.ip("neigh replace 10.9.0.2 lladdr 02:00:00:00:09:02 nud permanent dev t1\n");
    net.router.ip("neigh replace 10.9.0.1 lladdr 02:00:00:00:09:01 nud permanent dev t1\n");
}

void add_gretap(Topology &net) {
    add_tunnel(net, macs[0] + "type gretap local 10.1.0.1 remote 10.1.0.2",
               macs[1] + "type gretap local 10.1.0.2 remote 10.1.0.1");
    know_each_other(net);
}

void add_vxlan(Topology &net) {
    add_tunnel(net,
               macs[0] + "mtu 1450 type vxlan id 5 dstport 4789 local 10.1.0.1 remote 10.1.0.2",
               macs[1] + "mtu 1450 type vxlan id 5 dstport 4789 local 10.1.0.2 remote 10.1.0.1");
    know_each_other(net);
}

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
    {"ipip", "ip daddr 10.1.0.1 ip protocol 4", 4, true, add_ipip, send_inside<9>},
    {"gretap", "ip daddr 10.1.0.1 meta l4proto gre", 47, true, add_gretap, send_inside<9>},
    {"vxlan", "ip daddr 10.1.0.1 udp dport 4789", 17, true, add_vxlan, send_inside<9>},
};

class ShapeOutput : public ShapeTest,
                    public ::testing::WithParamInterface<std::tuple<Shape, const char *>> {};

std::string case_name(const ::testing::TestParamInfo<ShapeOutput::ParamType> &info) {
    std::string name = std::get<Shape>(info.param).name;
    for (const char letter : std::string(std::get<const char *>(info.param)))
        name += letter == ' ' ? '_' : letter;
    return name;
}

TEST_P(ShapeOutput, IsCopiedAsTheFramesOnTheWire) {
    const auto &[shape, words] = GetParam();
    const std::string options = words;
    build({.gro = false, .collector_mtu = 1700});
    shape.setup(*net_);
    set_features(net_->router, "lan", segmentation, "off");
    mirror(
        {"inet postrouting", std::string("oifname { \"lan\", \"v7\" } ") + shape.match, options});
    Capture wire(net_->sender, "eth0");
    shape.send(*net_);
    const std::vector<Bytes> frames = wire_bytes(drain(wire, has_ip_protocol(shape.protocol)));
    ASSERT_FALSE(frames.empty());
    const std::uint64_t matched =
        expect_copies(frames, "sent", options == " len 60" ? std::optional(60) : std::nullopt);
    if (shape.superframes) {
        EXPECT_LT(matched, frames.size()) << "no superframe was among them";
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, ShapeOutput,
                         ::testing::Combine(::testing::ValuesIn(shapes),
                                            ::testing::Values("", " len 60", " encap erspan",
                                                              " encap vxlan port 5555")),
                         case_name);

}  // namespace
}  // namespace rmirror::vm
