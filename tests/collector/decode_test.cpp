// SPDX-License-Identifier: GPL-2.0-only
//
// Headers that no golden packet has: other senders' and broken ones.
#include "collector/decode.hpp"

#include <gtest/gtest.h>

#include <array>

#include "support/hexdump.hpp"

namespace rmirror::collector {
namespace {

using test::Bytes;
using test::from_hex;

constexpr const char *frame_text = "020000000102 020000000101 88b5 0102";

// Until the next call, as what is decoded is a view of it
const Bytes &with_frame(const std::string &header) {
    static Bytes packet;
    packet = from_hex(header + frame_text);
    return packet;
}

void expect_frame(const Decoded &decoded) {
    ASSERT_EQ(decoded.outcome, Outcome::copy);
    EXPECT_TRUE(test::same_bytes(from_hex(frame_text), decoded.copy.frame));
}

TEST(CollectorDecode, GreSkipsAChecksum) {
    const Decoded decoded = decode_gre(with_frame("b000 6558 abcd0000 00000007 00000009"));
    expect_frame(decoded);
    EXPECT_EQ(decoded.copy.key, 7U);
    EXPECT_EQ(decoded.copy.sequence, 9U);
}

TEST(CollectorDecode, GreOfAnotherKindIsForeign) {
    EXPECT_EQ(decode_gre(with_frame("0000 0800")).outcome, Outcome::foreign);  // a tunnel of IPv4
    EXPECT_EQ(decode_gre(with_frame("0001 880b")).outcome, Outcome::foreign);  // PPTP
    EXPECT_EQ(decode_gre(with_frame("4000 6558")).outcome, Outcome::foreign);  // source routes
    EXPECT_EQ(decode_gre(with_frame("0001 6558")).outcome, Outcome::foreign);  // version 1
}

TEST(CollectorDecode, GreThatEndsIsMalformed) {
    EXPECT_EQ(decode_gre(from_hex("0000")).outcome, Outcome::malformed);
    EXPECT_EQ(decode_gre(from_hex("2000 6558 0000")).outcome, Outcome::malformed);
    EXPECT_EQ(decode_gre(from_hex("0000 6558")).outcome, Outcome::malformed);  // no frame
    EXPECT_EQ(decode_gre({}).outcome, Outcome::malformed);
}

TEST(CollectorDecode, ErspanWantsItsVersion) {
    EXPECT_EQ(decode_gre(with_frame("1000 88be 00000001 20000009 00000000")).outcome,
              Outcome::malformed);
    EXPECT_EQ(decode_gre(with_frame("1000 22eb 00000001 10000009 00000000 00008002")).outcome,
              Outcome::malformed);
}

TEST(CollectorDecode, ErspanTellsThatItWasCut) {
    const Decoded decoded = decode_gre(with_frame("1000 88be 00000001 10000407 00000000"));
    expect_frame(decoded);
    EXPECT_EQ(decoded.copy.key, 7U);
    EXPECT_TRUE(decoded.copy.truncated);
}

TEST(CollectorDecode, Erspan3OutOfASwitch) {
    // D, 100 us, no sub-header; a frame of IP by its type
    const Decoded decoded =
        decode_gre(with_frame("1000 22eb 00000001 2000000b 00000064 0000 0808"));
    expect_frame(decoded);
    EXPECT_EQ(decoded.copy.direction, Direction::out);
    EXPECT_EQ(decoded.copy.link, Link::ip);
    ASSERT_TRUE(decoded.copy.stamp);
    EXPECT_EQ(decoded.copy.stamp->near(0), 100U * 100'000);
}

TEST(CollectorDecode, Erspan3WithAnUnknownClockHasNoTime) {
    // IEEE 1588, with the sub-header of platform 5
    const Decoded decoded =
        decode_gre(with_frame("1000 22eb 00000001 2000000b 00000064 0000 8005 14000000 00000001"));
    expect_frame(decoded);
    EXPECT_FALSE(decoded.copy.stamp);
}

TEST(CollectorDecode, Erspan3WithPlatformHasTheWholeTime) {
    const Decoded decoded =
        decode_gre(with_frame("1000 22eb 00000001 2000000b 00000002 0000 8003 0c000000 00000001"));
    expect_frame(decoded);
    ASSERT_TRUE(decoded.copy.stamp);
    EXPECT_EQ(decoded.copy.stamp->near(0), 0x100000002U * 100);
}

TEST(CollectorDecode, Erspan3OfAnotherFrameTypeIsForeign) {
    EXPECT_EQ(decode_gre(with_frame("1000 22eb 00000001 2000000b 00000064 0000 0400")).outcome,
              Outcome::foreign);
}

TEST(CollectorDecode, VxlanWithoutAVniOrWithAnotherProtocolIsForeign) {
    EXPECT_EQ(decode_vxlan(with_frame("00000000 00002a00")).outcome, Outcome::foreign);
    EXPECT_EQ(decode_vxlan(with_frame("0c000001 00002a00")).outcome, Outcome::foreign);  // GPE
    // The group policy extension leaves the frame where it is.
    const Decoded decoded = decode_vxlan(with_frame("88000001 00002a00"));
    expect_frame(decoded);
    EXPECT_EQ(decoded.copy.key, 42U);
}

TEST(CollectorDecode, GeneveSkipsOptionsThatItDoesNotKnow) {
    const Decoded decoded =
        decode_geneve(with_frame("03006558 00002a00 01020301 deadbeef 01020400"));
    expect_frame(decoded);
    EXPECT_EQ(decoded.copy.key, 42U);
}

TEST(CollectorDecode, GeneveReadsOurMetadata) {
    const Decoded decoded = decode_geneve(with_frame(
        "09006558 00002a00 01020300 ff520107 17979cfe362a0000 000005dc 00000003 00000004 "
        "00000105 01010300"));
    expect_frame(decoded);
    ASSERT_TRUE(decoded.copy.metadata);
    EXPECT_EQ(decoded.copy.metadata->in_ifindex, 3U);
    EXPECT_EQ(decoded.copy.metadata->out_ifindex, 4U);
    EXPECT_EQ(decoded.copy.metadata->mark, 0x105U);
    EXPECT_EQ(decoded.copy.metadata->family, 1);
    EXPECT_EQ(decoded.copy.metadata->hook, 3);
    EXPECT_EQ(decoded.copy.original_length, 1500U);
    EXPECT_EQ(decoded.copy.direction, Direction::out);
    ASSERT_TRUE(decoded.copy.stamp);
    EXPECT_EQ(decoded.copy.stamp->near(0), 0x17979cfe362a0000U);
    // One that is too short tells nothing; one that is longer tells what is known.
    const Decoded shorter =
        decode_geneve(with_frame("03006558 00002a00 ff520102 17979cfe362a0000"));
    expect_frame(shorter);
    EXPECT_FALSE(shorter.copy.metadata);
}

TEST(CollectorDecode, GeneveRefusesWhatItMustNotUse) {
    // a critical option; options longer than they all are; than the packet; control; another
    // version
    EXPECT_EQ(decode_geneve(with_frame("02406558 00002a00 01028301 deadbeef")).outcome,
              Outcome::malformed);
    EXPECT_EQ(decode_geneve(with_frame("01006558 00002a00 01020301")).outcome, Outcome::malformed);
    EXPECT_EQ(decode_geneve(with_frame("3f006558 00002a00")).outcome, Outcome::malformed);
    EXPECT_EQ(decode_geneve(with_frame("00806558 00002a00")).outcome, Outcome::foreign);
    EXPECT_EQ(decode_geneve(with_frame("40006558 00002a00")).outcome, Outcome::foreign);
    EXPECT_EQ(decode_geneve(with_frame("00000800 00002a00")).outcome, Outcome::foreign);
}

TEST(CollectorDecode, TzspReadsTheTagsThatItKnows) {
    // padding, a sensor's MAC, a length, a time, a length of a length that it cannot have
    const Decoded decoded =
        decode_tzsp(with_frame("01000001 00 3c06020000000001 290205dc 0d04000003e8 2901ff 01"));
    expect_frame(decoded);
    EXPECT_EQ(decoded.copy.original_length, 1500U);
    ASSERT_TRUE(decoded.copy.stamp);
    EXPECT_EQ(decoded.copy.stamp->near(0), 1'000'000U);
    expect_frame(decode_tzsp(with_frame("01010001 01")));  // "for transmit"
}

TEST(CollectorDecode, TzspWithoutAnEndIsMalformed) {
    EXPECT_EQ(decode_tzsp(from_hex("01000001")).outcome, Outcome::malformed);
    EXPECT_EQ(decode_tzsp(from_hex("01000001 29")).outcome, Outcome::malformed);
    EXPECT_EQ(decode_tzsp(from_hex("01000001 29ff 00")).outcome, Outcome::malformed);
    EXPECT_EQ(decode_tzsp(from_hex("01000001 01")).outcome, Outcome::malformed);
}

TEST(CollectorDecode, TzspOfAnotherKindIsForeign) {
    EXPECT_EQ(decode_tzsp(with_frame("01040001 01")).outcome, Outcome::foreign);  // keep-alive
    EXPECT_EQ(decode_tzsp(with_frame("01000012 01")).outcome, Outcome::foreign);  // 802.11
    EXPECT_EQ(decode_tzsp(with_frame("02000001 01")).outcome, Outcome::foreign);
}

TEST(CollectorDecode, UdpEndsWhereItSays) {
    const Ports ports = default_ports();
    // 12 bytes of padding behind the frame
    Bytes padded = with_frame("c000 12b5 0020 0000 08000000 00002a00");
    padded.resize(padded.size() + 12);
    expect_frame(decode_udp(padded, ports));
    EXPECT_EQ(decode_udp(with_frame("c000 12b5 0021 0000 08000000 00002a00"), ports).outcome,
              Outcome::malformed);
    EXPECT_EQ(decode_udp(with_frame("c000 12b5 0007 0000 08000000 00002a00"), ports).outcome,
              Outcome::malformed);
    EXPECT_EQ(decode_udp(with_frame("c000 0035 0020 0000 08000000 00002a00"), ports).outcome,
              Outcome::foreign);
}

TEST(CollectorStamp, IsTheNearestTimeWithItsBits) {
    constexpr std::uint64_t now = 1'700'000'000'123'456'700;
    constexpr std::uint64_t tick = 100;
    constexpr std::uint64_t range = tick << 32;
    for (const std::int64_t off :
         std::to_array<std::int64_t>({0, 100, -100, 200'000'000'000, -200'000'000'000})) {
        const std::uint64_t sent = now + static_cast<std::uint64_t>(off);
        const Stamp stamp{sent / tick & 0xffffffff, 100, 32};
        EXPECT_EQ(stamp.near(now), sent) << off;
    }
    // More than half the range away it is taken for the other side.
    const Stamp far{(now + range * 3 / 4) / tick & 0xffffffff, 100, 32};
    EXPECT_EQ(far.near(now), now - range / 4);
    // Before the epoch there is no time.
    EXPECT_EQ((Stamp{0xffffffff, 100, 32}.near(0)), 0xffffffffU * tick);
}

}  // namespace
}  // namespace rmirror::collector
