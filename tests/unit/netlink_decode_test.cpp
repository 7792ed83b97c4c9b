// SPDX-License-Identifier: GPL-2.0-only
//
// Bytes that are not what the kernel sends.
#include <gtest/gtest.h>
#include <linux/netlink.h>

#include "statement_support.hpp"
#include "support/words.hpp"

namespace rmirror::test {
namespace {

struct Refused {
    Attributes attributes;
    std::string message;
};

void PrintTo(const Refused &refused, std::ostream *out) {
    *out << test_label(refused.message);
}

class DecodeError : public testing::TestWithParam<Refused> {};

TEST_P(DecodeError, NamesTheAttribute) {
    const auto decoded = decode(GetParam().attributes.build());
    ASSERT_FALSE(decoded) << to_text(*decoded);
    EXPECT_EQ(decoded.error().message, GetParam().message);
    EXPECT_EQ(decoded.error().span, Span{});
}

Attributes with_collector() {
    return Attributes().collector();
}

INSTANTIATE_TEST_SUITE_P(
    Framing, DecodeError,
    testing::Values(
        Refused{with_collector().bytes({8}), "truncated attribute at byte 8"},
        Refused{with_collector().bytes({8, 0, 6}), "truncated attribute at byte 8"},
        Refused{with_collector().bytes({0, 0, 0, 0}), "truncated attribute at byte 8"},
        Refused{with_collector().raw(0, {}), "unknown attribute 0"},
        Refused{with_collector().number(NFTA_RMIRROR_FLAGS + 2, 1), "unknown attribute 16"},
        Refused{with_collector().number(NFTA_RMIRROR_LEN | NLA_F_NESTED, 60),
                "unknown attribute 32774"},
        Refused{with_collector().collector(), "NFTA_RMIRROR_ADDR: repeated"},
        Refused{with_collector().number(NFTA_RMIRROR_LEN, 60).number(NFTA_RMIRROR_LEN, 60),
                "NFTA_RMIRROR_LEN: repeated"}));

// NFTA_RMIRROR_EXT, with and without the flag of a nest
INSTANTIATE_TEST_SUITE_P(
    Extensions, DecodeError,
    testing::Values(
        Refused{with_collector().raw(15, Attributes().number(__NFTA_RMIRROR_EXT_MAX, 5).build()),
                "NFTA_RMIRROR_EXT: unknown attribute " + std::to_string(__NFTA_RMIRROR_EXT_MAX)},
        Refused{with_collector().raw(15, Attributes().number(1, 5).build()),
                "NFTA_RMIRROR_EXT_SREG_KEY: invalid key, there is no register 5"},
        Refused{with_collector().raw(15, Attributes().number(1, 1).number(1, 1).build()),
                "NFTA_RMIRROR_EXT: NFTA_RMIRROR_EXT_SREG_KEY: repeated"},
        Refused{with_collector().raw(15, Attributes().raw(1, {1}).build()),
                "NFTA_RMIRROR_EXT: NFTA_RMIRROR_EXT_SREG_KEY: expected 4 bytes, got 1"},
        Refused{
            with_collector().number(NFTA_RMIRROR_KEY, 7).raw(15, Attributes().number(1, 1).build()),
            "NFTA_RMIRROR_EXT_SREG_KEY: invalid key, there is one in register 1"},
        Refused{with_collector()
                    .number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_TZSP)
                    .raw(15, Attributes().number(1, 1).build()),
                "NFTA_RMIRROR_EXT_SREG_KEY: 'key' does not belong to encap tzsp, only to " +
                    listed_encaps(RMIRROR_E_KEY)},
        Refused{
            with_collector().raw(15 | NLA_F_NESTED, Attributes().raw(1 | NLA_F_NESTED, {}).build()),
            "NFTA_RMIRROR_EXT: unknown attribute 32769"},
        Refused{with_collector().raw(15, Attributes()
                                             .raw(2 | NLA_F_NESTED, {})
                                             .number(__NFTA_RMIRROR_EXT_MAX, 5)
                                             .build()),
                "NFTA_RMIRROR_EXT: unknown attribute " + std::to_string(__NFTA_RMIRROR_EXT_MAX)},
        Refused{with_collector().raw(15, {8}), "NFTA_RMIRROR_EXT: truncated attribute at byte 0"},
        Refused{with_collector().raw(15, {8, 0, 1, 0}),
                "NFTA_RMIRROR_EXT: truncated attribute at byte 0"},
        Refused{with_collector().raw(15 | NLA_F_NET_BYTEORDER, {}), "unknown attribute 16399"},
        Refused{with_collector().raw(15 | NLA_F_NESTED, {}).raw(15, {}),
                "NFTA_RMIRROR_EXT: repeated"}));

// A counter: 64 bits, big endian
Attributes counted(std::uint16_t counter, std::uint8_t last, const Bytes &more = {}) {
    return Attributes().raw(counter, {0, 0, 1, 0, 0, 0, 0, last}).bytes(more);
}

Attributes with_counters(const Bytes &counters) {
    return with_collector().raw(
        NFTA_RMIRROR_EXT | NLA_F_NESTED,
        Attributes().raw(NFTA_RMIRROR_EXT_COUNTERS | NLA_F_NESTED, counters).build());
}

TEST(Counters, AreNoPartOfTheStatement) {
    const Bytes bytes = with_counters(counted(NFTA_RMIRROR_COUNTER_SENT, 7).build()).build();
    const auto decoded = decode(bytes);
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(to_text(*decoded), "rmirror to 10.0.0.5");
    EXPECT_EQ(encode(*decoded), with_collector().build());
    EXPECT_EQ(without_counters(bytes), with_collector().build());
}

TEST(Counters, HaveTheirNamesAndNumbers) {
    // One that this version does not know, and one of a wrong size, count nothing.
    const Bytes others =
        Attributes().raw(200, Bytes(8, 1)).raw(NFTA_RMIRROR_COUNTER_LOOP, {1}).build();
    const auto counters = decode_counters(
        with_counters(counted(NFTA_RMIRROR_COUNTER_SENT, 7, others).build()).build());
    ASSERT_TRUE(counters);
    Counters expected{};
    expected.at(NFTA_RMIRROR_COUNTER_SENT - 1) = (std::uint64_t{1} << 40) + 7;
    EXPECT_EQ(*counters, expected);
    EXPECT_EQ(counter_names()[NFTA_RMIRROR_COUNTER_SENT - 1], "sent");
    EXPECT_EQ(counter_names().back(), "refused");
}

TEST(Counters, NoneIsNotZero) {
    EXPECT_FALSE(decode_counters(with_collector().build()));
    EXPECT_FALSE(decode_counters({}));
    EXPECT_EQ(decode_counters(with_counters({}).build()), Counters{});
}

TEST(Counters, OtherExtensionsStay) {
    const Bytes other = Attributes().number(NFTA_RMIRROR_EXT_SREG_KEY, 1).build();
    const Bytes both =
        Attributes().bytes(other).raw(NFTA_RMIRROR_EXT_COUNTERS | NLA_F_NESTED, {}).build();
    constexpr std::uint16_t ext = NFTA_RMIRROR_EXT | NLA_F_NESTED;
    EXPECT_EQ(without_counters(with_collector().raw(ext, both).build()),
              with_collector().raw(ext, other).build());
}

TEST(Decode, AnEmptyExtensionSaysNothing) {
    for (const auto type : {std::uint16_t{15}, std::uint16_t{15 | NLA_F_NESTED}}) {
        const auto decoded =
            decode(with_collector().raw(type, {}).number(NFTA_RMIRROR_LEN, 60).build());
        ASSERT_TRUE(decoded) << decoded.error().message;
        EXPECT_EQ(to_text(*decoded), "rmirror to 10.0.0.5 len 60");
        EXPECT_EQ(encode(*decoded), with_collector().number(NFTA_RMIRROR_LEN, 60).build());
    }
}

INSTANTIATE_TEST_SUITE_P(
    Collector, DecodeError,
    testing::Values(
        Refused{Attributes(), "NFTA_RMIRROR_ADDR: missing, and no NFTA_RMIRROR_SREG_ADDR either"},
        Refused{with_collector().number(NFTA_RMIRROR_SREG_ADDR, 1),
                "NFTA_RMIRROR_ADDR: not together with NFTA_RMIRROR_SREG_ADDR"},
        Refused{with_collector().number(NFTA_RMIRROR_FAMILY, 2),
                "NFTA_RMIRROR_FAMILY: only for a collector in a register"},
        Refused{Attributes().number(NFTA_RMIRROR_SREG_ADDR, 1),
                "NFTA_RMIRROR_FAMILY: missing, the collector is in a register"},
        Refused{Attributes().number(NFTA_RMIRROR_SREG_ADDR, 99).number(NFTA_RMIRROR_FAMILY, 2),
                "NFTA_RMIRROR_SREG_ADDR: invalid collector, there is no register 99"},
        Refused{Attributes().number(NFTA_RMIRROR_SREG_ADDR, 1).number(NFTA_RMIRROR_FAMILY, 3),
                "NFTA_RMIRROR_SREG_ADDR: invalid collector, family 3 is neither IPv4 nor IPv6"},
        Refused{Attributes().number(NFTA_RMIRROR_SREG_ADDR, 21).number(NFTA_RMIRROR_FAMILY, 10),
                "NFTA_RMIRROR_SREG_ADDR: invalid collector, register 21 has no room for an IPv6 "
                "address"},
        Refused{Attributes().raw(NFTA_RMIRROR_ADDR, {10, 0, 0}),
                "NFTA_RMIRROR_ADDR: expected 4 or 16 bytes, got 3"},
        Refused{Attributes().raw(NFTA_RMIRROR_ADDR, {}),
                "NFTA_RMIRROR_ADDR: expected 4 or 16 bytes, got 0"},
        Refused{Attributes().raw(NFTA_RMIRROR_ADDR, {0, 0, 0, 0}),
                "NFTA_RMIRROR_ADDR: invalid collector '0.0.0.0', the unspecified address is "
                "nobody's"},
        Refused{Attributes().raw(NFTA_RMIRROR_ADDR, {224, 0, 0, 1}),
                "NFTA_RMIRROR_ADDR: invalid collector '224.0.0.1', a multicast address needs "
                "'device'"},
        Refused{Attributes().raw(NFTA_RMIRROR_ADDR,
                                 {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5}),
                "NFTA_RMIRROR_ADDR: invalid collector 'fe80::5', a link-local address needs "
                "'device'"}));

INSTANTIATE_TEST_SUITE_P(
    Values, DecodeError,
    testing::Values(
        Refused{with_collector().raw(NFTA_RMIRROR_LEN, {0, 60}),
                "NFTA_RMIRROR_LEN: expected 4 bytes, got 2"},
        Refused{with_collector().raw(NFTA_RMIRROR_LEN, {0, 0, 0, 0, 0, 0, 0, 60}),
                "NFTA_RMIRROR_LEN: expected 4 bytes, got 8"},
        Refused{with_collector().raw(NFTA_RMIRROR_FLAGS, {}),
                "NFTA_RMIRROR_FLAGS: expected 4 bytes, got 0"},
        Refused{with_collector().number(NFTA_RMIRROR_LEN, 13),
                "NFTA_RMIRROR_LEN: invalid len '13', expected 14..65535"},
        Refused{with_collector().number(NFTA_RMIRROR_ENCAP, __RMIRROR_ENCAP_MAX),
                "NFTA_RMIRROR_ENCAP: invalid encap '" + std::to_string(__RMIRROR_ENCAP_MAX) +
                    "', expected one of " + listed_encaps()},
        Refused{with_collector().number(NFTA_RMIRROR_MTU, 4),
                "NFTA_RMIRROR_MTU: invalid mtu '4', expected one of resegment, fragment, truncate, "
                "drop"},
        Refused{with_collector().number(NFTA_RMIRROR_DSCP, 64),
                "NFTA_RMIRROR_DSCP: invalid dscp '64', expected 0..63 or a name such as cs1, af11, "
                "ef"},
        Refused{with_collector().number(NFTA_RMIRROR_PORT, 4789),
                "NFTA_RMIRROR_PORT: 'port' does not belong to encap gre, only to " +
                    listed_encaps(RMIRROR_E_UDP)},
        Refused{with_collector().number(NFTA_RMIRROR_FLAGS, RMIRROR_F_MASK + 1),
                "NFTA_RMIRROR_FLAGS: unknown flags " + std::to_string(RMIRROR_F_MASK + 1)},
        Refused{with_collector().number(NFTA_RMIRROR_FLAGS, 2),
                "NFTA_RMIRROR_FLAGS: 'platform' does not belong to encap gre, only to erspan3"},
        Refused{with_collector().raw(NFTA_RMIRROR_SADDR, Bytes(16, 1)),
                "NFTA_RMIRROR_SADDR: invalid from '101:101:101:101:101:101:101:101', expected an "
                "IPv4 address, as the collector"},
        Refused{with_collector().raw(NFTA_RMIRROR_SADDR, Bytes(5, 1)),
                "NFTA_RMIRROR_SADDR: expected 4 or 16 bytes, got 5"},
        Refused{with_collector().text(NFTA_RMIRROR_OIFNAME, "sixteen-bytes-16"),
                "NFTA_RMIRROR_OIFNAME: invalid device 'sixteen-bytes-16', expected a name of 1..15 "
                "bytes without white space, '/', ':' and '\"'"},
        Refused{with_collector().text(NFTA_RMIRROR_OIFNAME, std::string_view("a\0b\0", 4)),
                "NFTA_RMIRROR_OIFNAME: invalid device 'a?b', expected a name of 1..15 bytes "
                "without white space, '/', ':' and '\"'"},
        Refused{with_collector().text(NFTA_RMIRROR_OIFNAME, "a\xff-\xc3"),
                "NFTA_RMIRROR_OIFNAME: invalid device 'a?-?', expected a name of 1..15 bytes "
                "without white space, '/', ':' and '\"'"},
        Refused{with_collector().text(NFTA_RMIRROR_OIFNAME, std::string(63, 'x') + "\xc3\xa9x"),
                "NFTA_RMIRROR_OIFNAME: invalid device '" + std::string(63, 'x') +
                    "...', expected a name of 1..15 bytes without white space, '/', ':' and '\"'"},
        Refused{with_collector().text(NFTA_RMIRROR_OIFNAME, ""),
                "NFTA_RMIRROR_OIFNAME: invalid device '', expected a name of 1..15 bytes without "
                "white space, '/', ':' and '\"'"}));

TEST(Decode, TakesAttributesInAnyOrder) {
    const auto decoded = decode(Attributes()
                                    .number(NFTA_RMIRROR_KEY, 7)
                                    .number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_ERSPAN)
                                    .collector()
                                    .build());
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(to_text(*decoded), "rmirror to 10.0.0.5 encap erspan key 7");
}

