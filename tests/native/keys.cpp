// SPDX-License-Identifier: GPL-2.0-only
//
// The key is any expression that is a number: what is listed loads again, as text and as JSON, and
// reads the same through the plugin.
#include <map>
#include <sstream>
#include <string_view>

#include "native_test.hpp"

namespace rmirror::test {
namespace {

const std::string tables = R"(
table inet t {
    map by_source { type ipv4_addr : ipv4_addr; elements = { 10.1.0.1 : 10.0.0.5 }; }
    map tenants { type iface_index : mark; elements = { "lo" : 7 }; }
    map ports { type inet_service : inet_service; elements = { 80 : 7 }; }
    chain c {
    }
}
table ip t {
    chain c {
    }
}
table arp t {
    chain c {
    }
}
table bridge t {
    chain c {
    }
}
table netdev t {
    chain c {
    }
}
)";

struct Key {
    const char *family;
    const char *text;
    const char *prints = nullptr;  // unless it is the text
};

std::string printed(const Key &key) {
    return key.prints ? key.prints : key.text;
}

// What the plugin takes, too
constexpr Key of_both[] = {
    {"inet", "rmirror to 10.0.0.5 key meta mark len 60 mtu drop"},
    {"inet", "rmirror to 2001:db8::5 encap vxlan key ct mark ttl 9 device \"eth0\" accept"},
    {"inet", "rmirror to 10.0.0.5 key iif"},
    {"inet", "rmirror to 10.0.0.5 encap erspan key ct mark map { 1 : 7, 2 : 8 } accept",
     "rmirror to 10.0.0.5 encap erspan key ct mark map { 0x00000001 : 0x00000007, 0x00000002 : "
     "0x00000008 } accept"},
    {"inet", "rmirror to 10.0.0.5 key iif map @tenants"},
    {"inet", "rmirror to 10.0.0.5 key jhash ip saddr mod 8 seed 0xbeef encap geneve port 1234",
     "rmirror to 10.0.0.5 encap geneve key jhash ip saddr mod 8 seed 0xbeef port 1234"},
    {"inet", "rmirror to 10.0.0.5 key numgen inc mod 4 rmirror to 10.0.0.6 key iif"},
    {"inet", "rmirror to 10.0.0.5 key numgen inc mod 4 offset 3 len 60"},
    {"inet", "rmirror to 10.0.0.5 key symhash mod 4 mark 5 seq",
     "rmirror to 10.0.0.5 key symhash mod 4 mark 0x00000005 seq"},
    {"inet", "tcp dport 80 rmirror to 10.0.0.5 key tcp sport"},
    {"inet", "rmirror to 10.0.0.5 key ip saddr"},
    {"inet", "rmirror to 10.0.0.5 key ct mark & 0x000000ff len 60"},
    {"inet", "rmirror to 10.0.0.5 key ipsec in spi"},
    {"inet", "rmirror to 10.0.0.5 key ct original proto-dst"},
    {"ip", "rmirror to 10.0.0.5 key ip saddr map { 10.1.0.0/16 : 0x00000001 }"},
    {"ip", "rmirror to 10.0.0.5 key ip saddr . tcp dport map { 10.1.0.1 . 80 : 0x00000001 }"},
    {"bridge", "rmirror to 10.0.0.5 key ip saddr map { 10.1.0.1 : 0x00000001 }"},
    {"netdev", "rmirror to 10.0.0.5 encap vxlan key iif"},
    {"arp", "rmirror to 10.0.0.5 encap vxlan key meta mark"},
};

// What only the native grammar takes
constexpr Key of_ours[] = {
    {"inet", "rmirror to ip saddr map @by_source key ct mark map { 1 : 7 } len 60",
     "rmirror ip to ip saddr map @by_source key ct mark map { 0x00000001 : 0x00000007 } len 60"},
    {"inet", "rmirror ip to ip saddr map @by_source key ip daddr"},
    {"inet",
     "rmirror ip6 to ip6 saddr map { ::1 : ::5 } key ip6 daddr . tcp dport map { ::1 . 80 : "
     "0x00000007 }"},
    {"inet",
     "rmirror ip to symhash mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 } key numgen inc mod 4 len 60"},
    {"inet", "rmirror to 10.0.0.5 key $number", "rmirror to 10.0.0.5 key 7"},
    {"inet", "rmirror to 10.0.0.5 key iif map $mappings",
     "rmirror to 10.0.0.5 key iif map { \"lo\" : 0x00000007 }"},
    {"inet", "rmirror to 10.0.0.5 key tcp dport map @ports"},
    {"inet", "rmirror to 10.0.0.5 key @th,16,16", "rmirror to 10.0.0.5 key th dport"},
    {"inet", "rmirror to 10.0.0.5 key @th,16,32"},
    {"inet", "rmirror to 10.0.0.5 key ip dscp"},
    {"inet", "rmirror to 10.0.0.5 key ip ecn seq"},
    {"inet", "rmirror to 10.0.0.5 key ip6 dscp"},
    {"inet", "rmirror to 10.0.0.5 key tcp doff"},
    {"inet", "rmirror to 10.0.0.5 key frag frag-off"},
    {"inet", "rmirror to 10.0.0.5 key ip dscp & 0x03"},
    {"inet", "rmirror to 10.0.0.5 key ip dscp map { cs1 : 0x00000007 }"},
    {"inet", "rmirror to 10.0.0.5 key tcp option maxseg size"},
    {"inet", "rmirror to 10.0.0.5 key tcp sport >> 8 mark 0x00000005"},
    {"inet", "rmirror to 10.0.0.5 key (tcp sport & 65280) >> 8"},
    {"inet", "rmirror to 10.0.0.5 key ((tcp sport & 65280) >> 8) & 3",
     "rmirror to 10.0.0.5 key (tcp sport & 65280) >> 8 & 3"},
    {"inet", "rmirror to 10.0.0.5 key (ip saddr >> 8) & 0xff",
     "rmirror to 10.0.0.5 key ip saddr >> 8 & 255"},
    {"inet", "rmirror to 10.0.0.5 key fib daddr type"},
    {"bridge", "rmirror to 10.0.0.5 encap vxlan key vlan id"},
    {"bridge", "vlan id 5 rmirror to 10.0.0.5 encap vxlan key vlan id"},
    {"bridge", "rmirror to 10.0.0.5 encap vxlan key vlan pcp"},
    {"netdev", "rmirror to 10.0.0.5 encap vxlan key vlan id len 60 accept"},
    {"netdev", "rmirror to 10.0.0.5 encap vxlan key ether type"},
};

constexpr const char *variables = "define number = 7\ndefine mappings = { \"lo\" : 7 }\n";

// Chain c of each family
using Rules = std::map<std::string, std::string>;

class NativeKey : public NativeTest {
protected:
    void SetUp() override {
        NativeTest::SetUp();
        if (IsSkipped())
            return;
        const Outcome made = load(tables);
        ASSERT_EQ(made.status, 0) << made.err;
    }

