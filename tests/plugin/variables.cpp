// SPDX-License-Identifier: GPL-2.0-only
//
// `define` and `$variables` in statements: as nft's parser sees them.
#include "nft.hpp"

namespace rmirror::test {

namespace {

class PluginVariables : public NftTest {
protected:
    void SetUp() override {
        NftTest::SetUp();
        if (!IsSkipped())
            add_chain();
    }
    std::string rules_of(const std::string &rules) {
        return "table inet filter {\n\tchain input {\n" + rules + "\t}\n}\n";
    }
    Directory directory_;
};

TEST_F(PluginVariables, StandForCollectorAndValues) {
    std::string file = directory_.file("rules.nft",
                                       "define collector = 10.0.0.5\n"
                                       "define c = $collector\n"
                                       "define kind = erspan; define id = 7\n"
                                       "define wan = \"wan0\"  # the uplink\n"
                                       "define ports = { 22,\n\t23 }\n"
                                       "add rule inet filter input rmirror to $c\n"
                                       "add rule inet filter input tcp dport $ports rmirror to "
                                       "$collector encap $kind key $id device $wan accept\n");
    EXPECT_EQ(nft_file(file).err, "");
    EXPECT_EQ(ruleset(), rules_of("\t\trmirror to 10.0.0.5\n"
                                  "\t\ttcp dport { 22, 23 } rmirror to 10.0.0.5 encap erspan key 7 "
                                  "device \"wan0\" accept\n"));
}

// The same text, three meanings.
TEST_F(PluginVariables, HaveScopesAndCanBeRedefined) {
    std::string file = directory_.file("rules.nft",
                                       "define c = 10.0.0.1\n"
                                       "table inet filter {\n"
                                       "\tredefine c = 10.0.0.2\n"
                                       "\tchain input {\n\t\trmirror to $c\n"
                                       "\t\tredefine c = 10.0.0.3\n\t\trmirror to $c\n\t}\n}\n"
                                       "add rule inet filter input rmirror to $c\n"
                                       "redefine c = ::1\n"
                                       "add rule inet filter input rmirror to $c\n");
    EXPECT_EQ(nft_file(file).err, "");
    EXPECT_EQ(ruleset(), rules_of("\t\trmirror to 10.0.0.2\n\t\trmirror to 10.0.0.3\n"
                                  "\t\trmirror to 10.0.0.1\n\t\trmirror to ::1\n"));
}

TEST_F(PluginVariables, OfIncludedFilesAndTheCommandLine) {
    directory_.file("names.nft", "define collector = 10.0.0.5\n");
    std::string file = directory_.file(
        "rules.nft", "include \"" + directory_.path("name*.nft") +
                         "\"\n"
                         "add rule inet filter input rmirror to $collector key $k\n");
    EXPECT_EQ(run({"nft", "-D", "k=7", "-f", file}).err, "");
    EXPECT_EQ(ruleset(), rules_of("\t\trmirror to 10.0.0.5 key 7\n"));
}

// One context: what a command has defined the next ones know, until a file is read.
TEST_F(PluginVariables, LastAsLongAsThoseOfNft) {
    How how{.input =
                "define z = 10.9.9.9\n"
                "add rule inet filter input rmirror to $z\n"
                "add rule inet filter input ip saddr $z\nlist ruleset\nquit\n"};
    Outcome outcome = run({"nft", "-i"}, how);
    EXPECT_NE(outcome.out.find("\t\trmirror to 10.9.9.9\n\t\tip saddr 10.9.9.9\n"),
              std::string::npos)
        << outcome.out << outcome.err;
}

TEST_F(PluginVariables, Errors) {
    std::string file = directory_.file("rules.nft",
                                       "define net = 10.0.0.0/24\n"
                                       "add rule inet filter input counter rmirror to $net\n");
    EXPECT_EQ(nft_file(file).err,
              file +
                  ":2:47-50: Error: invalid collector '10.0.0.0/24', expected an IPv4 or IPv6 "
                  "address (a prefix is not an address)\n"
                  "add rule inet filter input counter rmirror to $net\n" +
                  std::string(46, ' ') + "^^^^\n");
    EXPECT_EQ(nft("define c = ::1; undefine c; add rule inet filter input rmirror to $c").err,
              "Error: unknown identifier 'c'\n"
              "define c = ::1; undefine c; add rule inet filter input rmirror to $c\n" +
                  std::string(66, ' ') + "^^\n");
    EXPECT_EQ(ruleset(), rules_of(""));
}

// What is no rule's is no place for the statement, and the braces of a jump are one.
TEST_F(PluginVariables, AndBraces) {
    EXPECT_EQ(nft("add set inet filter s { type ipv4_addr; rmirror to ::1; }").err,
              "Error: rmirror is a statement of a rule and cannot be used in a set\n"
              "add set inet filter s { type ipv4_addr; rmirror to ::1; }\n" +
                  std::string(40, ' ') + "^^^^^^^\n");
    EXPECT_EQ(nft("add rule inet filter input ip saddr { 10.0.0.1 rmirror to ::1 }").status, 1);
    EXPECT_EQ(nft("add rule inet filter input tcp dport 22 jump { rmirror to ::1; accept; }").err,
              "");
    EXPECT_EQ(ruleset(), rules_of("\t\ttcp dport 22 jump {\n\t\t\trmirror to ::1\n"
                                  "\t\t\taccept\n\t\t}\n"));
}

}  // namespace

}  // namespace rmirror::test
