// SPDX-License-Identifier: GPL-2.0-only
//
// Any bytes as what follows the header of a rule's message: statements are found, put in and left
// out.
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cstring>

#include "message.hpp"
#include "properties.hpp"

using namespace rmirror::fuzz;

namespace {

constexpr std::size_t headers = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(nfgenmsg));
constexpr unsigned int statements_max = 8;

// The message in exactly the room that it takes, and `more` bytes of room.
std::vector<std::uint32_t> message_of(const std::uint8_t *data, std::size_t size,
                                      std::size_t more) {
    std::vector<std::uint32_t> words((headers + size + more + 3) / 4);
    auto *nlh = reinterpret_cast<nlmsghdr *>(words.data());
    nlh->nlmsg_len = static_cast<std::uint32_t>(headers + size);
    nlh->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE;
    if (size > 0)
        std::memcpy(reinterpret_cast<char *>(words.data()) + headers, data, size);
    return words;
}

unsigned int count_statements(const nlmsghdr *nlh, const Err &err) {
    unsigned int count = 0;
    for (; count < statements_max; ++count) {
        std::uint32_t index = 0;
        const Stmt stmt(rmirror_rule_nlmsg_get(nlh, count, &index, err.get()));
        if (stmt)
            check_statement(stmt, err);
        else if (errno == ENOENT)
            break;
    }
    return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const Err err(rmirror_err_alloc());
    const auto read = message_of(data, size, 0);
    const auto *nlh = reinterpret_cast<const nlmsghdr *>(read.data());
    const unsigned int before = count_statements(nlh, err);

    const auto less = rmirror::c::without_rmirror(nlh);
    demand(count_statements(reinterpret_cast<const nlmsghdr *>(less.data()), err) == 0,
           "all are left out", err);

    static const Stmt stmt(rmirror_stmt_parse(
        RMIRROR_FORMAT_TEXT, "rmirror to 10.0.0.5 encap vxlan key 7", nullptr, nullptr));
    for (const std::uint32_t index : {0U, 1U, RMIRROR_INDEX_END}) {
        auto words = message_of(data, size, 48);
        auto *rule = reinterpret_cast<nlmsghdr *>(words.data());
        const auto old = words;
        if (rmirror_rule_nlmsg_insert(rule, words.size() * 4, index, stmt.get(), err.get()) != 0)
            demand(words == old, "a message that it does not fit into is what it was", err);
        else if (before < statements_max)
            demand(count_statements(rule, err) > before, "it was put in", err);
    }
    return 0;
}
