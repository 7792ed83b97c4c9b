// SPDX-License-Identifier: GPL-2.0-only
//
// tests/golden/netlink: one file for each case, see tests/golden/README.md.
#include <gtest/gtest.h>
#include <rmirror_tables.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "statement_support.hpp"
#include "support/paths.hpp"

namespace rmirror::test {
namespace {

struct Golden {
    std::string name;
    std::string text;
    std::string prints;
    Bytes bytes;
};

void PrintTo(const Golden &golden, std::ostream *out) {
    *out << golden.name;
}

// The files hold little-endian headers.
void swap_headers(Bytes &bytes) {
    for (std::size_t at = 0; at + 4 <= bytes.size();) {
        const std::size_t length = bytes[at] + 256U * bytes[at + 1];
        std::swap(bytes[at], bytes[at + 1]);
        std::swap(bytes[at + 2], bytes[at + 3]);
        at += std::max<std::size_t>(4, (length + 3) / 4 * 4);
    }
}

Golden read_golden(const std::filesystem::path &path) {
    Golden golden{path.stem().string(), {}, {}, {}};
    std::ifstream file(path);
    bool in_bytes = false;
    for (std::string line; std::getline(file, line);) {
        line.erase(std::min(line.find('#'), line.size()));
        if (line.starts_with("text: "))
            golden.text = line.substr(6);
        else if (line.starts_with("prints: "))
            golden.prints = line.substr(8);
        else if (line == "bytes:")
            in_bytes = true;
        else if (in_bytes) {
            std::istringstream words(line);
            for (std::string word; words >> word;)
                golden.bytes.push_back(static_cast<std::uint8_t>(std::stoul(word, nullptr, 16)));
        }
    }
    if (golden.prints.empty())
        golden.prints = golden.text;
    if constexpr (std::endian::native == std::endian::big)
        swap_headers(golden.bytes);
    return golden;
}

std::vector<Golden> read_all() {
    std::vector<Golden> all;
    for (const auto &entry :
         std::filesystem::directory_iterator(RMIRROR_SOURCE_DIR "/tests/golden/netlink"))
        if (entry.path().extension() == ".txt")
            all.push_back(read_golden(entry.path()));
    std::sort(all.begin(), all.end(),
              [](const Golden &a, const Golden &b) { return a.name < b.name; });
    return all;
}

class NetlinkGolden : public testing::TestWithParam<Golden> {};

TEST_P(NetlinkGolden, EncodesToTheBytes) {
    const Golden &golden = GetParam();
    if (golden.text.empty())
        EXPECT_FALSE(parse_text(golden.prints)) << "give the file a text";
    else
        EXPECT_EQ(hex(encode(statement_of(golden.text))), hex(golden.bytes)) << golden.text;
}

TEST_P(NetlinkGolden, DecodesToTheText) {
    const Golden &golden = GetParam();
    const auto decoded = decode(golden.bytes);
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(to_text(*decoded), golden.prints);
    EXPECT_EQ(hex(encode(*decoded)), hex(golden.bytes));
}

INSTANTIATE_TEST_SUITE_P(Files, NetlinkGolden, testing::ValuesIn(read_all()),
                         [](const auto &file) { return file.param.name; });

// Whether the bytes hold the whole attribute.
bool has_attribute(const Bytes &bytes, const Bytes &attribute) {
    return std::search(bytes.begin(), bytes.end(), attribute.begin(), attribute.end()) !=
           bytes.end();
}

bool some_file(const std::function<bool(const Golden &)> &wanted) {
    const auto all = read_all();
    return std::any_of(all.begin(), all.end(), wanted);
}

bool some_text_has(std::string_view word) {
    return some_file([word](const Golden &golden) {
        return (golden.prints + " ").find(" " + std::string(word) + " ") != std::string::npos;
    });
}

TEST(NetlinkGoldenFiles, CoverEveryEncapsulation) {
#define X(ID, word, key_max, port)                                                           \
    if (RMIRROR_ENCAP_##ID == RMIRROR_ENCAP_GRE) /* the default is never sent */             \
        EXPECT_TRUE(some_file([](const Golden &g) {                                          \
            return g.prints.find(" encap ") == std::string::npos;                            \
        })) << word;                                                                         \
    else                                                                                     \
        EXPECT_TRUE(some_file([](const Golden &g) {                                          \
            return g.prints.find(" encap " word) != std::string::npos &&                     \
                   has_attribute(                                                            \
                       g.bytes,                                                              \
                       Attributes().number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_##ID).build()); \
        })) << word;
    RMIRROR_ENCAP_TABLE(X)
#undef X
}

TEST(NetlinkGoldenFiles, CoverEveryMtuPolicy) {
#define X(ID, word)                                                        \
    EXPECT_TRUE(some_file([](const Golden &g) {                            \
        return (g.text + " ").find(" mtu " word " ") != std::string::npos; \
    })) << word;
    RMIRROR_MTU_TABLE(X)
#undef X
}

TEST(NetlinkGoldenFiles, CoverEveryOption) {
#define X(ATTR, word, KIND, min, max, encaps) EXPECT_TRUE(some_text_has(word)) << word;
    RMIRROR_OPTION_TABLE(X)
#undef X
}

}  // namespace
}  // namespace rmirror::test
