// SPDX-License-Identifier: GPL-2.0-only
//
// What holds for every statement, and for every input: thousands of random ones, each from its own
// seed, which a failure shows.
#include <gtest/gtest.h>

#include "statement_generator.hpp"

namespace rmirror::test {
namespace {

constexpr std::uint64_t first_seed = 20240601;
constexpr std::uint64_t cases = 4000;

template <typename Body>
void for_each_seed(Body body) {
    for (std::uint64_t seed = first_seed; seed < first_seed + cases; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Generator generator(seed);
        body(generator);
        if (testing::Test::HasFailure())
            return;
    }
}

TEST(StatementProperty, GeneratedStatementsAreValid) {
    for_each_seed([](Generator &generator) {
        const auto error = validate(generator.statement());
        EXPECT_FALSE(error) << error->message;
        const auto register_error = validate(generator.register_statement());
        EXPECT_FALSE(register_error) << register_error->message;
    });
}

TEST(StatementProperty, TextReadsBack) {
    for_each_seed([](Generator &generator) {
        const Statement statement = generator.statement();
        const std::string text = to_text(statement);
        const auto parsed = parse_text(text);
        ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
        EXPECT_EQ(parsed->statement, canonical(statement)) << text;
        EXPECT_EQ(parsed->span, (Span{0, text.size()})) << text;
        EXPECT_EQ(to_text(parsed->statement), text);
    });
}

TEST(StatementProperty, OrderAndBlanksDoNotMatter) {
    for_each_seed([](Generator &generator) {
        const Statement statement = generator.statement();
        const std::string text = "add rule t c " + generator.scrambled_text(statement);
        const auto parsed = parse_text(text + " accept", 13);
        ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
        EXPECT_EQ(parsed->statement, canonical(statement)) << text;
        EXPECT_EQ(parsed->span, (Span{13, text.size()})) << text;
    });
}

TEST(StatementProperty, NetlinkReadsBack) {
    for_each_seed([](Generator &generator) {
        for (const Statement &statement : {generator.statement(), generator.register_statement()}) {
            const Bytes bytes = encode(statement);
            const auto decoded = decode(bytes);
            ASSERT_TRUE(decoded) << hex(bytes) << decoded.error().message;
            EXPECT_EQ(*decoded, canonical(statement));
            EXPECT_EQ(hex(encode(*decoded)), hex(bytes));
        }
    });
}

TEST(StatementProperty, JsonReadsBack) {
    for_each_seed([](Generator &generator) {
        const Statement statement = generator.statement();
        const Json json(to_json(statement), &json_decref);
        ASSERT_NE(json, nullptr) << to_text(statement);
        // Through text, as it reaches a program
        const auto parsed = parse_json(json_from(json_text(json.get())).get());
        ASSERT_TRUE(parsed) << json_text(json.get()) << ": " << parsed.error().message;
        EXPECT_EQ(*parsed, canonical(statement)) << json_text(json.get());
    });
}

// Whatever is accepted is a statement like any other; whatever is not says why, at a place that
// exists.
TEST(StatementProperty, MutatedTextIsReadOrRefused) {
    std::size_t refused = 0;
    for_each_seed([&refused](Generator &generator) {
        const std::string text = generator.mutated(generator.scrambled_text(generator.statement()));
        const auto parsed = parse_text(text);
        if (parsed) {
            EXPECT_FALSE(validate(parsed->statement)) << text;
            EXPECT_LE(parsed->span.end, text.size()) << text;
            EXPECT_EQ(statement_of(to_text(parsed->statement)), parsed->statement) << text;
            return;
        }
        ++refused;
        EXPECT_FALSE(parsed.error().message.empty()) << text;
        EXPECT_LE(parsed.error().span.begin, parsed.error().span.end) << text;
        EXPECT_LE(parsed.error().span.end, text.size()) << text;
    });
    EXPECT_GT(refused, cases / 4);
    EXPECT_LT(refused, cases);
}

TEST(StatementProperty, MutatedBytesAreReadOrRefused) {
    std::size_t refused = 0;
    for_each_seed([&refused](Generator &generator) {
        const Bytes bytes = generator.mutated(encode(generator.statement()));
        const auto decoded = decode(bytes);
        if (decoded) {
            EXPECT_FALSE(validate(*decoded)) << hex(bytes);
            const auto again = decode(encode(*decoded));
            ASSERT_TRUE(again) << hex(bytes) << again.error().message;
            EXPECT_EQ(*again, *decoded) << hex(bytes);
            return;
        }
        ++refused;
        EXPECT_FALSE(decoded.error().message.empty()) << hex(bytes);
    });
    EXPECT_GT(refused, cases / 4);
    EXPECT_LT(refused, cases);
}

}  // namespace
}  // namespace rmirror::test
