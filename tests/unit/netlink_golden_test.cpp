// SPDX-License-Identifier: GPL-2.0-only
//
// tests/golden/netlink: one file for each case, see tests/golden/README.md.
#include <gtest/gtest.h>
#include <rmirror_tables.h>

#include <algorithm>
#include <functional>

#include "statement_support.hpp"
#include "support/golden_netlink.hpp"

namespace rmirror::test {
namespace {

using Golden = GoldenNetlink;

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

TEST_P(NetlinkGolden, IsWrittenAndReadAsJson) {
    const Golden &golden = GetParam();
    const auto decoded = decode(golden.bytes);
    ASSERT_TRUE(decoded) << decoded.error().message;
    const Json json(to_json(*decoded), &json_decref);
    EXPECT_EQ(json_text(json.get()), golden.json);

    const auto parsed = parse_json(json_from(golden.json).get());
    ASSERT_EQ(static_cast<bool>(parsed), !golden.text.empty());
    if (parsed) {
        EXPECT_EQ(hex(encode(*parsed)), hex(golden.bytes)) << golden.json;
    }
}

INSTANTIATE_TEST_SUITE_P(Files, NetlinkGolden, testing::ValuesIn(read_golden_netlink()),
                         [](const auto &file) { return file.param.name; });

// Whether the bytes hold the whole attribute.
bool has_attribute(const Bytes &bytes, const Bytes &attribute) {
    return std::search(bytes.begin(), bytes.end(), attribute.begin(), attribute.end()) !=
           bytes.end();
}

bool some_file(const std::function<bool(const Golden &)> &wanted) {
    const auto all = read_golden_netlink();
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
