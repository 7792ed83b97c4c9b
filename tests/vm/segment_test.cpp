// SPDX-License-Identifier: GPL-2.0-only
//
// Superframes, and copies that do not fit the path.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/tcp_frame.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;
using test::PacketBuilder;

constexpr std::size_t ethernet_length = 14;
constexpr std::size_t outer_length = 20 + 4;  // IPv4, GRE

class SegmentTest : public ::testing::Test {
protected:
    void start(unsigned collector_mtu, const std::string &options) {
        net_ = std::make_unique<Topology>(
            Topology::Options{.gro = false, .collector_mtu = collector_mtu});
        // Superframes leave the router as what they are on a wire, and stay so.
        set_offload(net_->router, "mon", Offload::tso, false);
        set_offload(net_->router, "mon", Offload::tx_checksum, false);
        net_->router.nft(
            ruleset(hook("inet input"), "iifname \"lan\" rmirror to 10.0.0.5" + options));
        capture_ = std::make_unique<Capture>(net_->collector, "eth0");
    }

    void send_superframe(bool ipv6, const Bytes &payload, std::size_t segment) {
        send_tcp_superframe(net_->sender, ipv6, payload, segment);
    }

    // The mirrored frames, in the order in which they arrived
    std::vector<Bytes> copies(std::size_t count) {
        std::vector<Bytes> frames;
        for (const Frame &copy : capture_->wait_for(count, is_copy())) {
            EXPECT_TRUE(outer_checksums_hold(copy));
            frames.push_back(inner_frame(copy).value_or(Bytes{}));
        }
        EXPECT_EQ(frames.size(), count);
        EXPECT_TRUE(capture_->collect(is_copy()).empty());
        return frames;
    }

    void expect_frames(const std::vector<Bytes> &expected) {
        const std::vector<Bytes> got = copies(expected.size());
        for (std::size_t i = 0; i < std::min(got.size(), expected.size()); i++)
            EXPECT_TRUE(test::same_bytes(expected[i], got[i])) << "frame " << i;
    }

    void expect_counted(const std::string &outcome) {
        EXPECT_TRUE(only_counters(net_->router).are({{"matched", 1}, {outcome, 1}}));
    }

    std::unique_ptr<Topology> net_;
    std::unique_ptr<Capture> capture_;
};

struct Superframe {
    const char *options;
    bool ipv6;
    std::size_t keep;  // 0: all
};

void PrintTo(const Superframe &superframe, std::ostream *out) {
    *out << (superframe.ipv6 ? "IPv6" : "IPv4") << superframe.options;
}

class SuperframeTest : public SegmentTest, public ::testing::WithParamInterface<Superframe> {};

// One copy for each frame on the wire, whatever has to be done to it.
TEST_P(SuperframeTest, IsCopiedAsTheFramesItStandsFor) {
    start(1600, GetParam().options);
    const Bytes payload = tcp_payload(4500);
    send_superframe(GetParam().ipv6, payload, 1000);
    std::vector<Bytes> expected = tcp_segments(GetParam().ipv6, payload, 1000);
    if (GetParam().keep != 0)
        for (Bytes &frame : expected)
            frame.resize(GetParam().keep);
    expect_frames(expected);
    expect_counted("sent");
}

INSTANTIATE_TEST_SUITE_P(Options, SuperframeTest,
                         ::testing::Values(Superframe{"", false, 0}, Superframe{"", true, 0},
                                           Superframe{" key 7", false, 0},
                                           Superframe{" len 60", false, 60},
                                           Superframe{" len 74", true, 74},
                                           Superframe{" seq", false, 0},
                                           Superframe{" mtu drop", false, 0}));

TEST_F(SegmentTest, SuperframeOf64KArrives) {
    start(1600, "");
    const Bytes payload = tcp_payload(65000);
    send_superframe(false, payload, 1400);
    expect_frames(tcp_segments(false, payload, 1400));
    expect_counted("sent");
}

TEST_F(SegmentTest, NumberedSegmentsHaveNumbersOfTheirOwn) {
    start(1600, " seq");
    send_superframe(false, tcp_payload(3000), 1000);
    const std::vector<Frame> frames = capture_->wait_for(3, is_copy());
    ASSERT_EQ(frames.size(), 3U);
    for (std::uint8_t i = 0; i < 3; i++)
        EXPECT_EQ(frames[i].bytes[ethernet_length + outer_length + 3], i);
}

class Resegment : public SegmentTest, public ::testing::WithParamInterface<bool> {};

TEST_P(Resegment, SplitsAPacketOf1500BytesInTwo) {
    start(1500, "");
    const bool ipv6 = GetParam();
    const Bytes payload = tcp_payload(1500 - (tcp_header_length(ipv6) - ethernet_length));
    Injector(net_->sender, "eth0").send(tcp_frame({.ipv6 = ipv6, .size = payload.size()}, payload));
    EXPECT_TRUE(are_segments_of(payload, ipv6, 1500 - outer_length, copies(2)));
    expect_counted("resegmented");
}

