// SPDX-License-Identifier: GPL-2.0-only
//
// Runs an nft with the native grammar in a network namespace of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plugin/nft.hpp"
#include "support/native_nft.hpp"

namespace rmirror::test {

// Every test with each nft that was built.
class NativeTest : public testing::TestWithParam<NativeNft> {
protected:
    void SetUp() override;

    // nft with these arguments, as they are
    Outcome nft(const std::vector<std::string> &arguments, const How &how = {}) const;
    // `nft -f -` of this text
    Outcome load(const std::string &text, const How &how = {}) const;
    // table inet t with an empty chain c and whatever else
    void add_chain(const std::string &more = {}) const;
    // One rule of it, which must be taken
    void add_rule(const std::string &statements, const How &how = {}) const;
    // The lines of the chain, without their indentation
    std::vector<std::string> rules(const std::vector<std::string> &options = {}) const;
    std::string ruleset() const;
};

// The skip that shows, when there is nothing to test.
#define RMIRROR_NATIVE_SUITE(suite)                                                          \
    GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(suite);                                    \
    INSTANTIATE_TEST_SUITE_P(Built, suite, testing::ValuesIn(native_nfts()),                 \
                             [](const auto &each) { return native_test_name(each.param); }); \
    TEST(suite##Sources, AreThere) {                                                         \
        if (native_nfts().empty())                                                           \
            GTEST_SKIP() << why_no_native_nft();                                             \
    }                                                                                        \
    static_assert(true, "wants a semicolon")

}  // namespace rmirror::test
