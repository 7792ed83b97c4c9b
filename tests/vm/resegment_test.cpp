// SPDX-License-Identifier: GPL-2.0-only
//
// What becomes of TCP that does not fit the path: new segments with whichever encapsulation, and
// whole packets in fragments where new segments would not be what they are taken for.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "support/hexdump.hpp"
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
using test::PacketBuilder;

constexpr std::size_t path_mtu = 1500;

class ResegmentTest : public ::testing::Test {
protected:
    ResegmentTest() {
        set_offload(net_.router, "mon", Offload::tso, false);
        set_offload(net_.router, "mon", Offload::tx_checksum, false);
    }

    void mirror(const std::string &to) {
        net_.router.nft(ruleset(hook("netdev ingress"), "rmirror to " + to));
        capture_ = std::make_unique<Capture>(net_.collector, "eth0");
    }

    void send(const std::vector<Bytes> &frames) {
        Injector injector(net_.sender, "eth0");
        for (const Bytes &frame : frames)
            injector.send(frame);
    }

    // What left the router for the collector
    std::vector<Frame> outers() {
        return drain(*capture_, [](const Frame &frame) {
            return std::ranges::equal(ByteView(frame.bytes).subspan(6, 6), Topology::mon_mac);
        });
    }

    // Each is mirrored whole, in fragments of its outer packet.
    void expect_fragments_of(const std::vector<Bytes> &frames) {
        const std::uint64_t count = frames.size();
        EXPECT_TRUE(same_frames(frames, mirrored_frames(outers())));
        EXPECT_TRUE(only_counters(net_.router).are({{"matched", count}, {"fragmented", count}}));
    }

    Topology net_{Topology::Options{.gro = false, .collector_mtu = path_mtu}};
    std::unique_ptr<Capture> capture_;
};

struct Encapsulation {
    const char *name;
    const char *options;
    std::size_t length;  // between the outer packet's IP header and the frame
    const char *collector = "10.0.0.5";
    bool ipv6 = false;  // the frames

    std::string to() const { return std::string(collector) + options; }
    std::size_t outer() const {
        return length + (std::string(collector).find(':') == std::string::npos ? 20 : 40);
    }
};

void PrintTo(const Encapsulation &encapsulation, std::ostream *out) {
    *out << encapsulation.name;
}

class ResegmentedSuperframe : public ResegmentTest,
                              public ::testing::WithParamInterface<Encapsulation> {};

// As many copies as the payload takes, and not two for each segment that the sender had in mind.
TEST_P(ResegmentedSuperframe, MakesAsFewFramesAsItCan) {
    mirror(GetParam().to());
    const bool ipv6 = GetParam().ipv6;
    const std::size_t limit = path_mtu - GetParam().outer();
    const std::size_t each = limit - tcp_header_length(ipv6);
    const Bytes payload = tcp_payload(40 * 1440);
    send_tcp_superframe(net_.sender, ipv6, payload, 1440);
    const std::vector<Frame> packets = outers();
    const std::vector<Bytes> frames = mirrored_frames(packets);
    EXPECT_EQ(packets.size(), frames.size()) << "some are fragments";
    EXPECT_TRUE(are_segments_of(payload, ipv6, limit, frames));
    EXPECT_GE(frames.size(), payload.size() / each);
    EXPECT_LE(frames.size(), payload.size() / each + 2);
    EXPECT_TRUE(only_counters(net_.router).are({{"matched", 1}, {"resegmented", 1}}));
}

INSTANTIATE_TEST_SUITE_P(
    Encapsulations, ResegmentedSuperframe,
    ::testing::Values(
        Encapsulation{"Gre", "", 4}, Encapsulation{"GreIPv6", "", 4, "10.0.0.5", true},
        Encapsulation{"GreSeq", " key 3 seq", 12}, Encapsulation{"Erspan1", " encap erspan1", 4},
        Encapsulation{"Erspan", " encap erspan", 16},
        Encapsulation{"ErspanOverIPv6", " encap erspan", 16, "fd00::5"},
        Encapsulation{"Erspan3", " encap erspan3", 20},
        Encapsulation{"Erspan3Platform", " encap erspan3 platform", 28},
        Encapsulation{"Vxlan", " encap vxlan", 16}, Encapsulation{"Tzsp", " encap tzsp", 23}),
    [](const auto &encapsulation) { return encapsulation.param.name; });

class WholePacket : public ResegmentTest, public ::testing::WithParamInterface<Encapsulation> {};

// A second SYN or RST would be one too many, and the urgent pointer of a second segment wrong.
TEST_P(WholePacket, SynRstAndUrgAreNotSplit) {
    mirror(GetParam().to());
    std::vector<Bytes> frames;
    const bool ipv6 = GetParam().ipv6;
    const Bytes payload = tcp_payload(path_mtu + 14 - tcp_header_length(ipv6));
    for (const std::uint8_t flags :
         {tcp_syn, static_cast<std::uint8_t>(tcp_syn | tcp_ack), tcp_rst,
          static_cast<std::uint8_t>(tcp_rst | tcp_ack),
          static_cast<std::uint8_t>(tcp_urg | tcp_ack),
          static_cast<std::uint8_t>(tcp_syn | tcp_fin | tcp_rst | tcp_urg)})
        frames.push_back(
            tcp_frame({.ipv6 = ipv6, .size = payload.size(), .flags = flags}, payload));
    send(frames);
    expect_fragments_of(frames);
}

