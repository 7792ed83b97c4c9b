// SPDX-License-Identifier: GPL-2.0-only
//
// A port of a VRF. Linux shows its packets to prerouting, output and postrouting twice: with the
// port as their device and with the VRF.
#include <gtest/gtest.h>

#include "support/hexdump.hpp"
#include "vm/support/module.hpp"
#include "vm/support/points.hpp"
#include "vm/support/stream.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;

struct Port {
    const char *name;
    const char *device;  // of the router, in the VRF
    std::vector<Tag> tags;
};

void PrintTo(const Port &port, std::ostream *out) {
    *out << port.name;
}

class VrfTest : public PointTest, public ::testing::WithParamInterface<Port> {
protected:
    void SetUp() override {
        for (const char *module : {"vrf", "8021q"})
            if (!has_module(module))
                GTEST_SKIP() << "this kernel has no " << module;
        const std::string port = GetParam().device;
        std::string batch = "link add vrf1 type vrf table 10\nlink set vrf1 up\n";
        if (!GetParam().tags.empty())
            batch += "link add link lan name " + port + " type vlan id 10\n";
        batch += "link set " + port + " master vrf1\nlink set " + port +
                 " up\naddr add 10.7.0.2/24 dev " + port + "\naddr add fd00:7::2/64 dev " + port +
                 " nodad\n";
        for (const char *address : {"10.7.0.1", "fd00:7::1"})
            batch += std::string("neigh replace ") + address +
                     " lladdr 02:00:00:00:01:01 nud permanent dev " + port + "\n";
        net_.router.ip(batch);
    }

    std::string port() const { return std::string("\"") + GetParam().device + "\""; }
};

TEST_P(VrfTest, WhatIsReceivedIsCopiedAsReceived) {
    mirror_at({{"inet prerouting", "iifname " + port() + " udp dport 9"},
               {"inet prerouting", "iifname \"vrf1\" udp dport 9"},
               {"inet input", "udp dport 9"},
               {std::string("netdev ingress ") + GetParam().device}});
    const std::vector<Bytes> frames = {
        marked_datagram({.tags = GetParam().tags, .source = "10.7.0.1", .destination = "10.7.0.2"}),
        marked_datagram(
            {.tags = GetParam().tags, .source = "fd00:7::1", .destination = "fd00:7::2"}),
    };
    Injector injector(net_.sender, "eth0");
    for (const Bytes &frame : frames)
        injector.send(frame);
    expect_at_each_point(frames);
}

// The frame's addresses and the packet; a frame's tags are not looked at.
Bytes without_tags(const Bytes &frame, std::size_t tags) {
    if (frame.size() < 14)
        return frame;
    Bytes bare(frame.begin(), frame.begin() + 12);
    const std::size_t skip = frame[12] == 0x81 ? 4 * tags : 0;
    bare.insert(bare.end(), frame.begin() + static_cast<std::ptrdiff_t>(12 + skip), frame.end());
    return bare;
}

TEST_P(VrfTest, WhatIsSentIsCopiedWithTheAddressesOfTheWire) {
    mirror_at({{"inet postrouting", "oifname " + port() + " udp dport 9"},
               {"inet postrouting", "oifname \"vrf1\" udp dport 9"},
               {std::string("netdev egress ") + GetParam().device}});
    Capture wire(net_.sender, "eth0");
    for (const char *address : {"10.7.0.1", "fd00:7::1"})
        send_datagrams(net_.router, address, marked_payload(), {.device = "vrf1"});
    std::vector<Bytes> frames;
    std::vector<Bytes> bare;
    for (const Frame &frame : wire.wait_for(2, is_marked)) {
        frames.push_back(finished(frame));
        bare.push_back(without_tags(frames.back(), GetParam().tags.size()));
    }
    ASSERT_EQ(frames.size(), 2U);
    auto copies = mirrored(6);
    EXPECT_TRUE(same_frames(frames, copies[1])) << "at the port";
    EXPECT_TRUE(same_frames(frames, copies[3])) << "at egress";
    for (Bytes &copy : copies[2])
        copy = without_tags(copy, GetParam().tags.size());
    EXPECT_TRUE(same_frames(bare, copies[2])) << "at the VRF";
    expect_all_sent();
}

INSTANTIATE_TEST_SUITE_P(Ports, VrfTest,
                         ::testing::Values(Port{"Device", "lan", {}}, Port{"Vlan", "v10", {{10}}}),
                         [](const auto &port) { return port.param.name; });

}  // namespace
}  // namespace rmirror::vm
