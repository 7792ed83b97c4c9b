// SPDX-License-Identifier: GPL-2.0-only
//
// Fragments of outer packets, in every order and with every trick.
#include "collector/reassembly.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "collector/support.hpp"
#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"

namespace rmirror::collector {
namespace {

using test::Bytes;
using test::ByteView;

constexpr std::uint64_t second = 1'000'000'000;

Bytes gre_payload(std::size_t size) {
    Bytes payload = test::from_hex("0000 6558");
    for (std::size_t i = 0; i < size; i++)
        payload.push_back(static_cast<std::uint8_t>(i * 7));
    return payload;
}

Bytes piece4(ByteView payload, std::size_t begin, std::size_t size, std::uint16_t id = 9) {
    const bool more = begin + size < payload.size();
    return test::PacketBuilder()
        .ipv4({.source = test::ipv4("10.0.0.1"),
               .destination = test::ipv4("10.0.0.5"),
               .id = id,
               .more_fragments = more,
               .fragment_offset = static_cast<std::uint16_t>(begin / 8),
               .protocol = 47})
        .payload(payload.subspan(begin, std::min(size, payload.size() - begin)))
        .build();
}

Bytes piece6(ByteView payload, std::size_t begin, std::size_t size) {
    const bool more = begin + size < payload.size();
    const std::size_t offset = begin | (more ? 1U : 0U);
    Bytes header = test::from_hex("2f00 0000 00000009");
    header[2] = static_cast<std::uint8_t>(offset >> 8);
    header[3] = static_cast<std::uint8_t>(offset);
    return test::PacketBuilder()
        .ipv6({.source = test::ipv6("fd00::1"),
               .destination = test::ipv6("fd00::5"),
               .next_header = 44})
        .payload(header)
        .payload(payload.subspan(begin, std::min(size, payload.size() - begin)))
        .build();
}

void expect_payload(const Bench &bench, ByteView payload) {
    ASSERT_EQ(bench.sink.frames.size(), 1U);
    EXPECT_TRUE(test::same_bytes(payload.subspan(4), bench.sink.frames[0].bytes));
}

TEST(CollectorReassembly, InEveryOrder) {
    const Bytes payload = gre_payload(3000);
    std::vector<std::size_t> order{0, 800, 1600, 2400};
    do {
        for (const auto &piece :
             {piece4, +[](ByteView all, std::size_t begin, std::size_t size, std::uint16_t) {
                  return piece6(all, begin, size);
              }}) {
            Bench bench;
            for (const std::size_t begin : order)
                bench.packet(piece(payload, begin, 800, 9));
            expect_payload(bench, payload);
            EXPECT_EQ(bench.receiver.fragments().whole, 1U);
            EXPECT_EQ(bench.receiver.fragments().fragments, 4U);
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST(CollectorReassembly, APieceThatComesTwiceIsNoHarm) {
    const Bytes payload = gre_payload(1200);
    Bench bench;
    bench.packet(piece4(payload, 0, 800));
    bench.packet(piece4(payload, 0, 800));
    bench.packet(piece4(payload, 800, 800));
    expect_payload(bench, payload);
    EXPECT_EQ(bench.receiver.fragments().refused, 0U);
}

TEST(CollectorReassembly, PacketsDoNotMix) {
    const Bytes one = gre_payload(1200);
    Bytes two = one;
    two.back() ^= 0xff;
    Bench bench;
    bench.packet(piece4(one, 0, 800, 1));
    bench.packet(piece4(two, 0, 800, 2));
    bench.packet(piece4(two, 800, 800, 2));
    bench.packet(piece4(one, 800, 800, 1));
    ASSERT_EQ(bench.sink.frames.size(), 2U);
    EXPECT_TRUE(test::same_bytes(ByteView(two).subspan(4), bench.sink.frames[0].bytes));
    EXPECT_TRUE(test::same_bytes(ByteView(one).subspan(4), bench.sink.frames[1].bytes));
}

// RFC 5722: what overlaps is thrown away, with all that belongs to it.
TEST(CollectorReassembly, OverlapSpoilsThePacket) {
    const Bytes payload = gre_payload(1200);
    Bench bench;
    bench.packet(piece4(payload, 0, 800));
    bench.packet(piece4(payload, 792, 800));
    bench.packet(piece4(payload, 800, 800));
    EXPECT_TRUE(bench.sink.frames.empty());
    EXPECT_EQ(bench.receiver.fragments().refused, 2U);
}

TEST(CollectorReassembly, PiecesThatCannotBeAreRefused) {
    const Bytes payload = gre_payload(1200);
    const ByteView view(payload);
    Bench bench;
    // not a multiple of 8, and more follow
    bench.packet(piece4(view, 0, 801));
    // beyond the longest packet
    Bytes far = piece4(view, 800, 800, 10);
    far[6] = 0x1f;
    far[7] = 0xff;
    bench.packet(far);
    // nothing in it
    bench.packet(piece4(view.first(0), 0, 0, 11));
    // two ends
    bench.packet(piece4(view.first(1000), 800, 800, 12));
    bench.packet(piece4(view, 1000, 800, 12));
    EXPECT_TRUE(bench.sink.frames.empty());
    EXPECT_EQ(bench.receiver.fragments().refused, 3U);
    EXPECT_EQ(bench.receiver.counts().malformed, 1U) << "an unfragmented packet without a payload";
}

TEST(CollectorReassembly, GivesUpInTime) {
    const Bytes payload = gre_payload(1200);
    Bench bench;
    bench.packet(piece4(payload, 0, 800), second);
    bench.packet(piece4(payload, 800, 800), 7 * second);
    EXPECT_TRUE(bench.sink.frames.empty());
    EXPECT_EQ(bench.receiver.fragments().incomplete, 1U);
    bench.receiver.finish();
    EXPECT_EQ(bench.receiver.fragments().incomplete, 2U);
}

// Whoever sends first fragments only does not get more than the bound.
TEST(CollectorReassembly, MemoryIsBounded) {
    Reassembler::Limits limits;
    limits.packets = 16;
    limits.bytes = 200'000;
    Reassembler reassembler(limits);
    const Bytes payload(1000);
    for (std::uint32_t id = 0; id < 1000; id++) {
        OuterPacket piece;
        piece.source = Host(Address::from_text("10.0.0.1")->bytes());
        piece.destination = Host(Address::from_text("10.0.0.5")->bytes());
        piece.protocol = 47;
        piece.fragment = Fragment{id, 64'000, true};
        piece.payload = payload;
        EXPECT_FALSE(reassembler.add(piece, 0));
        EXPECT_LE(reassembler.bytes(), limits.bytes);
    }
    EXPECT_GE(reassembler.counts().incomplete, 984U);
    reassembler.expire(~std::uint64_t{0});
    EXPECT_EQ(reassembler.bytes(), 0U);
    EXPECT_EQ(reassembler.counts().incomplete, 1000U);
}

TEST(CollectorReassembly, AnAtomicFragmentIsAWholePacket) {
    const Bytes payload = gre_payload(100);
    Bench bench;
    bench.packet(piece6(payload, 0, payload.size()));
    expect_payload(bench, payload);
    EXPECT_EQ(bench.receiver.fragments().fragments, 0U);
}

}  // namespace
}  // namespace rmirror::collector
