// SPDX-License-Identifier: GPL-2.0-only
//
// The example of packaging/examples, built as its user would build it, against an installed
// librmirror and against a libnftnl that has the expression, and the module.
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <regex>

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
    std::string program;  // that was built that way; empty: it is built here
    std::string missing;  // why it cannot be built that way
};

void PrintTo(const With &with, std::ostream *out) {
    *out << with.name;
}

// With librmirror, and with each libnftnl that tests/native/prepare has built
std::vector<With> ways() {
    std::vector<With> all{{"librmirror", {}, {}}};
    for (const test::NativeNft &nft : test::native_nfts()) {
        const auto built =
            std::filesystem::path(nft.path).parent_path().parent_path().parent_path();
        all.push_back({"libnftnl_of_" + test::native_test_name(nft),
                       built / "with-libnftnl/example/mirror",
                       {}});
    }
    if (all.size() == 1)
        all.push_back({"libnftnl", {}, test::why_no_native_nft()});
    return all;
}

class LibraryTest : public ::testing::TestWithParam<With> {
protected:
    void SetUp() override {
        if (!GetParam().missing.empty())
            GTEST_SKIP() << GetParam().missing;
        if (!GetParam().program.empty()) {
            program_ = {"env", "-u", "LD_LIBRARY_PATH", GetParam().program};
            return;
        }
        // Once, since a compiler takes its time without KVM.
        static const CommandResult built =
            run_command({RMIRROR_SOURCE_DIR "/tests/examples/build", directory, "librmirror"},
                        {.timeout = std::chrono::minutes(5)});
        ASSERT_EQ(built.status, 0) << built.err;
        program_ = {"env", built.out.substr(0, built.out.find('\n')),
                    std::string(directory) + "/example/mirror"};
    }

    CommandResult mirror(const std::vector<std::string> &arguments) const {
        std::vector<std::string> command = program_;
        command.insert(command.end(), arguments.begin(), arguments.end());
        return net_.router.exec(command);
    }

    // What `mirror list` prints, with N for each handle. The kernel skips some when it loads the
    // module.
    std::string listed() const {
        const CommandResult result = mirror({"list"});
        EXPECT_EQ(result.status, 0) << result.err;
        return std::regex_replace(result.out, std::regex("handle [0-9]+:"), "handle N:");
    }

    // Of the only rule there is
    std::string handle() const {
        std::smatch found;
        const std::string out = mirror({"list"}).out;
        return std::regex_search(out, found, std::regex("handle ([0-9]+):")) ? found[1].str() : "";
    }

    Topology net_;

private:
    std::vector<std::string> program_;
};

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

    EXPECT_EQ(listed(), "inet t c handle N: rmirror to 10.0.0.5 len 60\n");
    const CommandResult deleted = mirror({"delete", "inet", "t", "c", handle()});
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
    EXPECT_EQ(listed(),
              "ip t c handle N: rmirror to 10.0.0.5 len 60\n"
              "ip t c handle N: rmirror to 2001:db8::5\n");
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