    template <std::size_t size>
    static void append(
        const Key (&keys)[size], std::string &commands, Rules &expected,
        bool (*takes)(const Key &) = [](const Key &) { return true; }) {
        for (const Key &key : keys) {
            if (!takes(key))
                continue;
            commands += std::string("add rule ") + key.family + " t c " + key.text + '\n';
            expected[key.family] += printed(key) + '\n';
        }
    }

    // By nft, or by the stock nft with the plugin
    Rules listed(const Rules &families, bool plugin = false) const {
        Rules found;
        for (const auto &[family, unused] : families) {
            const std::vector<std::string> list{"list", "chain", family, "t", "c"};
            const Outcome outcome = plugin ? stock(list) : nft(list);
            EXPECT_EQ(outcome.status, 0) << outcome.err;
            std::istringstream lines(outcome.out);
            for (std::string line; std::getline(lines, line);)
                if (line.starts_with("\t\t"))
                    found[family] += line.substr(2) + '\n';
        }
        return found;
    }

    static Outcome stock(std::vector<std::string> arguments, const std::string &input = {}) {
        arguments.insert(arguments.begin(), "nft");
        return run(arguments, {.input = input});
    }

    void flush_chains(const Rules &families) const {
        for (const auto &[family, unused] : families)
            ASSERT_EQ(nft({"flush", "chain", family, "t", "c"}).status, 0);
    }

