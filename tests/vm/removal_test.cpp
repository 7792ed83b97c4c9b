// SPDX-License-Identifier: GPL-2.0-only
//
// What the Debian packages do when they are removed while rules mirror: the rules are told, and
// what deletes them works without the packages.
#include <gtest/gtest.h>

#include <filesystem>

#include "support/paths.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/operator.hpp"
#include "vm/support/xtables.hpp"

namespace rmirror::vm {
namespace {

// While a package is removed its files are still there.
const std::string extensions =
    "export XTABLES_LIBDIR=" RMIRROR_BINARY_DIR "/xtables:" RMIRROR_XTLIBDIR "\n";
const std::string scripts = RMIRROR_SOURCE_DIR "/packaging/debian/";

class RemovalTest : public OperatorTest {
protected:
    // `apt-get remove` calls it so. What comes behind the rules needs what is not installed here.
    std::string remove(const std::string &package, const std::string &environment = "") const {
        const CommandResult result = net_.router.exec(
            {"sh", "-c",
             extensions + "export PATH=${0%/*}:" RMIRROR_SOURCE_DIR "/packaging:$PATH\n" +
                 environment + " sh " + scripts + package + ".prerm remove",
             rmirror_program()});
        return result.err;
    }
    // Types what is indented, as a shell without our libraries.
    void type(const std::string &told) const {
        net_.router.require({"sh", "-c", "sed -n 's/^    //p' | env -u LD_LIBRARY_PATH sh -e"},
                            {.input = told});
    }
};

const std::string rules =
    "udp dport 9 rmirror to 10.0.0.5 drop\nudp dport 10 accept\nrmirror to 10.0.0.5 key 7\n";

TEST_F(RemovalTest, TellsTheRulesOfNft) {
    net_.router.nft(ruleset(hook("inet input"), rules));
    const std::string told = remove("nft-rmirror");
    EXPECT_NE(told.find("\n    nft delete rule inet mirror input handle 2\n"
                        "    nft delete rule inet mirror input handle 4\n"),
              std::string::npos)
        << told;
    type(told);
    EXPECT_EQ(net_.router.require({"nft", "list", "chain", "inet", "mirror", "input"}),
              "table inet mirror {\n\tchain input {\n\t\ttype filter hook input priority filter; "
              "policy accept;\n\t\tudp dport 10 accept\n\t}\n}\n");
    EXPECT_EQ(remove("nft-rmirror").find("these rules"), std::string::npos);
}

// A name that nft would not take, but netlink does, is for no shell.
TEST_F(RemovalTest, RunsNoNames) {
    const Userland here;
    here.require(net_.router, "iptables-nft -N a;touch${IFS}/run/touched");
    here.require(net_.router,
                 "iptables-nft -A a;touch${IFS}/run/touched -j RMIRROR --target 10.0.0.5");
    const std::string told = remove("nft-rmirror", "RMIRROR_DELETE_RULES=yes");
    EXPECT_NE(told.find("deleting the rules"), std::string::npos) << told;
    EXPECT_FALSE(std::filesystem::exists("/run/touched"));
    EXPECT_TRUE(rmirror({"show", "-d"}).out.starts_with("# iptables filter a;touch"));
    EXPECT_EQ(rmirror({"show", "-d", "-j"}).status, 2);
}

TEST_F(RemovalTest, DeletesTheRulesOfNftWhenAsked) {
    net_.router.nft(ruleset(hook("inet input"), rules));
    const std::string told = remove("nft-rmirror", "RMIRROR_DELETE_RULES=yes");
    EXPECT_NE(told.find("deleting the rules that mirror"), std::string::npos) << told;
    EXPECT_EQ(rmirror({"show"}).out, "nothing is mirrored in this network namespace\n");
}

TEST_F(RemovalTest, TellsTheRulesOfIptables) {
    if (const std::string missing = missing_legacy_tables(); !missing.empty())
        GTEST_SKIP() << missing;
    const Userland here;
    for (const char *rule : {"-A INPUT -p udp -j RMIRROR --target 10.0.0.5", "-A INPUT -p tcp",
                             "-A INPUT -p icmp -j RMIRROR --target 10.0.0.5 --len 60",
                             "-t mangle -A FORWARD -j RMIRROR --target 10.0.0.5 --key 3"})
        here.require(net_.router, std::string("iptables-legacy ") + rule);
    for (const char *environment : {"", "RMIRROR_DELETE_RULES=no"}) {
        const std::string told = remove("libxt-rmirror", environment);
        EXPECT_NE(told.find("    iptables-legacy -t filter -D INPUT 3\n"
                            "    iptables-legacy -t filter -D INPUT 1\n"),
                  std::string::npos)
            << told;
        EXPECT_NE(told.find("    iptables-legacy -t mangle -D FORWARD 1\n"), std::string::npos)
            << told;
    }
    type(remove("libxt-rmirror"));
    EXPECT_EQ(net_.router.require({"iptables-legacy", "-S", "INPUT"}),
              "-P INPUT ACCEPT\n-A INPUT -p tcp\n");
    EXPECT_EQ(rmirror({"show"}).out, "nothing is mirrored in this network namespace\n");
    here.require(net_.router, "iptables-legacy -A INPUT -p udp -j RMIRROR --target 10.0.0.5");
    remove("libxt-rmirror", "RMIRROR_DELETE_RULES=yes");
    EXPECT_EQ(rmirror({"show"}).out, "nothing is mirrored in this network namespace\n");
}

}  // namespace
}  // namespace rmirror::vm
