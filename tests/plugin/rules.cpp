// SPDX-License-Identifier: GPL-2.0-only
//
// Rules go in, come back the same, and hold the bytes of the statement model.
#include <rmirror/statement.hpp>

#include <sstream>

#include "corpus.hpp"
#include "nft.hpp"

namespace rmirror::test {

namespace {

using PluginRules = NftTest;

std::string hex(const std::vector<std::uint8_t> &bytes) {
    std::ostringstream text;
    for (std::uint8_t byte : bytes)
        text << "0123456789abcdef"[byte >> 4] << "0123456789abcdef"[byte & 15];
    return text.str();
}

std::string chain_of(const std::string &rules) {
    return "table inet filter {\n\tchain input {\n" + rules + "\t}\n}\n";
}

TEST_F(PluginRules, SendsTheBytesOfTheModel) {
    add_chain();
    Directory directory;
    How how{.environment = {{"RMIRROR_DOUBLE_SENT", directory.path("sent")}}};
    std::string expected;
    for (const char *text :
         {"rmirror to ::1", "rmirror to 10.0.0.5", "rmirror ip6 to 2001:db8::5 encap erspan key 7",
          "rmirror to 10.0.0.5 encap vxlan key 0xffffff len 60 mtu truncate ttl 3 dscp ef from "
          "10.0.0.1 device eth0 mark 0xffffffff port 65535"}) {
        EXPECT_EQ(nft(std::string("add rule inet filter input ") + text, how).err, "");
        expected += hex(encode(parse_text(text)->statement)) + '\n';
    }
    EXPECT_EQ(read_file(directory.path("sent")), expected);
}

TEST_F(PluginRules, AddListFlush) {
    add_chain();
    Outcome added = nft(
        "add rule inet filter input iifname \"eth0\" counter rmirror to 10.0.0.5 len 60 accept");
    EXPECT_EQ(added.err, "");
    EXPECT_EQ(added.status, 0);
    EXPECT_EQ(ruleset(), chain_of("\t\tiifname \"eth0\" counter packets 0 bytes 0 rmirror to "
                                  "10.0.0.5 len 60 accept\n"));
    EXPECT_EQ(nft("flush chain inet filter input").status, 0);
    EXPECT_EQ(ruleset(), chain_of(""));
}

TEST_F(PluginRules, InsertReplaceDeleteByHandle) {
    add_chain();
    nft("add rule inet filter input accept");
    nft("insert rule inet filter input rmirror to 10.0.0.1");
    nft("add rule inet filter input position 3 rmirror to 10.0.0.2");
    EXPECT_EQ(nft("-a list chain inet filter input").out,
              "table inet filter {\n\tchain input { # handle 1\n"
              "\t\trmirror to 10.0.0.1 # handle 3\n"
              "\t\trmirror to 10.0.0.2 # handle 4\n"
              "\t\taccept # handle 2\n\t}\n}\n");
    EXPECT_EQ(nft("replace rule inet filter input handle 4 rmirror to 10.0.0.3 len 99").err, "");
    EXPECT_EQ(nft("delete rule inet filter input handle 3").status, 0);
    EXPECT_EQ(ruleset(), chain_of("\t\trmirror to 10.0.0.3 len 99\n\t\taccept\n"));
}

TEST_F(PluginRules, SeveralInOneRule) {
    add_chain();
    nft("add rule inet filter input rmirror to 10.0.0.1 counter rmirror to 10.0.0.2 len 60 "
        "rmirror to ::1 drop; add rule inet filter input rmirror to 10.0.0.1");
    EXPECT_EQ(ruleset(), chain_of("\t\trmirror to 10.0.0.1 counter packets 0 bytes 0 rmirror to "
                                  "10.0.0.2 len 60 rmirror to ::1 drop\n"
                                  "\t\trmirror to 10.0.0.1\n"));
}

TEST_F(PluginRules, CheckAppliesNothing) {
    add_chain();
    EXPECT_EQ(nft("-c add rule inet filter input rmirror to 10.0.0.1").status, 0);
    EXPECT_EQ(ruleset(), chain_of(""));
}

TEST_F(PluginRules, Echo) {
    add_chain();
    std::string echo =
        nft("--echo -a add rule inet filter input counter rmirror  to 10.0.0.1 ttl 255").out;
    EXPECT_EQ(
        echo.substr(0, echo.find("# new generation")),
        "add rule inet filter input counter packets 0 bytes 0 rmirror to 10.0.0.1 # handle 2\n");
}

TEST_F(PluginRules, Monitor) {
    add_chain();
    Outcome outcome = run({"sh", "-c",
                           "timeout 2 nft monitor rules & sleep 0.5;"
                           "nft add rule inet filter input rmirror to 10.0.0.1 accept;"
                           "nft delete rule inet filter input handle 2; wait"});
    EXPECT_EQ(outcome.err, "");
    EXPECT_NE(outcome.out.find("add rule inet filter input rmirror to 10.0.0.1 accept\n"),
              std::string::npos)
        << outcome.out;
    EXPECT_NE(outcome.out.find("delete rule inet filter input handle 2\n"), std::string::npos);
}

TEST_F(PluginRules, DebugShowsTheStatement) {
    add_chain();
    std::string dump = nft("--debug=netlink add rule inet filter input rmirror to 10.0.0.1").out;
    EXPECT_EQ(dump.find("inet filter input\n  [ rmirror to 10.0.0.1 ]\n"), 0u) << dump;
}

// Rules with the statement are left as they are, others merged, in output that keeps its order.
TEST_F(PluginRules, Optimize) {
    Directory directory;
    std::string file = directory.file("rules.nft",
                                      "table inet filter {\n\tchain input {\n"
                                      "\t\tip saddr 10.0.0.1 rmirror to 10.0.0.5 accept\n"
                                      "\t\tip saddr 10.0.0.2 rmirror to 10.0.0.5 accept\n"
                                      "\t\ttcp dport 22 accept\n\t\ttcp dport 23 accept\n"
                                      "\t}\n}\n");
    Outcome outcome = run({"sh", "-c", "nft -o -f " + file + " 2>&1"});
    EXPECT_EQ(outcome.out, "Merging:\n" + file + ":5:3-21: \t\ttcp dport 22 accept\n" + file +
                               ":6:3-21: \t\ttcp dport 23 accept\n"
                               "into:\n\ttcp dport { 22, 23 } accept\n");
    EXPECT_EQ(ruleset(), chain_of("\t\tip saddr 10.0.0.1 rmirror to 10.0.0.5 accept\n"
                                  "\t\tip saddr 10.0.0.2 rmirror to 10.0.0.5 accept\n"
                                  "\t\ttcp dport { 22, 23 } accept\n"));
}

TEST_F(PluginRules, Index) {
    add_chain();
    nft("add rule inet filter input rmirror to 10.0.0.1; add rule inet filter input accept");
    EXPECT_EQ(nft("add rule inet filter input index 0 rmirror to 10.0.0.2").err, "");
    EXPECT_EQ(nft("insert rule inet filter input index 2 counter").err, "");
    EXPECT_EQ(ruleset(), chain_of("\t\trmirror to 10.0.0.1\n\t\trmirror to 10.0.0.2\n"
                                  "\t\tcounter packets 0 bytes 0\n\t\taccept\n"));
}

TEST_F(PluginRules, Interactive) {
    add_chain();
    How how{.input = "add rule inet filter input rmirror to 10.0.0.1\nlist ruleset\nquit\n"};
    Outcome outcome = run({"nft", "-i"}, how);
    EXPECT_NE(outcome.out.find("\t\trmirror to 10.0.0.1\n"), std::string::npos) << outcome.out;
}

// Listings load again to the same listing, by file, by standard input and through a pipe.
TEST_F(PluginRules, ListingsLoadAgain) {
    std::string text =
        "table inet filter {\n\tchain input {\n"
        "\t\ttype filter hook input priority filter; policy accept;\n"
        "\t\trmirror to 10.0.0.5\n"
        "\t\ttcp dport 22 rmirror to ::1 len 60 drop\n"
        "\t\tmeta mark 0x00000005 rmirror to 2001:db8::5 encap erspan key 7 ttl 3 dscp ef from "
        "2001:db8::1 device \"eth0\" mark 0x00000001 comment \"rmirror to x\"\n"
        "\t}\n}\n";
    Directory directory;
    std::string file = directory.file("rules.nft", text);
    for (std::string command : {"nft -f " + file, "nft -f - <" + file, "nft -f /dev/stdin <" + file,
                                "cat " + file + " | nft -f -", "nft -f <(cat " + file + ")"}) {
        EXPECT_EQ(run({"bash", "-c", command}).err, "");
        EXPECT_EQ(ruleset(), text);
        nft("flush ruleset");
    }
}

TEST_F(PluginRules, ALargeRulesetComesBackTheSame) {
    expect_round_trip([](const std::vector<std::string> &arguments, const std::string &input) {
        std::vector<std::string> command{"nft"};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return run(command, {.input = input});
    });
}

TEST_F(PluginRules, ContinuedLines) {
    Directory directory;
    std::string file = directory.file("rules.nft",
                                      "add table inet filter\n"
                                      "add chain inet filter input\n"
                                      "add rule inet filter input rmirror \\\n to \\\n\t10.0.0.5 "
                                      "\\\n   len 60 \\\n accept\n"
                                      "# a comment ends with its line \\\n"
                                      "add rule inet filter input \\\n rmirror to ::1\n");
    Outcome outcome = nft_file(file);
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(ruleset(), chain_of("\t\trmirror to 10.0.0.5 len 60 accept\n\t\trmirror to ::1\n"));
}

TEST_F(PluginRules, LogRulesAreLeftAlone) {
    add_chain();
    for (std::string prefix : {"rmirror to 10.0.0.5", "\x01!", "\x01", "rmirror-0:0;"}) {
        Outcome outcome =
            nft("add rule inet filter input log prefix \"" + prefix + "\" rmirror to 10.0.0.5");
        EXPECT_EQ(outcome.err, "");
        EXPECT_EQ(ruleset(), chain_of("\t\tlog prefix \"" + prefix + "\" rmirror to 10.0.0.5\n"));
        nft("flush chain inet filter input");
    }
}

// What a newer kernel may send. It is seen, it does not load, and the rest of the rule is shown.
TEST_F(PluginRules, UnknownExpressionsAreShown) {
    add_chain();
    nft("add rule inet filter input counter rmirror to 10.0.0.5 accept");
    How newer{.environment = {{"RMIRROR_DOUBLE_DUMP", "080001000a0000050800ff0000000001"}}};
    std::string listing = ruleset(newer);
    EXPECT_EQ(listing, chain_of("\t\tcounter packets 0 bytes 0 rmirror to ? \"unknown attribute "
                                "255\" accept\n"));
    EXPECT_EQ(nft("-j list chain inet filter input", newer).out.find("\"log\""), std::string::npos);
    How piped{.input = listing};
    nft("flush ruleset");
    EXPECT_EQ(nft("-f -", piped).status, 1);
    EXPECT_EQ(ruleset(), "");
}

}  // namespace

}  // namespace rmirror::test