    // What is sent for a rule, one expression a line. Data has another form in each version of nft.
    std::string sent(const std::string &family, const std::string &rule) const {
        const Outcome outcome =
            nft({"-c", "--debug=netlink", "add", "rule", family, "t", "c", rule});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        std::istringstream lines(outcome.out);
        std::string expressions;
        for (std::string line; std::getline(lines, line);) {
            const std::size_t at = line.find("[ ");
            if (at != line.npos && line.find("[ cmp ") == line.npos)
                expressions += line.substr(at, line.find("( reg") - at) + '\n';
        }
        return expressions;
    }
};

TEST_P(NativeKey, IsListedAndLoadsAgain) {
    std::string commands = variables;
    Rules expected;
    append(of_both, commands, expected);
    append(of_ours, commands, expected);
    const Outcome added = load(commands);
    ASSERT_EQ(added.status, 0) << added.err;
    EXPECT_EQ(listed(expected), expected);

    const std::string text = ruleset();
    const Outcome json = nft({"-j", "list", "ruleset"});
    ASSERT_EQ(json.status, 0) << json.err;
    const Outcome again = load("flush ruleset\n" + text);
    ASSERT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(ruleset(), text);

    ASSERT_EQ(nft({"flush", "ruleset"}).status, 0);
    const Outcome from_json = nft({"-j", "-f", "-"}, {.input = json.out});
    ASSERT_EQ(from_json.status, 0) << from_json.err;
    EXPECT_EQ(listed(expected), expected);
}

// A rule that either has added is the same rule to the other. (Maps of nft 1.1 end the stock 1.0.6,
// whatever else is in the table.)
TEST_P(NativeKey, IsThePluginsKey) {
    std::string commands, without_maps;
    Rules all, shared;
    append(of_both, commands, all);
    append(of_both, without_maps, shared, [](const Key &key) {
        return std::string_view(key.text).find("map {") == std::string_view::npos;
    });
    ASSERT_EQ(nft({"flush", "ruleset"}).status, 0);
    Outcome added = stock({"-f", "-"}, tables + commands);
    ASSERT_EQ(added.status, 0) << added.err;
    EXPECT_EQ(listed(all, true), all);
    EXPECT_EQ(listed(all), all);

    flush_chains(all);
    added = load(without_maps);
    ASSERT_EQ(added.status, 0) << added.err;
    EXPECT_EQ(listed(shared, true), shared);
}

TEST_P(NativeKey, IsSentInARegister) {
    Directory directory;
    const How how{.environment = {{"RMIRROR_DOUBLE_SENT", directory.path("sent")}}};
    add_rule("rmirror to 10.0.0.5 key meta mark len 60", how);
    add_rule("rmirror to ip saddr key iif", how);
    // NFTA_RMIRROR_EXT (15, nested) with NFTA_RMIRROR_EXT_SREG_KEY: registers 1 and 2
    EXPECT_EQ(read_file(directory.path("sent")),
              "080001000a000005"
              "080006000000003c"
              "0c000f800800010000000001\n"
              "0800020000000001"
              "0800030000000002"
              "0c000f800800010000000002\n");
}

// Fields of headers are brought to host order, some bits of one as late as that is right.
TEST_P(NativeKey, IsInHostOrder) {
    EXPECT_EQ(sent("inet", "rmirror to 10.0.0.5 key meta mark"),
              "[ meta load mark => reg 1 ]\n[ rmirror addr 10.0.0.5 key reg 1 ]\n");
    EXPECT_EQ(sent("inet", "rmirror to 10.0.0.5 key th dport"),
              "[ payload load 2b @ transport header + 2 => reg 1 ]\n"
              "[ byteorder reg 1 = ntoh(reg 1, 2, 2) ]\n"
              "[ rmirror addr 10.0.0.5 key reg 1 ]\n");
    EXPECT_EQ(sent("ip", "rmirror to 10.0.0.5 key ip saddr"),
              "[ payload load 4b @ network header + 12 => reg 1 ]\n"
              "[ byteorder reg 1 = ntoh(reg 1, 4, 4) ]\n"
              "[ rmirror addr 10.0.0.5 key reg 1 ]\n");
    EXPECT_EQ(sent("ip", "rmirror to 10.0.0.5 key ip protocol"),
              "[ payload load 1b @ network header + 9 => reg 1 ]\n"
              "[ rmirror addr 10.0.0.5 key reg 1 ]\n");
    const std::string tag = sent("bridge", "rmirror to 10.0.0.5 encap vxlan key vlan id");
    EXPECT_TRUE(
        tag.ends_with("[ payload load 2b @ link header + 14 => reg 1 ]\n[ bitwise reg 1 = \n"
                      "[ byteorder reg 1 = ntoh(reg 1, 2, 2) ]\n"
                      "[ rmirror addr 10.0.0.5 encap 4 key reg 1 ]\n"))
        << tag;
    const std::string dscp = sent("inet", "rmirror to 10.0.0.5 key ip6 dscp");
    EXPECT_TRUE(
        dscp.ends_with("[ payload load 2b @ network header + 0 => reg 1 ]\n[ bitwise reg 1 = \n"
                       "[ byteorder reg 1 = ntoh(reg 1, 2, 2) ]\n[ bitwise reg 1 = \n"
                       "[ rmirror addr 10.0.0.5 key reg 1 ]\n"))
        << dscp;
    EXPECT_EQ(sent("inet", "rmirror to 10.0.0.5 key tcp dport map @ports")
                  .find("[ byteorder reg 1 = ntoh(reg 1, 2, 2) ]\n[ rmirror "),
              sent("inet", "rmirror to 10.0.0.5 key tcp dport map @ports").find("[ byteorder "));
    for (const char *key : {"meta length", "rt mtu", "ct zone", "socket mark", "iif"})
        EXPECT_EQ(sent("inet", std::string("rmirror to 10.0.0.5 key ") + key).find("byteorder"),
                  std::string::npos)
            << key;
    for (const char *key : {"meta protocol", "ipsec in spi", "ct original proto-dst",
                            "tcp option maxseg size", "tcp dport map @ports"})
        EXPECT_NE(sent("inet", std::string("rmirror to 10.0.0.5 key ") + key).find("ntoh"),
                  std::string::npos)
            << key;
}

TEST_P(NativeKey, CheckEchoReplaceMonitor) {
    EXPECT_EQ(nft({"-c", "add rule inet t c rmirror to 10.0.0.5 key iif"}).status, 0);
    EXPECT_TRUE(rules().empty());
    const std::string echo =
        nft({"-e", "-a", "add rule inet t c rmirror to 10.0.0.5 key iif map @tenants len 60"}).out;
    EXPECT_EQ(
        echo.find("add rule inet t c rmirror to 10.0.0.5 key iif map @tenants len 60 # handle "),
        0U)
        << echo;
    const std::size_t at = echo.find("handle ") + 7;
    const std::string handle = echo.substr(at, echo.find('\n') - at);
    const Outcome replaced =
        nft({"replace rule inet t c handle " + handle + " rmirror to 10.0.0.5 key ct mark"});
    EXPECT_EQ(replaced.status, 0) << replaced.err;
    EXPECT_EQ(rules(), std::vector<std::string>{"rmirror to 10.0.0.5 key ct mark"});

    // A monitor says nothing before its first event: events are made until one is seen.
    Directory directory;
    const std::string out = directory.path("out");
    const Outcome outcome =
        run({"sh", "-c",
             "timeout 20 '" + GetParam().path + "' monitor >'" + out +
                 "' 2>&1 & monitor=$!; n=0; while [ $n -lt 100 ] && ! grep -q rmirror '" + out +
                 "'; do '" + GetParam().path +
                 "' add rule inet t c rmirror to 10.0.0.5 key ip dscp; sleep 0.1; n=$((n + 1)); "
                 "done; kill $monitor"},
            {.plugin = false});
    EXPECT_NE(read_file(out).find("add rule inet t c rmirror to 10.0.0.5 key ip dscp\n"),
              std::string::npos)
        << read_file(out) << outcome.err;
}

// Of other programs: what is in the register is nothing that nft knows.
TEST_P(NativeKey, OfAnUnknownRegisterIsReported) {
    add_rule("rmirror to 10.0.0.5");
    const Outcome outcome =
        nft({"list", "chain", "inet", "t", "c"},
            {.environment = {{"RMIRROR_DOUBLE_DUMP", "080001000a0000050c000f800800010000000002"}}});
    EXPECT_NE(outcome.err.find("rmirror statement has no key expression"), std::string::npos)
        << outcome.err;
}

RMIRROR_NATIVE_SUITE(NativeKey);

}  // namespace
}  // namespace rmirror::test
