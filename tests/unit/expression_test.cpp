// SPDX-License-Identifier: GPL-2.0-only
//
// A statement in a text that nft reads, too: expressions as collector, and words that are nft's.
#include <gtest/gtest.h>
#include <linux/netfilter.h>

#include "statement_support.hpp"

namespace rmirror::test {
namespace {

struct Read {
    const char *text;  // the expression is in angle brackets
    std::uint32_t family;
    const char *rest;  // of the text, behind the statement
};

void PrintTo(const Read &read, std::ostream *out) {
    *out << test_label(read.text);
}

std::optional<std::string_view> variable(std::string_view name) {
    if (name == "six")
        return "2001:db8::6";
    return std::nullopt;
}

class Expressions : public testing::TestWithParam<Read> {};

TEST_P(Expressions, EndWhereTheyDo) {
    const MarkedText marked(GetParam().text);
    const auto parsed = parse_in_rule(marked.text, 0, variable);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->expression, marked.span);
    EXPECT_EQ(std::get<Register>(parsed->statement.collector).family, GetParam().family);
    EXPECT_EQ(marked.text.substr(parsed->span.end), GetParam().rest);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Expressions,
    testing::Values(
        Read{"rmirror to <ip saddr map { 10.1.0.1 : 10.0.0.5 }> len 60", NFPROTO_IPV4, ""},
        Read{"rmirror to <ip saddr map {10.1.0.1:10.0.0.5}> accept", NFPROTO_IPV4, " accept"},
        Read{"rmirror to <ip6 saddr map { ::1 : 10.0.0.5 }>", NFPROTO_IPV4, ""},
        Read{"rmirror to <symhash mod 2 map { 0 : ::5, 1 : ::6 }> ttl 5 counter", NFPROTO_IPV6,
             " counter"},
        Read{"rmirror to <ct mark map { 1 : $six }>", NFPROTO_IPV6, ""},
        Read{"rmirror to <ip saddr map @m> encap vxlan key 7;", NFPROTO_IPV4, ";"},
        Read{"rmirror ip6 to <ip saddr map @m>}", NFPROTO_IPV6, "}"},
        Read{"rmirror to <meta mark map { # one }\n 1 : 10.0.0.5,\n \"}\" : 10.0.0.6 }>\n",
             NFPROTO_IPV4, "\n"},
        Read{"rmirror to <ip ttl . ip dscp map @m> ttl 9", NFPROTO_IPV4, ""},
        Read{"rmirror to <ip daddr> len 60 meta mark set ip saddr map @x", NFPROTO_IPV4,
             " meta mark set ip saddr map @x"},
        Read{"rmirror to <ip6 daddr> drop", NFPROTO_IPV6, " drop"}));

TEST(InARule, WordsThatAreNotOursAreLeftToNft) {
    const auto parsed = parse_in_rule("rmirror to 10.0.0.5 len 60 lne 5", 0, variable);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->span, (Span{0, 26}));
    EXPECT_EQ(to_text(parsed->statement), "rmirror to 10.0.0.5 len 60");
    ASSERT_TRUE(parsed->unknown);
    EXPECT_EQ(parsed->unknown->span, (Span{27, 30}));
    EXPECT_TRUE(parsed->unknown->message.ends_with("(did you mean 'len'?)"));
    EXPECT_FALSE(parse_in_rule("rmirror to 10.0.0.5 accept", 0, variable)->unknown);
    // What stands behind it does not become part of the statement.
    const auto other =
        parse_in_rule("rmirror to 10.0.0.5 new rmirror to ::1 encap vxlan", 0, variable);
    ASSERT_TRUE(other);
    EXPECT_EQ(to_text(other->statement), "rmirror to 10.0.0.5");
}

TEST(InARule, WhatStandsAroundAnExpression) {
    Statement statement = parse_text("rmirror to 10.0.0.5 len 60 device eth0")->statement;
    statement.collector = Register{1, NFPROTO_IPV6};
    EXPECT_EQ(text_around(statement).before, "rmirror ip6 to ");
    EXPECT_EQ(text_around(statement).after, " len 60 device \"eth0\"");
    EXPECT_EQ(json_around(statement).before, "{\"rmirror\": {\"family\": \"ip6\", \"to\": ");
    EXPECT_EQ(json_around(statement).after, ", \"len\": 60, \"device\": \"eth0\"}}");
}

TEST(NearWords, AreSlipsOfTheFinger) {
    for (const char *word : {"rmirrror", "rmiror", "mirror", "rmirorr", "rmirro"})
        EXPECT_TRUE(is_near(word, "rmirror")) << word;
    for (const char *word : {"rmirror", "error", "router", "", "to"})
        EXPECT_FALSE(is_near(word, "rmirror")) << word;
}

}  // namespace
}  // namespace rmirror::test
