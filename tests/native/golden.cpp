// SPDX-License-Identifier: GPL-2.0-only
//
// tests/golden/netlink: what the statement library and the plugin are tested with, too.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "native_test.hpp"
#include "support/paths.hpp"

namespace rmirror::test {
namespace {

struct Golden {
    std::string name;
    std::string text;
    std::string prints;
    std::string json;
    std::string hex;  // of the attributes
};

// A collector in a register has no text of its own: operands.cpp tests what loads registers.
std::vector<Golden> read_all() {
    std::vector<Golden> all;
    for (const auto &entry :
         std::filesystem::directory_iterator(RMIRROR_SOURCE_DIR "/tests/golden/netlink")) {
        Golden golden{entry.path().stem().string(), {}, {}, {}, {}};
        std::ifstream file(entry.path());
        bool in_bytes = false;
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("text: "))
                golden.text = line.substr(6);
            else if (line.starts_with("prints: "))
                golden.prints = line.substr(8);
            else if (line.starts_with("json: "))
                golden.json = line.substr(6);
            else if (line == "bytes:")
                in_bytes = true;
            else if (in_bytes)
                std::copy_if(line.begin(),
                             line.begin() +
                                 static_cast<std::ptrdiff_t>(std::min(line.find('#'), line.size())),
                             std::back_inserter(golden.hex), [](char c) { return c != ' '; });
        }
        if (golden.prints.empty())
            golden.prints = golden.text;
        if (!golden.text.empty())
            all.push_back(golden);
    }
    std::sort(all.begin(), all.end(),
              [](const Golden &a, const Golden &b) { return a.name < b.name; });
    return all;
}

class NativeGolden : public NativeTest {
protected:
    void SetUp() override {
        NativeTest::SetUp();
        add_chain();
        ASSERT_GT(all_.size(), 20U);
    }

    // What was sent for this input, a line for each statement
    void expect_sent(const std::vector<std::string> &arguments, const std::string &input) {
        Directory directory;
        const Outcome outcome =
            nft(arguments,
                {.input = input, .environment = {{"RMIRROR_DOUBLE_SENT", directory.path("sent")}}});
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        std::istringstream sent(read_file(directory.path("sent")));
        for (const Golden &golden : all_) {
            std::string line;
            std::getline(sent, line);
            EXPECT_EQ(line, golden.hex) << golden.name << ": " << golden.text;
        }
    }

    const std::vector<Golden> all_ = read_all();
};

TEST_P(NativeGolden, TextIsSentAndPrinted) {
    std::string text;
    for (const Golden &golden : all_)
        text += "add rule inet t c " + golden.text + "\n";
    expect_sent({"-f", "-"}, text);

    const std::vector<std::string> listed = rules();
    ASSERT_EQ(listed.size(), all_.size());
    for (std::size_t i = 0; i < all_.size(); i++)
        EXPECT_EQ(listed[i], all_[i].prints) << all_[i].name;

    text.clear();
    for (const std::string &line : listed)
        text += "add rule inet t c " + line + "\n";
    ASSERT_EQ(nft({"flush", "chain", "inet", "t", "c"}).status, 0);
    expect_sent({"-f", "-"}, text);
}

TEST_P(NativeGolden, JsonIsSentAndPrinted) {
    std::string json;
    for (const Golden &golden : all_)
        json +=
            std::string(json.empty() ? "" : ", ") +
            R"({"add": {"rule": {"family": "inet", "table": "t", "chain": "c", "expr": [{"rmirror": )" +
            golden.json + "}]}}}";
    expect_sent({"-j", "-f", "-"}, R"({"nftables": [)" + json + "]}");

    const Outcome listed = nft({"-j", "list", "chain", "inet", "t", "c"});
    ASSERT_EQ(listed.status, 0) << listed.err;
    std::size_t at = 0;
    for (const Golden &golden : all_) {
        const std::string expected = R"({"rmirror": )" + golden.json + "}";
        const std::size_t found = listed.out.find(expected, at);
        EXPECT_NE(found, std::string::npos) << golden.name << ": " << expected << " in\n"
                                            << listed.out;
        at = found == std::string::npos ? at : found + 1;
    }
}

RMIRROR_NATIVE_SUITE(NativeGolden);

}  // namespace
}  // namespace rmirror::test
