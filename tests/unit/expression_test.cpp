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
    EXPECT_EQ(parsed->collector_expression, marked.span);
    EXPECT_EQ(parsed->key_expression, Span{});
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

// The map behind `key` is not the collector's.
TEST(InARule, CollectorAndKeyAreExpressionsOfTheirOwn) {
    for (const char *collector : {"ip daddr", "ip saddr map @m", "ct mark map { 1 : 10.0.0.5 }"}) {
        for (const char *key :
             {"iif", "ct mark map { 1 : 7 }", "@th,16,16", "ip ttl", "(meta mark)"}) {
            for (const char *options : {"", "len 60 ", "encap vxlan ttl 9 "}) {
                const std::string text = std::string("rmirror to ") + collector + ' ' + options +
                                         "key " + key + " device eth0 accept";
                const auto parsed = parse_in_rule(text, 0, variable);
                ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
                const auto at = [&text](Span span) {
                    return text.substr(span.begin, span.end - span.begin);
                };
                EXPECT_EQ(at(parsed->collector_expression), collector) << text;
                EXPECT_EQ(at(parsed->key_expression), key) << text;
                EXPECT_TRUE(parsed->statement.key_register) << text;
                EXPECT_EQ(parsed->statement.device, "eth0") << text;
            }
        }
    }
}

// To nft a range may stand where an address does, though it cannot be one there.
TEST(InARule, ACollectorIsOneAddress) {
    for (const char *values :
         {"{ 10.1.0.1 : <10.0.0.0/24> }", "{ 10.1.0.1 : <10.0.0.1-10.0.0.9>, 10.1.0.2 : 10.0.0.5 }",
          "{ 10.1.0.1 : 10.0.0.1 - <10.0.0.9> }", "{ <10.1.0.1:10.0.0.0/24>}",
          "{ ::1 : <fd00::/64> }"}) {
        const MarkedText marked(std::string("rmirror to ip saddr map ") + values);
        const auto parsed = parse_in_rule(marked.text, 0, variable);
        ASSERT_FALSE(parsed) << marked.text;
        EXPECT_EQ(parsed.error().span, marked.span) << marked.text;
        EXPECT_EQ(parsed.error().message,
                  "invalid collector, expected one address: ranges, prefixes and sets are several");
    }
    for (const char *values :
         {"{ 10.1.0.0/16 : 10.0.0.5, 10.2.0.1-10.2.0.9:10.0.0.6,10.3.0.0/16:10.0.0.7 }",
          "{ 10.2.0.1 - 10.2.0.9 : 10.0.0.6 }", "{ fd00::/16 : fd00::5 }"})
        EXPECT_TRUE(parse_in_rule(std::string("rmirror to ip saddr map ") + values, 0, variable))
            << values;
}

TEST(InARule, SignsAreNoWordsOfAnotherStatement) {
    const auto parsed = parse_in_rule("rmirror to 10.0.0.5 . 80", 0, variable);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().span, (Span{20, 21}));
    EXPECT_TRUE(parsed.error().message.starts_with("unknown option '.', expected one of "));
    EXPECT_TRUE(parse_in_rule("rmirror to 10.0.0.5, 10.0.0.6", 0, variable)
                    .error()
                    .message.ends_with(" (for each collector write an 'rmirror to' of its own)"));
}

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
    EXPECT_EQ(text_around(statement).between + json_around(statement).between, "");

    statement.key_register = 2;
    statement.encap = RMIRROR_ENCAP_VXLAN;
    EXPECT_EQ(text_around(statement).between, " encap vxlan key ");
    EXPECT_EQ(text_around(statement).after, " len 60 device \"eth0\"");
    EXPECT_EQ(json_around(statement).between, ", \"key\": ");
    EXPECT_EQ(json_around(statement).after,
              ", \"encap\": \"vxlan\", \"len\": 60, \"device\": \"eth0\"}}");
    statement.collector = *Address::from_text("10.0.0.5");
    EXPECT_EQ(text_around(statement).before, "rmirror to 10.0.0.5 encap vxlan key ");
    EXPECT_EQ(text_around(statement).between + json_around(statement).between, "");
}

TEST(NearWords, AreSlipsOfTheFinger) {
    for (const char *word : {"rmirrror", "rmiror", "mirror", "rmirorr", "rmirro"})
        EXPECT_TRUE(is_near(word, "rmirror")) << word;
    for (const char *word : {"rmirror", "error", "router", "", "to"})
        EXPECT_FALSE(is_near(word, "rmirror")) << word;
}

}  // namespace
}  // namespace rmirror::test
