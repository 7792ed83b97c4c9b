// SPDX-License-Identifier: GPL-2.0-only
//
// What is wrong is named, with the place; nothing that is wrong gets to the kernel or ends nft.
#include <algorithm>
#include <sstream>

#include "native_test.hpp"
#include "support/words.hpp"

namespace rmirror::test {
namespace {

constexpr const char *sets = R"(
    map by_source { type ipv4_addr : ipv4_addr; }
    map by_port { type inet_service : verdict; }
    map by_address { type inet_service : ipv6_addr; }
    set addresses { type ipv4_addr; }
)";

struct Refused {
    const char *text;  // <..>: the place that the message is about, unless upstream places it
    std::string message;
};

constexpr const char *several =
    "invalid collector, expected one address: ranges, prefixes and sets are several";
constexpr const char *which_family =
    "specify `rmirror ip to' or `rmirror ip6 to' to tell the family of the collector";

const Refused refused[] = {
    // numbers and words
    {"rmirror to 10.0.0.5 len <13>", "invalid len '13', expected 14..65535"},
    {"rmirror to 10.0.0.5 len <65536>", "invalid len '65536', expected 14..65535"},
    {"rmirror to 10.0.0.5 len <99999999999999999999>",
     "invalid len '99999999999999999999', expected 14..65535"},
    {"rmirror to 10.0.0.5 len <key> 7", "invalid len 'key', expected 14..65535"},
    {"rmirror to 10.0.0.5 len <accept>", "invalid len 'accept', expected 14..65535"},
    {"rmirror to 10.0.0.5 encap none len <19>",
     "invalid len '19', expected 20..65535 with encap none"},
    {"rmirror to 10.0.0.5 key <1024> encap erspan",
     "invalid key '1024', expected 0..1023 with encap erspan"},
    {"rmirror to 10.0.0.5 key <4294967296>", "invalid key '4294967296', expected 0..4294967295"},
    {"rmirror to 10.0.0.5 ttl <0>", "invalid ttl '0', expected 1..255"},
    {"rmirror to 10.0.0.5 encap vxlan port <0>", "invalid port '0', expected 1..65535"},
    {"rmirror to 10.0.0.5 dscp <64>",
     "invalid dscp '64', expected 0..63 or a name such as cs1, af11, ef"},
    {"rmirror to 10.0.0.5 dscp <gold>",
     "invalid dscp 'gold', expected 0..63 or a name such as cs1, af11, ef"},
    {"rmirror to 10.0.0.5 encap <ipip>",
     "invalid encap 'ipip', expected one of " + listed_encaps()},
    {"rmirror to 10.0.0.5 mtu <1500>",
     "invalid mtu '1500', expected one of resegment, fragment, truncate, drop"},
    {"rmirror to 10.0.0.5 mark <set> 5",
     "invalid mark 'set', expected 0..4294967295 (for the mark of the packet itself write 'meta "
     "mark')"},
    {"rmirror to 10.0.0.5 from <::1>",
     "invalid from '::1', expected an IPv4 address, as the collector"},
    {"rmirror to ::1 from <10.0.0.1>",
     "invalid from '10.0.0.1', expected an IPv6 address, as the collector"},
    {"rmirror to 10.0.0.5 from <255.255.255.255>",
     "invalid from '255.255.255.255', expected a unicast address"},
    {"rmirror to 10.0.0.5 device <\"a/b\">",
     "invalid device 'a/b', expected a name of 1..15 bytes without white space, '/', ':' and '\"'"},
    {"rmirror to 10.0.0.5 device <\"0123456789abcdef\">",
     "invalid device '0123456789abcdef', expected a name of 1..15 bytes without white space, '/', "
     "':' and '\"'"},
    {"rmirror to 10.0.0.5 device <eth*>",
     "invalid device 'eth*', expected a name of 1..15 bytes without white space, '/', ':' and "
     "'\"'"},
    {"rmirror to 10.0.0.5 device <\"eth*\">",
     "invalid device 'eth*', expected a name of 1..15 bytes without white space, '/', ':' and "
     "'\"'"},
    // options
    {"rmirror to 10.0.0.5 <lenn> 60",
     "unknown option 'lenn', expected one of " + listed_options() + " or another statement"},
    {"rmirror to 10.0.0.5 len 60 <len> 70", "repeated option 'len'"},
    {"rmirror to 10.0.0.5 seq <seq>", "repeated option 'seq'"},
    {"rmirror to 10.0.0.5 key <5> encap tzsp",
     "'key' does not belong to encap tzsp, only to " + listed_encaps(RMIRROR_E_KEY)},
    {"rmirror to 10.0.0.5 encap vxlan <seq>",
     "'seq' does not belong to encap vxlan, only to " + listed_encaps(RMIRROR_E_SEQ)},
    // keys
    {"rmirror to 10.0.0.5 key <foo>", "invalid key 'foo', expected 0..4294967295"},
    {"rmirror to 10.0.0.5 key <1 | 2> encap erspan",
     "invalid key, expected 0..1023 with encap erspan or an expression"},
    {"rmirror to 10.0.0.5 key <iif map { \"lo\" : 5-7 }>",
     "invalid key, expected 0..4294967295 or an expression"},
    {"rmirror to 10.0.0.5 key <iifname>",
     "datatype mismatch: expected a number of 8, 16 or 32 bits, expression has type network "
     "interface name with length 128"},
    {"rmirror to 10.0.0.5 key <ct bytes>",
     "datatype mismatch: expected a number of 8, 16 or 32 bits, expression has type integer with "
     "length 64"},
    {"rmirror to 10.0.0.5 key <ip6 flowlabel>",
     "datatype mismatch: expected a number of 8, 16 or 32 bits, expression has type integer with "
     "length 20"},
    {"rmirror to 10.0.0.5 key <ip saddr . tcp dport>",
     "datatype mismatch: expected a number of 8, 16 or 32 bits, expression has type concatenation "
     "of (IPv4 address, internet network service) with length 64"},
    {"rmirror to 10.0.0.5 key <tcp dport map @by_address>",
     "datatype mismatch: expected a number of 8, 16 or 32 bits, expression has type IPv6 address "
     "with length 128"},
    {"rmirror to 10.0.0.5 key <ip6 dscp & 3>",
     "invalid key, this field of some bits cannot be a part of an operation"},
    {"rmirror ip6 to ip6 daddr key <ip6 saddr . ip6 daddr . iifname map { ::1 . ::1 . "
     "\"lo\" : 7 }>",
     "invalid key, this needs more registers than there are"},
    {"rmirror to 10.0.0.5 encap tzsp key <iif>",
     "'key' does not belong to encap tzsp, only to " + listed_encaps(RMIRROR_E_KEY)},
    {"rmirror to 10.0.0.5 key iif <key> 5", "repeated option 'key'"},
    {"rmirror to 10.0.0.5 key 5 <key> iif", "repeated option 'key'"},
    {"rmirror to 10.0.0.5 key iif <lenn> 60",
     "unknown option 'lenn', expected one of " + listed_options() + " or another statement"},
    {"rmirror to 10.0.0.5 key iif map @addresses", "Expression is not a map"},
    {"rmirror to 10.0.0.5 key iif map @nosuch", "No such file or directory"},
    {"rmirror to 10.0.0.5 key ct mark map { 1 : <10.0.0.1> }", "Could not parse packet mark"},
    // collectors
    {"rmirror to <foo.example>",
     "invalid collector 'foo.example', expected an IPv4 or IPv6 address"},
    {"rmirror to <5>", "invalid collector '5', expected an IPv4 or IPv6 address"},
    {"rmirror ip6 to <10.0.0.5>",
     "invalid collector '10.0.0.5', expected an IPv6 address after 'ip6'"},
    {"rmirror to <0.0.0.0>", "invalid collector '0.0.0.0', the unspecified address is nobody's"},
    {"rmirror to <255.255.255.255>",
     "invalid collector '255.255.255.255', a copy is not broadcast"},
    {"rmirror to <ff02::1>", "invalid collector 'ff02::1', a multicast address needs 'device'"},
    {"rmirror to <fe80::5>", "invalid collector 'fe80::5', a link-local address needs 'device'"},
    {"rmirror to <10.0.0.0/24>", several},
    {"rmirror to <10.0.0.5-10.0.0.9>", several},
    {"rmirror to <ip saddr map { 10.1.0.1 : 10.0.0.0/24 }>", several},
    {"rmirror to <tcp dport>", which_family},
    {"rmirror to <symhash mod 2>", which_family},
    {"rmirror to ip saddr map @addresses", "Expression is not a map"},
    {"rmirror to tcp dport map @by_port", which_family},
    {"rmirror to ip saddr map @nosuch", "No such file or directory"},
    {"rmirror ip6 to <ip saddr map @by_source>",
     "datatype mismatch: expected IPv6 address, expression has type IPv4 address"},
    {"rmirror ip to <meta mark>",
     "datatype mismatch: expected IPv4 address, expression has type packet mark"},
};

class NativeError : public NativeTest {};

TEST_P(NativeError, NamesTheWordAndThePlace) {
    add_chain(sets);
    const std::string before = ruleset();
    const std::string command = "add rule inet t c ";
    for (const Refused &each : refused) {
        std::string text = command + each.text;
        const std::size_t begin = text.find('<');
        const std::size_t end = text.find('>') - 1;
        std::erase_if(text, [](char c) { return c == '<' || c == '>'; });
        const Outcome outcome = nft({text});
        EXPECT_EQ(outcome.status, 1) << text;
        std::istringstream lines(outcome.err);
        std::string message, source, carets;
        std::getline(lines, message);
        std::getline(lines, source);
        std::getline(lines, carets);
        EXPECT_EQ(message, "Error: " + each.message) << text;
        EXPECT_EQ(source, text);
        if (begin == std::string::npos)
            continue;
        EXPECT_EQ(carets.find('^'), begin) << text << "\n" << outcome.err;
        EXPECT_EQ(carets.rfind('^') + 1, end) << text << "\n" << outcome.err;
    }
    EXPECT_EQ(ruleset(), before);
}

// Whatever it says: one complaint about the right line, and nft is alive.
TEST_P(NativeError, SyntaxErrorsLeaveTheRestOfAFileReadable) {
    for (const char *statement :
         {"rmirror to", "rmirror to 10.0.0.5 len", "rmirror to 10.0.0.5 to 10.0.0.6",
          "rmirror ip 10.0.0.5", "rmirror 10.0.0.5", "rmirror to { 10.0.0.1, 10.0.0.2 }",
          "rmirror to @addresses", "rmirror to 10.0.0.5 encap", "rmirror to 10.0.0.5 mtu ;",
          "rmirror to 10.0.0.5 key", "rmirror to 10.0.0.5 key ct", "rmirror to 10.0.0.5 key @m",
          "rmirror to 10.0.0.5 key ip saddr map", "rmirror to 10.0.0.5 key { 1, 2 }",
          "rmirror to 10.0.0.5 key symhash mod len"}) {
        const Outcome outcome =
            load(std::string("table netdev t {\nchain c {\n") + statement +
                 "\n}\nchain d {\ntype filter hook ingress device \"lo\" priority 0; policy drop;\n"
                 "meta mark 5 ip ttl 3 drop\n}\n}\n");
        EXPECT_EQ(outcome.status, 1) << statement;
        EXPECT_NE(outcome.err.find(":3:"), std::string::npos) << statement << "\n" << outcome.err;
        for (const char *line : {":4:", ":5:", ":6:", ":7:"})
            EXPECT_EQ(outcome.err.find("-" + std::string(line)), std::string::npos) << outcome.err;
        std::size_t complaints = 0;
        for (std::size_t at = 0; (at = outcome.err.find("Error: ", at)) != std::string::npos; at++)
            complaints++;
        EXPECT_EQ(complaints, 1U) << statement << "\n" << outcome.err;
    }
}

struct RefusedJson {
    const char *json;
    std::string message;
};

const RefusedJson refused_json[] = {
    {"null", "invalid rmirror, expected an object."},
    {"{}", "missing member 'to'."},
    {R"({"to": "10.0.0.5", "lenn": 60})",
     "unknown member 'lenn', expected to, family, " + listed_options()},
    {R"({"to": "10.0.0.500"})", "invalid collector '10.0.0.500', expected an IPv4 or IPv6 address"},
    {R"({"to": {"prefix": {"addr": "10.0.0.0", "len": 24}}})", several},
    {R"({"to": "10.0.0.5", "family": "ip5"})", "invalid family, expected 'ip' or 'ip6'."},
    {R"({"to": "10.0.0.5", "family": "ip6"})",
     "invalid collector '10.0.0.5', expected an IPv6 address after 'ip6'"},
    {R"({"to": "10.0.0.5", "len": "60"})", "invalid len, expected an integer"},
    {R"({"to": "10.0.0.5", "len": 60.0})", "invalid len, expected an integer"},
    {R"({"to": "10.0.0.5", "len": -1})", "invalid len '-1', expected 14..65535"},
    {R"({"to": "10.0.0.5", "seq": false})", "invalid seq, expected true"},
    {R"({"to": "10.0.0.5", "mtu": 1500})", "invalid mtu, expected a string"},
    {R"({"to": "10.0.0.5", "dscp": true})", "invalid dscp, expected an integer or a string"},
    {R"({"to": "10.0.0.5", "dscp": "46"})",
     "invalid dscp '46', expected 0..63 or a name such as cs1, af11, ef"},
    {R"({"to": "10.0.0.5", "from": "::1"})",
     "invalid from '::1', expected an IPv4 address, as the collector"},
    {R"({"to": "10.0.0.5", "key": "5"})", "invalid key, expected an integer"},
    {R"({"to": "10.0.0.5", "key": {"nothing": 5}})",
     "invalid key, expected an integer or an expression."},
    {R"({"to": "10.0.0.5", "key": {"meta": {"key": "iifname"}}})",
     "datatype mismatch: expected a number of 8, 16 or 32 bits, expression has type network "
     "interface name with length 128"},
    {R"({"to": "10.0.0.5", "key": {"meta": {"key": "iif"}}, "encap": "tzsp"})",
     "'key' does not belong to encap tzsp, only to " + listed_encaps(RMIRROR_E_KEY)},
    {R"({"to": "10.0.0.5", "key": 5, "encap": "tzsp"})",
     "'key' does not belong to encap tzsp, only to " + listed_encaps(RMIRROR_E_KEY)},
};

TEST_P(NativeError, NamesTheMemberOfJson) {
    add_chain();
    for (const RefusedJson &each : refused_json) {
        const Outcome outcome = nft(
            {"-j", "-f", "-"},
            {.input =
                 std::string(R"({"nftables": [{"add": {"rule": {"family": "inet", "table": "t", )"
                             R"("chain": "c", "expr": [{"rmirror": )") +
                 each.json + "}]}}}]}"});
        EXPECT_EQ(outcome.status, 1) << each.json;
        EXPECT_NE(outcome.err.find("Error: " + each.message + "\n"), std::string::npos)
            << each.json << "\n"
            << outcome.err;
    }
    EXPECT_TRUE(rules().empty());
}

RMIRROR_NATIVE_SUITE(NativeError);

}  // namespace
}  // namespace rmirror::test
