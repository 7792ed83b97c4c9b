// SPDX-License-Identifier: GPL-2.0-only
#include "storm/nfnetlink.hpp"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace rmirror::storm {
namespace {

constexpr const char *table = "t";
constexpr std::size_t payload = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(nfgenmsg));

std::uint16_t of_nf_tables(int type) {
    return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type);
}

void put_message(Bytes &to, std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
                 std::uint8_t family, std::uint16_t resource, const Attributes &attributes) {
    const std::size_t start = to.size();
    to.resize(start + payload);
    put(to, attributes);
    const nlmsghdr head{.nlmsg_len = static_cast<std::uint32_t>(to.size() - start),
                        .nlmsg_type = type,
                        .nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags),
                        .nlmsg_seq = sequence,
                        .nlmsg_pid = 0};
    const nfgenmsg generic{
        .nfgen_family = family, .version = NFNETLINK_V0, .res_id = htons(resource)};
    std::memcpy(to.data() + start, &head, sizeof(head));
    std::memcpy(to.data() + start + NLMSG_HDRLEN, &generic, sizeof(generic));
}

std::uint64_t handle_of(const Attributes &rule) {
    const Attribute *found = find(rule, NFTA_RULE_HANDLE);
    std::uint64_t handle = 0;
    if (found != nullptr && found->value.size() == sizeof(handle))
        std::memcpy(&handle, found->value.data(), sizeof(handle));
    return be64toh(handle);
}

Attribute handle_attribute(std::uint64_t handle) {
    const std::uint64_t big = htobe64(handle);
    Bytes value(sizeof(big));
    std::memcpy(value.data(), &big, sizeof(big));
    return {NFTA_RULE_HANDLE, value, {}, {}};
}

}  // namespace

Nfnetlink::Nfnetlink()
    : socket_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)), buffer_(1 << 18) {
    if (socket_ < 0)
        throw std::system_error(errno, std::generic_category(), "open netlink");
    // An answer that does not come is a failure, too.
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    const int room = 1 << 20;
    if (setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
        setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) != 0)
        throw std::system_error(errno, std::generic_category(), "set up netlink");
}

Nfnetlink::~Nfnetlink() {
    close(socket_);
}

void Nfnetlink::send(const Bytes &message) const {
    if (::send(socket_, message.data(), message.size(), 0) != static_cast<ssize_t>(message.size()))
        throw std::system_error(errno, std::generic_category(), "send to netlink");
}

Answer Nfnetlink::receive(std::uint32_t sequence) {
    Answer answer;
    for (;;) {
        const ssize_t size = recv(socket_, buffer_.data(), buffer_.size(), 0);
        if (size < 0)
            throw std::system_error(errno, std::generic_category(), "receive from netlink");
        auto left = static_cast<unsigned>(size);
        for (auto *message = reinterpret_cast<const nlmsghdr *>(buffer_.data());
             NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
            const auto *bytes = reinterpret_cast<const std::uint8_t *>(message);
            if (message->nlmsg_type == NLMSG_ERROR) {
                answer.error = -reinterpret_cast<const nlmsgerr *>(bytes + NLMSG_HDRLEN)->error;
                if (message->nlmsg_seq == sequence || answer.error != 0)
                    return answer;
            } else if (message->nlmsg_type == of_nf_tables(NFT_MSG_NEWRULE)) {
                const Attributes rule = parse({bytes + payload, bytes + message->nlmsg_len});
                if (const Attribute *list = find(rule, NFTA_RULE_EXPRESSIONS))
                    answer.expressions = parse(list->value);
                answer.handle = handle_of(rule);
            }
        }
    }
}

Answer Nfnetlink::batch(std::uint16_t type, std::uint16_t flags, std::uint8_t family,
                        const Attributes &attributes) {
    Bytes message;
    put_message(message, NFNL_MSG_BATCH_BEGIN, 0, sequence_, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, {});
    const std::uint32_t mine = ++sequence_;
    put_message(message, of_nf_tables(type), flags, mine, family, 0, attributes);
    put_message(message, NFNL_MSG_BATCH_END, 0, ++sequence_, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, {});
    sequence_++;
    send(message);
    return receive(mine);
}

Answer Nfnetlink::add_rule(const Chain &chain, const Attributes &expressions,
                           std::optional<std::uint64_t> replaced) {
    Attributes rule = {text(NFTA_RULE_TABLE, table), text(NFTA_RULE_CHAIN, chain.name)};
    if (replaced)
        rule.push_back(handle_attribute(*replaced));
    rule.push_back(nested(NFTA_RULE_EXPRESSIONS, expressions));
    const std::uint16_t how = replaced ? NLM_F_REPLACE : NLM_F_CREATE | NLM_F_APPEND;
    return batch(NFT_MSG_NEWRULE, static_cast<std::uint16_t>(NLM_F_ACK | NLM_F_ECHO | how),
                 chain.family, rule);
}

int Nfnetlink::delete_rules(const Chain &chain, std::optional<std::uint64_t> handle) {
    Attributes rule = {text(NFTA_RULE_TABLE, table), text(NFTA_RULE_CHAIN, chain.name)};
    if (handle)
        rule.push_back(handle_attribute(*handle));
    return batch(NFT_MSG_DELRULE, NLM_F_ACK, chain.family, rule).error;
}

std::size_t Nfnetlink::dump(std::uint8_t family) {
    Bytes request;
    put_message(request, of_nf_tables(NFT_MSG_GETRULE), NLM_F_DUMP, ++sequence_, family, 0, {});
    send(request);
    std::size_t rules = 0;
    for (;;) {
        const ssize_t size = recv(socket_, buffer_.data(), buffer_.size(), 0);
        if (size < 0)
            throw std::system_error(errno, std::generic_category(), "receive a dump");
        auto left = static_cast<unsigned>(size);
        for (auto *message = reinterpret_cast<const nlmsghdr *>(buffer_.data());
             NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
            if (message->nlmsg_type == NLMSG_DONE)
                return rules;
            if (message->nlmsg_type == NLMSG_ERROR)
                throw std::runtime_error("a dump is refused");
            rules++;
        }
    }
}

}  // namespace rmirror::storm
