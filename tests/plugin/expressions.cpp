// SPDX-License-Identifier: GPL-2.0-only
//
// Collectors that are expressions: what nft makes of them reaches the kernel, without what nft
// needs only for the assignment that carries them, and comes back as it was written.
#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

#include "expressions.hpp"
#include "support/words.hpp"

namespace rmirror::test {

namespace {

const Rule rules[] = {
    {"inet", "rmirror to ip saddr map { 10.1.0.1 : 10.0.0.5, 10.1.0.3 : 10.0.0.6 } len 60"},
    {"inet", "rmirror to ip saddr map @m encap vxlan key 7 accept"},
    {"inet", "rmirror ip6 to ip6 saddr map @m6 ttl 5"},
    {"inet", "rmirror to ip6 daddr map { 2001:db8::1 : 2001:db8::5 }",
     "rmirror ip6 to ip6 daddr map { 2001:db8::1 : 2001:db8::5 }"},
    {"inet", "rmirror to symhash mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 }"},
    {"inet", "meta nfproto ipv4 rmirror to symhash mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 }"},
    {"inet", "ip6 saddr ::1 rmirror to numgen inc mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 } drop"},
    {"inet", "rmirror to ip saddr . tcp dport map { 10.1.0.1 . 80 : 10.0.0.5 } device \"eth0\""},
    {"inet", "rmirror to tcp dport map { 80 : 10.0.0.5 }"},
    {"inet", "ip saddr 10.1.1.1 rmirror to ip daddr map @m"},
    {"inet",
     "rmirror to ct mark map { 0x00000005 : 10.0.0.5, 0x00000006-0x00000009 : 10.0.0.6, * : "
     "10.0.0.7 }"},
    {"inet",
     "rmirror to jhash ip saddr . ip daddr mod 2 seed 0xbeef map { 0 : 10.0.0.5, 1 : "
     "10.0.0.6 }"},
    {"inet",
     "rmirror to iifname map { \"eth0\" : 10.0.0.5, \"eth1\" : 10.0.0.6 } rmirror to 10.0.0.7"},
    {"inet", "rmirror to ip daddr len 60"},
    {"inet",
     "rmirror to numgen inc mod 2 map { 0 : 10.0.0.5 } rmirror ip6 to numgen inc mod 2 map { 0 "
     ": ::5 }"},
    {"ip", "rmirror to ip saddr map @m len 60"},
    {"ip", "rmirror ip6 to symhash mod 2 map { 0 : 2001:db8::5, 1 : 2001:db8::6 }"},
    {"ip6", "rmirror ip6 to ip6 saddr map { ::1 : 2001:db8::5 }"},
    {"ip6", "rmirror to symhash mod 2 map { 0 : 10.0.0.5 }"},
    {"arp", "rmirror to arp saddr ip map { 10.0.0.1 : 10.0.0.5 }"},
    {"arp", "rmirror ip6 to numgen random mod 2 map { 0 : ::5 }"},
    {"bridge", "rmirror to ip saddr map @m"},
    {"bridge", "vlan id 5 rmirror to symhash mod 2 map { 0 : 10.0.0.5 } continue"},
    {"bridge", "rmirror ip6 to ip6 daddr map { ::1 : ::5 }"},
    {"netdev", "rmirror to ip saddr map @m continue"},
    {"netdev", "rmirror ip6 to iifname map { \"eth0\" : 2001:db8::5 }"},
    // Keys
    {"inet", "rmirror to 10.0.0.5 key meta mark len 60 mtu drop"},
    {"inet", "rmirror to 2001:db8::5 encap vxlan key ct mark ttl 9 device \"eth0\" accept"},
    {"inet",
     "rmirror to 10.0.0.5 encap erspan key ct mark map { 0x00000001 : 0x00000064, 0x00000002 : "
     "0x000000c8 } accept"},
    {"inet", "rmirror to 10.0.0.5 key iif map @k"},
    {"inet", "rmirror to 10.0.0.5 encap geneve port 1234 key jhash ip saddr mod 8 seed 0xbeef",
     "rmirror to 10.0.0.5 encap geneve key jhash ip saddr mod 8 seed 0xbeef port 1234"},
    {"inet", "rmirror to 10.0.0.5 key numgen inc mod 4 rmirror to 10.0.0.6 key iif"},
    {"inet", "tcp dport 80 rmirror to 10.0.0.5 key tcp sport"},
    {"inet", "rmirror to 10.0.0.5 key ct mark & 0x000000ff"},
    {"ip", "rmirror to 10.0.0.5 key ip saddr map { 10.1.0.1 : 0x00000001 }"},
    {"bridge", "rmirror to 10.0.0.5 key ip saddr map { 10.1.0.1 : 0x00000001 }"},
    {"netdev", "rmirror to 10.0.0.5 encap vxlan key iif"},
    {"arp", "rmirror to 10.0.0.5 encap vxlan key meta mark"},
    {"inet", "rmirror to 10.0.0.5 key @th,0,8 len 60"},
    {"inet", "rmirror to 10.0.0.5 key fib saddr type encap vxlan",
     "rmirror to 10.0.0.5 encap vxlan key fib saddr type"},
    {"ip", "tcp dport 80 rmirror to 10.0.0.5 key fib daddr . iif oif"},
    {"inet", "rmirror to 10.0.0.5 key socket mark"},
    {"inet", "rmirror to 10.0.0.5 key frag id"},
    {"inet", "rmirror to 10.0.0.5 key tcp option maxseg size"},
    {"inet", "rmirror to 10.0.0.5 key ipsec in reqid len 60"},
    {"inet", "rmirror to 10.0.0.5 encap vxlan key @nh,96,32 accept"},
    {"inet", "rmirror to 10.0.0.5 key @th,16,16", "rmirror to 10.0.0.5 key th dport"},
    {"inet", "rmirror to @th,16,16 map { 80 : 10.0.0.5 } ttl 9",
     "rmirror ip to th dport map { 80 : 10.0.0.5 } ttl 9"},
    // Both
    {"inet",
     "rmirror to ip saddr map @m encap vxlan key ct mark map { 0x00000001 : 0x00000007 } len 60"},
    {"inet",
     "rmirror to ip saddr map { 10.1.0.1 : 10.0.0.5 } key iif map @k device \"eth0\" accept"},
    {"inet",
     "rmirror to ip daddr key meta mark rmirror ip to ip saddr map @m key tcp sport rmirror to "
     "10.0.0.5 key iif rmirror to 10.0.0.6"},
    {"inet", "rmirror ip6 to ip6 saddr map @m6 encap geneve key @th,0,8"},
    {"inet", "rmirror to ip saddr map @m key fib saddr type rmirror to 10.0.0.5 key fib daddr oif"},
    {"inet",
     "meta nfproto ipv4 rmirror to symhash mod 2 map { 0 : 10.0.0.5 } key jhash ip saddr mod 8 "
     "seed 0xbeef"},
    {"inet",
     "rmirror to ip saddr . tcp dport map { 10.1.0.1 . 80 : 10.0.0.5 } key ip saddr . tcp dport . "
     "iifname "
     "map { 10.1.0.1 . 80 . \"lo\" : 0x00000007 }"},
    {"ip", "rmirror to ip saddr map @m key ip daddr map { 10.1.0.1 : 0x00000007 }"},
    {"ip6", "rmirror to numgen inc mod 2 map { 0 : 10.0.0.5 } encap erspan key iif"},
    {"bridge", "rmirror to ip saddr map @m key meta mark accept"},
    {"netdev",
     "rmirror ip6 to iifname map { \"eth0\" : 2001:db8::5 } encap vxlan key iif continue"},
    {"arp", "rmirror to arp saddr ip map { 10.0.0.1 : 10.0.0.5 } encap vxlan key iif"},
};

// As written, and again from what was listed, as text and as JSON: the same bytes.
TEST_F(PluginExpressions, AreListedAsWrittenAndLoadAgain) {
    std::string input;
    std::map<std::string, std::string> expected;  // by family
    for (const Rule &rule : rules) {
        input += std::string("add rule ") + rule.family + " t c " + rule.written + '\n';
        expected[rule.family] += as_listed(rule) + '\n';
    }
    EXPECT_EQ(run({"nft", "-f", "-"}, {.input = input}).err, "");
    for (const auto &[family, listing] : expected)
        EXPECT_EQ(listed(family), listing);

    const std::string before = ruleset();
    Directory directory;
    const std::string json = directory.file("rules.json", nft("-j list ruleset").out);
    EXPECT_EQ(run({"nft", "-f", "-"}, {.input = "flush ruleset\n" + before}).err, "");
    EXPECT_EQ(ruleset(), before);
    EXPECT_EQ(nft("flush ruleset").status, 0);
    EXPECT_EQ(nft("-j -f " + json).err, "");
    EXPECT_EQ(ruleset(), before);
}

// What is listed means what was written: the same expressions are sent for both.
TEST_F(PluginExpressions, SendTheSameAsTheirListing) {
    for (const Rule &rule : rules) {
        const std::string first = sent(rule.family, rule.written);
        EXPECT_NE(first.find("rmirror"), first.npos) << rule.written;
        EXPECT_EQ(sent(rule.family, as_listed(rule)), first) << rule.written;
    }
}

// What nft checks for the assignment is sent only if the expression needs it.
TEST_F(PluginExpressions, MatchNothingThatTheUserDidNotWrite) {
    EXPECT_EQ(sent("inet", "rmirror to symhash mod 2 map { 0 : 10.0.0.5 } len 60"),
              "[ hash reg 1 = symhash() % mod 2 ]\n[ lookup reg 1 set __map%d dreg 1 ]\n"
              "[ rmirror ip to reg 1 len 60 ]\n");
    EXPECT_EQ(sent("inet", "rmirror to 10.0.0.5 encap vxlan key meta mark"),
              "[ meta load mark => reg 2 ]\n[ rmirror to 10.0.0.5 encap vxlan key reg 2 ]\n");
    const std::string of_header = sent("inet", "rmirror to 10.0.0.5 key tcp sport");
    EXPECT_TRUE(
        of_header.ends_with("[ payload load 2b @ transport header + 0 => reg 2 ]\n"
                            "[ byteorder reg 2 = ntoh(reg 2, 2, 2) ]\n"
                            "[ rmirror to 10.0.0.5 key reg 2 ]\n"))
        << of_header;
    // What the host has of the packet need not be turned round.
    for (const char *key : {"meta length", "rt mtu", "ipsec in reqid", "ct zone"}) {
        const std::string of_host = sent("inet", std::string("rmirror to 10.0.0.5 key ") + key);
        EXPECT_NE(of_host.find("key reg 2"), of_host.npos) << key;
        EXPECT_EQ(of_host.find("byteorder"), of_host.npos) << of_host;
    }
    for (const char *key : {"meta protocol", "ipsec in spi", "ct original proto-dst"})
        EXPECT_NE(sent("inet", std::string("rmirror to 10.0.0.5 key ") + key).find("ntoh"),
                  std::string::npos)
            << key;
    EXPECT_EQ(sent("ip", "rmirror to symhash mod 2 map { 0 : ::5 }"),
              "[ hash reg 1 = symhash() % mod 2 ]\n[ lookup reg 1 set __map%d dreg 1 ]\n"
              "[ rmirror ip6 to reg 1 ]\n");
    const std::string by_address = sent("inet", "rmirror to ip saddr map @m");
    EXPECT_EQ(by_address.find("[ meta load nfproto => reg 1 ]\n[ cmp eq reg 1 0x"), 0u)
        << by_address;
    EXPECT_EQ(std::count(by_address.begin(), by_address.end(), '\n'), 5) << by_address;
    // It was checked before: once is enough.
    const std::string twice = sent("inet", "ip saddr 10.1.1.1 rmirror to ip daddr map @m");
    EXPECT_EQ(twice.find("nfproto", twice.find("nfproto") + 1), twice.npos) << twice;
    const std::string bridged = sent("bridge", "rmirror to ip saddr map @m");
    EXPECT_EQ(bridged.find("[ meta load protocol => reg 1 ]\n[ cmp eq reg 1 0x"), 0u) << bridged;
}

// The key is computed behind the collector's register, which would be overwritten else, and what it
// reads of the IP header is checked for both.
TEST_F(PluginExpressions, OfTwoEachHasRegistersOfItsOwn) {
    EXPECT_EQ(
        sent("inet", "rmirror ip6 to numgen inc mod 2 map { 0 : ::5 } key ct mark map { 1 : 7 }"),
        "[ numgen reg 1 = inc mod 2 ]\n[ lookup reg 1 set __map%d dreg 1 ]\n"
        "[ ct load mark => reg 2 ]\n[ lookup reg 2 set __map%d dreg 2 ]\n"
        "[ rmirror ip6 to reg 1 key reg 2 ]\n");
    const std::string checked = sent(
        "inet", "rmirror to symhash mod 2 map { 0 : 10.0.0.5 } key ip saddr map { 10.1.0.1 : 7 }");
    EXPECT_EQ(checked.find("[ meta load nfproto => reg 1 ]\n[ cmp eq reg 1 0x"), 0u) << checked;
    const std::string many =
        "rmirror to ip saddr map @m key ip6 saddr . ip6 daddr . ip6 saddr map { ::1 . ::1 . ::1 : "
        "7 }";
    EXPECT_NE(nft("add rule inet t c " + many).status, 0);
    EXPECT_EQ(
        nft("add rule netdev t c rmirror ip6 to ip6 saddr map { ::1 : ::5 } key ip6 saddr . ip6 "
            "daddr . ip6 saddr . iif map { ::1 . ::1 . ::1 . \"lo\" : 7 }")
            .err,
        "Error: rmirror: the key needs more registers than the collector leaves; nothing was "
        "applied\n");
    EXPECT_EQ(listed("inet") + listed("netdev"), "");
}

TEST_F(PluginExpressions, BytesOfTheStatement) {
    Directory directory;
    How how{.environment = {{"RMIRROR_DOUBLE_SENT", directory.path("sent")}}};
    EXPECT_EQ(
        nft("add rule inet t c rmirror to symhash mod 2 map { 0 : 10.0.0.5 } len 60", how).err, "");
    EXPECT_EQ(nft("add rule inet t c rmirror ip6 to ip6 saddr map @m6", how).err, "");
    EXPECT_EQ(nft("add rule inet t c rmirror to 10.0.0.5 key meta mark", how).err, "");
    // NFTA_RMIRROR_SREG_ADDR 1, NFTA_RMIRROR_FAMILY, NFTA_RMIRROR_LEN; NFTA_RMIRROR_EXT_SREG_KEY
    EXPECT_EQ(read_file(directory.path("sent")),
              "0800020000000001080003000000000208000600"
              "0000003c\n"
              "0800020000000001"
              "080003000000000a\n"
              "080001000a0000050c000f800800010000000002\n");
}

TEST_F(PluginExpressions, InFilesWithIncludesDefinesAndSeveralLines) {
    Directory directory;
    directory.file("map.nft",
                   "rmirror to ip saddr map {\n"
                   "\t10.1.0.1 : $first, # the first\n"
                   "\t10.1.0.2 : 10.0.0.6,\n"
                   "} \\\n  encap vxlan \\\n  key 7 counter packets 0 bytes 0\n");
    const std::string file = directory.file(
        "rules.nft",
        "define first = 10.0.0.5\n"
        "table inet t {\n\tchain c {\n\t\tinclude \"" +
            directory.path("map.nft") +
            "\"\n\t\trmirror to symhash mod 2 map { 0 : ::5, 1 : ::6 } len 60; accept\n\t}\n}\n");
    EXPECT_EQ(nft_file(file).err, "");
    EXPECT_EQ(
        listed("inet"),
        "rmirror ip to ip saddr map { 10.1.0.1 : 10.0.0.5, 10.1.0.2 : 10.0.0.6 } encap vxlan key "
        "7 counter packets 0 bytes 0\n"
        "rmirror ip6 to symhash mod 2 map { 0 : ::5, 1 : ::6 } len 60\naccept\n");
}

// (A replaced rule with a named map is not shown in full by the monitor of any nft.)
TEST_F(PluginExpressions, CheckReplaceEchoMonitor) {
    EXPECT_EQ(nft("-c add rule inet t c rmirror to ip saddr map @m").status, 0);
    EXPECT_EQ(listed("inet"), "");
    const std::string echo =
        nft("--echo -a add rule inet t c rmirror to ip saddr map @m len 60 counter").out;
    EXPECT_EQ(
        echo.find("add rule inet t c rmirror ip to ip saddr map @m len 60 counter packets 0 bytes "
                  "0 # handle "),
        0u)
        << echo;
    const std::size_t at = echo.find("handle ") + 7;
    const std::string handle = echo.substr(at, echo.find('\n') - at);
    EXPECT_EQ(
        nft("replace rule inet t c handle " + handle + " rmirror to ip daddr map @m encap erspan")
            .err,
        "");
    Outcome outcome = run({"sh", "-c",
                           "timeout 4 nft monitor rules & sleep 2;"
                           "nft add rule inet t c rmirror to ip daddr map @m len 99; wait"});
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(outcome.out, "add rule inet t c rmirror ip to ip daddr map @m len 99\n");
    EXPECT_EQ(listed("inet"),
              "rmirror ip to ip daddr map @m encap erspan\n"
              "rmirror ip to ip daddr map @m len 99\n");
}

TEST_F(PluginExpressions, InJson) {
    const std::string expression =
        R"({"map": {"key": {"payload": {"protocol": "ip", "field": "saddr"}}, "data": "@m"}})";
    const std::string statement =
        R"({"rmirror": {"family": "ip", "to": )" + expression + R"(, "len": 60}})";
    const std::string rule = R"({"nftables": [{"add": {"rule": {"family": "inet", "table": "t", )"
                             R"("chain": "c", "expr": [)" +
                             statement + R"(, {"accept": null}]}}}]})";
    Outcome added = run({"nft", "-j", "-e", "-f", "-"}, {.input = rule});
    EXPECT_EQ(added.err, "");
    EXPECT_NE(added.out.find("\"expr\": [" + statement + ", {\"accept\": null}]"),
              std::string::npos)
        << added.out;
    EXPECT_EQ(listed("inet"), "rmirror ip to ip saddr map @m len 60 accept\n");
    EXPECT_NE(
        nft("-j list chain inet t c").out.find("\"expr\": [" + statement + ", {\"accept\": null}]"),
        std::string::npos);

    for (const char *key :
         {R"({"meta": {"key": "iif"}})", R"({"numgen": {"mode": "inc", "mod": 4, "offset": 0}})"}) {
        const std::string with_key =
            std::string(R"({"rmirror": {"to": "10.0.0.5", "key": )") + key + R"(, "len": 60}})";
        std::string other = rule;
        other.replace(other.find(statement), statement.size(), with_key);
        added = run({"nft", "-j", "-e", "-f", "-"}, {.input = other});
        EXPECT_EQ(added.err, "");
        EXPECT_NE(added.out.find("\"expr\": [" + with_key + ", {\"accept\": null}]"),
                  std::string::npos)
            << added.out;
        EXPECT_NE(nft("-j list chain inet t c").out.find(with_key), std::string::npos)
            << nft("-j list chain inet t c").out;
    }
    nft("flush chain inet t c");
    const std::string both = R"({"rmirror": {"family": "ip", "to": )" + expression +
                             R"(, "key": {"meta": {"key": "iif"}}, "encap": "vxlan", "len": 60}})";
    std::string other = rule;
    other.replace(other.find(statement), statement.size(), both);
    added = run({"nft", "-j", "-e", "-f", "-"}, {.input = other});
    EXPECT_EQ(added.err, "");
    EXPECT_NE(added.out.find("\"expr\": [" + both + ", {\"accept\": null}]"), std::string::npos)
        << added.out;
    EXPECT_EQ(listed("inet"), "rmirror ip to ip saddr map @m encap vxlan key iif len 60 accept\n");
    EXPECT_NE(nft("-j list chain inet t c").out.find(both), std::string::npos);
    nft("flush chain inet t c");

    for (std::string wrong : {R"("family": "inet", )", R"("family": 4, )"}) {
        std::string bad = rule;
        bad.replace(bad.find(R"("family": "ip", )"), 16, wrong);
        Outcome refused = run({"nft", "-j", "-f", "-"}, {.input = bad});
        EXPECT_EQ(refused.err, "internal:0:0-0: Error: invalid family, expected ip or ip6\n\n");
        EXPECT_EQ(refused.status, 1);
    }
}

// A ruleset in JSON is one line, which is handed on in parts.
TEST_F(PluginExpressions, InALongLineOfJson) {
    std::string input;
    for (int i = 0; i < 1500; i++)
        input += "add rule inet t c rmirror to ip saddr map { 10.1.0." + std::to_string(i % 250) +
                 " : 10.0.0.5 } encap vxlan key " + std::to_string(i) + '\n';
    EXPECT_EQ(run({"nft", "-f", "-"}, {.input = input}).err, "");
    const std::string before = ruleset();
    Directory directory;
    const std::string json = directory.file("rules.json", nft("-j list ruleset").out);
    nft("flush ruleset");
    EXPECT_EQ(nft("-j -f " + json).err, "");
    EXPECT_EQ(ruleset(), before);
}

struct Bad {
    const char *rule;
    const char *carets;
    std::string message;
};

// The place in the text of the user, whether it is nft that refuses or the plugin
TEST_F(PluginExpressions, ErrorsAreAboutTheTextOfTheUser) {
    const Bad all[] = {
        {"rmirror to ip saddr map { 10.1.0.1 : 10.0.0.5 } len 13",
         "                                                    ^^",
         "invalid len '13', expected 14..65535"},
        {"rmirror to ip saddr map 10.0.0.5", "                        ^^^^^^^^",
         "expected '{ key : collector, ... }' or '@name' after 'map'"},
        {"rmirror to ip saddr map $m", "                        ^^",
         "a variable cannot be the map itself, only a key or a collector in it"},
        {"rmirror to ip saddr map", "                    ^^^",
         "expected '{ key : collector, ... }' or '@name' after 'map'"},
        {"rmirror to ip saddr map { 10.0.0.5 : 10.0.0.6", "                        ^",
         "the map has no closing '}'"},
        {"rmirror to ip saddr map { 10.1.0.1 : 10.0.0.5 } from ::1",
         "                                                     ^^^",
         "invalid from '::1', expected an IPv4 address, as the collector"},
        {"rmirror to { 10.0.0.5, 10.0.0.6 }", "           ^",
         "invalid collector '{', expected an IPv4 or IPv6 address (for each collector write an "
         "'rmirror to' of its own)"},
        {"rmirror to @m", "           ^^",
         "invalid collector '@m', expected an IPv4 or IPv6 address (the collector of a map needs a "
         "key: 'ip saddr map @NAME')"},
        {"rmirror to ip saddr map { 10.1.0.1 : 10.0.0.5 } lne 60",
         "                                                ^^^",
         "unknown option 'lne', expected one of " + listed_options() +
             " or another statement (did you mean 'len'?)"},
        {"rmirror to ip saddr map @m encap tzsp key iif",
         "                                      ^^^",
         "'key' does not belong to encap tzsp, only to " + listed_encaps(RMIRROR_E_KEY)},
        {"rmirror to ip saddr map @m encap vxlan key ct mark map @none counter",
         "                                                       ^^^^^",
         "No such file or directory"},
        {"rmirror to ip saddr map { 10.1.0.1 : 10.0.0.0/24 } len 60",
         "                                     ^^^^^^^^^^^",
         "invalid collector, expected one address: ranges, prefixes and sets are several"},
        {"rmirror to 10.0.0.5 encap tzsp key iif", "                               ^^^",
         "'key' does not belong to encap tzsp, only to " + listed_encaps(RMIRROR_E_KEY)},
        {"rmirror to 10.0.0.5 key iif map 5", "                                ^",
         "expected '{ key : number, ... }' or '@name' after 'map'"},
        {"rmirror to 10.0.0.5 key ct mark map { 1 : 10.0.0.1 }",
         "                                          ^^^^^^^^", "Could not parse packet mark"},
        {"counter rmirror to ip saddr map @none counter", "                                ^^^^^",
         "No such file or directory"},
    };
    for (const Bad &bad : all) {
        const std::string command = std::string("add rule inet t c ") + bad.rule;
        Outcome outcome = nft(command);
        EXPECT_EQ(outcome.err, "Error: " + bad.message + '\n' + command + '\n' +
                                   std::string(18, ' ') + bad.carets + '\n');
        EXPECT_EQ(outcome.status, 1);
    }
    EXPECT_EQ(listed("inet"), "");
}

// Of a range the kernel would take the first address for the collector.
TEST_F(PluginExpressions, MapsThatGiveRangesAreRefused) {
    const auto refused = [](const std::string &map) {
        return "Error: rmirror: the map '" + map +
               "' gives ranges, a collector or key is one value: declare the map without "
               "'interval'; nothing was applied\n";
    };
    const std::string maps =
        "add map inet t r { type ipv4_addr : interval ipv4_addr; flags interval; }\n"
        "add map inet t r6 { type ipv6_addr : interval ipv6_addr; }\n"
        "add map inet t rk { type iface_index : interval mark; }\n"
        "add map inet t one { type ipv4_addr : ipv4_addr; flags interval; }\n"
        "add map inet t two { type ipv4_addr : ipv4_addr . inet_service; }\n";
    ASSERT_EQ(run({"nft", "-f", "-"}, {.input = maps}).err, "");
    const std::pair<const char *, const char *> cases[] = {
        {"rmirror to ip saddr map @r", "r"},
        {"rmirror ip6 to ip6 saddr map @r6 len 60", "r6"},
        {"rmirror to 10.0.0.5 key iif map @rk", "rk"},
        {"rmirror to ip saddr map @m key iif map @rk", "rk"},
    };
    for (const auto &[rule, map] : cases)
        EXPECT_EQ(nft(std::string("add rule inet t c ") + rule).err, refused(map)) << rule;
    EXPECT_EQ(listed("inet"), "");
    // In one file with the map, of another table
    const std::string file =
        "add table ip u\nadd chain ip u c\nadd map ip u m { type ipv4_addr : "
        "interval ipv4_addr; }\nadd rule ip u c rmirror to ip saddr map @m\n";
    EXPECT_EQ(run({"nft", "-f", "-"}, {.input = file}).err, refused("m"));
    // What others do with ranges is theirs.
    EXPECT_EQ(nft("add rule inet t c ip daddr set ip saddr map @r").err, "");
    nft("flush chain inet t c");
    EXPECT_EQ(nft("add rule inet t c rmirror to ip saddr map @one").err, "");
    EXPECT_EQ(listed("inet"), "rmirror ip to ip saddr map @one\n");
}

TEST_F(PluginExpressions, WhatCannotBeSaidIsRefusedWithWhatCan) {
    Outcome outcome = nft("add rule inet t c rmirror to ip6 saddr map @m6");
    EXPECT_NE(first_line(outcome.err)
                  .find(" (a stock nft takes the collector from an expression with "
                        "'ip' only if it is an IPv4 address, with 'ip6' only if it "
                        "is an IPv6 address)"),
              std::string::npos)
        << outcome.err;
    outcome = nft("add rule inet t c rmirror ip6 to ip6 saddr map { ::1 : 10.0.0.5 }");
    EXPECT_EQ(outcome.status, 1);
    outcome = nft("add rule inet t c rmirror to ct mark map @m");
    EXPECT_EQ(outcome.status, 1);
    outcome = nft("add rule inet t c rmirror ip6 to ct original ip6 saddr map @m");
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(nft("add rule inet t c rmirror to (10.0.0.5)").err,
              "Error: rmirror: the collector is a constant: write the address alone; nothing was "
              "applied\n");
    outcome = nft("add rule inet t c rmirror to meta mark");
    EXPECT_NE(first_line(outcome.err)
                  .find(" (the collector is an IPv4 address, or with 'rmirror ip6 "
                        "to' an IPv6 address)"),
              std::string::npos)
        << outcome.err;
    outcome = nft(
        "add rule inet t c rmirror to symhash mod 2 map { 0 : 10.0.0.5 } ip saddr 10.0.0.1 drop");
    EXPECT_EQ(
        outcome.err,
        "Error: rmirror: a match of the IP header has to stand before a mirror whose collector is "
        "an expression without one; nothing was applied\n");
    EXPECT_EQ(listed("inet"), "");
    EXPECT_EQ(
        nft("add rule inet t c rmirror to symhash mod 2 map { 0 : 10.0.0.5 } meta nfproto ipv4 ip "
            "saddr 10.0.0.1 drop")
            .err,
        "");
}

// Of other programs: a register that nft shows no address for is seen, and does not load.
TEST_F(PluginExpressions, RegistersWithoutAnAddressAreShown) {
    nft("add rule inet t c counter rmirror to 10.0.0.5 accept");
    How other{.environment = {{"RMIRROR_DOUBLE_DUMP", "08000200000000010800030000000002"}}};
    const std::string listing = ruleset(other);
    EXPECT_NE(listing.find("rmirror to ? \"the collector is in a register that holds no address of "
                           "nft's\" accept\n"),
              listing.npos)
        << listing;
    How piped{.input = "flush ruleset\n" + listing};
    EXPECT_EQ(nft("-f -", piped).status, 1);

    other.environment = {{"RMIRROR_DOUBLE_DUMP", "080001000a0000050c000f800800010000000002"}};
    EXPECT_NE(ruleset(other).find("rmirror to ? \"the key is in a register that holds no value of "
                                  "nft's\" accept\n"),
              std::string::npos)
        << ruleset(other);
    nft("flush chain inet t c");
    EXPECT_EQ(
        nft("add rule inet t c rmirror to ip saddr map @m key ip daddr map { 10.1.0.1 : 7 }").err,
        "");
    // Collector and key the other way round
    other.environment = {
        {"RMIRROR_DOUBLE_DUMP", "080002000000000208000300000000020c000f800800010000000001"}};
    EXPECT_NE(
        ruleset(other).find("rmirror to ? \"the key is computed before the collector, which nft "
                            "cannot show\"\n"),
        std::string::npos)
        << ruleset(other);
}

}  // namespace

}  // namespace rmirror::test