INSTANTIATE_TEST_SUITE_P(Encapsulations, WholePacket,
                         ::testing::Values(Encapsulation{"Gre", "", 4},
                                           Encapsulation{"GreIPv6", "", 4, "10.0.0.5", true},
                                           Encapsulation{"GreOverIPv6", "", 4, "fd00::5"},
                                           Encapsulation{"Erspan", " encap erspan", 16},
                                           Encapsulation{"VxlanIPv6", " encap vxlan", 16,
                                                         "10.0.0.5", true}),
                         [](const auto &encapsulation) { return encapsulation.param.name; });

// Full-size frames that say they are TCP, and of which nobody can make segments.
struct Malformed {
    const char *name;
    void (*spoil)(Bytes &frame);  // a frame of 1514 bytes, IPv4
};

const Malformed malformed[] = {
    {"no header length", [](Bytes &frame) { frame[34 + 12] = 0x00; }},
    {"a header of 16 bytes", [](Bytes &frame) { frame[34 + 12] = 0x40; }},
    {"an IP packet shorter than the frame", [](Bytes &frame) { frame[16] = 0x03; }},
    {"an IP packet longer than the frame", [](Bytes &frame) { frame[16] = 0x7f; }},
    {"an IP packet of no length", [](Bytes &frame) { frame[16] = frame[17] = 0; }},
    {"an IP header of 60 bytes that is wrong", [](Bytes &frame) { frame[14] = 0x4f; }},
    {"an IP header of 16 bytes", [](Bytes &frame) { frame[14] = 0x44; }},
    {"a fragment", [](Bytes &frame) { frame[20] = 0x20; }},
    {"a later fragment", [](Bytes &frame) { frame[20] = 0x00, frame[21] = 0x07; }},
};

TEST_F(ResegmentTest, WhatCannotBeSegmentedIsSentInFragments) {
    mirror("10.0.0.5");
    const Bytes payload = tcp_payload(1460);
    std::vector<Bytes> frames;
    for (const Malformed &each : malformed) {
        frames.push_back(tcp_frame({.size = payload.size()}, payload));
        each.spoil(frames.back());
    }
    send(frames);
    const Counters counters = settled_counters(net_.router);
    EXPECT_EQ(counters["no-memory"], 0U);
    EXPECT_TRUE(same_frames(frames, mirrored_frames(outers())));
    EXPECT_TRUE(counters.are({{"matched", frames.size()}, {"fragmented", frames.size()}}));
}

// What stands between IP and TCP
struct Header {
    const char *name;
    bool ipv6;
    std::uint8_t protocol;
    const char *bytes;
};

const Header headers[] = {
    {"authentication in IPv6", true, 51,
     "06 04 00 00 00 00 00 01 00 00 00 01 01 01 01 01 01 01 01 01 01 01 01 01"},
    {"authentication in IPv4", false, 51,
     "06 04 00 00 00 00 00 01 00 00 00 01 01 01 01 01 01 01 01 01 01 01 01 01"},
    {"atomic fragment", true, 44, "06 00 00 00 00 00 00 4d"},
    {"hop-by-hop options", true, 0, "06 00 01 04 00 00 00 00"},
    {"destination options", true, 60, "06 00 01 04 00 00 00 00"},
    {"routing", true, 43, "06 00 00 00 00 00 00 00"},
    {"hop-by-hop options and authentication", true, 0,
     "33 00 01 04 00 00 00 00"
     "06 04 00 00 00 00 00 01 00 00 00 01 01 01 01 01 01 01 01 01 01 01 01 01"},
    {"destination options and a fragment", true, 60,
     "2c 00 01 04 00 00 00 00 06 00 00 00 00 00 00 4d"},
};

Bytes frame_with(const Header &header, std::uint16_t port, const Bytes &payload) {
    PacketBuilder builder;
    builder.eth(Topology::sender_mac, Topology::lan_mac);
    if (header.ipv6)
        builder.ipv6({.source = Topology::sender_ipv6,
                      .destination = Topology::lan_ipv6,
                      .next_header = header.protocol});
    else
        builder.ipv4({.source = Topology::sender_ipv4,
                      .destination = Topology::lan_ipv4,
                      .protocol = header.protocol});
    return builder.payload(test::from_hex(header.bytes))
        .tcp({.source = port, .destination = 2000})
        .payload(payload)
        .build();
}

// The payload of those of the frames that are `frame`, or segments of it
Bytes payload_like(const Bytes &frame, std::size_t payload, const std::vector<Bytes> &frames) {
    const std::size_t start = frame.size() - payload;
    const std::size_t ports = start - 20;
    Bytes all;
    for (const Bytes &each : frames)
        if (each.size() > start &&
            std::ranges::equal(ByteView(each).subspan(ports, 4), ByteView(frame).subspan(ports, 4)))
            all.insert(all.end(), each.begin() + static_cast<std::ptrdiff_t>(start), each.end());
    return all;
}

// Nothing may hide behind a header that the segmenter does not know.
TEST_F(ResegmentTest, TcpBehindHeadersIsSentInSomeWay) {
    mirror("10.0.0.5");
    const Bytes payload = tcp_payload(1400);
    std::vector<Bytes> frames;
    std::uint16_t port = 1000;
    for (const Header &header : headers)
        frames.push_back(frame_with(header, port++, payload));
    send(frames);
    const std::vector<Bytes> copies = mirrored_frames(outers());
    for (std::size_t i = 0; i < frames.size(); i++)
        EXPECT_TRUE(test::same_bytes(payload, payload_like(frames[i], payload.size(), copies)))
            << headers[i].name;
    const Counters counters = settled_counters(net_.router);
    EXPECT_EQ(counters["no-memory"], 0U);
    EXPECT_EQ(counters["fragmented"] + counters["resegmented"], frames.size());
}

}  // namespace
}  // namespace rmirror::vm
