// SPDX-License-Identifier: GPL-2.0-only
//
// The counter `bytes`: the outer IP packets as they are on the wire, without their Ethernet
// headers.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/tcp_frame.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;

struct Statement {
    const char *name;
    const char *to;
    unsigned mtu = 1600;  // of the path
};

void PrintTo(const Statement &statement, std::ostream *out) {
    *out << statement.name;
}

class BytesTest : public ::testing::TestWithParam<Statement> {
protected:
    BytesTest() {
        net_.router.nft(ruleset(hook("inet input"),
                                std::string("iifname \"lan\" rmirror to ") + GetParam().to));
        set_segmenting_device(false);
    }

    // Whether superframes leave as such, as to a device that segments them
    void set_segmenting_device(bool on) {
        set_offload(net_.router, "mon", Offload::tx_checksum, on);
        set_offload(net_.router, "mon", Offload::tso, on);
    }

    void send_datagram(std::size_t size) {
        Injector(net_.sender, "eth0")
            .send(test::PacketBuilder()
                      .eth(Topology::sender_mac, Topology::lan_mac)
                      .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
                      .udp(1000, 9)
                      .payload(size)
                      .build());
    }

    void send_stream() { send_tcp_superframe(net_.sender, false, tcp_payload(13000), 1440); }

    // The sum of the packets that have come to the collector
    std::uint64_t on_the_wire(Capture &capture) {
        std::uint64_t sum = 0;
        for (const Frame &frame : drain(capture, [](const Frame &each) {
                 return std::ranges::equal(ByteView(each.bytes).subspan(6, 6), Topology::mon_mac);
             }))
            sum += frame.bytes.size() - 14;
        return sum;
    }

    std::uint64_t counted() { return settled_counters(net_.router)["bytes"]; }

    Topology net_{Topology::Options{.gro = false, .collector_mtu = GetParam().mtu}};
};

TEST_P(BytesTest, AreThoseOfTheOuterPackets) {
    Capture capture(net_.collector, "eth0");
    send_datagram(10);
    send_datagram(1472);
    const std::uint64_t datagrams = counted();
    EXPECT_EQ(datagrams, on_the_wire(capture)) << "datagrams";
    send_stream();
    const std::uint64_t stream = counted() - datagrams;
    EXPECT_EQ(stream, on_the_wire(capture)) << "a superframe";
    // A device makes the same packets of it.
    set_segmenting_device(true);
    send_stream();
    EXPECT_EQ(counted() - datagrams - stream, stream) << "a superframe for the device";
}

INSTANTIATE_TEST_SUITE_P(
    Statements, BytesTest,
    ::testing::Values(Statement{"Gre", "10.0.0.5"}, Statement{"GreResegmented", "10.0.0.5", 1500},
                      Statement{"GreFragments", "10.0.0.5 mtu fragment", 1500},
                      Statement{"GreLen", "10.0.0.5 len 60"},
                      Statement{"GreIPv6Fragments", "fd00::5 mtu fragment", 1500},
                      Statement{"ErspanResegmented", "10.0.0.5 encap erspan", 1500},
                      Statement{"VxlanIPv6Resegmented", "fd00::5 encap vxlan", 1500},
                      Statement{"Tzsp", "10.0.0.5 encap tzsp"},
                      Statement{"Bare", "10.0.0.5 encap none"},
                      Statement{"BareFragments", "10.0.0.5 encap none mtu fragment", 1400}),
    [](const auto &statement) { return statement.param.name; });

}  // namespace
}  // namespace rmirror::vm
