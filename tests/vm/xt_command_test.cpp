// SPDX-License-Identifier: GPL-2.0-only
//
// What every iptables command does with the target: of this machine, both backends, and of other
// distributions.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "vm/support/mirror.hpp"
#include "vm/support/module.hpp"
#include "vm/support/netns.hpp"
#include "vm/support/xtables.hpp"

namespace rmirror::vm {
namespace {

// Options as iptables saves them, and the statement
struct Rule {
    std::string options;
    std::string statement;
};

const std::vector<Rule> rules = {
    {"--target 10.0.0.5", "rmirror to 10.0.0.5"},
    {"--target 10.0.0.5 --len 60", "rmirror to 10.0.0.5 len 60"},
    {"--target 2001:db8::5 --len 60", "rmirror to 2001:db8::5 len 60"},
    {"--target 10.0.0.5 --key 0 --seq", "rmirror to 10.0.0.5 key 0 seq"},
    {"--target 10.0.0.5 --encap erspan1 --len 65535",
     "rmirror to 10.0.0.5 encap erspan1 len 65535"},
    {"--target 10.0.0.5 --encap erspan --key 1023", "rmirror to 10.0.0.5 encap erspan key 1023"},
    {"--target 10.0.0.5 --encap erspan3 --platform", "rmirror to 10.0.0.5 encap erspan3 platform"},
    {"--target 10.0.0.5 --encap vxlan --key 100 --len 128 --mtu drop --ttl 64 --dscp ef "
     "--from 10.0.0.1 --device mon --mark 0x00000007 --port 4790",
     "rmirror to 10.0.0.5 encap vxlan key 100 len 128 mtu drop ttl 64 dscp ef from 10.0.0.1 "
     "device \"mon\" mark 0x00000007 port 4790"},
    {"--target 2001:db8::5 --encap geneve --mtu truncate --dscp 3 --from 2001:db8::1",
     "rmirror to 2001:db8::5 encap geneve mtu truncate dscp 3 from 2001:db8::1"},
    {"--target 10.0.0.5 --encap tzsp --mtu fragment",
     "rmirror to 10.0.0.5 encap tzsp mtu fragment"},
    {"--gateway 10.0.0.7", "rmirror to 10.0.0.7 encap none"},
    {"--gateway fd00::7 --len 20 --device mon",
     "rmirror to fd00::7 encap none len 20 device \"mon\""},
    {"--target 239.1.1.1 --device mon", "rmirror to 239.1.1.1 device \"mon\""},
    {"--target fe80::5 --device mon", "rmirror to fe80::5 device \"mon\""},
};

struct Program {
    std::string userland;
    std::string name;  // "iptables-legacy"
};

// For GoogleTest's messages
[[maybe_unused]] std::ostream &operator<<(std::ostream &out, const Program &program) {
    return out << program.userland << ' ' << program.name;
}

std::string name_of(const Program &program) {
    std::string name = program.userland + "_" + program.name;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

class XtCommandTest : public ::testing::TestWithParam<Program> {
protected:
    void SetUp() override {
        if (const std::string missing = userland_.missing(); !missing.empty())
            GTEST_SKIP() << missing;
        const CommandResult listed = run("-S");
        if (listed.status != 0)
            GTEST_SKIP() << "this kernel has no tables for it: " << listed.err;
    }

    // The program, or with a suffix its relative, with these arguments
    CommandResult run(const std::string &arguments) {
        return userland_.exec(netns_, GetParam().name + " " + arguments);
    }
    std::string save() { return userland_.require(netns_, GetParam().name + "-save"); }
    CommandResult restore(const std::string &text) {
        return userland_.exec(netns_, GetParam().name + "-restore", {.input = text});
    }
    std::vector<std::string> rule_lines() { return lines_with(save(), "-j RMIRROR"); }
    bool is_nft() const { return GetParam().name.ends_with("-nft"); }

    Userland userland_{GetParam().userland};
    NetNs netns_;
};

std::string table_of(const std::vector<Rule> &all) {
    std::string text =
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n";
    for (const Rule &rule : all)
        text += "-A INPUT -j RMIRROR " + rule.options + "\n";
    return text + "COMMIT\n";
}

TEST_P(XtCommandTest, SavesWhatWasRestoredAndListsTheStatement) {
    const CommandResult restored = restore(table_of(rules));
    ASSERT_EQ(restored.status, 0) << restored.err;
    const std::vector<std::string> saved = rule_lines();
    ASSERT_EQ(saved.size(), rules.size());
    const std::string listed = run("-n -L INPUT").out;
    const std::string stock = is_nft() ? userland_.require(netns_, "nft list ruleset") : "";
    for (std::size_t i = 0; i < rules.size(); i++) {
        EXPECT_EQ(saved[i], "-A INPUT -j RMIRROR " + rules[i].options);
        EXPECT_NE(listed.find(rules[i].statement + "\n"), std::string::npos)
            << rules[i].statement << " is not in\n"
            << listed;
        if (is_nft()) {
            EXPECT_NE(stock.find(" " + rules[i].statement + "\n"), std::string::npos)
                << rules[i].statement << " is not in\n"
                << stock;
        }
    }
    EXPECT_EQ(read_counters(netns_).size(), rules.size());

    ASSERT_EQ(restore(save()).status, 0);
    EXPECT_EQ(rule_lines(), saved);
    EXPECT_EQ(read_counters(netns_).size(), rules.size());
}

// Rules that differ in nothing but one option are told apart.
TEST_P(XtCommandTest, ChecksReplacesAndDeletesTheRuleThatIsMeant) {
    const std::string target = " -j RMIRROR --target 10.0.0.5";
    ASSERT_EQ(restore(table_of({{"--target 10.0.0.5 --mark 1", ""},
                                {"--target 10.0.0.5 --mark 2", ""},
                                {"--target 10.0.0.5", ""}}))
                  .status,
              0);
    EXPECT_EQ(run("-C INPUT" + target).status, 0);
    EXPECT_EQ(run("-C INPUT" + target + " --mark 2").status, 0);
    // ip6tables-legacy finds any rule with this target, whatever the options; of MARK, too.
    if (GetParam().name != "ip6tables-legacy") {
        EXPECT_NE(run("-C INPUT" + target + " --mark 3").status, 0);
    }
    // Defaults given and not given are the same.
    EXPECT_EQ(run("-C INPUT" + target + " --encap gre --ttl 255 --mtu resegment --mark 2").status,
              0);

    EXPECT_EQ(run("-D INPUT" + target + " --mark 2").status, 0);
    // As the original said it, which was for IPv4
    const std::string whole = GetParam().name.starts_with("iptables") ? " --len 0" : "";
    EXPECT_EQ(run("-R INPUT 2" + target + whole).status, 0);
    EXPECT_EQ(run("-D INPUT" + target + " --mark 0x1").status, 0);
    EXPECT_EQ(rule_lines(), std::vector<std::string>{"-A INPUT" + target});
    EXPECT_EQ(read_counters(netns_).size(), 1U);
    EXPECT_EQ(run("-F").status, 0);
    EXPECT_TRUE(read_counters(netns_).empty());
}

TEST_P(XtCommandTest, CountsAndZeroes) {
    const std::string self = GetParam().name.starts_with("iptables") ? "127.0.0.1" : "::1";
    ASSERT_EQ(run("-A OUTPUT -d " + self + " -j RMIRROR --target 10.0.0.5").status, 0);
    const auto packets = [this] {
        std::string line = lines_with(run("-nvxL OUTPUT").out, "RMIRROR").at(0);
        return std::stoul(line);
    };
    EXPECT_EQ(packets(), 0U);
    netns_.require({"ping", "-n", "-c", "1", self});
    EXPECT_GE(packets(), 1U);
    EXPECT_EQ(run("-Z OUTPUT").status, 0);
    EXPECT_EQ(packets(), 0U);
}

// What `-v` prints comes from another instance of the extension than the rule does.
TEST_P(XtCommandTest, VerboseShowsTheRule) {
    for (const Rule &rule : {rules[1], rules[7]}) {
        const CommandResult added = run("-v -A INPUT -j RMIRROR " + rule.options);
        EXPECT_EQ(added.status, 0) << added.err;
        EXPECT_NE(added.out.find(rule.statement), std::string::npos) << added.out;
    }
}

TEST_P(XtCommandTest, HelpIsPrintedOnce) {
    const CommandResult help = run("-j RMIRROR --help");
    EXPECT_EQ(help.status, 0) << help.err;
    EXPECT_EQ(lines_with(help.out, "RMIRROR target options").size(), 1U) << help.out;
}

TEST_P(XtCommandTest, MistakesAreNamed) {
    const std::vector<std::pair<std::string, std::string>> mistakes = {
        {"", "missing collector, expected --target or --gateway"},
        {"--len 60", "missing collector, expected --target or --gateway"},
        {"--target 10.0.0.5 --gateway 10.0.0.7", "--target and --gateway exclude each other"},
        {"--gateway 10.0.0.7 --encap gre", "'--encap gre' does not go with --gateway"},
        {"--target 10.0.0.5 --target 10.0.0.6", "option \"--target\" can only be used once"},
        {"--target 10.0.0.5 --len 60 --len 61", "option \"--len\" can only be used once"},
        {"--target 10.0.0.5 --len 13", "invalid len '13', expected 14..65535"},
        {"--target 10.0.0.5 --len 65536", "invalid len '65536', expected 14..65535"},
        {"--target 10.0.0.5 --len 0 --ttl 4", "invalid len '0', expected 14..65535"},
        {"--gateway 10.0.0.5 --len 19", "invalid len '19', expected 20..65535 with encap none"},
        {"--target 10.0.0.5 --encap erspan --key 1024",
         "invalid key '1024', expected 0..1023 with encap erspan"},
        {"--target 10.0.0.5 --ttl 256", "invalid ttl '256', expected 1..255"},
        {"--target 10.0.0.5 --dscp 64", "invalid dscp '64', expected 0..63 or a name"},
        {"--target 10.0.0.5 --encap tzsp --port 0", "invalid port '0', expected 1..65535"},
        {"--target 10.0.0.5 --mark 4294967296", "invalid mark '4294967296', expected 0..429"},
        {"--target 10.0.0.5 --port 5", "'port' does not belong to encap gre, only to vxlan"},
        {"--target 10.0.0.5 --encap foo", "invalid encap 'foo', expected one of gre, erspan1"},
        {"--target 10.0.0.5 --mtu foo", "invalid mtu 'foo', expected one of resegment"},
        {"--target 10.0.0.5 --from fd00::1", "expected an IPv4 address, as the collector"},
        {"--target 10.0.0.5 --from 224.0.0.1", "invalid from '224.0.0.1', expected a unicast"},
        {"--target 10.0.0.5 --device sixteen-bytes-xx", "expected a name of 1..15 bytes"},
        {"--target 10.0.0.5 --device voil\u00e0", "expected a name of 1..15 bytes"},
        {"--target 10.0.0", "invalid collector '10.0.0', expected an IPv4 or IPv6 address"},
        {"--target 0.0.0.0", "invalid collector '0.0.0.0', the unspecified address"},
        {"--target 255.255.255.255", "invalid collector '255.255.255.255', a copy is not"},
        {"--target 239.0.0.1", "invalid collector '239.0.0.1', a multicast address needs"},
        {"--target fe80::5", "invalid collector 'fe80::5', a link-local address needs 'device'"},
        {"--gateway febf::5", "invalid collector 'febf::5', a link-local address needs"},
        {"--target no-such-host.invalid", "invalid collector 'no-such-host.invalid'"},
    };
    for (const auto &[options, message] : mistakes)
        EXPECT_TRUE(
            complains(run("-A INPUT -j RMIRROR" + (options.empty() ? "" : " " + options)), message))
            << options;
    EXPECT_TRUE(rule_lines().empty());
}

// One wrong line keeps the whole file out.
TEST_P(XtCommandTest, AFileIsAllOrNothing) {
    const CommandResult result =
        restore(table_of({{"--target 10.0.0.5", ""}, {"--target 10.0.0.5 --len 5", ""}}));
    EXPECT_TRUE(complains(result, "14..65535"));
    EXPECT_TRUE(rule_lines().empty());
}

TEST_P(XtCommandTest, WithoutTheModuleTheMessageSaysSo) {
    const NoModprobe nothing_to_load;
    remove_module("xt_RMIRROR");
    const CommandResult plain = run("-A INPUT -j RMIRROR --target 10.0.0.5");
    const CommandResult fancy = run("-A INPUT -j RMIRROR --target 10.0.0.5 --encap vxlan");
    EXPECT_TRUE(complains(plain, "missing kernel module"));
    if (GetParam().name.starts_with("iptables")) {
        EXPECT_TRUE(complains(fancy, "modprobe xt_RMIRROR"));
    }
    EXPECT_NE(fancy.status, 0);
    EXPECT_TRUE(rule_lines().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Programs, XtCommandTest,
    ::testing::Values(Program{"here", "iptables-legacy"}, Program{"here", "iptables-nft"},
                      Program{"here", "ip6tables-legacy"}, Program{"here", "ip6tables-nft"},
                      Program{"trixie", "iptables-nft"}, Program{"sid", "iptables-nft"},
                      Program{"trixie", "iptables-legacy"}, Program{"sid", "ip6tables-legacy"},
                      Program{"i386", "iptables-legacy"}, Program{"i386", "iptables-nft"}),
    [](const auto &each) { return name_of(each.param); });

// nft lists all families in one process, in the order in which their tables came.
class XtListTest : public ::testing::TestWithParam<std::string> {};

TEST_P(XtListTest, OneProcessKnowsTheTargetInEveryFamily) {
    const Userland userland(GetParam());
    if (const std::string missing = userland.missing(); !missing.empty())
        GTEST_SKIP() << missing;
    NetNs netns;
    std::vector<std::string> programs = {"iptables-nft", "ip6tables-nft", "arptables", "ebtables"};
    for (std::size_t i = 0; i < programs.size(); i++) {
        for (const std::string &program : programs)
            userland.require(netns, program + " -A INPUT -j RMIRROR --target 2001:db8::5 --len 60");
        const CommandResult listed = userland.exec(netns, "nft list ruleset");
        EXPECT_EQ(lines_with(listed.out, "rmirror to 2001:db8::5 len 60").size(), programs.size())
            << programs[0] << " came first:\n"
            << listed.out << listed.err;
        netns.nft("flush ruleset");
        std::rotate(programs.begin(), programs.begin() + 1, programs.end());
    }
}

INSTANTIATE_TEST_SUITE_P(Userlands, XtListTest, ::testing::Values("here", "trixie", "sid", "i386"),
                         [](const auto &each) { return each.param; });

}  // namespace
}  // namespace rmirror::vm
