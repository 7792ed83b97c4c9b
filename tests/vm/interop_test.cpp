// SPDX-License-Identifier: GPL-2.0-only
//
// Linux' own tunnel devices take the frames out of the copies.
#include <gtest/gtest.h>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

struct Receiver {
    const char *statement;
    const char *link;  // `ip link add mirror0 type ..` of the collector
};

void PrintTo(const Receiver &receiver, std::ostream *out) {
    *out << receiver.statement;
}

class InteropTest : public TopologyTest, public ::testing::WithParamInterface<Receiver> {};

TEST_P(InteropTest, DeviceDeliversTheFrame) {
    net_.collector.ip(std::string("link add mirror0 type ") + GetParam().link +
                      "\nlink set mirror0 up promisc on\n");
    net_.router.nft(ruleset(hook("inet input"),
                            std::string("iifname \"lan\" rmirror to ") + GetParam().statement));
    Capture capture(net_.collector, "mirror0");
    const test::Bytes frame =
        test::PacketBuilder()
            .eth(Topology::sender_mac, Topology::lan_mac)
            .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
            .udp(1000, 9)
            .payload(300)
            .build();
    for (int i = 0; i < 3; i++)
        Injector(net_.sender, "eth0").send(frame);
    const std::vector<Frame> frames = capture.wait_for(3, has_ip_protocol(17));
    ASSERT_EQ(frames.size(), 3U);
    for (const Frame &got : frames)
        EXPECT_TRUE(test::same_bytes(frame, got.bytes));
}

INSTANTIATE_TEST_SUITE_P(
    Devices, InteropTest,
    ::testing::Values(
        Receiver{"10.0.0.5", "gretap local 10.0.0.5 remote 10.0.0.1"},
        Receiver{"10.0.0.5 key 7", "gretap local 10.0.0.5 remote 10.0.0.1 key 7"},
        Receiver{"10.0.0.5 key 7 seq", "gretap local 10.0.0.5 remote 10.0.0.1 key 7 iseq"},
        Receiver{"fd00::5", "ip6gretap local fd00::5 remote fd00::1"},
        Receiver{"10.0.0.5 encap erspan key 9",
                 "erspan local 10.0.0.5 remote 10.0.0.1 seq key 9 erspan_ver 1"},
        Receiver{"10.0.0.5 encap erspan3 key 9",
                 "erspan local 10.0.0.5 remote 10.0.0.1 seq key 9 erspan_ver 2 erspan_dir ingress "
                 "erspan_hwid 0"},
        Receiver{"fd00::5 encap erspan key 9",
                 "ip6erspan local fd00::5 remote fd00::1 seq key 9 erspan_ver 1"},
        Receiver{"10.0.0.5 encap vxlan key 42", "vxlan id 42 dstport 4789 local 10.0.0.5"},
        Receiver{"fd00::5 encap vxlan key 42", "vxlan id 42 dstport 4789 local fd00::5"},
        Receiver{"10.0.0.5 encap geneve key 42", "geneve id 42 remote 10.0.0.1"},
        Receiver{"fd00::5 encap geneve key 42", "geneve id 42 remote fd00::1"}));

}  // namespace
}  // namespace rmirror::vm
