// SPDX-License-Identifier: GPL-2.0-only
//
// Sequence numbers, streams, what is said of what nobody asked for, lengths and times.
#include "collector/streams.hpp"

#include <gtest/gtest.h>

#include "collector/report.hpp"
#include "collector/support.hpp"
#include "probe/frame.hpp"
#include "support/packet_builder.hpp"

namespace rmirror::collector {
namespace {

using test::Bytes;

Bytes gre_copy(const test::GreFields &gre, const Bytes &frame, const char *source = "10.0.0.1") {
    return test::PacketBuilder()
        .ipv4({.source = test::ipv4(source), .destination = test::ipv4("10.0.0.5")})
        .gre(gre)
        .payload(frame)
        .build();
}

Bytes udp_frame(std::size_t size = 100) {
    return test::PacketBuilder()
        .eth(test::mac("02:00:00:00:01:01"), test::mac("02:00:00:00:01:02"))
        .ipv4({.source = test::ipv4("10.1.0.1"), .destination = test::ipv4("10.1.0.2")})
        .udp(1000, 9)
        .payload(size)
        .build();
}

Sequence::Counts counted(std::initializer_list<std::uint32_t> numbers) {
    Sequence sequence;
    for (const std::uint32_t number : numbers)
        sequence.add(number);
    return sequence.counts();
}

TEST(CollectorSequence, CountsWhatIsMissing) {
    EXPECT_EQ(counted({5, 6, 7}).lost, 0U);
    EXPECT_EQ(counted({5, 8}).lost, 2U);
    EXPECT_EQ(counted({0, 1000}).lost, 999U);
    EXPECT_EQ(counted({0xfffffffe, 0xffffffff, 0, 1}).lost, 0U);
    EXPECT_EQ(counted({0xfffffffe, 1}).lost, 2U);
}

TEST(CollectorSequence, WhatIsLateIsNotLost) {
    const Sequence::Counts counts = counted({1, 2, 5, 3, 4, 6});
    EXPECT_EQ(counts.lost, 0U);
    EXPECT_EQ(counts.reordered, 2U);
    EXPECT_EQ(counts.repeated, 0U);
}

TEST(CollectorSequence, WhatComesTwiceIsRepeated) {
    const Sequence::Counts counts = counted({1, 2, 2, 4, 1, 3, 3});
    EXPECT_EQ(counts.repeated, 3U);
    EXPECT_EQ(counts.reordered, 1U);
    EXPECT_EQ(counts.lost, 0U);
}

// Late by more than the window, and so far ahead that nobody sends as many
TEST(CollectorSequence, AnotherStartIsNoLoss) {
    const Sequence::Counts counts = counted({100'000, 100'001, 0, 1, 2, 0x80000000, 0x80000001});
    EXPECT_EQ(counts.restarts, 2U);
    EXPECT_EQ(counts.lost, 0U);
    EXPECT_EQ(counts.reordered, 0U);
}

TEST(CollectorStreams, TellsOnceOfWhatNobodyAskedFor) {
    ReceiverOptions options;
    options.wanted.encap = RMIRROR_ENCAP_GRE;
    options.wanted.key = 7;
    Bench bench(options);
    for (int i = 0; i < 3; i++) {
        bench.packet(gre_copy({.key = 7}, udp_frame()));
        bench.packet(gre_copy({.key = 8}, udp_frame()));
    }
    bench.packet(gre_copy({}, udp_frame()));
    EXPECT_EQ(bench.sink.frames.size(), 3U);
    EXPECT_EQ(bench.notices,
              (std::vector<std::string>{"gre key 8 arrives from 10.0.0.1, you asked for gre key 7",
                                        "gre arrives from 10.0.0.1, you asked for gre key 7"}));
    EXPECT_EQ(bench.receiver.counts().others, 4U);
}

TEST(CollectorStreams, TellsOfAnotherSender) {
    ReceiverOptions options;
    options.wanted.from = {*Address::from_text("10.0.0.1"), *Address::from_text("fd00::1")};
    Bench bench(options);
    bench.packet(gre_copy({}, udp_frame()));
    bench.packet(gre_copy({}, udp_frame(), "10.0.0.9"));
    ASSERT_EQ(bench.notices.size(), 1U);
    EXPECT_EQ(bench.notices[0],
              "gre arrives from 10.0.0.9, you asked for copies from 10.0.0.1 or fd00::1");
}

TEST(CollectorStreams, SaysWhatWasAskedFor) {
    EXPECT_EQ(Wanted{}.to_text(), "anything");
    EXPECT_EQ((Wanted{.encap = {}, .key = 7, .from = {}}.to_text()), "key 7");
    EXPECT_EQ((Wanted{.encap = RMIRROR_ENCAP_ERSPAN3, .key = 7, .from = {}}.to_text()),
              "erspan3 session 7");
    EXPECT_EQ((Wanted{.encap = RMIRROR_ENCAP_TZSP, .key = {}, .from = {*Address::from_text("::1")}}
                   .to_text()),
              "tzsp from ::1");
}

// Whoever invents keys gets neither memory nor a line for each.
TEST(CollectorStreams, NumberIsBounded) {
    for (const bool wanted : {true, false}) {
        ReceiverOptions options;
        if (!wanted)
            options.wanted.encap = RMIRROR_ENCAP_VXLAN;
        Bench bench(options);
        constexpr std::uint32_t count = 3000;
        for (std::uint32_t key = 0; key < count; key++)
            bench.packet(gre_copy({.key = key, .sequence = key}, udp_frame()));
        const std::size_t most = wanted ? Streams::most_streams : Streams::most_others;
        EXPECT_EQ(bench.receiver.streams().all().size(), most + 1);
        EXPECT_EQ(bench.receiver.streams().all().back().packets, count - most);
        EXPECT_TRUE(bench.receiver.streams().all().back().rest);
        EXPECT_EQ(bench.sink.frames.size(), wanted ? count : 0);
        EXPECT_EQ(bench.notices.size(), wanted ? 0U : 33U);
        EXPECT_EQ(sequence_counts(bench.receiver.streams()).lost, 0U);
        const std::string text = totals(bench.receiver, {}, 1, false);
        EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 50);
    }
}

TEST(CollectorLength, TheHeaderInACutFrameTellsTheWhole) {
    const Bytes frame = udp_frame();
    const test::ByteView view(frame);
    EXPECT_EQ(length_by_header(Link::ethernet, view.first(40)), frame.size());
    EXPECT_EQ(length_by_header(Link::ip, view.subspan(14, 30)), frame.size() - 14);
    EXPECT_EQ(length_by_header(Link::ethernet, view.first(16)), 0U);
    EXPECT_EQ(length_by_header(Link::ethernet, view.first(10)), 0U);
    EXPECT_EQ(length_by_header(Link::ethernet, {}), 0U);
    const Bytes tagged =
        test::PacketBuilder()
            .eth(test::mac("02:00:00:00:01:01"), test::mac("02:00:00:00:01:02"))
            .vlan(5, 0, 0x88a8)
            .vlan(7)
            .ipv6({.source = test::ipv6("fd00::1"), .destination = test::ipv6("fd00::2")})
            .udp(1, 2)
            .payload(500)
            .build();
    EXPECT_EQ(length_by_header(Link::ethernet, test::ByteView(tagged).first(60)), tagged.size());
}

TEST(CollectorLength, AFrameIsCutIfItsHeaderSaysSo) {
    Bench bench;
    Bytes frame = udp_frame(400);
    const std::size_t whole = frame.size();
    bench.packet(gre_copy({}, frame));
    frame.resize(60);
    bench.packet(gre_copy({}, frame));
    ASSERT_EQ(bench.sink.frames.size(), 2U);
    EXPECT_FALSE(bench.sink.frames[0].cut);
    EXPECT_TRUE(bench.sink.frames[1].cut);
    EXPECT_EQ(bench.sink.frames[1].original_length, whole);
    EXPECT_EQ(bench.receiver.counts().cut, 1U);
}

Bytes tzsp_copy(std::uint32_t microseconds, const Bytes &frame) {
    Bytes header = test::from_hex("01000001 0d04 00000000 01");
    for (int i = 0; i < 4; i++)
        header[static_cast<std::size_t>(6 + i)] =
            static_cast<std::uint8_t>(microseconds >> (24 - 8 * i));
    return test::PacketBuilder()
        .ipv4({.source = test::ipv4("10.0.0.1"), .destination = test::ipv4("10.0.0.5")})
        .udp_without_checksum(50000, 37008)
        .payload(header)
        .payload(frame)
        .build();
}

TEST(CollectorTime, IsTheSendersIfItCanBeBelieved) {
    constexpr std::uint64_t now = 1'700'000'000'123'456'000;
    const auto sent = static_cast<std::uint32_t>((now - 1'500'000'000) / 1000);
    Bench bench;
    bench.packet(tzsp_copy(sent, udp_frame()), now);
    bench.packet(tzsp_copy(sent - 60'000'000, udp_frame()), now);
    ReceiverOptions options;
    options.sender_time = false;
    Bench arrival(options);
    arrival.packet(tzsp_copy(sent, udp_frame()), now);
    ASSERT_EQ(bench.sink.frames.size(), 2U);
    EXPECT_EQ(bench.sink.frames[0].time_ns, now - 1'500'000'000);
    EXPECT_EQ(bench.sink.frames[1].time_ns, now);
    EXPECT_EQ(bench.receiver.counts().clock, 1U);
    EXPECT_EQ(bench.notices.size(), 1U);
    ASSERT_EQ(arrival.sink.frames.size(), 1U);
    EXPECT_EQ(arrival.sink.frames[0].time_ns, now);
}

TEST(CollectorBare, TakesPacketsForOthers) {
    ReceiverOptions options;
    options.wanted.encap = RMIRROR_ENCAP_NONE;
    options.bare = true;
    options.local = {*Address::from_text("10.0.0.5")};
    Bench bench(options);
    const Bytes other =
        test::PacketBuilder()
            .ipv4({.source = test::ipv4("10.1.0.1"), .destination = test::ipv4("10.1.0.2")})
            .udp(1, 2)
            .payload(20)
            .build();
    bench.packet(other);
    bench.packet(gre_copy({}, udp_frame()));  // for this host
    ASSERT_EQ(bench.sink.frames.size(), 1U);
    EXPECT_EQ(bench.sink.frames[0].bytes, other);
    EXPECT_EQ(bench.sink.frames[0].link, Link::ip);
    EXPECT_EQ(bench.sink.frames[0].stream, "- none");
}

TEST(CollectorCount, EndsWhenThereAreEnough) {
    ReceiverOptions options;
    options.most_frames = 2;
    Bench bench(options);
    for (int i = 0; i < 5; i++)
        bench.packet(gre_copy({}, udp_frame()));
    EXPECT_TRUE(bench.receiver.finished());
    EXPECT_EQ(bench.sink.frames.size(), 2U);
}

// Asked for or not, cut or not
TEST(CollectorProbes, AreTold) {
    constexpr probe::Label label{{0x3f, 0x9a, 0x1c, 0x77, 0x01}};
    const Bytes frame = probe::make_frame(label, probe::Family::ipv4, probe::small_size);
    ReceiverOptions options;
    options.wanted.key = 7;
    Bench bench(options);
    std::vector<std::string> lines;
    bench.receiver.tell_of_probes([&lines](const ProbeCopy &probe) {
        lines.push_back(probe_line(probe, false));
        lines.push_back(probe_line(probe, true));
    });
    bench.packet(gre_copy({.key = 7}, frame));
    bench.packet(gre_copy({.key = 8}, Bytes(frame.begin(), frame.begin() + 60)));
    bench.packet(gre_copy({.key = 8}, Bytes(frame.begin(), frame.begin() + 14)));
    bench.packet(gre_copy({.key = 7}, udp_frame()));
    EXPECT_EQ(lines,
              (std::vector<std::string>{
                  "probe 3f9a1c7701 from 10.0.0.1 by gre key 7: 84 bytes, whole",
                  R"({"probe":"3f9a1c7701","from":"10.0.0.1","encap":"gre","key":7,"wanted":true,)"
                  R"("packet":84,"kept":98,"cut":false})"
                  "\n",
                  "probe 3f9a1c7701 from 10.0.0.1 by gre key 8: 84 bytes, cut, 60 bytes of the "
                  "frame are left, not what you asked for",
                  R"({"probe":"3f9a1c7701","from":"10.0.0.1","encap":"gre","key":8,"wanted":false,)"
                  R"("packet":84,"kept":60,"cut":true})"
                  "\n",
                  "probe 3f9a1c7701 from 10.0.0.1 by gre key 8: cut, 14 bytes of the frame are "
                  "left, not what you asked for",
                  R"({"probe":"3f9a1c7701","from":"10.0.0.1","encap":"gre","key":8,"wanted":false,)"
                  R"("kept":14,"cut":true})"
                  "\n"}));
    EXPECT_EQ(bench.sink.frames.size(), 2U);
}

TEST(CollectorProbes, AreNotToldWithoutEnd) {
    const Bytes frame = probe::make_frame({}, probe::Family::ipv4, probe::small_size);
    Bench bench;
    unsigned told = 0;
    bench.receiver.tell_of_probes([&told](const ProbeCopy &) { told++; });
    for (int i = 0; i < 100; i++)
        bench.packet(gre_copy({}, frame), 5'000'000'000);
    EXPECT_EQ(told, 32U);
    bench.packet(gre_copy({}, frame), 6'000'000'000);
    EXPECT_EQ(told, 33U);
}

}  // namespace
}  // namespace rmirror::collector
