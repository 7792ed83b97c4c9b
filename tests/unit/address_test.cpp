// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "statement_support.hpp"

namespace rmirror::test {
namespace {

TEST(Address, ReadsAndPrintsNumericNotation) {
    const struct {
        const char *text;
        const char *printed;
        std::size_t size;
    } cases[] = {
        {"10.0.0.5", "10.0.0.5", 4},
        {"255.255.255.255", "255.255.255.255", 4},
        {"2001:DB8:0:0::5", "2001:db8::5", 16},
        {"::", "::", 16},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1", 16},
    };
    for (const auto &each : cases) {
        const auto address = Address::from_text(each.text);
        ASSERT_TRUE(address) << each.text;
        EXPECT_EQ(address->to_text(), each.printed);
        EXPECT_EQ(address->bytes().size(), each.size) << each.text;
        EXPECT_EQ(address->is_ipv4(), each.size == 4) << each.text;
    }
}

TEST(Address, ReadsNothingElse) {
    for (const std::string_view text :
         {"", "10.0.0", "10.0.0.256", "10.0.0.05", "10.0.0.5 ", "10.0.0.0/24", "167772165",
          "0x0a000005", "localhost", "fe80::1%lo", "1::2::3", "[::1]", ":", "12345::"})
        EXPECT_FALSE(Address::from_text(text)) << text;
    EXPECT_FALSE(Address::from_text(std::string_view("10.0.0.5\0x", 10)));
}

TEST(Address, HasFourOrSixteenBytes) {
    for (std::size_t size = 0; size < 20; ++size) {
        const Bytes bytes(size, 0x20);
        const auto address = Address::from_bytes(bytes);
        EXPECT_EQ(address.has_value(), size == 4 || size == 16) << size;
        if (address) {
            EXPECT_EQ(Bytes(address->bytes().begin(), address->bytes().end()), bytes);
        }
    }
}

TEST(Address, KnowsItsKind) {
    enum Kind { UNICAST, UNSPECIFIED, MULTICAST, LINK_LOCAL, BROADCAST };
    const struct {
        const char *text;
        Kind kind;
    } cases[] = {
        {"0.0.0.0", UNSPECIFIED},
        {"::", UNSPECIFIED},
        {"0.0.0.1", UNICAST},
        {"::1", UNICAST},
        {"223.255.255.255", UNICAST},
        {"224.0.0.0", MULTICAST},
        {"239.255.255.255", MULTICAST},
        {"240.0.0.0", UNICAST},
        {"ff02::1", MULTICAST},
        {"fe7f:ffff::1", UNICAST},
        {"fe80::", LINK_LOCAL},
        {"fe80::1", LINK_LOCAL},
        {"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", LINK_LOCAL},
        {"fec0::", UNICAST},
        {"169.254.0.1", UNICAST},
        {"254.128.0.1", UNICAST},
        {"255.255.255.255", BROADCAST},
        {"255.255.255.254", UNICAST},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", MULTICAST},
    };
    for (const auto &each : cases) {
        const auto address = Address::from_text(each.text);
        ASSERT_TRUE(address) << each.text;
        EXPECT_EQ(address->is_unspecified(), each.kind == UNSPECIFIED) << each.text;
        EXPECT_EQ(address->is_multicast(), each.kind == MULTICAST) << each.text;
        EXPECT_EQ(address->is_link_local(), each.kind == LINK_LOCAL) << each.text;
        EXPECT_EQ(address->is_broadcast(), each.kind == BROADCAST) << each.text;
    }
}

TEST(Address, DiffersBetweenFamilies) {
    EXPECT_NE(Address::from_text("0.0.0.0"), Address::from_text("::"));
    EXPECT_EQ(Address::from_text("::0.0.0.1"), Address::from_text("::1"));
}

}  // namespace
}  // namespace rmirror::test
