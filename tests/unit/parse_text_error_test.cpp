// SPDX-License-Identifier: GPL-2.0-only
//
// Every refusal of the text: the whole message, and the place, which the angle brackets mark.
#include <gtest/gtest.h>

#include "statement_support.hpp"
#include "support/words.hpp"

namespace rmirror::test {
namespace {

const std::string options = listed_options();

struct Refused {
    const char *text;
    std::string message;
};

void PrintTo(const Refused &refused, std::ostream *out) {
    *out << test_label(refused.text);
}

class ParseTextError : public testing::TestWithParam<Refused> {};

TEST_P(ParseTextError, HasMessageAndPlace) {
    const MarkedText marked(GetParam().text);
    const auto parsed = parse_text(marked.text);
    ASSERT_FALSE(parsed) << marked.text << " is read as " << to_text(parsed->statement);
    EXPECT_EQ(parsed.error().message, GetParam().message) << marked.text;
    EXPECT_EQ(parsed.error().span, marked.span) << marked.text;
}

// The lists in the messages below are made of the table. These are written out: an encapsulation
// comes last, an option stands in the order in which it is printed.
TEST(ParseTextErrorLists, AreOfAllWords) {
    const auto message = [](std::string_view text) { return parse_text(text).error().message; };
    EXPECT_EQ(message("rmirror to 10.0.0.5 encap foo")
                  .rfind("invalid encap 'foo', expected one of gre, erspan1, erspan, erspan3, "
                         "vxlan, geneve, tzsp, none",
                         0),
              0U);
    EXPECT_EQ(message("rmirror to 10.0.0.5 foo")
                  .rfind("unknown option 'foo', expected one of encap, key, len, mtu, ttl, ", 0),
              0U);
    EXPECT_EQ(message("rmirror to 10.0.0.5 encap none port 1")
                  .rfind("'port' does not belong to encap none, only to vxlan, geneve, tzsp", 0),
              0U);
}

INSTANTIATE_TEST_SUITE_P(
    Head, ParseTextError,
    testing::Values(
        Refused{"<>", "expected 'rmirror'"}, Refused{"<mirror> to 10.0.0.5", "expected 'rmirror'"},
        Refused{"<rmirror>", "expected 'to' and a collector after 'rmirror'"},
        Refused{"<rmirror>; to 10.0.0.5", "expected 'to' and a collector after 'rmirror'"},
        Refused{"rmirror <len> 60", "expected 'to' and a collector after 'rmirror'"},
        Refused{"rmirror <10.0.0.5>", "expected 'to' and a collector after 'rmirror'"},
        Refused{"rmirror <\"to\"> 10.0.0.5", "expected 'to' and a collector after 'rmirror'"},
        Refused{"rmirror <ip6>", "expected 'to' and a collector after 'ip6'"},
        Refused{"rmirror ip <saddr>", "expected 'to' and a collector after 'ip'"},
        Refused{"rmirror <to>", "missing value after 'to'"},
        Refused{"rmirror <to> # 10.0.0.5", "missing value after 'to'"},
        Refused{"rmirror <to>\n10.0.0.5", "missing value after 'to'"},
        Refused{"rmirror <to> len 60", "missing value after 'to'"}));

INSTANTIATE_TEST_SUITE_P(
    Collector, ParseTextError,
    testing::Values(
        Refused{"rmirror to <10.0.0.500>",
                "invalid collector '10.0.0.500', expected an IPv4 or IPv6 address"},
        Refused{"rmirror to <accept>",
                "invalid collector 'accept', expected an IPv4 or IPv6 address"},
        Refused{"rmirror to <fe80::zz>",
                "invalid collector 'fe80::zz', expected an IPv4 or IPv6 address"},
        Refused{"rmirror to <\"\">", "invalid collector '', expected an IPv4 or IPv6 address"},
        Refused{"rmirror to <10.0.0.0/24> len 60",
                "invalid collector '10.0.0.0/24', expected an IPv4 or IPv6 address "
                "(a prefix is not an address)"},
        Refused{"rmirror to <collector.example>",
                "invalid collector 'collector.example', expected an IPv4 or IPv6 address "
                "(names are not resolved)"},
        Refused{"rmirror to <fe80::1%eth0>",
                "invalid collector 'fe80::1%eth0', expected an IPv4 or IPv6 address "
                "(a scope is given with 'device')"},
        Refused{"rmirror to <ip> saddr map { 10.0.0.1 : 10.0.0.5 }",
                "invalid collector 'ip', expected an IPv4 or IPv6 address "
                "(maps and expressions are for rules that nft reads)"},
        Refused{"rmirror to <{> 10.0.0.5, 10.0.0.6 }",
                "invalid collector '{', expected an IPv4 or IPv6 address "
                "(for each collector write an 'rmirror to' of its own)"},
        Refused{"rmirror to <@collectors>",
                "invalid collector '@collectors', expected an IPv4 or IPv6 address "
                "(the collector of a map needs a key: 'ip saddr map @NAME')"},
        Refused{"rmirror to <reg> 1",
                "invalid collector 'reg', expected an IPv4 or IPv6 address "
                "(names are not resolved)"},
        Refused{"rmirror to <$collector>", "unknown identifier 'collector'"},
        Refused{"rmirror to <\"10.0.0.5>", "unterminated string"},
        Refused{"rmirror ip6 to <10.0.0.5>",
                "invalid collector '10.0.0.5', expected an IPv6 address after 'ip6'"},
        Refused{"rmirror ip to <::1>",
                "invalid collector '::1', expected an IPv4 address after 'ip'"},
        Refused{"rmirror to <0.0.0.0>",
                "invalid collector '0.0.0.0', the unspecified address is nobody's"},
        Refused{"rmirror to <::>", "invalid collector '::', the unspecified address is nobody's"},
        Refused{"rmirror to <255.255.255.255> device eth0",
                "invalid collector '255.255.255.255', a copy is not broadcast"},
        Refused{"rmirror to <224.0.0.1> len 60",
                "invalid collector '224.0.0.1', a multicast address needs 'device'"},
        Refused{"rmirror to <ff02::1>",
                "invalid collector 'ff02::1', a multicast address needs 'device'"},
        Refused{"rmirror to <fe80::5> len 60",
                "invalid collector 'fe80::5', a link-local address needs 'device'"},
        Refused{"rmirror ip6 to <febf::5> encap none",
                "invalid collector 'febf::5', a link-local address needs 'device'"},
        Refused{"rmirror to <10.0.0.5\x1b[31m>",
                "invalid collector '10.0.0.5?[31m', expected an IPv4 or IPv6 address "
                "(names are not resolved)"},
        Refused{
            "rmirror to <1234567890123456789012345678901234567890123456789012345678901234567>",
            "invalid collector '1234567890123456789012345678901234567890123456789012345678901234"
            "...', expected an IPv4 or IPv6 address"}));

INSTANTIATE_TEST_SUITE_P(
    Options, ParseTextError,
    testing::Values(
        Refused{"rmirror to 10.0.0.5 <lenn> 60", "unknown option 'lenn', expected one of " +
                                                     options +
                                                     " or another statement (did you mean 'len'?)"},
        Refused{"rmirror to 10.0.0.5 len 60 <60>",
                "unknown option '60', expected one of " + options + " or another statement"},
        Refused{"rmirror to 10.0.0.5<,> 10.0.0.6",
                "unknown option ',', expected one of " + options +
                    " or another statement (for each collector write an 'rmirror to' of its own)"},
        Refused{"rmirror to 10.0.0.5 <\"len\"> 60",
                "unknown option 'len', expected one of " + options + " or another statement"},
        Refused{"rmirror to 10.0.0.5 <Len> 60",
                "unknown option 'Len', expected one of " + options + " or another statement"},
        Refused{"rmirror to 10.0.0.5 <to> 10.0.0.6",
                "repeated 'to', a statement has one collector"},
        Refused{"rmirror to 10.0.0.5 len 60 <len> 70", "repeated option 'len'"},
        Refused{"rmirror to 10.0.0.5 encap gre key 1 <encap> gre", "repeated option 'encap'"},
        Refused{"rmirror to 10.0.0.5 seq <seq>", "repeated option 'seq'"},
        Refused{"rmirror to 10.0.0.5 <len>", "missing value after 'len'"},
        Refused{"rmirror to 10.0.0.5 <len>; accept", "missing value after 'len'"},
        Refused{"rmirror to 10.0.0.5 <device> len 60", "missing value after 'device'"},
        Refused{"rmirror to 10.0.0.5 <encap> }", "missing value after 'encap'"},
        Refused{"rmirror to 10.0.0.5 <$x>", std::string("unknown option '$x', expected one of ") +
                                                options + " or another statement"},
        Refused{"rmirror to 10.0.0.5 len <$x>", "unknown identifier 'x'"},
        Refused{"rmirror to 10.0.0.5 device <\"eth0>", "unterminated string"},
        Refused{"rmirror to 10.0.0.5 device <\"eth0>\nrmirror", "unterminated string"},
        Refused{"rmirror to 10.0.0.5 <\"eth0>", "unterminated string"}));

INSTANTIATE_TEST_SUITE_P(
    Values, ParseTextError,
    testing::Values(
        Refused{"rmirror to 10.0.0.5 len <0>", "invalid len '0', expected 14..65535"},
        Refused{"rmirror to 10.0.0.5 len <-60>", "invalid len '-60', expected 14..65535"},
        Refused{"rmirror to 10.0.0.5 len <6O>", "invalid len '6O', expected 14..65535"},
        Refused{"rmirror to 10.0.0.5 len <60accept>", "invalid len '60accept', expected 14..65535"},
        Refused{"rmirror to 10.0.0.5 len <accept>", "invalid len 'accept', expected 14..65535"},
        Refused{"rmirror to 10.0.0.5 len <0x>", "invalid len '0x', expected 14..65535"},
        Refused{"rmirror to 10.0.0.5 len <\" 60\">", "invalid len ' 60', expected 14..65535"},
        Refused{"rmirror to 10.0.0.5 len <4294967356>",
                "invalid len '4294967356', expected 14..65535"},
        Refused{"rmirror to 10.0.0.5 len <18446744073709551676>",
                "invalid len '18446744073709551676', expected 14..65535"},
        Refused{"rmirror to 10.0.0.5 mark <0x100000000>",
                "invalid mark '0x100000000', expected 0..4294967295"},
        Refused{"rmirror to 10.0.0.5 len <060>",
                "invalid len '060', expected 14..65535 "
                "(a leading zero, which nft takes for octal, is refused)"},
        Refused{"rmirror to 10.0.0.5 mark <set> 5",
                "invalid mark 'set', expected 0..4294967295 "
                "(for the mark of the packet itself write 'meta mark')"},
        Refused{"rmirror to 10.0.0.5 mark <=>= 5",
                "invalid mark '=', expected 0..4294967295 "
                "(for the mark of the packet itself write 'meta mark')"},
        Refused{"rmirror to 10.0.0.5 encap <foo>",
                "invalid encap 'foo', expected one of " + listed_encaps()},
        Refused{"rmirror to 10.0.0.5 encap <vxlna>", "invalid encap 'vxlna', expected one of " +
                                                         listed_encaps() +
                                                         " (did you mean 'vxlan'?)"},
        Refused{"rmirror to 10.0.0.5 encap <gretap>", "invalid encap 'gretap', expected one of " +
                                                          listed_encaps() +
                                                          " (did you mean 'gre'?)"},
        Refused{"rmirror to 10.0.0.5 encap <erspan2>", "invalid encap 'erspan2', expected one of " +
                                                           listed_encaps() +
                                                           " (did you mean 'erspan'?)"},
        Refused{"rmirror to 10.0.0.5 mtu <1500>",
                "invalid mtu '1500', expected one of resegment, fragment, truncate, drop"},
        Refused{"rmirror to 10.0.0.5 dscp <foo>",
                "invalid dscp 'foo', expected 0..63 or a name such as cs1, af11, ef"},
        Refused{"rmirror to 10.0.0.5 dscp <64>",
                "invalid dscp '64', expected 0..63 or a name such as cs1, af11, ef"},
        Refused{"rmirror to 10.0.0.5 from <fe80::1>",
                "invalid from 'fe80::1', expected an IPv4 address, as the collector"},
        Refused{"rmirror to ::1 from <10.0.0.1>",
                "invalid from '10.0.0.1', expected an IPv6 address, as the collector"},
        Refused{"rmirror to 10.0.0.5 from <eth0>",
                "invalid from 'eth0', expected an IPv4 address, as the collector "
                "(names are not resolved)"},
        Refused{"rmirror to 10.0.0.5 from <0.0.0.0>",
                "invalid from '0.0.0.0', expected a unicast address"},
        Refused{"rmirror to 10.0.0.5 from <224.0.0.1> device eth0",
                "invalid from '224.0.0.1', expected a unicast address"},
        Refused{"rmirror to 10.0.0.5 from <255.255.255.255>",
                "invalid from '255.255.255.255', expected a unicast address"}));

std::string bad_device(const std::string &name) {
    return "invalid device '" + name +
           "', expected a name of 1..15 bytes without white space, '/', ':' and '\"'";
}

INSTANTIATE_TEST_SUITE_P(
    Devices, ParseTextError,
    testing::Values(Refused{"rmirror to 10.0.0.5 device <abcdefghijklmnop>",
                            bad_device("abcdefghijklmnop")},
                    Refused{"rmirror to 10.0.0.5 device <a/b>", bad_device("a/b")},
                    Refused{"rmirror to 10.0.0.5 device <eth0:1>", bad_device("eth0:1")},
                    Refused{"rmirror to 10.0.0.5 device <\"a b\">", bad_device("a b")},
                    Refused{"rmirror to 10.0.0.5 device <\"a\tb\">", bad_device("a?b")},
                    Refused{"rmirror to 10.0.0.5 device <\"a\nb\">", bad_device("a?b")},
                    Refused{"rmirror to 10.0.0.5 device <\"\">", bad_device("")},
                    Refused{"rmirror to 10.0.0.5 device <.>", bad_device(".")},
                    Refused{"rmirror to 10.0.0.5 device <..>", bad_device("..")},
                    Refused{"rmirror to 10.0.0.5 device <\"\xff\">", bad_device("?")},
                    Refused{"rmirror to 10.0.0.5 device <eth*>",
                            bad_device("eth*") + " (a device has one name: no wildcards)"},
                    Refused{"rmirror to 10.0.0.5 device <\"eth*\">",
                            bad_device("eth*") + " (a device has one name: no wildcards)"}));

// What does not belong together, whichever comes first; the range is that of the encapsulation.
INSTANTIATE_TEST_SUITE_P(
    Encapsulation, ParseTextError,
    testing::Values(
        Refused{"rmirror to 10.0.0.5 <key> 5 encap tzsp",
                "'key' does not belong to encap tzsp, only to " + listed_encaps(RMIRROR_E_KEY)},
        Refused{"rmirror to 10.0.0.5 encap tzsp <key> 5",
                "'key' does not belong to encap tzsp, only to " + listed_encaps(RMIRROR_E_KEY)},
        Refused{"rmirror to 10.0.0.5 encap erspan1 <key> 0",
                "'key' does not belong to encap erspan1, only to " + listed_encaps(RMIRROR_E_KEY)},
        Refused{"rmirror to 10.0.0.5 <port> 4789", "'port' does not belong to encap gre, only to " +
                                                       listed_encaps(RMIRROR_E_UDP) +
                                                       " (did you mean 'encap vxlan'?)"},
        Refused{"rmirror to 10.0.0.5 <seq> encap vxlan",
                "'seq' does not belong to encap vxlan, only to " + listed_encaps(RMIRROR_E_SEQ)},
        Refused{"rmirror to 10.0.0.5 encap vxlan <metadata>",
                "'metadata' does not belong to encap vxlan, only to geneve"},
        Refused{"rmirror to 10.0.0.5 encap erspan <platform>",
                "'platform' does not belong to encap erspan, only to erspan3"},
        Refused{"rmirror to 10.0.0.5 encap none <ttl> 1",
                "'ttl' does not belong to encap none, only to " + listed_encaps(RMIRROR_E_OUTER)},
        Refused{"rmirror to 10.0.0.5 <from> 10.0.0.1 encap none",
                "'from' does not belong to encap none, only to " + listed_encaps(RMIRROR_E_OUTER)},
        Refused{"rmirror to 10.0.0.5 key <1024> encap erspan",
                "invalid key '1024', expected 0..1023 with encap erspan"},
        Refused{"rmirror to 10.0.0.5 encap vxlan key <16777216>",
                "invalid key '16777216', expected 0..16777215 with encap vxlan"},
        Refused{"rmirror to 10.0.0.5 len <19> encap none",
                "invalid len '19', expected 20..65535 with encap none"},
        // The first mistake counts, also when a later one hides the encapsulation.
        Refused{"rmirror to 10.0.0.5 len <1> mtu 1 ttl 0", "invalid len '1', expected 14..65535"},
        Refused{"rmirror to 10.0.0.5 key <5000> foo encap erspan",
                "invalid key '5000', expected 0..1023 with encap erspan"},
        Refused{"rmirror to 10.0.0.5 port 5 <foo> encap vxlan",
                "unknown option 'foo', expected one of " + options + " or another statement"},
        Refused{"rmirror to 10.0.0.5 port 5 encap <$x>", "unknown identifier 'x'"}));

}  // namespace
}  // namespace rmirror::test
