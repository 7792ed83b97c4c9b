// SPDX-License-Identifier: GPL-2.0-only
//
// What is read, what it prints as, and where the statement ends.
#include <gtest/gtest.h>

#include "statement_support.hpp"

namespace rmirror::test {
namespace {

struct Printed {
    const char *text;
    const char *canonical;
};

void PrintTo(const Printed &printed, std::ostream *out) {
    *out << test_label(printed.text);
}

class ParseText : public testing::TestWithParam<Printed> {};

TEST_P(ParseText, PrintsCanonicalForm) {
    const auto parsed = parse_text(GetParam().text);
    ASSERT_TRUE(parsed) << GetParam().text << ": " << parsed.error().message;
    EXPECT_EQ(to_text(parsed->statement), GetParam().canonical) << GetParam().text;
    EXPECT_EQ(parsed->statement, canonical(parsed->statement));
    EXPECT_EQ(parsed->span, (Span{0, std::string(GetParam().text).size()}));
    EXPECT_EQ(statement_of(GetParam().canonical), parsed->statement);
}

INSTANTIATE_TEST_SUITE_P(
    Words, ParseText,
    testing::Values(
        Printed{"rmirror to 10.0.0.5", "rmirror to 10.0.0.5"},
        Printed{"rmirror to 10.0.0.5 len 60", "rmirror to 10.0.0.5 len 60"},
        Printed{"rmirror ip to 10.0.0.5", "rmirror to 10.0.0.5"},
        Printed{"rmirror ip6 to 2001:DB8::5", "rmirror to 2001:db8::5"},
        Printed{"rmirror to [2001:db8::5]", "rmirror to 2001:db8::5"},
        Printed{"rmirror to 2001:db8::5 from [2001:db8::1]",
                "rmirror to 2001:db8::5 from 2001:db8::1"},
        Printed{"rmirror to \"10.0.0.5\" len \"60\"", "rmirror to 10.0.0.5 len 60"},
        // Local and mapped collectors are for the kernel to judge, which knows the addresses.
        Printed{"rmirror to 127.0.0.1", "rmirror to 127.0.0.1"},
        Printed{"rmirror to ::1", "rmirror to ::1"},
        Printed{"rmirror to ::ffff:192.0.2.1", "rmirror to ::ffff:192.0.2.1"},
        Printed{"rmirror to 239.1.2.3 device eth0", "rmirror to 239.1.2.3 device \"eth0\""},
        Printed{"rmirror to 10.0.0.5 device \"len\"", "rmirror to 10.0.0.5 device \"len\""},
        Printed{"rmirror to 10.0.0.5 device eth0.100", "rmirror to 10.0.0.5 device \"eth0.100\""},
        Printed{"rmirror to 10.0.0.5 device 15-bytes-long-1",
                "rmirror to 10.0.0.5 device \"15-bytes-long-1\""},
        Printed{"rmirror to 10.0.0.5 device \"\xc3\xa9th0\"",
                "rmirror to 10.0.0.5 device \"\xc3\xa9th0\""},
        Printed{"rmirror to 10.0.0.5 mark 5 len 60 key 1",
                "rmirror to 10.0.0.5 key 1 len 60 mark 0x00000005"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, ParseText,
    testing::Values(Printed{"rmirror to 10.0.0.5 key 0xff", "rmirror to 10.0.0.5 key 255"},
                    Printed{"rmirror to 10.0.0.5 key 0XfF", "rmirror to 10.0.0.5 key 255"},
                    Printed{"rmirror to 10.0.0.5 len 0x003c", "rmirror to 10.0.0.5 len 60"},
                    Printed{"rmirror to 10.0.0.5 mark 0xffffffff",
                            "rmirror to 10.0.0.5 mark 0xffffffff"},
                    Printed{"rmirror to 10.0.0.5 dscp ef", "rmirror to 10.0.0.5 dscp ef"},
                    Printed{"rmirror to 10.0.0.5 dscp 46", "rmirror to 10.0.0.5 dscp ef"},
                    Printed{"rmirror to 10.0.0.5 dscp 0x2e", "rmirror to 10.0.0.5 dscp ef"},
                    Printed{"rmirror to 10.0.0.5 dscp lephb", "rmirror to 10.0.0.5 dscp lephb"},
                    Printed{"rmirror to 10.0.0.5 dscp va", "rmirror to 10.0.0.5 dscp va"},
                    Printed{"rmirror to 10.0.0.5 dscp 8", "rmirror to 10.0.0.5 dscp cs1"},
                    Printed{"rmirror to 10.0.0.5 dscp 63", "rmirror to 10.0.0.5 dscp 63"}));

INSTANTIATE_TEST_SUITE_P(
    Defaults, ParseText,
    testing::Values(
        Printed{"rmirror to 10.0.0.5 encap gre", "rmirror to 10.0.0.5"},
        Printed{"rmirror to 10.0.0.5 mtu resegment ttl 255 mark 0", "rmirror to 10.0.0.5"},
        Printed{"rmirror to 10.0.0.5 dscp be", "rmirror to 10.0.0.5"},
        Printed{"rmirror to 10.0.0.5 dscp cs0", "rmirror to 10.0.0.5"},
        // A GRE header can be without a key; the others always have theirs.
        Printed{"rmirror to 10.0.0.5 key 0", "rmirror to 10.0.0.5 key 0"},
        Printed{"rmirror to 10.0.0.5 encap erspan key 0", "rmirror to 10.0.0.5 encap erspan"},
        Printed{"rmirror to 10.0.0.5 key 0 encap erspan3", "rmirror to 10.0.0.5 encap erspan3"},
        Printed{"rmirror to 10.0.0.5 encap vxlan key 0", "rmirror to 10.0.0.5 encap vxlan"},
        Printed{"rmirror to 10.0.0.5 encap geneve key 0", "rmirror to 10.0.0.5 encap geneve"},
        Printed{"rmirror to 10.0.0.5 encap vxlan port 4789", "rmirror to 10.0.0.5 encap vxlan"},
        Printed{"rmirror to 10.0.0.5 encap geneve port 6081", "rmirror to 10.0.0.5 encap geneve"},
        Printed{"rmirror to 10.0.0.5 encap tzsp port 37008", "rmirror to 10.0.0.5 encap tzsp"},
        Printed{"rmirror to 10.0.0.5 encap geneve port 4789",
                "rmirror to 10.0.0.5 encap geneve port 4789"},
        // These two number their packets in any case.
        Printed{"rmirror to 10.0.0.5 seq", "rmirror to 10.0.0.5 seq"},
        Printed{"rmirror to 10.0.0.5 seq encap erspan", "rmirror to 10.0.0.5 encap erspan"},
        Printed{"rmirror to 10.0.0.5 encap erspan3 platform seq",
                "rmirror to 10.0.0.5 encap erspan3 platform"}));

// The angle brackets mark the statement.
struct Ending {
    Ending(const char *text) : marked(text) {}
    const char *marked;
};

void PrintTo(const Ending &ending, std::ostream *out) {
    *out << test_label(ending.marked);
}

class ParseTextEnd : public testing::TestWithParam<Ending> {};

TEST_P(ParseTextEnd, IsFound) {
    const MarkedText marked(GetParam().marked);
    const auto parsed = parse_text(marked.text, marked.span.begin);
    ASSERT_TRUE(parsed) << marked.text << ": " << parsed.error().message;
    EXPECT_EQ(parsed->span, marked.span) << marked.text;
}

INSTANTIATE_TEST_SUITE_P(
    Layout, ParseTextEnd,
    testing::Values("add rule inet f c counter <rmirror to 10.0.0.5 len 60>",
                    "chain c { <rmirror to 10.0.0.5 len 60> }", "<rmirror to 10.0.0.5>}",
                    "<rmirror to 10.0.0.5>; len 60", "<rmirror to 10.0.0.5>\nlen 60",
                    "<rmirror to 10.0.0.5>\r\nlen 60", "<rmirror to 10.0.0.5 len 60># len 70",
                    "<rmirror to 10.0.0.5>  \t ", "<rmirror\tto\t10.0.0.5\tlen\t60>",
                    "<rmirror \\\n to \\\n 10.0.0.5\\\nlen 60>\n",
                    "<rmirror to 10.0.0.5 device \"eth0\">accept",
                    "<rmirror to 10.0.0.5 device eth0>#x"));

INSTANTIATE_TEST_SUITE_P(
    NextStatement, ParseTextEnd,
    testing::Values(
        "<rmirror to 10.0.0.5> accept", "<rmirror to 10.0.0.5 len 60> drop",
        "<rmirror to 10.0.0.5> continue", "<rmirror to 10.0.0.5> return",
        "<rmirror to 10.0.0.5> jump c", "<rmirror to 10.0.0.5> goto c",
        "<rmirror to 10.0.0.5> queue num 1", "<rmirror to 10.0.0.5> reject with tcp reset",
        "<rmirror to 10.0.0.5> counter packets 0 bytes 0", "<rmirror to 10.0.0.5> last",
        "<rmirror to 10.0.0.5> limit rate 1/second", "<rmirror to 10.0.0.5> quota 1 mbytes",
        "<rmirror to 10.0.0.5> log prefix \"x\"", "<rmirror to 10.0.0.5> comment \"len 70\"",
        "<rmirror to 10.0.0.5> snat to 10.0.0.1", "<rmirror to 10.0.0.5> dnat to 10.0.0.1",
        "<rmirror to 10.0.0.5> masquerade", "<rmirror to 10.0.0.5> redirect",
        "<rmirror to 10.0.0.5> tproxy to :1", "<rmirror to 10.0.0.5> synproxy",
        "<rmirror to 10.0.0.5> notrack", "<rmirror to 10.0.0.5> dup to 10.0.0.6",
        "<rmirror to 10.0.0.5> fwd to eth0", "<rmirror to 10.0.0.5> flow add @f",
        "<rmirror to 10.0.0.5> set add ip saddr @s", "<rmirror to 10.0.0.5> add @s { ip saddr }",
        "<rmirror to 10.0.0.5> update @s { ip saddr }",
        "<rmirror to 10.0.0.5> delete @s { ip saddr }",
        "<rmirror to 10.0.0.5> meter m { ip saddr }", "<rmirror to 10.0.0.5> xt target X",
        "<rmirror to 10.0.0.5> reset tcp option mss",
        "<rmirror to 10.0.0.5> rmirror to 10.0.0.6 len 60"));

INSTANTIATE_TEST_SUITE_P(
    NextExpression, ParseTextEnd,
    testing::Values(
        "<rmirror to 10.0.0.5> ip saddr 10.0.0.1", "<rmirror to 10.0.0.5> ip6 saddr ::1",
        "<rmirror to 10.0.0.5> tcp dport 22", "<rmirror to 10.0.0.5> udp dport 53",
        "<rmirror to 10.0.0.5> th dport 53", "<rmirror to 10.0.0.5> icmp type 8",
        "<rmirror to 10.0.0.5> icmpv6 type 8", "<rmirror to 10.0.0.5> ether saddr 1:2:3:4:5:6",
        "<rmirror to 10.0.0.5> vlan id 5", "<rmirror to 10.0.0.5> arp operation 1",
        "<rmirror to 10.0.0.5> meta mark set 1", "<rmirror to 10.0.0.5> ct mark set 1",
        "<rmirror to 10.0.0.5> iifname!=\"lo\"", "<rmirror to 10.0.0.5> oif lo",
        "<rmirror to 10.0.0.5> vxlan vni 7", "<rmirror to 10.0.0.5> gre version 0",
        "<rmirror to 10.0.0.5> @th,16,16 53", "<rmirror to 10.0.0.5> (meta mark & 1) == 1",
        "<rmirror to 10.0.0.5> fib daddr type local", "<rmirror to 10.0.0.5> numgen inc mod 2 0",
        "<rmirror to 10.0.0.5 mark 1> meta mark 1", "<rmirror to 10.0.0.5 encap gre> gre flags 0"));

// The table of words as a whole; the cases above show them in a rule.
TEST(ParseTextEndWords, AllEndTheStatement) {
    for (const std::string_view word :
         {"accept",   "add",     "ah",       "arp",       "cgroup",  "comment",  "comp",
          "continue", "counter", "cpu",      "ct",        "day",     "dccp",     "delete",
          "dnat",     "drop",    "dst",      "dup",       "esp",     "ether",    "exthdr",
          "fib",      "flow",    "frag",     "fwd",       "geneve",  "goto",     "gre",
          "gretap",   "hbh",     "hour",     "ibriport",  "ibrname", "icmp",     "icmpv6",
          "igmp",     "iif",     "iifgroup", "iifname",   "iiftype", "ip",       "ip6",
          "ipsec",    "jhash",   "jump",     "last",      "limit",   "log",      "masquerade",
          "meta",     "meter",   "mh",       "nftrace",   "notrack", "numgen",   "obriport",
          "obrname",  "oif",     "oifgroup", "oifname",   "oiftype", "osf",      "pkttype",
          "queue",    "quota",   "redirect", "reject",    "reset",   "return",   "rmirror",
          "rt",       "rt0",     "rt2",      "rtclassid", "sctp",    "set",      "skgid",
          "skuid",    "snat",    "socket",   "srh",       "symhash", "synproxy", "tcp",
          "th",       "time",    "tproxy",   "tunnel",    "udp",     "udplite",  "update",
          "vlan",     "vxlan",   "xt"}) {
        const auto parsed = parse_text("rmirror to 10.0.0.5 " + std::string(word) + " x");
        ASSERT_TRUE(parsed) << word << ": " << parsed.error().message;
        EXPECT_EQ(parsed->span, (Span{0, 19})) << word;
    }
}

// Words of nft that follow no statement by themselves.
TEST(ParseTextEndWords, OthersDoNot) {
    for (const std::string_view word : {"saddr", "map", "vmap", "prefix", "rate", "table", "{"})
        EXPECT_FALSE(parse_text("rmirror to 10.0.0.5 " + std::string(word))) << word;
}

TEST(ParseTextAt, BeyondTheEndIsAnError) {
    const auto parsed = parse_text("rmirror to 10.0.0.5", 1000);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message, "expected 'rmirror'");
}

TEST(ToText, ShowsARegister) {
    Statement statement;
    statement.collector = Register{9, 2};
    statement.len = 60;
    EXPECT_EQ(to_text(statement), "rmirror ip to reg 9 len 60");
    statement.collector = Register{1, 10};
    EXPECT_EQ(to_text(statement), "rmirror ip6 to reg 1 len 60");
    statement.key_register = 2;
    EXPECT_EQ(to_text(statement), "rmirror ip6 to reg 1 key reg 2 len 60");
    EXPECT_FALSE(parse_text(to_text(statement)));
}

// The place of a variable is the text's, not that of its value.
TEST(ParseTextVariables, StandForValues) {
    const Variables variables = [](std::string_view name) -> std::optional<std::string_view> {
        if (name == "collector")
            return "10.0.0.5";
        if (name == "wan")
            return "\"wan0\"";
        if (name == "len")
            return "13";
        return std::nullopt;
    };
    const std::string text = "rmirror to $collector device $wan accept";
    const auto parsed = parse_text(text, 0, variables);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(to_text(parsed->statement), "rmirror to 10.0.0.5 device \"wan0\"");
    EXPECT_EQ(parsed->span, (Span{0, text.size() - std::string(" accept").size()}));

    const auto short_frame = parse_text("rmirror to $collector len $len", 0, variables);
    ASSERT_FALSE(short_frame);
    EXPECT_EQ(short_frame.error().message, "invalid len '13', expected 14..65535");
    EXPECT_EQ(short_frame.error().span, (Span{26, 30}));

    const auto unknown = parse_text("rmirror to $collector len $length", 0, variables);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().message, "unknown identifier 'length'");
    EXPECT_EQ(unknown.error().span, (Span{26, 33}));
}

}  // namespace
}  // namespace rmirror::test
