// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "statement_support.hpp"
#include "support/words.hpp"

namespace rmirror::test {
namespace {

struct Pair {
    const char *text;
    const char *json;
};

void PrintTo(const Pair &pair, std::ostream *out) {
    *out << test_label(pair.text);
}

class JsonForm : public testing::TestWithParam<Pair> {};

TEST_P(JsonForm, IsWrittenAndRead) {
    const Statement statement = statement_of(GetParam().text);
    const Json json(to_json(statement), &json_decref);
    ASSERT_NE(json, nullptr);
    EXPECT_EQ(json_text(json.get()), GetParam().json);

    const auto parsed = parse_json(json_from(GetParam().json).get());
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(*parsed, statement);
}

INSTANTIATE_TEST_SUITE_P(
    All, JsonForm,
    testing::Values(
        Pair{"rmirror to 10.0.0.5", R"({"to": "10.0.0.5"})"},
        Pair{"rmirror to 10.0.0.5 encap erspan key 7 len 60",
             R"({"to": "10.0.0.5", "encap": "erspan", "key": 7, "len": 60})"},
        Pair{"rmirror to 10.0.0.5 key 0", R"({"to": "10.0.0.5", "key": 0})"},
        Pair{"rmirror to 10.0.0.5 seq", R"({"to": "10.0.0.5", "seq": true})"},
        Pair{"rmirror to 10.0.0.5 dscp 46", R"({"to": "10.0.0.5", "dscp": "ef"})"},
        Pair{"rmirror to 10.0.0.5 dscp 63", R"({"to": "10.0.0.5", "dscp": 63})"},
        Pair{"rmirror to ::1 from ::2 device eth0 mtu drop ttl 9 mark 0xffffffff platform encap "
             "erspan3",
             R"({"to": "::1", "encap": "erspan3", "mtu": "drop", "ttl": 9, "from": "::2", )"
             R"("device": "eth0", "mark": 4294967295, "platform": true})"},
        Pair{"rmirror to ::1 encap tzsp port 1", R"({"to": "::1", "encap": "tzsp", "port": 1})"}));

TEST(ParseJson, TakesAnyOrderAndDropsDefaults) {
    const auto parsed = parse_json(
        json_from(
            R"({"seq": true, "key": 0, "dscp": 0, "ttl": 255, "encap": "erspan", "to": "::1"})")
            .get());
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(*parsed, statement_of("rmirror to ::1 encap erspan"));
}

TEST(ToJson, ShowsARegister) {
    Statement statement;
    statement.collector = Register{1, 10};
    const Json json(to_json(statement), &json_decref);
    ASSERT_NE(json, nullptr);
    EXPECT_EQ(json_text(json.get()), R"({"to": {"reg": 1, "family": "ip6"}})");
    statement.key_register = 2;
    EXPECT_EQ(json_text(Json(to_json(statement), &json_decref).get()),
              R"({"to": {"reg": 1, "family": "ip6"}, "key": {"reg": 2}})");
    EXPECT_FALSE(parse_json(json.get()));
}

struct Refused {
    const char *json;
    std::string message;
};

void PrintTo(const Refused &refused, std::ostream *out) {
    *out << test_label(refused.json);
}

class JsonError : public testing::TestWithParam<Refused> {};

TEST_P(JsonError, NamesTheMember) {
    const Json json = json_from(GetParam().json);
    ASSERT_NE(json, nullptr) << GetParam().json;
    const auto parsed = parse_json(json.get());
    ASSERT_FALSE(parsed) << GetParam().json;
    EXPECT_EQ(parsed.error().message, GetParam().message) << GetParam().json;
    EXPECT_EQ(parsed.error().span, Span{});
}

INSTANTIATE_TEST_SUITE_P(
    All, JsonError,
    testing::Values(
        Refused{"null", "invalid rmirror, expected an object"},
        Refused{"[]", "invalid rmirror, expected an object"},
        Refused{R"("to")", "invalid rmirror, expected an object"},
        Refused{"{}", "missing member 'to'"}, Refused{R"({"len": 60})", "missing member 'to'"},
        Refused{R"({"to": "::1", "lenn": 60})",
                "unknown member 'lenn', expected to, " + listed_options()},
        Refused{R"({"to": 5})", "invalid collector, expected an IPv4 or IPv6 address as a string"},
        Refused{R"({"to": {"reg": 1, "family": "ip"}})",
                "invalid collector, expected an IPv4 or IPv6 address as a string"},
        Refused{R"({"to": "10.0.0.500"})",
                "invalid collector '10.0.0.500', expected an IPv4 or IPv6 address"},
        Refused{R"({"to": "10.0.0.5\u0000"})",
                "invalid collector '10.0.0.5?', expected an IPv4 or IPv6 address"},
        Refused{R"({"to": "ff02::1"})",
                "invalid collector 'ff02::1', a multicast address needs 'device'"},
        Refused{R"({"to": "fe80::5"})",
                "invalid collector 'fe80::5', a link-local address needs 'device'"},
        Refused{R"({"to": "::1", "len": "60"})", "invalid len, expected an integer"},
        Refused{R"({"to": "::1", "len": 60.0})", "invalid len, expected an integer"},
        Refused{R"({"to": "::1", "len": true})", "invalid len, expected an integer"},
        Refused{R"({"to": "::1", "len": null})", "invalid len, expected an integer"},
        Refused{R"({"to": "::1", "seq": false})", "invalid seq, expected true"},
        Refused{R"({"to": "::1", "seq": 1})", "invalid seq, expected true"},
        Refused{R"({"to": "::1", "encap": 1})", "invalid encap, expected a string"},
        Refused{R"({"to": "::1", "mtu": 1500})", "invalid mtu, expected a string"},
        Refused{R"({"to": "::1", "device": 1})", "invalid device, expected a string"},
        Refused{R"({"to": "::1", "dscp": true})", "invalid dscp, expected an integer or a string"},
        Refused{R"({"to": "::1", "dscp": "46"})",
                "invalid dscp '46', expected 0..63 or a name such as cs1, af11, ef"},
        Refused{R"({"to": "::1", "from": "10.0.0.1"})",
                "invalid from '10.0.0.1', expected an IPv6 address, as the collector"},
        Refused{R"({"to": "::1", "device": "a\u0000b"})",
                "invalid device 'a?b', expected a name of 1..15 bytes without white space, '/', "
                "':' and '\"'"},
        Refused{R"({"to": "::1", "mark": -9223372036854775808})",
                "invalid mark '-9223372036854775808', expected 0..4294967295"},
        Refused{R"({"to": "::1", "key": 5, "encap": "tzsp"})",
                "'key' does not belong to encap tzsp, only to " + listed_encaps(RMIRROR_E_KEY)}));

TEST(ParseJson, RefusesNoObjectAtAll) {
    const auto parsed = parse_json(nullptr);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message, "invalid rmirror, expected an object");
}

}  // namespace
}  // namespace rmirror::test
