// SPDX-License-Identifier: GPL-2.0-only
//
// tests/golden/packet: a frame into the router, the copy out of it, byte for byte. One file for
// each case, see tests/golden/README.md.
#include <gtest/gtest.h>
#include <rmirror_tables.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/hexdump.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

// Bytes of a golden packet; those that differ from run to run have no value.
using Pattern = std::vector<std::optional<std::uint8_t>>;

struct Golden {
    std::string name;
    std::string chain;
    std::string statement;
    Pattern send;
    Pattern copy;
};

void PrintTo(const Golden &golden, std::ostream *out) {
    *out << golden.name;
}

void read_bytes(const std::string &line, Pattern &pattern) {
    std::istringstream words(line);
    for (std::string word; words >> word;) {
        if (word == "**")
            pattern.emplace_back();
        else
            pattern.emplace_back(static_cast<std::uint8_t>(std::stoul(word, nullptr, 16)));
    }
}

Golden read_golden(const std::filesystem::path &path) {
    Golden golden;
    golden.name = path.stem().string();
    std::ifstream file(path);
    Pattern *bytes = nullptr;
    for (std::string line; std::getline(file, line);) {
        line.erase(std::min(line.find('#'), line.size()));
        if (line.starts_with("chain: "))
            golden.chain = line.substr(7);
        else if (line.starts_with("statement: "))
            golden.statement = line.substr(11);
        else if (line == "send:")
            bytes = &golden.send;
        else if (line == "copy:")
            bytes = &golden.copy;
        else if (bytes != nullptr)
            read_bytes(line, *bytes);
        else if (!line.empty())
            throw std::runtime_error(path.string() + ": what is '" + line + "'?");
    }
    return golden;
}

std::vector<Golden> read_all() {
    std::vector<Golden> all;
    for (const auto &entry :
         std::filesystem::directory_iterator(RMIRROR_SOURCE_DIR "/tests/golden/packet"))
        all.push_back(read_golden(entry.path()));
    std::sort(all.begin(), all.end(),
              [](const Golden &a, const Golden &b) { return a.name < b.name; });
    return all;
}

// The pattern, with what came in the place of the bytes that may vary
test::Bytes fill(const Pattern &pattern, test::ByteView got) {
    test::Bytes bytes;
    for (std::size_t i = 0; i < pattern.size(); i++)
        bytes.push_back(pattern[i].value_or(i < got.size() ? got[i] : std::uint8_t{0}));
    return bytes;
}

class GoldenPacket : public ::testing::TestWithParam<Golden> {
protected:
    Topology net_;
};

TEST_P(GoldenPacket, IsOnTheWire) {
    const Golden &golden = GetParam();
    // What the collector answers, if it does, is not the packet under test.
    const std::string match = hook(golden.chain).family == "netdev" ? "" : "iifname \"lan\" ";
    net_.router.nft(ruleset(hook(golden.chain), match + golden.statement));
    set_offload(net_.router, "mon", Offload::tx_checksum, false);
    Capture capture(net_.collector, "eth0");
    Injector(net_.sender, "eth0").send(fill(golden.send, {}));

    const std::vector<Frame> copies = capture.wait_for(1, is_copy());
    ASSERT_EQ(copies.size(), 1U);
    const test::ByteView packet = test::ByteView(copies[0].bytes).subspan(14);
    EXPECT_TRUE(test::same_bytes(fill(golden.copy, packet), packet));
    EXPECT_TRUE(outer_checksums_hold(copies[0]));
    EXPECT_FALSE(copies[0].checksum_partial);

    const Counters counters = only_counters(net_.router);
    EXPECT_TRUE(counters.are({{"matched", 1}, {"sent", 1}}));
    EXPECT_EQ(counters["bytes"], golden.copy.size());
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenPacket, ::testing::ValuesIn(read_all()),
                         [](const auto &param_info) { return param_info.param.name; });

// A row of the tables that shows on the wire has a golden packet, over IPv4 and IPv6.
TEST(GoldenPackets, CoverTheTables) {
    const std::vector<Golden> all = read_all();
    const auto covered = [&all](const std::string &words) {
        for (const char *to : {"10.0.0.5", "fd00::5"})
            if (std::none_of(all.begin(), all.end(), [&](const Golden &golden) {
                    const std::string statement = golden.statement + ' ';
                    return statement.find(to) != std::string::npos &&
                           statement.find(words) != std::string::npos;
                }))
                return false;
        return true;
    };
#define X(id, word, key_max, port)                              \
    EXPECT_TRUE(RMIRROR_ENCAP_##id == RMIRROR_ENCAP_GRE ||      \
                RMIRROR_ENCAP_##id == RMIRROR_ENCAP_NONE ||     \
                covered(std::string(" encap ") + (word) + ' ')) \
        << "encap " << (word);
    RMIRROR_ENCAP_TABLE(X)
#undef X
    for (const char *option : {"key", "len", "ttl", "dscp", "from", "port", "seq", "platform"})
        EXPECT_TRUE(covered(std::string(" ") + option + ' ')) << option;
}

}  // namespace
}  // namespace rmirror::vm
