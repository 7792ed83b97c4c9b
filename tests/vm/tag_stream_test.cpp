// SPDX-License-Identifier: GPL-2.0-only
//
// A stream on stacked VLAN devices, mirrored below them: with both tags, and in segments that fit
// the path.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/module.hpp"
#include "vm/support/shape.hpp"
#include "vm/support/stream.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;

struct Stream {
    const char *name;
    const char *options;
    bool superframes;  // leave the router as such
    bool ipv6 = false;
    const char *hook = "netdev egress";
};

void PrintTo(const Stream &stream, std::ostream *out) {
    *out << stream.name;
}

class TagStreamTest : public ShapeTest, public ::testing::WithParamInterface<Stream> {
protected:
    void SetUp() override {
        if (!has_module("8021q"))
            GTEST_SKIP() << "this kernel has no 8021q";
        build({.gro = false, .mtu = 1508});
        stack(net_->sender, "eth0", "1", "2", Topology::lan_mac);
        stack(net_->router, "lan", "2", "1", Topology::sender_mac);
        if (!GetParam().superframes)
            set_features(net_->router, "lan", segmentation, "off");
    }

    static void stack(const NetNs &netns, const std::string &link, const std::string &own,
                      const std::string &other, const test::MacAddress &mac) {
        std::string batch = "link add link " + link +
                            " name v10 type vlan id 10 protocol 802.1ad\n"
                            "link add link v10 name v20 type vlan id 20\n"
                            "link set v10 up\nlink set v20 up mtu 1500\n";
        for (const std::string prefix : {"10.20.0.", "fd00:20::"}) {
            const bool ipv6 = prefix.find(':') != std::string::npos;
            batch += "addr add " + prefix + own + (ipv6 ? "/64 nodad" : "/24") +
                     " dev v20\nneigh replace " + prefix + other + " lladdr " +
                     test::to_string(mac) + " nud permanent dev v20\n";
        }
        netns.ip(batch);
    }

    // What a receiver makes of the segments, which all have both tags. What is sent again may begin
    // and end elsewhere.
    static Bytes assembled(const std::vector<Bytes> &frames) {
        const Bytes tags = test::from_hex("88 a8 00 0a 81 00 00 14");
        std::map<std::uint32_t, Bytes> parts;  // by their place in the stream
        std::optional<std::uint32_t> syn;      // its sequence number: the first frame
        std::size_t without_tags = 0;
        const std::size_t tcp = 22 + (GetParam().ipv6 ? 40 : 20);
        for (const Bytes &frame : frames) {
            if (frame.size() <= tcp + 20 ||
                !std::ranges::equal(tags, ByteView(frame).subspan(12, tags.size()))) {
                without_tags++;
                continue;
            }
            std::uint32_t sequence = 0;
            for (std::size_t i = 0; i < 4; i++)
                sequence = sequence << 8U | frame[tcp + 4 + i];
            const std::size_t data = tcp + std::size_t{4} * (frame[tcp + 12] >> 4U);
            const std::uint32_t begin = sequence - syn.value_or(sequence) - 1;
            syn = syn.value_or(sequence);
            if (data >= frame.size())
                continue;
            if (Bytes &part = parts[begin]; data + part.size() < frame.size())
                part.assign(frame.begin() + static_cast<std::ptrdiff_t>(data), frame.end());
        }
        EXPECT_EQ(without_tags, 0U);
        Bytes all;
        for (const auto &[begin, part] : parts) {
            if (begin > all.size())
                break;  // a gap
            if (begin + part.size() > all.size())
                all.insert(all.end(),
                           part.begin() + static_cast<std::ptrdiff_t>(all.size() - begin),
                           part.end());
        }
        return all;
    }
};

TEST_P(TagStreamTest, IsCopiedInSegmentsThatFit) {
    // Without what IPv6 says to groups
    mirror({GetParam().hook,
            std::string(GetParam().hook) == "netdev egress" ? "ether daddr 02:00:00:00:01:01"
                                                            : "tcp dport 2000",
            GetParam().options});
    const Bytes payload = test::PacketBuilder().payload(60000).build();
    const std::string address = GetParam().ipv6 ? "fd00:20::1" : "10.20.0.1";
    ASSERT_EQ(send_stream({net_->router, net_->sender, address}, payload), payload);
    const Counters counters = settled_counters(net_->router);
    EXPECT_EQ(counters["no-memory"], 0U);
    EXPECT_EQ(counters["fragmented"], 0U);
    const Bytes received = assembled(mirrored_frames(drain(*copies_, any_frame())));
    EXPECT_EQ(received.size(), payload.size());
    EXPECT_TRUE(received == payload);
    EXPECT_TRUE(checker_->saw_no_change());
}

INSTANTIATE_TEST_SUITE_P(
    Streams, TagStreamTest,
    ::testing::Values(Stream{"GreSuperframes", "", true}, Stream{"GreSegments", "", false},
                      Stream{"ErspanSuperframes", " encap erspan", true},
                      Stream{"VxlanIPv6Segments", " encap vxlan", false, true},
                      Stream{"AtPostrouting", "", true, false, "inet postrouting"}),
    [](const auto &stream) { return stream.param.name; });

}  // namespace
}  // namespace rmirror::vm
