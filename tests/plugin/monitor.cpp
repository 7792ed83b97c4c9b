// SPDX-License-Identifier: GPL-2.0-only
//
// What is printed while things happen: monitor, monitor trace, in text and JSON, and --debug.
#include "nft.hpp"

namespace rmirror::test {

namespace {

class PluginMonitor : public NftTest {
protected:
    // What `nft arguments` prints until it has printed `awaited`, at the latest after ten seconds;
    // commands run when it has subscribed.
    std::string watch(const std::string &arguments, const std::string &commands,
                      const std::string &awaited) {
        std::string out = directory_.path("out");
        Outcome outcome = run(
            {"bash", "-c",
             "stdbuf -oL nft " + arguments + " >" + out +
                 " & watcher=$!\n"
                 "for i in {1..100}; do grep -q \" $watcher \" /proc/net/netlink && break; sleep "
                 "0.1; done; sleep 0.3\n" +
                 commands + "\nfor i in {1..100}; do grep -q '" + awaited + "' " + out +
                 " && break; sleep 0.1; done\nkill $watcher; wait $watcher; true"});
        EXPECT_EQ(outcome.err, "");
        return read_file(out);
    }
    Directory directory_;
};

constexpr const char *traced =
    "add table ip t; add chain ip t out { type filter hook output priority 0; };"
    "add rule ip t out meta nftrace set 1; add rule ip t out rmirror to 10.0.0.5 len 60 accept";
constexpr const char *one_packet =
    "unset LD_PRELOAD; ip link set lo up; ping -c 1 -W 1 127.0.0.1 >/dev/null";

TEST_F(PluginMonitor, RulesAsJson) {
    add_chain();
    std::string out = watch("-j monitor rules",
                            "nft add rule inet filter input rmirror to 10.0.0.5 len 60", "rmirror");
    EXPECT_NE(out.find("\"expr\": [{\"rmirror\": {\"to\": \"10.0.0.5\", \"len\": 60}}]"),
              std::string::npos)
        << out;
}

// The double stands for the statement with expressions that do nothing, so packets pass.
TEST_F(PluginMonitor, Trace) {
    ASSERT_EQ(nft(traced).err, "");
    std::string out = watch("monitor trace", one_packet, "verdict accept");
    EXPECT_NE(out.find("rule rmirror to 10.0.0.5 len 60 accept (verdict accept)"),
              std::string::npos)
        << out;
}

// An nft without JSON for traces prints them as text; one that has it has the statement in it.
TEST_F(PluginMonitor, TraceAsJson) {
    ASSERT_EQ(nft(traced).err, "");
    std::string out = watch("-j monitor trace", one_packet, "accept");
    EXPECT_TRUE(out.find("rule rmirror to 10.0.0.5 len 60 accept (verdict accept)") != out.npos ||
                out.find(R"({"rmirror": {"to": "10.0.0.5", "len": 60}})") != out.npos)
        << out;
    EXPECT_EQ(out.find("quota"), out.npos) << out;
}

TEST_F(PluginMonitor, DebugDoesNotShowCarriers) {
    add_chain();
    Outcome outcome = run({"nft", "--debug=eval,netlink,mnl",
                           "add rule inet filter input counter rmirror to 10.0.0.5 len 60 accept"});
    std::string all = outcome.out + outcome.err;
    EXPECT_NE(all.find("rmirror to 10.0.0.5 len 60"), std::string::npos);
    EXPECT_EQ(all.find("quota"), std::string::npos) << all;
    outcome = run({"nft", "--debug=eval,netlink,mnl", "list", "ruleset"});
    all = outcome.out + outcome.err;
    EXPECT_NE(all.find("[ rmirror to 10.0.0.5 len 60 ]"), std::string::npos) << all;
    EXPECT_EQ(all.find("quota"), std::string::npos) << all;
}

}  // namespace

}  // namespace rmirror::test
