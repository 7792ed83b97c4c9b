// SPDX-License-Identifier: GPL-2.0-only
//
// What IPsec has taken the headers of: the copy is an Ethernet frame with the packet that the rule
// matched.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/ipsec.hpp"
#include "vm/support/points.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;

struct Protected {
    const char *name;
    IpsecProtocol protocol;
    const char *mode;
    bool ipv6;            // outside
    bool tagged = false;  // on a VLAN device
    bool other = false;   // inside of the tunnel is the other family
};

void PrintTo(const Protected &each, std::ostream *out) {
    *out << each.name;
}

class DecryptedTest : public PointTest, public ::testing::WithParamInterface<Protected> {
protected:
    void SetUp() override {
        const Protected &shape = GetParam();
        ipsec_ = {.protocol = shape.protocol,
                  .mode = shape.mode,
                  .source = shape.ipv6 ? "fd00:7::1" : "10.7.0.1",
                  .destination = shape.ipv6 ? "fd00:7::2" : "10.7.0.2"};
        if (const auto missing = ipsec_.missing_module())
            GTEST_SKIP() << "this kernel has no " << *missing;
        add_addresses(net_.sender, "eth0", "1", "2", Topology::lan_mac);
        add_addresses(net_.router, "lan", "2", "1", Topology::sender_mac);
        ipsec_.add_state(net_.sender);
        ipsec_.add_state(net_.router);
        ipsec_.add_policy(net_.sender, ends() + " proto udp");
        socket_ = ipsec_.listen(net_.router);
    }

    bool inner_ipv6() const { return GetParam().ipv6 != GetParam().other; }
    std::string source() const { return inner_ipv6() ? "fd00:7::1" : "10.7.0.1"; }
    std::string destination() const { return inner_ipv6() ? "fd00:7::2" : "10.7.0.2"; }
    std::string ends() const { return "src " + source() + " dst " + destination() + " dport 9"; }

    static void add_addresses(const NetNs &netns, const std::string &link, const std::string &own,
                              const std::string &other, const test::MacAddress &mac) {
        const std::string device = GetParam().tagged ? "v7" : link;
        std::string batch;
        if (GetParam().tagged)
            batch += "link add link " + link + " name v7 type vlan id 7\nlink set v7 up\n";
        for (const std::string prefix : {"10.7.0.", "fd00:7::"}) {
            const bool ipv6 = prefix.find(':') != std::string::npos;
            batch += "addr add " + prefix + own + (ipv6 ? "/64 nodad" : "/24") + " dev " + device +
                     "\nneigh replace " + prefix + other + " lladdr " + test::to_string(mac) +
                     " nud permanent dev " + device + "\n";
        }
        netns.ip(batch);
    }

    // The frame that the sender would have put on the wire without IPsec. What its stack makes up
    // is taken from `copy`: IPv4's number, IPv6's flow label, the source port.
    Bytes clear_frame(const Bytes &copy) const {
        const std::size_t network = GetParam().tagged ? 18 : 14;
        const std::size_t transport = network + (inner_ipv6() ? 40 : 20);
        if (copy.size() < transport + 8)
            return {};
        const auto number = [&copy](std::size_t at) {
            return static_cast<std::uint16_t>(copy[at] << 8 | copy[at + 1]);
        };
        test::PacketBuilder builder;
        builder.eth(Topology::sender_mac, Topology::lan_mac);
        if (GetParam().tagged)
            builder.vlan(7);
        if (inner_ipv6())
            builder.ipv6({.source = test::ipv6(source()),
                          .destination = test::ipv6(destination()),
                          .flow_label = (copy[network + 1] & 0xfU) << 16U | number(network + 2)});
        else
            builder.ipv4({.source = test::ipv4(source()),
                          .destination = test::ipv4(destination()),
                          .id = number(network + 4),
                          .dont_fragment = true});
        return builder.udp(number(transport), 9).payload(marked_payload()).build();
    }

    Ipsec ipsec_;
    FileDescriptor socket_;
};

TEST_P(DecryptedTest, IsCopiedAsAFrameOfThePacket) {
    mirror_at({{"inet input", "udp dport 9"}, {"inet prerouting", "udp dport 9"}});
    Capture wire(net_.sender, "eth0", Direction::outgoing);
    send_udp(net_.sender, destination(), 9, marked_payload());
    const auto with_headers = wire.wait_for(1, has_ip_protocol(ipsec_.wire_protocol()));
    ASSERT_EQ(with_headers.size(), 1U);
    auto copies = mirrored(2);
    for (auto &[key, frames] : copies) {
        SCOPED_TRACE(name(key));
        // A rule finds the ports behind AH in IPv6 before it is taken off, too.
        std::erase(frames, with_headers[0].bytes);
        EXPECT_EQ(frames.size(), 1U);
        for (const Bytes &frame : frames)
            EXPECT_TRUE(test::same_bytes(clear_frame(frame), frame));
    }
    EXPECT_EQ(copies.size(), 2U);
    expect_all_sent();
}

INSTANTIATE_TEST_SUITE_P(
    Protocols, DecryptedTest,
    ::testing::Values(
        Protected{"EspOverIPv4", IpsecProtocol::esp, "transport", false},
        Protected{"EspOverIPv6", IpsecProtocol::esp, "transport", true},
        Protected{"AhOverIPv4", IpsecProtocol::ah, "transport", false},
        Protected{"AhOverIPv6", IpsecProtocol::ah, "transport", true},
        Protected{"EspInUdpOverIPv4", IpsecProtocol::esp_in_udp, "transport", false},
        Protected{"EspInUdpOverIPv6", IpsecProtocol::esp_in_udp, "transport", true},
        Protected{"EspInVlanOverIPv4", IpsecProtocol::esp, "transport", false, true},
        Protected{"TunnelOverIPv4", IpsecProtocol::esp, "tunnel", false},
        Protected{"TunnelOverIPv6", IpsecProtocol::esp, "tunnel", true},
        Protected{"TunnelOfIPv6OverIPv4", IpsecProtocol::esp, "tunnel", false, false, true},
        Protected{"TunnelOfIPv4OverIPv6", IpsecProtocol::esp, "tunnel", true, false, true}),
    [](const auto &each) { return each.param.name; });

}  // namespace
}  // namespace rmirror::vm
