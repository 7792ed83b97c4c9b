// SPDX-License-Identifier: GPL-2.0-only
#include "statement_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace rmirror {

void PrintTo(const Span &span, std::ostream *out) {
    *out << "[" << span.begin << ", " << span.end << ")";
}

void PrintTo(const Address &address, std::ostream *out) {
    *out << address.to_text();
}

void PrintTo(const Statement &statement, std::ostream *out) {
    *out << to_text(statement);
}

}  // namespace rmirror

namespace rmirror::test {

MarkedText::MarkedText(std::string_view marked) : text(marked) {
    span.begin = text.find('<');
    text.erase(span.begin, 1);
    span.end = text.find('>');
    text.erase(span.end, 1);
}

std::string hex(const Bytes &bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        char byte[4];
        std::snprintf(byte, sizeof(byte), "%02x", bytes[i]);
        text += byte;
        text += i % 8 == 7 ? "\n" : i % 4 == 3 ? "  " : " ";
    }
    return text;
}

std::string test_label(std::string_view text) {
    std::string label(text.substr(0, 80));
    std::replace_if(
        label.begin(), label.end(),
        [](unsigned char c) {
            return std::isalnum(c) == 0 &&
                   std::string_view(".:/-<>").find(static_cast<char>(c)) == std::string_view::npos;
        },
        ' ');
    return label;
}

Statement statement_of(std::string_view text) {
    auto parsed = parse_text(text);
    if (!parsed) {
        ADD_FAILURE() << text << ": " << parsed.error().message;
        return {};
    }
    return parsed->statement;
}

Attributes &Attributes::raw(std::uint16_t type, const Bytes &payload) {
    const auto length = static_cast<std::uint16_t>(4 + payload.size());
    const std::uint16_t header[] = {length, type};
    const auto *header_bytes = reinterpret_cast<const std::uint8_t *>(header);
    bytes_.insert(bytes_.end(), header_bytes, header_bytes + sizeof(header));
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
    return *this;
}

Attributes &Attributes::number(std::uint16_t type, std::uint32_t value) {
    return raw(type,
               {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
                static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
}

Attributes &Attributes::text(std::uint16_t type, std::string_view payload) {
    return raw(type, Bytes(payload.begin(), payload.end()));
}

Attributes &Attributes::bytes(const Bytes &more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    return *this;
}

Attributes &Attributes::collector() {
    return raw(NFTA_RMIRROR_ADDR, {10, 0, 0, 5});
}

Json json_from(const std::string &text) {
    return {json_loadb(text.data(), text.size(), JSON_DECODE_ANY | JSON_ALLOW_NUL, nullptr),
            &json_decref};
}

std::string json_text(const json_t *json) {
    const std::unique_ptr<char, decltype(&std::free)> text(json_dumps(json, JSON_ENCODE_ANY),
                                                           &std::free);
    return text == nullptr ? "" : text.get();
}

}  // namespace rmirror::test
