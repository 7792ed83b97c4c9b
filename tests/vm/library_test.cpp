// SPDX-License-Identifier: GPL-2.0-only
//
// The example of packaging/examples, built against an installed librmirror as its user would build
// it, and the module.
#include <gtest/gtest.h>

#include <filesystem>

#include "support/paths.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

class LibraryTest : public TopologyTest {
protected:
    static void SetUpTestSuite() {
        // Compilers are slow without KVM.
        environment_ = require_command({RMIRROR_SOURCE_DIR "/tests/examples/build", directory},
                                       {.timeout = std::chrono::minutes(5)});
        environment_.erase(environment_.find_last_not_of('\n') + 1);
    }

    CommandResult mirror(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(),
                         {"env", environment_, std::string(directory) + "/example/mirror"});
        return net_.router.exec(arguments);
    }

    static constexpr const char *directory = "/run/librmirror";
    static std::string environment_;
};

std::string LibraryTest::environment_;

TEST_F(LibraryTest, TheExampleAddsListsAndDeletesAMirrorThatWorks) {
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
TEST_F(LibraryTest, TheExampleListsEveryStatementOfNft) {
    net_.router.nft(
        "table ip t { chain c { type filter hook input priority 0; "
        "ip saddr 10.1.0.1 counter rmirror to 10.0.0.5 key 7 rmirror to 2001:db8::5 encap vxlan "
        "accept; counter; }; }");
    const CommandResult listed = mirror({"list"});
    EXPECT_EQ(listed.status, 0) << listed.err;
    EXPECT_EQ(listed.out,
              "ip t c handle 2: rmirror to 10.0.0.5 key 7\n"
              "ip t c handle 2: rmirror to 2001:db8::5 encap vxlan\n");
}

TEST_F(LibraryTest, WhatIsRefusedIsExplained) {
    const CommandResult wrong = mirror({"add", "inet", "t", "c", "10.0.0.5", "13"});
    EXPECT_EQ(wrong.status, 1);
    EXPECT_EQ(wrong.err, "mirror: invalid len '13', expected 14..65535\n");
    const CommandResult no_chain = mirror({"add", "inet", "t", "c", "10.0.0.5"});
    EXPECT_EQ(no_chain.status, 1);
    EXPECT_EQ(no_chain.err, "mirror: the kernel refused it: No such file or directory\n");
}

}  // namespace
}  // namespace rmirror::vm
