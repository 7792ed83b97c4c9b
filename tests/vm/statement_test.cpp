// SPDX-License-Identifier: GPL-2.0-only
//
// The statement's way through stock nft, plugin and kernel, and back.
#include <gtest/gtest.h>

#include "support/golden_netlink.hpp"
#include "vm/support/command.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/module.hpp"
#include "vm/support/netns.hpp"

namespace rmirror::vm {
namespace {

// The statements of tests/golden/netlink that have a text
std::vector<test::GoldenNetlink> read_all() {
    std::vector<test::GoldenNetlink> all = test::read_golden_netlink();
    std::erase_if(all, [](const test::GoldenNetlink &golden) { return golden.text.empty(); });
    return all;
}

class StatementTest : public ::testing::Test {
protected:
    NetNs netns_;
};

// All of them in one ruleset: one nft to load it, one to list it.
TEST_F(StatementTest, IsListedAsItWasMeantAndLoadsAgain) {
    const std::vector<test::GoldenNetlink> all = read_all();
    ASSERT_GT(all.size(), 20U);
    std::string rules;
    for (const test::GoldenNetlink &golden : all)
        rules += golden.text + "\n";
    netns_.nft(ruleset(hook("inet input"), rules));

    const std::string listing = netns_.require({"nft", "list", "ruleset"});
    std::size_t at = 0;
    for (const test::GoldenNetlink &golden : all) {
        const std::size_t found = listing.find("\t\t" + golden.prints + "\n", at);
        EXPECT_NE(found, std::string::npos) << golden.name << " is not in\n" << listing;
        at = found == std::string::npos ? at : found + 1;
    }
    EXPECT_EQ(read_counters(netns_).size(), all.size());

    netns_.nft("flush ruleset\n" + listing);
    EXPECT_EQ(netns_.require({"nft", "list", "ruleset"}), listing);
    const std::string json = netns_.require({"nft", "-j", "list", "ruleset"});
    netns_.require({"nft", "flush", "ruleset"});
    netns_.require({"nft", "-j", "-f", "-"}, {.input = json});
    EXPECT_EQ(netns_.require({"nft", "list", "ruleset"}), listing);
}

TEST_F(StatementTest, TheOneOnReadmesFirstLine) {
    netns_.nft("table inet filter { chain input { type filter hook input priority 0; }; }");
    netns_.require({"nft", "add", "rule", "inet", "filter", "input", "rmirror", "to", "10.0.0.5",
                    "len", "60"});
    EXPECT_NE(netns_.require({"nft", "list", "chain", "inet", "filter", "input"})
                  .find("\t\trmirror to 10.0.0.5 len 60\n"),
              std::string::npos);
}

TEST_F(StatementTest, AMistakeKeepsTheWholeBatchOut) {
    const CommandResult result =
        netns_.exec({"nft", "-f", "-"}, {.input = ruleset(hook("inet input"),
                                                          "rmirror to 10.0.0.5\n"
                                                          "rmirror to 10.0.0.5 len 13")});
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("14..65535"), std::string::npos) << result.err;
    EXPECT_EQ(netns_.require({"nft", "list", "ruleset"}), "");
}

TEST_F(StatementTest, WithoutTheModuleTheMessageSaysSo) {
    const NoModprobe nothing_to_load;
    remove_module("nft_rmirror");
    const CommandResult result = netns_.exec(
        {"nft", "-f", "-"}, {.input = ruleset(hook("inet input"), "rmirror to 10.0.0.5")});
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("modprobe nft_rmirror"), std::string::npos) << result.err;
    EXPECT_EQ(netns_.require({"nft", "list", "ruleset"}), "");
}

}  // namespace
}  // namespace rmirror::vm
