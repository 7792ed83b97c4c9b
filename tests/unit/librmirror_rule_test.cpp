// SPDX-License-Identifier: GPL-2.0-only
//
// librmirror and the messages of rules, which the stock libnftnl builds and reads around it.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "librmirror_support.hpp"

namespace rmirror::test {
namespace {

using Rule = std::unique_ptr<nftnl_rule, decltype(&nftnl_rule_free)>;

Rule make_rule() {
    return {nftnl_rule_alloc(), nftnl_rule_free};
}

// A message of a rule with these expressions, as a program would send it.
class Message {
public:
    explicit Message(const std::vector<const char *> &expressions) {
        const Rule rule = make_rule();
        nftnl_rule_set_str(rule.get(), NFTNL_RULE_TABLE, "filter");
        nftnl_rule_set_str(rule.get(), NFTNL_RULE_CHAIN, "input");
        for (const char *name : expressions)
            nftnl_rule_add_expr(rule.get(), nftnl_expr_alloc(name));
        header_ = nftnl_nlmsg_build_hdr(reinterpret_cast<char *>(words_.data()), NFT_MSG_NEWRULE,
                                        NFPROTO_INET, NLM_F_CREATE | NLM_F_APPEND, 1);
        nftnl_rule_nlmsg_build_payload(header_, rule.get());
    }

