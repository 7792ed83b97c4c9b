// SPDX-License-Identifier: GPL-2.0-only
//
// The example of packaging/examples, built as its user would build it, against an installed
// librmirror and against a libnftnl that has the expression, and the module.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <ostream>

#include "support/native_nft.hpp"
#include "support/paths.hpp"
#include "vm/support/command.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

constexpr const char *directory = "/run/librmirror";

// A way to build it
struct With {
    std::string name;
    std::vector<std::string> arguments;  // of tests/examples/build
    std::string missing;                 // why it cannot be built that way
};

void PrintTo(const With &with, std::ostream *out) {
    *out << with.name;
}

// With librmirror, and with each libnftnl that tests/native/prepare has built
std::vector<With> ways() {
    std::vector<With> all{{"librmirror", {"librmirror"}, {}}};
    for (const test::NativeNft &nft : test::native_nfts())
        all.push_back({"libnftnl_of_" + test::native_test_name(nft),
                       {"libnftnl", std::filesystem::path(nft.path).parent_path().parent_path()},
                       {}});
    if (all.size() == 1)
        all.push_back({"libnftnl", {}, test::why_no_native_nft()});
    return all;
}

class LibraryTest : public ::testing::TestWithParam<With> {
protected:
    // Once for each, since a compiler takes its time without KVM.
    void SetUp() override {
        if (!GetParam().missing.empty())
            GTEST_SKIP() << GetParam().missing;
        Build &build = builds_[GetParam().name];
        if (build.status < 0) {
            std::vector<std::string> command{RMIRROR_SOURCE_DIR "/tests/examples/build",
                                             std::string(directory) + "/" + GetParam().name};
            command.insert(command.end(), GetParam().arguments.begin(), GetParam().arguments.end());
            const CommandResult result = run_command(command, {.timeout = std::chrono::minutes(5)});
            build = {result.status, result.out.substr(0, result.out.find('\n')), result.err};
        }
        if (build.status == skipped)
            GTEST_SKIP() << build.complaint;
        ASSERT_EQ(build.status, 0) << build.complaint;
        environment_ = build.environment;
    }

    CommandResult mirror(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(),
                         {"env", environment_,
                          std::string(directory) + "/" + GetParam().name + "/example/mirror"});
        return net_.router.exec(arguments);
    }

    Topology net_;

private:
    static constexpr int skipped = 77;
    struct Build {
        int status = -1;
        std::string environment;
        std::string complaint;
    };
    static std::map<std::string, Build> builds_;
    std::string environment_;
};

std::map<std::string, LibraryTest::Build> LibraryTest::builds_;

TEST_P(LibraryTest, TheExampleAddsListsAndDeletesAMirrorThatWorks) {
    net_.router.nft("table inet t { chain c { type filter hook input priority 0; }; }");
    const CommandResult added = mirror({"add", "inet", "t", "c", "10.0.0.5", "60"});
    ASSERT_EQ(added.status, 0) << added.err;
    EXPECT_NE(
        net_.router.require({"nft", "list", "ruleset"}).find("\t\trmirror to 10.0.0.5 len 60\n"),
        std::string::npos);

    net_.sender.require({"ping", "-c", "1", "10.1.0.2"});
    const auto counters = read_counters(net_.router);
    ASSERT_EQ(counters.size(), 1U);
    EXPECT_EQ(counters[0]["sent"], 1U);

    const CommandResult listed = mirror({"list"});
    EXPECT_EQ(listed.status, 0) << listed.err;
    EXPECT_EQ(listed.out, "inet t c handle 2: rmirror to 10.0.0.5 len 60\n");
    const CommandResult deleted = mirror({"delete", "inet", "t", "c", "2"});
    EXPECT_EQ(deleted.status, 0) << deleted.err;
    EXPECT_EQ(mirror({"list"}).out, "");
    EXPECT_TRUE(read_counters(net_.router).empty());
}

// Rules that the stock libnftnl refuses to parse, with what comes before and behind the statement
TEST_P(LibraryTest, TheExampleListsEveryStatementOfNft) {
    net_.router.nft(
        "table ip t { chain c { type filter hook input priority 0; "
        "ip saddr 10.1.0.1 counter rmirror to 10.0.0.5 len 60 rmirror to 2001:db8::5 accept; "
        "counter; }; }");
    const CommandResult listed = mirror({"list"});
    EXPECT_EQ(listed.status, 0) << listed.err;
    EXPECT_EQ(listed.out,
              "ip t c handle 2: rmirror to 10.0.0.5 len 60\n"
              "ip t c handle 2: rmirror to 2001:db8::5\n");
}

TEST_P(LibraryTest, WhatIsRefusedIsExplained) {
    const CommandResult wrong = mirror({"add", "inet", "t", "c", "10.0.0.500", "60"});
    EXPECT_EQ(wrong.status, 1);
    EXPECT_NE(wrong.err.find("'10.0.0.500'"), std::string::npos) << wrong.err;
    const CommandResult no_chain = mirror({"add", "inet", "t", "c", "10.0.0.5"});
    EXPECT_EQ(no_chain.status, 1);
    EXPECT_EQ(no_chain.err, "mirror: the kernel refused it: No such file or directory\n");
}

INSTANTIATE_TEST_SUITE_P(With, LibraryTest, testing::ValuesIn(ways()),
                         [](const auto &with) { return with.param.name; });

}  // namespace
}  // namespace rmirror::vm
