// SPDX-License-Identifier: GPL-2.0-only
#include "support/hexdump.hpp"

#include <gtest/gtest.h>

namespace rmirror::test {
namespace {

TEST(Hexdump, ShowsOffsetBytesAndCharacters) {
    const Bytes bytes = from_hex("41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50 0a");
    EXPECT_EQ(hexdump(bytes),
              "  0000  41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50  ABCDEFGHIJKLMNOP\n"
              "  0010  0a                                               .\n");
}

TEST(HexdumpDiff, MarksTheBytesThatDiffer) {
    EXPECT_EQ(hexdump_diff(from_hex("01 02 03"), from_hex("01 ff 03 04")),
              "- 0000  01 02 03                                         ...\n"
              "+ 0000  01 ff 03 04                                      ....\n"
              "           ^^    ^^\n");
}

TEST(HexdumpDiff, ShowsEqualLinesOnce) {
    const Bytes same(16, 0x61);
    EXPECT_EQ(hexdump_diff(same, same),
              "  0000  61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61  aaaaaaaaaaaaaaaa\n");
}

TEST(SameBytes, TellsTheFirstDifference) {
    EXPECT_TRUE(same_bytes(from_hex("0102"), from_hex("0102")));
    const ::testing::AssertionResult shorter = same_bytes(from_hex("0102"), from_hex("01"));
    EXPECT_FALSE(shorter);
    EXPECT_NE(std::string(shorter.message()).find("first difference at 1"), std::string::npos);
}

TEST(FromHex, RefusesWhatIsNoHexadecimal) {
    EXPECT_THROW(from_hex("0g"), std::invalid_argument);
    EXPECT_THROW(from_hex("012"), std::invalid_argument);
    EXPECT_THROW(mac("02:00:00:00:00"), std::invalid_argument);
    EXPECT_THROW(ipv4("10.0.0"), std::invalid_argument);
}

}  // namespace
}  // namespace rmirror::test
