// SPDX-License-Identifier: GPL-2.0-only
//
// The C++ header of librmirror.
#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>
#include <rmirror/rmirror.hpp>

namespace {

using rmirror::Statement;

TEST(LibrmirrorCpp, ParsesAndPrints) {
    const auto statement = Statement::parse("rmirror to 10.0.0.5 len 60");
    ASSERT_TRUE(statement) << statement.error().message;
    EXPECT_EQ(statement->to_text(), "rmirror to 10.0.0.5 len 60");
    EXPECT_EQ(statement->to_json(), R"({"rmirror": {"to": "10.0.0.5", "len": 60}})");
    EXPECT_EQ(statement->number(NFTA_RMIRROR_LEN), 60U);
    EXPECT_EQ(statement->word(NFTA_RMIRROR_ENCAP), "gre");
    EXPECT_EQ(statement->word(NFTA_RMIRROR_OIFNAME), "");
    EXPECT_EQ(statement->address(NFTA_RMIRROR_ADDR), std::string("\x0a\0\0\x05", 4));
    const auto json = Statement::parse_json(statement->to_json());
    ASSERT_TRUE(json) << json.error().message;
    EXPECT_TRUE(*json == *statement);
}

TEST(LibrmirrorCpp, ErrorsAreValuesWithAPlace) {
    const auto statement = Statement::parse("rmirror to 10.0.0.5 len 13");
    ASSERT_FALSE(statement);
    EXPECT_EQ(statement.error().code, EINVAL);
    EXPECT_EQ(statement.error().message, "invalid len '13', expected 14..65535");
    EXPECT_EQ(statement.error().begin, 24U);
    EXPECT_EQ(statement.error().end, 26U);
    EXPECT_FALSE(Statement::parse(std::string("rmirror to 10.0.0.5\0 x", 22)));

    Statement built;
    EXPECT_TRUE(built.validate());
    EXPECT_FALSE(built.set(NFTA_RMIRROR_ADDR, "10.0.0.5"));
    EXPECT_FALSE(built.set(NFTA_RMIRROR_TTL, 9));
    const auto error = built.set(NFTA_RMIRROR_TTL, 256);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ERANGE);
    EXPECT_TRUE(built.is_set(NFTA_RMIRROR_TTL));
    EXPECT_FALSE(built.validate());
}

TEST(LibrmirrorCpp, CopiesAreIndependent) {
    Statement one = *Statement::parse("rmirror to 10.0.0.5");
    Statement two = one;
    EXPECT_TRUE(one == two);
    EXPECT_FALSE(two.set(NFTA_RMIRROR_LEN, 60));
    EXPECT_TRUE(one != two);
    one = two;
    EXPECT_TRUE(one == two);
    const Statement three = std::move(two);
    EXPECT_TRUE(one == three);
    one.unset(NFTA_RMIRROR_LEN);
    EXPECT_EQ(one.to_text(), "rmirror to 10.0.0.5");
}

TEST(LibrmirrorCpp, IsPutIntoAndReadFromARule) {
    std::array<std::uint32_t, 256> words{};
    nlmsghdr *nlh = mnl_nlmsg_put_header(words.data());
    nlh->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE;
    mnl_nlmsg_put_extra_header(nlh, sizeof(nfgenmsg));
    const Statement statement = *Statement::parse("rmirror to 10.0.0.5 encap vxlan key 7");
    const auto error = statement.insert(nlh, sizeof words);
    ASSERT_FALSE(error) << error->message;
    std::uint32_t index = 1;
    const auto read = Statement::from_rule(nlh, 0, &index);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(index, 0U);
    EXPECT_TRUE(*read == statement);
    const auto none = Statement::from_rule(nlh, 1);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ENOENT);
}

}  // namespace
