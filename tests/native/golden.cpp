// SPDX-License-Identifier: GPL-2.0-only
//
// tests/golden/netlink: what the statement library and the plugin are tested with, too.
#include <cstdint>
#include <sstream>

#include "native_test.hpp"
#include "plugin/corpus.hpp"
#include "support/golden_netlink.hpp"

namespace rmirror::test {
namespace {

std::string hex_of(const std::vector<std::uint8_t> &bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes)
        for (const int digit : {byte >> 4, byte & 15})
            text += "0123456789abcdef"[digit];
    return text;
}

// A collector in a register has no text of its own: operands.cpp tests what loads registers.
std::vector<GoldenNetlink> read_all() {
    std::vector<GoldenNetlink> all = read_golden_netlink();
    std::erase_if(all, [](const GoldenNetlink &golden) { return golden.text.empty(); });
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
        for (const GoldenNetlink &golden : all_) {
            std::string line;
            std::getline(sent, line);
            EXPECT_EQ(line, hex_of(golden.bytes)) << golden.name << ": " << golden.text;
        }
    }

    const std::vector<GoldenNetlink> all_ = read_all();
};

TEST_P(NativeGolden, ALargeRulesetComesBackTheSame) {
    expect_round_trip([this](const std::vector<std::string> &arguments, const std::string &input) {
        return nft(arguments, {.input = input});
    });
}

TEST_P(NativeGolden, TextIsSentAndPrinted) {
    std::string text;
    for (const GoldenNetlink &golden : all_)
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
    for (const GoldenNetlink &golden : all_)
        json +=
            std::string(json.empty() ? "" : ", ") +
            R"({"add": {"rule": {"family": "inet", "table": "t", "chain": "c", "expr": [{"rmirror": )" +
            golden.json + "}]}}}";
    expect_sent({"-j", "-f", "-"}, R"({"nftables": [)" + json + "]}");

    const Outcome listed = nft({"-j", "list", "chain", "inet", "t", "c"});
    ASSERT_EQ(listed.status, 0) << listed.err;
    std::size_t at = 0;
    for (const GoldenNetlink &golden : all_) {
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
