// SPDX-License-Identifier: GPL-2.0-only
#include "native_test.hpp"

#include <sched.h>

#include <sstream>

namespace rmirror::test {

void NativeTest::SetUp() {
    if (unshare(CLONE_NEWNET) < 0)
        GTEST_SKIP() << "needs a network namespace of its own: run as root";
    const Outcome outcome = nft({"list", "ruleset"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
}

Outcome NativeTest::nft(const std::vector<std::string> &arguments, const How &how) const {
    std::vector<std::string> argv{GetParam().path};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    How native = how;
    native.plugin = false;
    return run(argv, native);
}

Outcome NativeTest::load(const std::string &text, const How &how) const {
    How with_input = how;
    with_input.input = text;
    return nft({"-f", "-"}, with_input);
}

void NativeTest::add_chain(const std::string &more) const {
    const Outcome outcome = load("table inet t {\n" + more + "\nchain c {\n}\n}\n");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
}

void NativeTest::add_rule(const std::string &statements, const How &how) const {
    const Outcome outcome = load("add rule inet t c " + statements + "\n", how);
    ASSERT_EQ(outcome.status, 0) << statements << "\n" << outcome.err;
}

std::vector<std::string> NativeTest::rules(const std::vector<std::string> &options) const {
    std::vector<std::string> arguments = options;
    arguments.insert(arguments.end(), {"list", "chain", "inet", "t", "c"});
    const Outcome listed = nft(arguments);
    EXPECT_EQ(listed.status, 0) << listed.err;
    std::vector<std::string> lines;
    std::istringstream text(listed.out);
    for (std::string line; std::getline(text, line);)
        if (line.starts_with("\t\t"))
            lines.push_back(line.substr(2));
    return lines;
}

std::string NativeTest::ruleset() const {
    const Outcome listed = nft({"list", "ruleset"});
    EXPECT_EQ(listed.status, 0) << listed.err;
    return listed.out;
}

}  // namespace rmirror::test
