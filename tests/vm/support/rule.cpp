// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/rule.hpp"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <memory>

#include "vm/support/file_descriptor.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint32_t rule_sequence = 2;

void put_header(mnl_nlmsg_batch *batch, std::uint16_t type, std::uint16_t flags,
                std::uint32_t sequence, std::uint8_t family, std::uint16_t resource) {
    nlmsghdr *message = mnl_nlmsg_put_header(mnl_nlmsg_batch_current(batch));
    message->nlmsg_type = type;
    message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    message->nlmsg_seq = sequence;
    auto *header = static_cast<nfgenmsg *>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
    header->nfgen_family = family;
    header->version = NFNETLINK_V0;
    header->res_id = htons(resource);
}

void put_expression(nlmsghdr *message, const Expression &expression) {
    nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
    mnl_attr_put_strz(message, NFTA_EXPR_NAME, expression.name.c_str());
    nlattr *data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
    for (const Attribute &attribute : expression.attributes)
        mnl_attr_put(message, attribute.type, attribute.value.size(), attribute.value.data());
    mnl_attr_nest_end(message, data);
    mnl_attr_nest_end(message, element);
}

void put_rule(mnl_nlmsg_batch *batch, const std::string &table, const std::string &chain,
              const std::vector<Expression> &expressions, std::uint8_t family) {
    put_header(batch, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE,
               NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, rule_sequence, family, 0);
    auto *message = static_cast<nlmsghdr *>(mnl_nlmsg_batch_current(batch));
    mnl_attr_put_strz(message, NFTA_RULE_TABLE, table.c_str());
    mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain.c_str());
    nlattr *list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
    for (const Expression &expression : expressions)
        put_expression(message, expression);
    mnl_attr_nest_end(message, list);
}

// The kernel's answer to the rule, or to a batch that it did not begin.
int answer(mnl_socket *socket) {
    std::array<char, 8192> buffer{};
    for (;;) {
        const auto size = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
        check_errno(static_cast<int>(size), "receive from netlink");
        const auto *message = reinterpret_cast<const nlmsghdr *>(buffer.data());
        if (message->nlmsg_type != NLMSG_ERROR)
            continue;
        const int error = -static_cast<const nlmsgerr *>(mnl_nlmsg_get_payload(message))->error;
        if (message->nlmsg_seq == rule_sequence || error != 0)
            return error;
    }
}

}  // namespace

Attribute number(std::uint16_t type, std::uint32_t value) {
    return {type,
            {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
             static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)}};
}

Attribute text(std::uint16_t type, const std::string &value) {
    test::Bytes with_end(value.begin(), value.end());
    with_end.push_back(0);
    return {type, with_end};
}

Attribute bytes(std::uint16_t type, test::ByteView value) {
    return {type, test::Bytes(value.begin(), value.end())};
}

int append_rule_here(const std::string &table, const std::string &chain,
                     const std::vector<Expression> &expressions, std::uint8_t family) {
    const std::unique_ptr<mnl_socket, decltype(&mnl_socket_close)> socket(
        mnl_socket_open(NETLINK_NETFILTER), mnl_socket_close);
    check_errno(socket ? 0 : -1, "open netlink");
    check_errno(mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID), "bind netlink");
    // An answer may be lost for want of memory, and then this is an error, too.
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    check_errno(setsockopt(mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &patience,
                           sizeof(patience)),
                "set a timeout of netlink");

    std::array<char, 16384> buffer{};
    const std::unique_ptr<mnl_nlmsg_batch, decltype(&mnl_nlmsg_batch_stop)> batch(
        mnl_nlmsg_batch_start(buffer.data(), buffer.size() / 2), mnl_nlmsg_batch_stop);
    put_header(batch.get(), NFNL_MSG_BATCH_BEGIN, 0, 1, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    mnl_nlmsg_batch_next(batch.get());
    put_rule(batch.get(), table, chain, expressions, family);
    mnl_nlmsg_batch_next(batch.get());
    put_header(batch.get(), NFNL_MSG_BATCH_END, 0, 3, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    mnl_nlmsg_batch_next(batch.get());
    check_errno(static_cast<int>(mnl_socket_sendto(socket.get(), mnl_nlmsg_batch_head(batch.get()),
                                                   mnl_nlmsg_batch_size(batch.get()))),
                "send to netlink");
    return answer(socket.get());
}

int append_rule(const NetNs &netns, const std::string &table, const std::string &chain,
                const std::vector<Expression> &expressions, std::uint8_t family) {
    return netns.run([&] { return append_rule_here(table, chain, expressions, family); });
}

}  // namespace rmirror::vm