TEST_P(Resegment, MakesTheSegmentsOfASuperframeSmaller) {
    start(1500, "");
    const bool ipv6 = GetParam();
    const Bytes payload = tcp_payload(4 * 1440);
    send_superframe(ipv6, payload, 1440);
    const std::size_t each = 1500 - outer_length - tcp_header_length(ipv6);
    EXPECT_TRUE(are_segments_of(payload, ipv6, 1500 - outer_length,
                                copies((payload.size() + each - 1) / each)));
    expect_counted("resegmented");
}

INSTANTIATE_TEST_SUITE_P(Families, Resegment, ::testing::Bool(),
                         [](const auto &family) { return family.param ? "IPv6" : "IPv4"; });

class MtuTest : public SegmentTest {
protected:
    void start(unsigned collector_mtu, const std::string &options) {
        SegmentTest::start(collector_mtu, options);
        answers_ = std::make_unique<Capture>(net_->sender, "eth0");
    }

    // Nobody may hear of a copy. What the router says of the original is that nobody listens.
    void TearDown() override {
        EXPECT_TRUE(answers_
                        ->collect([](const Frame &frame) {
                            return has_ip_protocol(1)(frame) &&
                                   (frame.bytes[34] != 3 || frame.bytes[35] != 3);
                        })
                        .empty());
    }

    // A frame that a path of 1500 bytes does not take, of a protocol that nobody resegments
    void send_datagram() {
        datagram_ = PacketBuilder()
                        .eth(Topology::sender_mac, Topology::lan_mac)
                        .ipv4({.source = Topology::sender_ipv4,
                               .destination = Topology::lan_ipv4,
                               .dont_fragment = true})
                        .udp(1000, 9)
                        .payload(1472)
                        .build();
        Injector(net_->sender, "eth0").send(datagram_);
    }

    void expect_fragments() {
        const std::vector<Frame> fragments = capture_->wait_for(2, has_ip_protocol(47));
        ASSERT_EQ(fragments.size(), 2U);
        Bytes all;
        for (const Frame &fragment : fragments) {
            const ByteView packet = ByteView(fragment.bytes).subspan(ethernet_length);
            EXPECT_LE(packet.size(), 1500U);
            EXPECT_TRUE(outer_checksums_hold(fragment));
            const unsigned offset = 8U * ((packet[6] << 8U | packet[7]) & 0x1fffU);
            EXPECT_EQ(offset, all.size());
            all.insert(all.end(), packet.begin() + 20, packet.end());
        }
        EXPECT_TRUE(test::same_bytes(test::from_hex("00 00 65 58"), ByteView(all).first(4)));
        EXPECT_TRUE(test::same_bytes(datagram_, ByteView(all).subspan(4)));
    }

    Bytes datagram_;
    std::unique_ptr<Capture> answers_;
};

TEST_F(MtuTest, ResegmentFragmentsWhatIsNotTcp) {
    start(1500, "");
    send_datagram();
    expect_fragments();
    expect_counted("fragmented");
}

TEST_F(MtuTest, FragmentFragmentsTcpToo) {
    start(1500, " mtu fragment");
    const Bytes payload = tcp_payload(1460);
    datagram_ = tcp_frame({.size = payload.size()}, payload);
    Injector(net_->sender, "eth0").send(datagram_);
    expect_fragments();
    expect_counted("fragmented");
}

TEST_F(MtuTest, TruncateCutsToWhatFits) {
    start(1500, " mtu truncate");
    send_datagram();
    datagram_.resize(1500 - outer_length);
    expect_frames({datagram_});
    expect_counted("truncated");
}

TEST_F(MtuTest, DropDrops) {
    start(1500, " mtu drop");
    send_datagram();
    expect_frames({});
    expect_counted("too-big");
}

TEST_F(MtuTest, LenBelowTheMtuFits) {
    start(1500, " len 100 mtu drop");
    send_datagram();
    datagram_.resize(100);
    expect_frames({datagram_});
    expect_counted("sent");
}

// The outer route's own MTU counts, not only its device's.
TEST_F(MtuTest, TheRouteMayBeNarrowerThanTheDevice) {
    start(1500, " mtu truncate");
    net_->router.ip("route replace 10.0.0.5/32 dev mon mtu lock 1000\n");
    send_datagram();
    datagram_.resize(1000 - outer_length);
    expect_frames({datagram_});
    expect_counted("truncated");
}

// No router on the way, and not this one, may send an ICMP error for a copy.
TEST_F(MtuTest, NeverSetsDontFragment) {
    for (const char *options : {"", " mtu truncate", " encap vxlan", " encap erspan len 100"}) {
        start(1500, options);
        send_datagram();
        const std::vector<Frame> copies = capture_->collect(is_copy());
        EXPECT_FALSE(copies.empty());
        for (const Frame &copy : copies)
            EXPECT_EQ(copy.bytes[ethernet_length + 6] & 0x40U, 0U) << options;
    }
}

}  // namespace
}  // namespace rmirror::vm
