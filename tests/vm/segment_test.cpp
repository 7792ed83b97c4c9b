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
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;
using test::PacketBuilder;

constexpr std::uint8_t ack = 0x10;
constexpr std::uint8_t push = 0x08;
constexpr std::uint8_t fin = 0x01;
constexpr std::size_t ethernet_length = 14;
constexpr std::size_t outer_length = 20 + 4;  // IPv4, GRE

// A TCP packet from the sender to the router, or a part of it as a segment
struct TcpPart {
    bool ipv6 = false;
    std::size_t offset = 0;
    std::size_t size = 0;
    std::uint16_t id = 100;
    std::uint8_t flags = ack | push | fin;
};

Bytes tcp_payload(std::size_t size) {
    return PacketBuilder().payload(size).build();
}

Bytes tcp_frame(const TcpPart &part, const Bytes &payload) {
    PacketBuilder builder;
    builder.eth(Topology::sender_mac, Topology::lan_mac);
    if (part.ipv6)
        builder.ipv6({.source = Topology::sender_ipv6, .destination = Topology::lan_ipv6});
    else
        builder.ipv4({.source = Topology::sender_ipv4,
                      .destination = Topology::lan_ipv4,
                      .id = part.id,
                      .dont_fragment = true});
    return builder
        .tcp({.source = 1000,
              .destination = 2000,
              .sequence = static_cast<std::uint32_t>(5000 + part.offset),
              .acknowledgement = 1,
              .flags = part.flags})
        .payload(ByteView(payload).subspan(part.offset, part.size))
        .build();
}

// The frames that a sender puts on the wire for `payload` with that segment size
std::vector<Bytes> tcp_segments(bool ipv6, const Bytes &payload, std::size_t segment) {
    std::vector<Bytes> frames;
    for (std::size_t offset = 0; offset < payload.size(); offset += segment) {
        const std::size_t size = std::min(segment, payload.size() - offset);
        const bool last = offset + size == payload.size();
        frames.push_back(
            tcp_frame({.ipv6 = ipv6,
                       .offset = offset,
                       .size = size,
                       .id = static_cast<std::uint16_t>(100 + offset / segment),
                       .flags = static_cast<std::uint8_t>(last ? ack | push | fin : ack)},
                      payload));
    }
    return frames;
}

std::size_t header_length(bool ipv6) {
    return ethernet_length + (ipv6 ? 40 : 20) + 20;
}

// In a superframe the checksum field holds the folded sum of the pseudo header.
void leave_checksum_open(Bytes &frame, bool ipv6) {
    const std::size_t tcp = header_length(ipv6) - 20;
    const std::size_t addresses = ethernet_length + (ipv6 ? 8 : 12);
    Bytes pseudo(frame.begin() + static_cast<std::ptrdiff_t>(addresses),
                 frame.begin() + static_cast<std::ptrdiff_t>(tcp));
    const std::size_t length = frame.size() - tcp;
    pseudo.insert(pseudo.end(), {0, 6, static_cast<std::uint8_t>(length >> 8),
                                 static_cast<std::uint8_t>(length)});
    const std::uint16_t sum = static_cast<std::uint16_t>(~test::internet_checksum(pseudo));
    frame[tcp + 16] = static_cast<std::uint8_t>(sum >> 8);
    frame[tcp + 17] = static_cast<std::uint8_t>(sum);
}

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
        Bytes frame = tcp_frame({.ipv6 = ipv6, .size = payload.size()}, payload);
        leave_checksum_open(frame, ipv6);
        const auto headers = static_cast<std::uint16_t>(header_length(ipv6));
        Injector(net_->sender, "eth0")
            .send_gso(frame, {.type = ipv6 ? GsoType::tcp_ipv6 : GsoType::tcp_ipv4,
                              .segment_size = static_cast<std::uint16_t>(segment),
                              .header_length = headers,
                              .checksum_start = static_cast<std::uint16_t>(headers - 20),
                              .checksum_offset = 16});
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

// The payload of TCP frames one after the other, each with the headers it must have
void expect_resegmented(const std::vector<Bytes> &frames, const Bytes &payload, bool ipv6,
                        std::size_t limit) {
    Bytes all;
    for (const Bytes &frame : frames) {
        ASSERT_GE(frame.size(), header_length(ipv6));
        EXPECT_LE(frame.size(), limit);
        const std::size_t size = frame.size() - header_length(ipv6);
        const bool last = all.size() + size == payload.size();
        const auto id = static_cast<std::uint16_t>(frame[18] << 8 | frame[19]);
        EXPECT_TRUE(test::same_bytes(
            tcp_frame({.ipv6 = ipv6,
                       .offset = all.size(),
                       .size = size,
                       .id = id,
                       .flags = static_cast<std::uint8_t>(last ? ack | push | fin : ack)},
                      payload),
            frame));
        all.insert(all.end(), frame.end() - static_cast<std::ptrdiff_t>(size), frame.end());
    }
    EXPECT_EQ(all.size(), payload.size());
}

class Resegment : public SegmentTest, public ::testing::WithParamInterface<bool> {};

TEST_P(Resegment, SplitsAPacketOf1500BytesInTwo) {
    start(1500, "");
    const bool ipv6 = GetParam();
    const Bytes payload = tcp_payload(1500 - (header_length(ipv6) - ethernet_length));
    Injector(net_->sender, "eth0").send(tcp_frame({.ipv6 = ipv6, .size = payload.size()}, payload));
    expect_resegmented(copies(2), payload, ipv6, 1500 - outer_length);
    expect_counted("resegmented");
}

TEST_P(Resegment, MakesTheSegmentsOfASuperframeSmaller) {
    start(1500, "");
    const bool ipv6 = GetParam();
    const Bytes payload = tcp_payload(4 * 1440);
    send_superframe(ipv6, payload, 1440);
    const std::size_t each = 1500 - outer_length - header_length(ipv6);
    expect_resegmented(copies((payload.size() + each - 1) / each), payload, ipv6,
                       1500 - outer_length);
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
