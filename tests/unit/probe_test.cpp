// SPDX-License-Identifier: GPL-2.0-only
//
// The frame of a probe, and ICMP errors about its copies.
#include <gtest/gtest.h>

#include "probe/answer.hpp"
#include "probe/frame.hpp"
#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"

namespace rmirror::probe {
namespace {

using test::Bytes;

constexpr Label label{{0x3f, 0x9a, 0x1c, 0x77, 0x01}};

Bytes padded(std::size_t size) {
    const std::string text = "rmirror probe 3f9a1c7701\n";
    Bytes payload(text.begin(), text.end());
    payload.resize(size);
    return payload;
}

test::PacketBuilder ethernet() {
    return test::PacketBuilder().eth(test::mac("06:3f:9a:1c:77:01"),
                                     test::mac("02:70:72:6f:62:65"));
}

TEST(ProbeFrame, IsWhatTheManualSays) {
    const Bytes expected = ethernet()
                               .ipv4({.source = test::ipv4("192.0.2.1"),
                                      .destination = test::ipv4("192.0.2.2"),
                                      .ttl = 1,
                                      .id = 0})
                               .udp(9, 9)
                               .payload(padded(small_size - 28))
                               .build();
    EXPECT_TRUE(test::same_bytes(expected, make_frame(label, Family::ipv4, small_size)));
}

TEST(ProbeFrame, OverIpv6) {
    const Bytes expected = ethernet()
                               .ipv6({.source = test::ipv6("2001:db8::1"),
                                      .destination = test::ipv6("2001:db8::2"),
                                      .hop_limit = 1})
                               .udp(9, 9)
                               .payload(padded(full_size - 48))
                               .build();
    EXPECT_TRUE(test::same_bytes(expected, make_frame(label, Family::ipv6, full_size)));
}

TEST(ProbeFrame, IsKnownHoweverItIsCut) {
    const Bytes frame = make_frame(label, Family::ipv4, small_size);
    for (std::size_t size = ethernet_size; size <= frame.size(); size++)
        EXPECT_EQ(read_frame(std::span(frame).first(size)), label) << size;
    for (std::size_t size = 0; size < ethernet_size; size++)
        EXPECT_EQ(read_frame(std::span(frame).first(size)), std::nullopt) << size;
}

TEST(ProbeFrame, IsKnownWithoutItsHeader) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const Bytes frame = make_frame(label, family, small_size);
        const auto packet = std::span(frame).subspan(ethernet_size);
        EXPECT_EQ(read_packet(packet), label);
        const std::size_t needed = (family == Family::ipv4 ? 20 : 40) + 8 + 24;
        EXPECT_EQ(read_packet(packet.first(needed)), label);
        for (std::size_t size = 0; size < needed; size++)
            EXPECT_EQ(read_packet(packet.first(size)), std::nullopt) << size;
    }
}

TEST(ProbeFrame, OthersAreNone) {
    Bytes frame = make_frame(label, Family::ipv4, small_size);
    frame[6] = 0x02;
    EXPECT_EQ(read_frame(frame), std::nullopt);
    frame[6] = 0x06;
    frame[5] = 'x';
    EXPECT_EQ(read_frame(frame), std::nullopt);
    frame[ethernet_size + 28] = 'R';
    EXPECT_EQ(read_packet(std::span(frame).subspan(ethernet_size)), std::nullopt);
    frame[ethernet_size + 28] = 'r';
    frame[ethernet_size + 28 + 14] = 'g';  // no digit
    EXPECT_EQ(read_packet(std::span(frame).subspan(ethernet_size)), std::nullopt);
}

TEST(ProbeFrame, LabelsDiffer) {
    EXPECT_NE(Label::random(), Label::random());
    EXPECT_EQ(label.to_text(), "3f9a1c7701");
}

Statement statement_of(const std::string &text) {
    return parse_text("rmirror to " + text)->statement;
}

// An error that quotes a copy to 10.0.0.5 or fd00::5
Bytes error_about(std::uint8_t type, std::uint8_t code, const Bytes &quoted) {
    Bytes message = {type, code, 0, 0, 0, 0, 0, 0};
    message.insert(message.end(), quoted.begin(), quoted.end());
    return message;
}

Bytes gre_copy(const test::GreFields &gre) {
    return test::PacketBuilder()
        .ipv4({.source = test::ipv4("10.0.0.1"), .destination = test::ipv4("10.0.0.5")})
        .gre(gre)
        .payload(Bytes(60, 1))
        .build();
}

TEST(ProbeAnswer, IsGivenToWhomItIsAbout) {
    const Address from = *Address::from_text("10.0.0.5");
    const auto keyed = read_answer(from, error_about(3, 2, gre_copy({.key = 7})));
    ASSERT_TRUE(keyed);
    EXPECT_TRUE(keyed->is_about(statement_of("10.0.0.5 key 7")));
    EXPECT_FALSE(keyed->is_about(statement_of("10.0.0.5 key 8")));
    EXPECT_FALSE(keyed->is_about(statement_of("10.0.0.5")));
    EXPECT_FALSE(keyed->is_about(statement_of("10.0.0.6 key 7")));
    EXPECT_FALSE(keyed->is_about(statement_of("10.0.0.5 encap vxlan key 7")));
    EXPECT_FALSE(keyed->is_about(statement_of("10.0.0.5 encap none")));
    EXPECT_EQ(keyed->words(), "protocol unreachable");
    const auto plain = read_answer(from, error_about(3, 13, gre_copy({})));
    ASSERT_TRUE(plain);
    EXPECT_TRUE(plain->is_about(statement_of("10.0.0.5")));
    EXPECT_FALSE(plain->is_about(statement_of("10.0.0.5 key 0")));
    EXPECT_EQ(plain->words(), "a firewall forbids it");
}

TEST(ProbeAnswer, OfIpv6) {
    const Bytes copy =
        test::PacketBuilder()
            .ipv6({.source = test::ipv6("fd00::1"), .destination = test::ipv6("fd00::5")})
            .udp(50000, 4790)
            .payload(Bytes(60, 1))
            .build();
    const auto answer = read_answer(*Address::from_text("fd00::9"), error_about(1, 4, copy));
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->is_about(statement_of("fd00::5 encap vxlan port 4790")));
    EXPECT_FALSE(answer->is_about(statement_of("fd00::5 encap vxlan")));
    EXPECT_EQ(answer->from.to_text(), "fd00::9");
    EXPECT_EQ(answer->words(), "port unreachable");
}

TEST(ProbeAnswer, WhatIsShortOrNoErrorIsNone) {
    const Address from = *Address::from_text("10.0.0.5");
    const Bytes error = error_about(3, 3, gre_copy({.key = 7}));
    for (std::size_t size = 0; size < 8 + 20 + 8; size++)
        EXPECT_FALSE(read_answer(from, std::span(error).first(size))) << size;
    EXPECT_TRUE(read_answer(from, std::span(error).first(8 + 20 + 8)));
    EXPECT_FALSE(read_answer(from, error_about(0, 0, gre_copy({.key = 7}))));
    Bytes fragment = gre_copy({.key = 7});
    fragment[7] = 1;
    EXPECT_FALSE(read_answer(from, error_about(3, 3, fragment)));
    Bytes options = gre_copy({.key = 7});
    options[0] = 0x4f;  // a header longer than what is quoted
    EXPECT_FALSE(
        read_answer(from, error_about(3, 3, Bytes(options.begin(), options.begin() + 60))));
    options[0] = 0x41;
    EXPECT_FALSE(read_answer(from, error_about(3, 3, options)));
}

}  // namespace
}  // namespace rmirror::probe
