// SPDX-License-Identifier: GPL-2.0-only
//
// Runs the stock nft, with the plugin, in a network namespace of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace rmirror::test {

struct Outcome {
    int status = -1;
    std::string out;
    std::string err;
};

struct How {
    bool plugin = true;
    bool kernel_double = true;    // a kernel that has the rmirror expression: double.cpp
    std::string plugin_dir = {};  // not the plugin as built: another build of it
    std::string input = {};
    std::map<std::string, std::string> environment = {};
};

// Runs a program, found in PATH, and waits for its end.
Outcome run(const std::vector<std::string> &arguments, const How &how = {});

// Messages of nft without the line in which 1.1.7 and later list all they expected.
std::string without_expectations(std::string messages);

// A directory of the test's own, removed with all it holds.
class Directory {
public:
    Directory();
    ~Directory();
    std::string path(const std::string &name = {}) const;
    // Writes a file and returns its path.
    std::string file(const std::string &name, const std::string &text) const;

private:
    std::string path_;
};

std::string read_file(const std::string &path);

// Every test is in a new network namespace; skipped where none can be made.
class NftTest : public ::testing::Test {
protected:
    void SetUp() override;
    // table inet filter with a chain input
    void add_chain();
    // nft with these arguments; what follows the options is one argument
    Outcome nft(const std::string &command, const How &how = {});
    Outcome nft_file(const std::string &path, const How &how = {});
    // The ruleset, which must be readable
    std::string ruleset(const How &how = {});
};

// The same, without a kernel double: this kernel has no rmirror expression.
How without_module();

}  // namespace rmirror::test
