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
#include "support/paths.hpp"
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

struct Covered {
    const char *encap;
    const char *option;
};

// What shows on the wire, encapsulation by encapsulation; of `gre`, the word is left out.
std::vector<Covered> what_shows() {
    std::vector<Covered> all;
    const auto add = [&all](unsigned encap, const char *word) {
        if (encap == RMIRROR_ENCAP_NONE)
            return;  // bare_copy_test.cpp
        all.push_back({word, ""});
#define X(attr, option, kind, min, max, encaps)                                             \
    if ((RMIRROR_ATTR_OF_##kind(attr) != NFTA_RMIRROR_ENCAP) && (((encaps) >> encap) & 1U)) \
        all.push_back({word, option});
        RMIRROR_OPTION_TABLE(X)
#undef X
    };
#define X(id, word, key_max, port) add(RMIRROR_ENCAP_##id, word);
    RMIRROR_ENCAP_TABLE(X)
#undef X
    // Of these the copy itself shows nothing: where it goes, or how many there are.
    std::erase_if(all, [](const Covered &one) {
        const std::string option = one.option;
        return option == "mtu" || option == "device" || option == "mark" ||
               (option == "seq" && std::string(one.encap) != "gre");
    });
    return all;
}

bool covers(const Golden &golden, const std::string &to, const Covered &wanted) {
    const std::string statement = golden.statement + ' ';
    const std::string encap = std::string(" encap ") + wanted.encap + ' ';
    const bool same_encap = std::string(wanted.encap) == "gre"
                                ? statement.find(" encap ") == std::string::npos
                                : statement.find(encap) != std::string::npos;
    return same_encap && statement.find(" to " + to + ' ') != std::string::npos &&
           statement.find(std::string(" ") + wanted.option) != std::string::npos;
}

// Every encapsulation and every option of it that shows has a golden packet, over IPv4 and IPv6.
TEST(GoldenPackets, CoverTheTables) {
    const std::vector<Golden> all = read_all();
    for (const char *to : {"10.0.0.5", "fd00::5"})
        for (const Covered &wanted : what_shows())
            EXPECT_TRUE(std::ranges::any_of(
                all, [&](const Golden &golden) { return covers(golden, to, wanted); }))
                << "to " << to << " encap " << wanted.encap << " " << wanted.option;
}

}  // namespace
}  // namespace rmirror::vm
