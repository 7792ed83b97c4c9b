// SPDX-License-Identifier: GPL-2.0-only
//
// What a live rule tells of itself: where it stands, and what it has counted.
#include <gtest/gtest.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/rmirror.h>

#include <cerrno>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/dump.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/rule.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/xtables.hpp"

namespace rmirror::vm {
namespace {

std::string place_of(const Counters &counters) {
    return counters.text("family") + ' ' + counters.text("table") + ' ' + counters.text("chain");
}

class PlaceTest : public TopologyTest {
protected:
    // Sends until the only mirror has seen so many.
    void send_counted(unsigned count) {
        Capture copies(net_.collector, "eth0");
        for (unsigned i = 0; i < count; i++) {
            net_.send_datagram();
            ASSERT_EQ(copies.wait_for(1, has_ip_protocol(47)).size(), 1U);
        }
    }
    static std::vector<Attribute> statement() {
        return {bytes(NFTA_RMIRROR_ADDR, test::ipv4("10.0.0.5"))};
    }
};

TEST_F(PlaceTest, FamilyTableChain) {
    net_.router.nft(
        "table inet mirror { chain in { type filter hook input priority 0; rmirror to 10.0.0.5; }; "
        "chain side { rmirror to 10.0.0.6; }; }\n"
        "table ip6 t6 { chain out { type filter hook output priority 0; rmirror to fd00::5; }; }\n"
        "table netdev nd { chain i { type filter hook ingress device lan priority 0; "
        "rmirror to 10.0.0.5 key 7; }; }\n");
    const auto all = read_counters(net_.router);
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(place_of(all[0]), "inet mirror in");
    EXPECT_EQ(place_of(all[1]), "inet mirror side");
    EXPECT_EQ(place_of(all[2]), "ip6 t6 out");
    EXPECT_EQ(place_of(all[3]), "netdev nd i");
    net_.router.nft("rename chain inet mirror side other\n");
    EXPECT_EQ(place_of(read_counters(net_.router)[1]), "inet mirror other");
}

// The name of a table may be anything; a line has the same words all the same.
TEST_F(PlaceTest, NamesWithBlanks) {
    ASSERT_EQ(add_table_and_chain(net_.router, "a table\\", "of\nmine"), 0);
    ASSERT_EQ(append_rule(net_.router, "a table\\", "of\nmine", {{"rmirror", statement()}}), 0);
    EXPECT_EQ(place_of(only_counters(net_.router)), "inet a\\040table\\134 of\\012mine");
}

TEST_F(PlaceTest, TargetsTellTheirTableAndHooks) {
    if (const std::string missing = missing_legacy_tables(); !missing.empty())
        GTEST_SKIP() << missing;
    const Userland here;
    for (const char *line :
         {"iptables-legacy -t mangle -N user",
          "iptables-legacy -t mangle -A user -j RMIRROR --target 10.0.0.5 --key 7",
          "iptables-legacy -t mangle -A INPUT -j user",
          "iptables-legacy -t mangle -A FORWARD -j user",
          "ip6tables-nft -A OUTPUT -j RMIRROR --target 10.0.0.5"})
        here.require(net_.router, line);
    const auto all = read_counters(net_.router);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(place_of(all[0]), "iptables mangle INPUT,FORWARD");
    EXPECT_EQ(place_of(all[1]), "ip6tables filter OUTPUT");
}

// A batch that fails leaves no line, nor does one that is checked only; a deleted rule goes at
// once.
TEST_F(PlaceTest, OnlyRulesInForce) {
    net_.router.nft("table inet t { chain c { rmirror to 10.0.0.5; }; }\n");
    EXPECT_NE(net_.router
                  .exec({"nft", "-f", "-"}, {.input = "delete rule inet t c handle 2\n"
                                                      "add rule inet t c rmirror to 10.0.0.6\n"
                                                      "add rule inet t c jump nowhere\n"})
                  .status,
              0);
    EXPECT_EQ(only_counters(net_.router).text("collector"), "10.0.0.5");
    EXPECT_EQ(net_.router
                  .exec({"nft", "--check", "-f", "-"},
                        {.input = "add rule inet t c rmirror to 10.0.0.6\n"})
                  .status,
              0);
    EXPECT_EQ(only_counters(net_.router).text("collector"), "10.0.0.5");
    net_.router.nft("flush chain inet t c\nadd rule inet t c rmirror to 10.0.0.7\n");
    EXPECT_EQ(only_counters(net_.router).text("collector"), "10.0.0.7");
    net_.router.nft("delete table inet t\n");
    EXPECT_TRUE(read_counters(net_.router).empty());
}

TEST_F(PlaceTest, CountersAreInTheDumpOfTheRule) {
    // It does not answer the copies.
    net_.collector.nft(ruleset(hook("inet input"), "drop"));
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to 10.0.0.5"));
    std::vector<DumpedRule> rules = dump_rules(net_.router, NFT_MSG_GETRULE);
    ASSERT_EQ(rules.size(), 1U);
    EXPECT_EQ(rules[0].table, "mirror");
    EXPECT_EQ(rules[0].counters, Numbers{});
    send_counted(3);
    rules = dump_rules(net_.router, NFT_MSG_GETRULE);
    const Counters counters = only_counters(net_.router);
    EXPECT_EQ(counters["sent"], 3U);
    ASSERT_EQ(rules.size(), 1U);
    EXPECT_EQ(rules[0].counters, (Numbers{{NFTA_RMIRROR_COUNTER_MATCHED, 3},
                                          {NFTA_RMIRROR_COUNTER_SENT, 3},
                                          {NFTA_RMIRROR_COUNTER_BYTES, counters["bytes"]}}));
    EXPECT_EQ(net_.router.require({"nft", "-s", "-y", "list", "ruleset"}),
              ruleset(hook("inet input"), "udp dport 9 rmirror to 10.0.0.5"));
}

TEST_F(PlaceTest, ResetClearsThem) {
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to 10.0.0.5"));
    send_counted(3);
    constexpr std::uint8_t get_rule_reset = 25;  // NFT_MSG_GETRULE_RESET, since 6.2
    const std::vector<DumpedRule> rules = dump_rules(net_.router, get_rule_reset);
    if (rules.empty())
        GTEST_SKIP() << "this kernel resets no rules";
    EXPECT_EQ(rules[0].counters.at(NFTA_RMIRROR_COUNTER_SENT), 3U);
    EXPECT_EQ(only_counters(net_.router)["matched"], 0U);
    send_counted(2);
    EXPECT_EQ(only_counters(net_.router)["sent"], 2U);
}

// As nft's counter: what a dump holds, a rule may begin with.
TEST_F(PlaceTest, CountersAreRestored) {
    net_.router.nft("table inet t { chain c { type filter hook input priority 0; }; }");
    auto restored = statement();
    restored.push_back(nested(
        NFTA_RMIRROR_EXT,
        {nested(NFTA_RMIRROR_EXT_COUNTERS,
                {bytes(NFTA_RMIRROR_COUNTER_MATCHED, test::from_hex("00 00 00 01 00 00 00 05")),
                 bytes(NFTA_RMIRROR_COUNTER_SENT, test::from_hex("00 00 00 01 00 00 00 05"))})}));
    ASSERT_EQ(append_rule(net_.router, "t", "c", {{"rmirror", restored}}), 0);
    send_counted(1);
    EXPECT_EQ(only_counters(net_.router)["sent"], 0x100000006U);
}

TEST_F(PlaceTest, CountersThatAreNoneAreRefused) {
    net_.router.nft("table inet t { chain c { type filter hook input priority 0; }; }");
    const auto refuses = [this](const Attribute &extension) {
        auto attributes = statement();
        attributes.push_back(nested(NFTA_RMIRROR_EXT, {extension}));
        return append_rule(net_.router, "t", "c", {{"rmirror", attributes}});
    };
    const auto counters = [](const Attribute &counter) {
        return nested(NFTA_RMIRROR_EXT_COUNTERS, {counter});
    };
    EXPECT_EQ(refuses(counters(number(NFTA_RMIRROR_COUNTER_SENT, 1))), EINVAL);
    EXPECT_EQ(refuses(counters(bytes(NFTA_RMIRROR_COUNTER_MAX + 1, test::Bytes(8)))), EINVAL);
    EXPECT_TRUE(read_counters(net_.router).empty());
}

}  // namespace
}  // namespace rmirror::vm
