// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/dump.hpp"

#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/rmirror.h>

#include <array>
#include <cerrno>
#include <memory>

namespace rmirror::vm {
namespace {

using Socket = std::unique_ptr<mnl_socket, decltype(&mnl_socket_close)>;

Socket open_socket() {
    Socket socket(mnl_socket_open(NETLINK_NETFILTER), mnl_socket_close);
    check_errno(socket ? 0 : -1, "open netlink");
    check_errno(mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID), "bind netlink");
    return socket;
}

// libmnl's loops are macros for C.
std::vector<const nlattr *> attributes(const void *begin, std::size_t size) {
    std::vector<const nlattr *> all;
    const auto *end = static_cast<const char *>(begin) + size;
    const auto *attribute = static_cast<const nlattr *>(begin);
    const auto left = [&] { return end - reinterpret_cast<const char *>(attribute); };
    for (; mnl_attr_ok(attribute, static_cast<int>(left())); attribute = mnl_attr_next(attribute))
        all.push_back(attribute);
    return all;
}

std::vector<const nlattr *> attributes(const nlattr *nest) {
    return attributes(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest));
}

const nlattr *find(const nlattr *nest, std::uint16_t type) {
    if (nest != nullptr)
        for (const nlattr *attribute : attributes(nest))
            if (mnl_attr_get_type(attribute) == type)
                return attribute;
    return nullptr;
}

Numbers numbers_of(const nlattr *expressions) {
    Numbers numbers;
    for (const nlattr *element : attributes(expressions)) {
        const nlattr *name = find(element, NFTA_EXPR_NAME);
        if (name == nullptr || mnl_attr_get_str(name) != std::string(RMIRROR_NFT_EXPR))
            continue;
        const nlattr *list =
            find(find(find(element, NFTA_EXPR_DATA), NFTA_RMIRROR_EXT), NFTA_RMIRROR_EXT_COUNTERS);
        if (list != nullptr)
            for (const nlattr *counter : attributes(list))
                numbers[mnl_attr_get_type(counter)] = be64toh(mnl_attr_get_u64(counter));
        break;
    }
    return numbers;
}

int take_rule(const nlmsghdr *message, void *data) {
    DumpedRule rule;
    for (const nlattr *attribute :
         attributes(mnl_nlmsg_get_payload_offset(message, sizeof(nfgenmsg)),
                    mnl_nlmsg_get_payload_len(message) - sizeof(nfgenmsg))) {
        if (mnl_attr_get_type(attribute) == NFTA_RULE_TABLE)
            rule.table = mnl_attr_get_str(attribute);
        else if (mnl_attr_get_type(attribute) == NFTA_RULE_CHAIN)
            rule.chain = mnl_attr_get_str(attribute);
        else if (mnl_attr_get_type(attribute) == NFTA_RULE_EXPRESSIONS)
            rule.counters = numbers_of(attribute);
    }
    static_cast<std::vector<DumpedRule> *>(data)->push_back(rule);
    return MNL_CB_OK;
}

nlmsghdr *put_header(char *buffer, std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
                     std::uint8_t family, std::uint16_t resource) {
    nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    message->nlmsg_type = type;
    message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    message->nlmsg_seq = sequence;
    auto *header = static_cast<nfgenmsg *>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
    header->nfgen_family = family;
    header->version = NFNETLINK_V0;
    header->res_id = htons(resource);
    return message;
}

std::uint16_t of_nftables(std::uint8_t message) {
    return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message);
}

}  // namespace

std::vector<DumpedRule> dump_rules(const NetNs &netns, std::uint8_t message) {
    return netns.run([message] {
        const Socket socket = open_socket();
        alignas(nlmsghdr) std::array<char, 16384> buffer{};
        const nlmsghdr *request =
            put_header(buffer.data(), of_nftables(message), NLM_F_DUMP, 1, NFPROTO_UNSPEC, 0);
        check_errno(static_cast<int>(mnl_socket_sendto(socket.get(), request, request->nlmsg_len)),
                    "send to netlink");
        std::vector<DumpedRule> rules;
        for (int more = MNL_CB_OK; more > MNL_CB_STOP;) {
            const auto size = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
            check_errno(static_cast<int>(size), "receive from netlink");
            more = mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), 1,
                              mnl_socket_get_portid(socket.get()), take_rule, &rules);
            if (more < 0 && errno != EINVAL && errno != EOPNOTSUPP)
                check_errno(more, "dump of the rules");
        }
        return rules;
    });
}

Attribute nested(std::uint16_t type, const std::vector<Attribute> &attributes) {
    alignas(nlmsghdr) std::array<char, 4096> buffer{};
    nlmsghdr *message = mnl_nlmsg_put_header(buffer.data());
    for (const Attribute &attribute : attributes)
        mnl_attr_put(message, attribute.type, attribute.value.size(), attribute.value.data());
    const auto *begin = static_cast<const std::uint8_t *>(mnl_nlmsg_get_payload(message));
    return {static_cast<std::uint16_t>(type | NLA_F_NESTED),
            test::Bytes(begin, begin + mnl_nlmsg_get_payload_len(message))};
}

int add_table_and_chain(const NetNs &netns, const std::string &table, const std::string &chain) {
    return netns.run([&] {
        const Socket socket = open_socket();
        alignas(nlmsghdr) std::array<char, 4096> buffer{};
        std::size_t used = 0;
        const auto put = [&](std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
                             std::uint8_t family, std::uint16_t resource) {
            return put_header(buffer.data() + used, type, flags, sequence, family, resource);
        };
        const auto end = [&](const nlmsghdr *message) { used += MNL_ALIGN(message->nlmsg_len); };
        end(put(NFNL_MSG_BATCH_BEGIN, 0, 1, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
        nlmsghdr *message = put(of_nftables(NFT_MSG_NEWTABLE), NLM_F_CREATE, 2, NFPROTO_INET, 0);
        mnl_attr_put_strz(message, NFTA_TABLE_NAME, table.c_str());
        end(message);
        message = put(of_nftables(NFT_MSG_NEWCHAIN), NLM_F_CREATE | NLM_F_ACK, 3, NFPROTO_INET, 0);
        mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table.c_str());
        mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain.c_str());
        end(message);
        end(put(NFNL_MSG_BATCH_END, 0, 4, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
        check_errno(static_cast<int>(mnl_socket_sendto(socket.get(), buffer.data(), used)),
                    "send to netlink");
        const auto size = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
        check_errno(static_cast<int>(size), "receive from netlink");
        const auto *answer = reinterpret_cast<const nlmsghdr *>(buffer.data());
        return -static_cast<const nlmsgerr *>(mnl_nlmsg_get_payload(answer))->error;
    });
}

}  // namespace rmirror::vm
