// SPDX-License-Identifier: GPL-2.0-only
#include "support/hexdump.hpp"

#include <algorithm>
#include <cstdio>

namespace rmirror::test {
namespace {

constexpr std::size_t line_bytes = 16;

ByteView line_at(ByteView bytes, std::size_t offset) {
    if (offset >= bytes.size())
        return {};
    return bytes.subspan(offset, std::min(line_bytes, bytes.size() - offset));
}

std::string dump_line(char mark, std::size_t offset, ByteView line) {
    char digits[32];
    std::snprintf(digits, sizeof(digits), "%c %04zx ", mark, offset);
    std::string text = digits;
    for (const std::uint8_t byte : line) {
        std::snprintf(digits, sizeof(digits), " %02x", byte);
        text += digits;
    }
    text.append(3 * (line_bytes - line.size()) + 2, ' ');
    for (const std::uint8_t byte : line)
        text += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
    return text + "\n";
}

std::string mark_line(ByteView expected, ByteView got) {
    std::string marks(7, ' ');
    for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
        const bool same = i < expected.size() && i < got.size() && expected[i] == got[i];
        marks += same ? "   " : " ^^";
    }
    return marks + "\n";
}

}  // namespace

std::string hexdump(ByteView bytes) {
    std::string text;
    for (std::size_t offset = 0; offset < bytes.size(); offset += line_bytes)
        text += dump_line(' ', offset, line_at(bytes, offset));
    return text;
}

std::string hexdump_diff(ByteView expected, ByteView got) {
    std::string text;
    const std::size_t size = std::max(expected.size(), got.size());
    for (std::size_t offset = 0; offset < size; offset += line_bytes) {
        const ByteView left = line_at(expected, offset);
        const ByteView right = line_at(got, offset);
        if (std::equal(left.begin(), left.end(), right.begin(), right.end())) {
            text += dump_line(' ', offset, left);
            continue;
        }
        if (!left.empty())
            text += dump_line('-', offset, left);
        if (!right.empty())
            text += dump_line('+', offset, right);
        text += mark_line(left, right);
    }
    return text;
}

::testing::AssertionResult same_bytes(ByteView expected, ByteView got) {
    const auto [left, right] =
        std::mismatch(expected.begin(), expected.end(), got.begin(), got.end());
    if (left == expected.end() && right == got.end())
        return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure()
           << "expected " << expected.size() << " bytes, got " << got.size()
           << ", first difference at " << left - expected.begin() << ":\n"
           << hexdump_diff(expected, got);
}

}  // namespace rmirror::test
