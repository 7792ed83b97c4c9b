// SPDX-License-Identifier: GPL-2.0-only
//
// What the tests of the statement model share.
#pragma once

#include <jansson.h>

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "rmirror/statement.hpp"

namespace rmirror {

// How GoogleTest shows them.
void PrintTo(const Span &span, std::ostream *out);
void PrintTo(const Address &address, std::ostream *out);
void PrintTo(const Statement &statement, std::ostream *out);

}  // namespace rmirror

namespace rmirror::test {

using Bytes = std::vector<std::uint8_t>;

// "rmirror to <10.0.0.500>": a text and the place in it that the angle brackets mark.
struct MarkedText {
    explicit MarkedText(std::string_view marked);

    std::string text;
    Span span;
};

// "08 00 01 00  0a 00 00 05": eight bytes a line, for messages.
std::string hex(const Bytes &bytes);

// The text in letters that can stand in the name of a test.
std::string test_label(std::string_view text);

// The statement of a text that is known to be right.
Statement statement_of(std::string_view text);

// Builds attributes byte by byte, right or wrong ones.
class Attributes {
public:
    Attributes &number(std::uint16_t type, std::uint32_t value);
    Attributes &raw(std::uint16_t type, const Bytes &payload);
    Attributes &text(std::uint16_t type, std::string_view payload);
    Attributes &bytes(const Bytes &more);  // whatever they are, unpadded
    // 10.0.0.5
    Attributes &collector();

    const Bytes &build() const { return bytes_; }

private:
    Bytes bytes_;
};

using Json = std::unique_ptr<json_t, decltype(&json_decref)>;

// Null when it is no JSON.
Json json_from(const std::string &text);
std::string json_text(const json_t *json);

}  // namespace rmirror::test
