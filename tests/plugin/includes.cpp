// SPDX-License-Identifier: GPL-2.0-only
//
// Included files: /etc/nftables.conf and what it includes is how most rules are loaded.
#include "nft.hpp"

#include <filesystem>

namespace rmirror::test {

namespace {

class PluginIncludes : public NftTest {
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

TEST_F(PluginIncludes, ByPathAndPatternAndSearchPath) {
    std::filesystem::create_directory(directory_.path("rules.d"));
    directory_.file("rules.d/b.nft", "add rule inet filter input rmirror to 10.0.0.2\n");
    directory_.file("rules.d/a.nft", "add rule inet filter input rmirror to 10.0.0.1\n");
    directory_.file("rules.d/c.nft", "add rule inet filter input counter\n");
    directory_.file("beside.nft", "add rule inet filter input rmirror to 10.0.0.3\n");
    directory_.file("nested.nft", "include \"" + directory_.path("beside.nft") + "\"\n");
    std::string file = directory_.file("main.nft", "include \"" + directory_.path("rules.d/*.nft") +
                                                       "\"\ninclude \"nested.nft\"\n"
                                                       "include \"none*\"\n"
                                                       "add rule inet filter input accept\n");
    EXPECT_EQ(run({"nft", "-I", directory_.path(), "-f", file}).err, "");
    EXPECT_EQ(ruleset(), rules_of("\t\trmirror to 10.0.0.1\n\t\trmirror to 10.0.0.2\n"
                                  "\t\tcounter packets 0 bytes 0\n\t\trmirror to 10.0.0.3\n"
                                  "\t\taccept\n"));
}

TEST_F(PluginIncludes, InsideOfAChainAndOnACommandLine) {
    directory_.file("rules.nft", "tcp dport 22 rmirror to 10.0.0.1\nrmirror to ::1\n");
    std::string file = directory_.file("main.nft",
                                       "table inet filter {\n\tchain input {\n"
                                       "\t\tinclude \"" +
                                           directory_.path("rules.nft") + "\"\n\t\tdrop\n\t}\n}\n");
    EXPECT_EQ(nft_file(file).err, "");
    EXPECT_EQ(ruleset(), rules_of("\t\ttcp dport 22 rmirror to 10.0.0.1\n"
                                  "\t\trmirror to ::1\n\t\tdrop\n"));
    nft("flush ruleset");
    EXPECT_EQ(nft("include \"" + file + '"').err, "");
    EXPECT_NE(ruleset().find("rmirror to ::1"), std::string::npos);
}

// Ours and nft's own, and those of the kernel: the names of the user's files, and their lines.
TEST_F(PluginIncludes, Errors) {
    std::string file = directory_.path("rules.nft");
    std::string main = directory_.file("main.nft", "# main\n  include \"" + file + "\"; foo bar\n");
    std::string from =
        "In file included from " + main + ":2:3-" + std::to_string(file.size() + 13) + ":\n";

    directory_.file("rules.nft", "\nadd rule inet filter input rmirror to 10.0.0.5 len 13\n");
    EXPECT_EQ(nft_file(main).err, from + file +
                                      ":2:52-53: Error: invalid len '13', expected 14..65535\n"
                                      "add rule inet filter input rmirror to 10.0.0.5 len 13\n" +
                                      std::string(51, ' ') + "^^\n");

    directory_.file("rules.nft", "\nadd rule inet filter input rmirror to 10.0.0.5 accept drop\n");
    std::string err = without_expectations(nft_file(main).err);
    std::size_t column = file.size() + 22;  // of the line end
    EXPECT_EQ(err.substr(0, err.find("In file")),
              main + ":2:" + std::to_string(column) + '-' + std::to_string(column) +
                  ": Error: syntax error, unexpected newline\n  include \"" + file +
                  "\"; foo bar\n" + std::string(column - 1, ' ') + "^\n");

    directory_.file("main.nft", "# main\n  include \"" + file + "\"\n");
    EXPECT_EQ(nft_file(main).err,
              from + file +
                  ":2:55-58: Error: Statement after terminal statement has no effect\n"
                  "add rule inet filter input rmirror to 10.0.0.5 accept drop\n" +
                  std::string(47, ' ') + "~~~~~~ ^^^^\n");

    directory_.file("rules.nft", "\nadd rule inet filter input rmirror to 10.0.0.5 accept\n");
    EXPECT_EQ(nft_file(main, without_module()).err,
              from + file +
                  ":2:28-46: Error: Could not process rule: the kernel has no rmirror expression: "
                  "load its module with `modprobe nft_rmirror`\n"
                  "add rule inet filter input rmirror to 10.0.0.5 accept\n" +
                  std::string(27, ' ') + "^^^^^^^^^^^^^^^^^^^\n");
    EXPECT_EQ(ruleset(), rules_of(""));
}

}  // namespace

}  // namespace rmirror::test
