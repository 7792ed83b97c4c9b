// SPDX-License-Identifier: GPL-2.0-only
//
// The collector is any expression: what is listed loads again, as text and as JSON, to the same
// rules.
#include "native_test.hpp"

namespace rmirror::test {
namespace {

constexpr const char *maps = R"(
    map by_source { type ipv4_addr : ipv4_addr; elements = { 10.1.0.1 : 10.0.0.5 }; }
    map by_mark { type mark : ipv6_addr; elements = { 1 : 2001:db8::5 }; }
    map by_flow { typeof ip saddr . tcp dport : ip daddr; elements = { 10.1.0.1 . 80 : 10.0.0.5 }; }
    map by_net { type ipv4_addr : ipv4_addr; flags interval; elements = { 10.1.0.0/16 : 10.0.0.5 }; }
)";

struct Operand {
    const char *name;
    const char *text;
    const char *prints;
};

constexpr Operand operands[] = {
    {"a map of constants",
     "rmirror to ip saddr map { 10.1.0.1 : 10.0.0.5, 10.1.0.3 : 10.0.0.6 } len 60 accept",
     "rmirror ip to ip saddr map { 10.1.0.1 : 10.0.0.5, 10.1.0.3 : 10.0.0.6 } len 60 accept"},
    {"IPv6 collectors", "rmirror to meta mark map { 1 : 2001:db8::5 } encap vxlan key 7",
     "rmirror ip6 to meta mark map { 0x00000001 : 2001:db8::5 } encap vxlan key 7"},
    {"a named map", "rmirror to ip saddr map @by_source key 7",
     "rmirror ip to ip saddr map @by_source key 7"},
    {"its family is its type's", "rmirror to meta mark map @by_mark",
     "rmirror ip6 to meta mark map @by_mark"},
    {"a typeof map of a concatenation", "rmirror to ip saddr . tcp dport map @by_flow",
     "rmirror ip to ip saddr . tcp dport map @by_flow"},
    {"a map of prefixes", "rmirror to ip saddr map @by_net", "rmirror ip to ip saddr map @by_net"},
    {"a concatenation", "rmirror to ip saddr . tcp dport map { 10.1.0.1 . 80 : 10.0.0.5 }",
     "rmirror ip to ip saddr . tcp dport map { 10.1.0.1 . 80 : 10.0.0.5 }"},
    {"symhash", "rmirror to symhash mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 }",
     "rmirror ip to symhash mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 }"},
    {"numgen", "rmirror to numgen inc mod 2 map { 0 : 2001:db8::5, 1 : 2001:db8::6 } ttl 64",
     "rmirror ip6 to numgen inc mod 2 map { 0 : 2001:db8::5, 1 : 2001:db8::6 } ttl 64"},
    {"jhash", "rmirror to jhash ip saddr . tcp dport mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 }",
     "rmirror ip to jhash ip saddr . tcp dport mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 }"},
    {"the packet's own address", "rmirror to ip saddr", "rmirror ip to ip saddr"},
    {"the other family's", "rmirror ip6 to ip6 daddr", "rmirror ip6 to ip6 daddr"},
    {"of the connection", "rmirror to ct original ip saddr", "rmirror ip to ct original ip saddr"},
    {"the next hop", "rmirror ip6 to rt ip6 nexthop", "rmirror ip6 to rt ip6 nexthop"},
    {"behind a match of the same protocol", "ip protocol tcp rmirror to ip saddr map @by_source",
     "ip protocol tcp rmirror ip to ip saddr map @by_source"},
    {"twice", "rmirror to ip saddr map @by_source rmirror to 10.0.0.9",
     "rmirror ip to ip saddr map @by_source rmirror to 10.0.0.9"},
    {"a variable", "rmirror to $collector len $bytes encap $encap",
     "rmirror to 10.0.0.5 encap vxlan len 60"},
    {"a variable map", "rmirror to ip saddr map $collectors",
     "rmirror ip to ip saddr map { 10.1.0.1 : 10.0.0.5 }"},
    {"line continuation", "rmirror \\\n to \\\n 10.0.0.5 \\\n len 60",
     "rmirror to 10.0.0.5 len 60"},
    {"words of other statements", "rmirror to 10.0.0.5 mark 1 meta mark set 2 ip ttl 3 drop",
     "rmirror to 10.0.0.5 mark 0x00000001 meta mark set 0x00000002 ip ttl 3 drop"},
};

constexpr const char *variables =
    "define collector = 10.0.0.5\ndefine bytes = 60\ndefine encap = \"vxlan\"\n"
    "define collectors = { 10.1.0.1 : 10.0.0.5 }\n";

class NativeOperand : public NativeTest {};

// Implied dependencies (meta nfproto of an inet table) were added and are not shown.
TEST_P(NativeOperand, IsListedAndLoadsAgain) {
    add_chain(maps);
    std::string rules_text = variables;
    for (const Operand &operand : operands)
        rules_text += std::string("add rule inet t c ") + operand.text + "\n";
    const Outcome added = load(rules_text);
    ASSERT_EQ(added.status, 0) << added.err;

    const std::vector<std::string> listed = rules();
    ASSERT_EQ(listed.size(), std::size(operands));
    for (std::size_t i = 0; i < std::size(operands); i++)
        EXPECT_EQ(listed[i], operands[i].prints) << operands[i].name;

    const std::string text = ruleset();
    const Outcome again = load("flush ruleset\n" + text);
    ASSERT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(ruleset(), text);

    // Only the rules: some versions lose `typeof` of a map on their way through JSON.
    const Outcome json = nft({"-j", "list", "ruleset"});
    ASSERT_EQ(json.status, 0) << json.err;
    ASSERT_EQ(nft({"flush", "ruleset"}).status, 0);
    const Outcome from_json = nft({"-j", "-f", "-"}, {.input = json.out});
    ASSERT_EQ(from_json.status, 0) << from_json.err;
    EXPECT_EQ(rules(), listed);
}

TEST_P(NativeOperand, InEveryFamily) {
    for (const char *family : {"ip", "ip6", "inet", "arp", "bridge", "netdev"}) {
        const std::string name = family;
        for (const char *statement :
             {"rmirror to 10.0.0.5", "rmirror to 2001:db8::5",
              "rmirror ip to meta mark map { 0x00000001 : 10.0.0.5 }",
              "rmirror ip6 to meta mark map { 0x00000001 : 2001:db8::5 }"}) {
            const Outcome outcome =
                load("table " + name + " t {\nchain c {\n" + statement + "\n}\n}\n");
            ASSERT_EQ(outcome.status, 0) << family << ": " << outcome.err;
            const std::string listed = nft({"list", "table", family, "t"}).out;
            EXPECT_NE(listed.find(std::string("\t\t") + statement + "\n"), std::string::npos)
                << family << ": " << listed;
            ASSERT_EQ(nft({"delete", "table", family, "t"}).status, 0);
        }
    }
}

// A constant is sent as one, anything else by a register, of which the family has to be told.
TEST_P(NativeOperand, RegistersAreSent) {
    add_chain();
    Directory directory;
    const How how{.environment = {{"RMIRROR_DOUBLE_SENT", directory.path("sent")}}};
    add_rule("rmirror to ip saddr len 60", how);
    add_rule("rmirror to ip6 saddr", how);
    EXPECT_EQ(read_file(directory.path("sent")),
              "0800020000000001"
              "0800030000000002"
              "080006000000003c\n"
              "0800020000000001"
              "080003000000000a\n");
}

RMIRROR_NATIVE_SUITE(NativeOperand);

}  // namespace
}  // namespace rmirror::test
