// SPDX-License-Identifier: GPL-2.0-only
// Byte strings for people to read: dumps, and where two differ.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "support/address.hpp"

namespace rmirror::test {

/** Offset, 16 bytes and their characters a line. */
std::string hexdump(ByteView bytes);

/** Both strings line by line, `-` what was expected and `+` what came, with a mark below each byte
 *  that differs; lines without a difference once. */
std::string hexdump_diff(ByteView expected, ByteView got);

/** For EXPECT_TRUE: equal, or the difference with its first offset. */
::testing::AssertionResult same_bytes(ByteView expected, ByteView got);

}  // namespace rmirror::test