TEST(Decode, DropsDefaults) {
    const auto decoded = decode(with_collector()
                                    .number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_VXLAN)
                                    .number(NFTA_RMIRROR_KEY, 0)
                                    .number(NFTA_RMIRROR_MTU, RMIRROR_MTU_RESEGMENT)
                                    .number(NFTA_RMIRROR_TTL, 255)
                                    .number(NFTA_RMIRROR_PORT, 4789)
                                    .number(NFTA_RMIRROR_FLAGS, 0)
                                    .build());
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(*decoded, statement_of("rmirror to 10.0.0.5 encap vxlan"));
}

TEST(Decode, TakesANameWithoutItsNul) {
    const auto decoded = decode(with_collector().text(NFTA_RMIRROR_OIFNAME, "eth0").build());
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(decoded->device, "eth0");
}

TEST(Decode, NeedsNoAlignment) {
    Bytes bytes = with_collector().number(NFTA_RMIRROR_LEN, 60).build();
    bytes.insert(bytes.begin(), 0);
    const auto decoded = decode(std::span(bytes).subspan(1));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(decoded->len, 60U);
}

TEST(Decode, TakesALastAttributeWithoutPadding) {
    Bytes bytes = with_collector().text(NFTA_RMIRROR_OIFNAME, "eth00").build();
    bytes.resize(8 + 4 + 5);
    const auto decoded = decode(bytes);
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(decoded->device, "eth00");
}

TEST(Decode, RefusesMoreThanAnAttributeHolds) {
    const auto decoded = decode(Bytes(65536));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().message, "more attributes than a netlink attribute can hold");
}

}  // namespace
}  // namespace rmirror::test