    nlmsghdr *get() { return header_; }
    std::size_t size() const { return sizeof words_; }
    std::vector<char> bytes() const {
        const auto *begin = reinterpret_cast<const char *>(header_);
        return {begin, begin + header_->nlmsg_len};
    }

private:
    std::array<std::uint32_t, 32768> words_{};
    nlmsghdr *header_ = nullptr;
};

// The names of a rule's expressions as libnftnl sees them.
std::vector<std::string> names_of(const Rule &rule) {
    std::vector<std::string> names;
    nftnl_expr_foreach(
        rule.get(),
        [](nftnl_expr *expr, void *data) {
            static_cast<std::vector<std::string> *>(data)->emplace_back(
                nftnl_expr_get_str(expr, NFTNL_EXPR_NAME));
            return 0;
        },
        &names);
    return names;
}

// The statements of a message with their places.
std::vector<std::pair<std::uint32_t, std::string>> statements_of(Message &message) {
    std::vector<std::pair<std::uint32_t, std::string>> found;
    for (unsigned int n = 0;; ++n) {
        std::uint32_t index = 0;
        const Stmt stmt(rmirror_rule_nlmsg_get(message.get(), n, &index, nullptr));
        if (!stmt) {
            EXPECT_EQ(errno, ENOENT);
            return found;
        }
        found.emplace_back(index, text_of(stmt));
    }
}

using Found = std::vector<std::pair<std::uint32_t, std::string>>;

TEST(LibrmirrorRule, StatementsGoWhereTheIndexSays) {
    Message message({"counter", "immediate"});
    const Err err = make_err();
    const Stmt first = parse("rmirror to 10.0.0.5 len 60");
    const Stmt second = parse("rmirror to 2001:db8::5 encap vxlan key 7");
    const Stmt last = parse("rmirror to 10.0.0.6");
    ASSERT_EQ(rmirror_rule_nlmsg_insert(message.get(), message.size(), 1, first.get(), err.get()),
              0)
        << rmirror_err_message(err.get());
    ASSERT_EQ(rmirror_rule_nlmsg_insert(message.get(), message.size(), 0, second.get(), err.get()),
              0);
    ASSERT_EQ(rmirror_rule_nlmsg_insert(message.get(), message.size(), RMIRROR_INDEX_END,
                                        last.get(), err.get()),
              0);
    ASSERT_EQ(rmirror_rule_nlmsg_insert(message.get(), message.size(), 5, last.get(), err.get()),
              0);
    EXPECT_EQ(
        statements_of(message),
        (Found{{0, text_of(second)}, {2, text_of(first)}, {4, text_of(last)}, {5, text_of(last)}}));
}

TEST(LibrmirrorRule, ARuleWithoutExpressionsGetsAList) {
    Message message({});
    const Stmt stmt = parse("rmirror to 10.0.0.5");
    ASSERT_EQ(rmirror_rule_nlmsg_insert(message.get(), message.size(), 0, stmt.get(), nullptr), 0);
    EXPECT_EQ(statements_of(message), (Found{{0, "rmirror to 10.0.0.5"}}));
}

// NFTA_RMIRROR_EXT > NFTA_RMIRROR_EXT_COUNTERS, at the end of the last expression of a message
void append_counter(nlmsghdr *nlh, std::uint16_t counter,
                    const std::array<std::uint8_t, 8> &value) {
    nlattr *list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
    nlattr *element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
    mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, RMIRROR_NFT_EXPR);
    nlattr *data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
    mnl_attr_put_u32(nlh, NFTA_RMIRROR_ADDR, htonl(0x0a000005));
    nlattr *ext = mnl_attr_nest_start(nlh, NFTA_RMIRROR_EXT);
    nlattr *counters = mnl_attr_nest_start(nlh, NFTA_RMIRROR_EXT_COUNTERS);
    mnl_attr_put(nlh, counter, value.size(), value.data());
    for (nlattr *nest : {counters, ext, data, element, list})
        mnl_attr_nest_end(nlh, nest);
}

TEST(LibrmirrorRule, CountersOfAStatement) {
    std::array<std::uint32_t, 128> words{};
    nlmsghdr *nlh = nftnl_nlmsg_build_hdr(reinterpret_cast<char *>(words.data()), NFT_MSG_NEWRULE,
                                          NFPROTO_INET, 0, 1);
    append_counter(nlh, NFTA_RMIRROR_COUNTER_BYTES, {1, 0, 0, 0, 0, 0, 0, 9});
    std::uint64_t value = 0;
    EXPECT_EQ(rmirror_rule_nlmsg_get_counter(nlh, 0, NFTA_RMIRROR_COUNTER_BYTES, &value, nullptr),
              0);
    EXPECT_EQ(value, 0x0100000000000009U);
    EXPECT_EQ(rmirror_rule_nlmsg_get_counter(nlh, 0, NFTA_RMIRROR_COUNTER_SENT, &value, nullptr),
              0);
    EXPECT_EQ(value, 0U);
    const Stmt stmt(rmirror_rule_nlmsg_get(nlh, 0, nullptr, nullptr));
    ASSERT_TRUE(stmt);
    EXPECT_EQ(text_of(stmt), "rmirror to 10.0.0.5");

    const Err err = make_err();
    EXPECT_EQ(rmirror_rule_nlmsg_get_counter(nlh, 1, NFTA_RMIRROR_COUNTER_SENT, &value, err.get()),
              -1);
    EXPECT_EQ(errno, ENOENT);
    EXPECT_EQ(rmirror_rule_nlmsg_get_counter(nlh, 0, 99, &value, err.get()), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_STREQ(rmirror_err_message(err.get()), "there is no counter 99");
    EXPECT_STREQ(rmirror_counter_name(NFTA_RMIRROR_COUNTER_NO_ROUTE), "no-route");
    EXPECT_EQ(rmirror_counter_name(0), nullptr);
    EXPECT_EQ(rmirror_counter_name(NFTA_RMIRROR_COUNTER_MAX + 1), nullptr);
}

TEST(LibrmirrorRule, AnOlderKernelHasNoCounters) {
    Message message({});
    const Stmt stmt = parse("rmirror to 10.0.0.5");
    ASSERT_EQ(rmirror_rule_nlmsg_insert(message.get(), message.size(), 0, stmt.get(), nullptr), 0);
    std::uint64_t value = 0;
    EXPECT_EQ(rmirror_rule_nlmsg_get_counter(message.get(), 0, NFTA_RMIRROR_COUNTER_SENT, &value,
                                             nullptr),
              -1);
    EXPECT_EQ(errno, ENODATA);
}

TEST(LibrmirrorRule, TheStatementIsWhatTheKernelExpects) {
    Message message({});
    const Stmt stmt = parse("rmirror to 10.0.0.5 len 60");
    ASSERT_EQ(rmirror_rule_nlmsg_insert(message.get(), message.size(), 0, stmt.get(), nullptr), 0);
    // NFTA_RULE_EXPRESSIONS > NFTA_LIST_ELEM > NFTA_EXPR_NAME, NFTA_EXPR_DATA > attributes
    std::array<std::uint32_t, 64> words{};
    nlmsghdr *nlh = mnl_nlmsg_put_header(words.data());
    nlattr *list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
    nlattr *element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
    mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "rmirror");
    nlattr *data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
    ASSERT_EQ(rmirror_stmt_build_payload(nlh, sizeof words, stmt.get(), nullptr), 0);
    mnl_attr_nest_end(nlh, data);
    mnl_attr_nest_end(nlh, element);
    mnl_attr_nest_end(nlh, list);
    const std::size_t length = mnl_nlmsg_get_payload_len(nlh);
    const std::vector<char> bytes = message.bytes();
    ASSERT_GE(bytes.size(), length);
    EXPECT_EQ(std::memcmp(bytes.data() + bytes.size() - length, mnl_nlmsg_get_payload(nlh), length),
              0);
    const Stmt read(rmirror_stmt_parse_payload(mnl_attr_get_payload(data),
                                               mnl_attr_get_payload_len(data), nullptr));
    ASSERT_NE(read, nullptr);
    EXPECT_TRUE(rmirror_stmt_equal(read.get(), stmt.get()));
}

TEST(LibrmirrorRule, LibnftnlReadsTheRestOfTheRule) {
    Message message({"counter", "immediate"});
    const std::vector<char> before = message.bytes();
    const Stmt stmt = parse("rmirror to 10.0.0.5 len 60");
    for (const std::uint32_t index : {0U, 2U, RMIRROR_INDEX_END})
        ASSERT_EQ(
            rmirror_rule_nlmsg_insert(message.get(), message.size(), index, stmt.get(), nullptr),
            0);
    const std::vector<char> with = message.bytes();
    EXPECT_GT(with.size(), before.size());

    const Rule refused = make_rule();
    EXPECT_LT(nftnl_rule_nlmsg_parse(message.get(), refused.get()), 0) << "libnftnl learnt it";
    const Rule rule = make_rule();
    ASSERT_EQ(rmirror_rule_nlmsg_parse(message.get(), rule.get()), 0);
    EXPECT_STREQ(nftnl_rule_get_str(rule.get(), NFTNL_RULE_TABLE), "filter");
    EXPECT_STREQ(nftnl_rule_get_str(rule.get(), NFTNL_RULE_CHAIN), "input");
    EXPECT_EQ(names_of(rule), (std::vector<std::string>{"counter", "immediate"}));
    EXPECT_EQ(message.bytes(), with) << "it is the caller's";
}

TEST(LibrmirrorRule, WhatDoesNotFitLeavesTheMessageAlone) {
    Message message({"counter"});
    const std::vector<char> before = message.bytes();
    const Stmt stmt = parse("rmirror to 10.0.0.5");
    const Err err = make_err();
    // The element: 4 + 4 + 8 + 4 + 8 bytes
    for (std::size_t size = 0; size < before.size() + 28; ++size) {
        EXPECT_EQ(rmirror_rule_nlmsg_insert(message.get(), size, 0, stmt.get(), err.get()), -1);
        EXPECT_EQ(errno, ENOBUFS);
    }
    EXPECT_STREQ(rmirror_err_message(err.get()), "the message does not fit into its buffer");
    EXPECT_EQ(message.bytes(), before);
    EXPECT_EQ(rmirror_rule_nlmsg_insert(message.get(), message.size(), 2, stmt.get(), err.get()),
              -1);
    EXPECT_EQ(errno, ERANGE);
    EXPECT_STREQ(rmirror_err_message(err.get()), "the rule has no expression 2");
    EXPECT_EQ(message.bytes(), before);
    EXPECT_EQ(
        rmirror_rule_nlmsg_insert(message.get(), before.size() + 28, 0, stmt.get(), err.get()), 0);
}

TEST(LibrmirrorRule, AListHasAnEnd) {
    Message message({});
    const Stmt stmt = parse("rmirror to 10.0.0.5");
    unsigned int count = 0;
    while (rmirror_rule_nlmsg_insert(message.get(), message.size(), RMIRROR_INDEX_END, stmt.get(),
                                     nullptr) == 0)
        ++count;
    EXPECT_EQ(errno, ENOBUFS);
    EXPECT_EQ(count, (UINT16_MAX - 4) / 28U);
    EXPECT_EQ(statements_of(message).size(), count);
}

TEST(LibrmirrorRule, OnlyAValidStatementIsSent) {
    Message message({});
    const Err err = make_err();
    EXPECT_EQ(rmirror_rule_nlmsg_insert(message.get(), message.size(), 0,
                                        Stmt(rmirror_stmt_alloc()).get(), err.get()),
              -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_STREQ(rmirror_err_message(err.get()),
                 "missing collector, expected an IPv4 or IPv6 address");
    EXPECT_EQ(rmirror_stmt_build_payload(message.get(), message.size(),
                                         Stmt(rmirror_stmt_alloc()).get(), err.get()),
              -1);
}

TEST(LibrmirrorRule, OtherMessagesAreRefused) {
    Message message({});
    const Stmt stmt = parse("rmirror to 10.0.0.5");
    const Err err = make_err();
    message.get()->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWCHAIN;
    EXPECT_EQ(rmirror_rule_nlmsg_insert(message.get(), message.size(), 0, stmt.get(), err.get()),
              -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_STREQ(rmirror_err_message(err.get()), "the message is no rule");
    EXPECT_EQ(rmirror_rule_nlmsg_get(message.get(), 0, nullptr, err.get()), nullptr);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(rmirror_rule_nlmsg_parse(message.get(), make_rule().get()), -1);
    EXPECT_EQ(errno, EINVAL);
}

TEST(LibrmirrorRule, ANewerKernelsStatementIsAnErrorAndNotTheEnd) {
    Message message({});
    const Stmt stmt = parse("rmirror to 10.0.0.5 len 60");
    for (int i = 0; i < 2; ++i)
        ASSERT_EQ(rmirror_rule_nlmsg_insert(message.get(), message.size(), RMIRROR_INDEX_END,
                                            stmt.get(), nullptr),
                  0);
    // The length of the first one becomes an attribute of the future: it is its last 8 bytes.
    constexpr std::size_t element = 36;
    const auto tail = static_cast<char *>(mnl_nlmsg_get_payload_tail(message.get()));
    reinterpret_cast<nlattr *>(tail - element - 8)->nla_type = 16;
    const Err err = make_err();
    EXPECT_EQ(rmirror_rule_nlmsg_get(message.get(), 0, nullptr, err.get()), nullptr);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_STREQ(rmirror_err_message(err.get()), "unknown attribute 16");
    const Stmt second(rmirror_rule_nlmsg_get(message.get(), 1, nullptr, err.get()));
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(text_of(second), "rmirror to 10.0.0.5 len 60");
}

// Whatever the lengths inside a message say, nothing beyond it is read or written. (Not by us:
// libnftnl ends the program when the lengths of its own attributes are wrong.)
TEST(LibrmirrorRule, LengthsAreNotTrusted) {
    Message message({"counter"});
    const Stmt stmt = parse("rmirror to 10.0.0.5 len 60");
    ASSERT_EQ(rmirror_rule_nlmsg_insert(message.get(), message.size(), RMIRROR_INDEX_END,
                                        stmt.get(), nullptr),
              0);
    const std::vector<char> bytes = message.bytes();
    constexpr std::array<std::uint16_t, 6> lengths = {0, 3, 5, 37, 0x7fff, 0xffff};
    for (std::size_t at = sizeof(nlmsghdr) + sizeof(nfgenmsg); at + 1 < bytes.size(); at += 2) {
        for (const std::uint16_t value : lengths) {
            // Exactly as long as the message, so that a sanitizer sees every byte too many
            std::vector<std::uint32_t> words((bytes.size() + 3) / 4);
            std::memcpy(words.data(), bytes.data(), bytes.size());
            std::memcpy(reinterpret_cast<char *>(words.data()) + at, &value, sizeof value);
            auto *nlh = reinterpret_cast<nlmsghdr *>(words.data());
            for (unsigned int n = 0; n < 3; ++n)
                Stmt(rmirror_rule_nlmsg_get(nlh, n, nullptr, nullptr));
            rmirror_rule_nlmsg_insert(nlh, words.size() * 4, 0, stmt.get(), nullptr);
        }
    }
}

}  // namespace
}  // namespace rmirror::test
