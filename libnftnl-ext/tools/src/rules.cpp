// SPDX-License-Identifier: GPL-2.0-only
//
// The rules of nf_tables that mirror: with the statement, or with the target of iptables.
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/rmirror.h>

#include <cerrno>
#include <cstring>

#include "mirror.hpp"
#include "netlink/netlink.hpp"
#include "registers.hpp"
#include "ruleset.hpp"
#include "tables.hpp"

namespace rmirror::tools {

namespace {

// What libnftnl writes in front of a comment: its type, 0, and its length
constexpr std::uint8_t comment_type = 0;

std::span<const std::uint8_t> payload_of(const nlattr *attribute) {
    if (attribute == nullptr)
        return {};
    return {static_cast<const std::uint8_t *>(mnl_attr_get_payload(attribute)),
            mnl_attr_get_payload_len(attribute)};
}

std::string comment_of(const nlattr *userdata) {
    auto bytes = payload_of(userdata);
    while (bytes.size() >= 2) {
        const std::size_t size = bytes[1];
        if (bytes.size() < 2 + size)
            break;
        if (bytes[0] == comment_type) {
            const std::string_view text(reinterpret_cast<const char *>(bytes.data() + 2), size);
            return std::string(text.substr(0, text.find('\0')));
        }
        bytes = bytes.subspan(2 + size);
    }
    return {};
}

Address address_of(std::uint32_t family, const std::uint32_t (&words)[4]) {
    const std::size_t size = family == NFPROTO_IPV4 ? 4 : 16;
    return *Address::from_bytes({reinterpret_cast<const std::uint8_t *>(words), size});
}

bool was_given(const xt_rmirror_tginfo_v1 &info, std::uint16_t attribute) {
    return (info.given & (1U << attribute)) != 0;
}

Statement statement_of(const xt_rmirror_tginfo_v1 &info) {
    Statement statement;
    const auto take = [&info](std::uint16_t attribute, std::uint32_t value) {
        return was_given(info, attribute) ? std::optional(value) : std::nullopt;
    };
    statement.collector = address_of(info.family, info.addr);
    statement.encap = static_cast<rmirror_encap>(info.encap);
    statement.key = take(NFTA_RMIRROR_KEY, info.key);
    statement.len = take(NFTA_RMIRROR_LEN, info.len);
    statement.mtu = static_cast<rmirror_mtu>(info.mtu);
    statement.ttl = take(NFTA_RMIRROR_TTL, info.ttl);
    statement.dscp = take(NFTA_RMIRROR_DSCP, info.dscp);
    if (was_given(info, NFTA_RMIRROR_SADDR))
        statement.from = address_of(info.family, info.saddr);
    statement.device = std::string(info.oifname, strnlen(info.oifname, sizeof info.oifname));
    statement.mark = take(NFTA_RMIRROR_MARK, info.mark);
    statement.port = take(NFTA_RMIRROR_PORT, info.port);
    statement.flags = info.flags;
    return canonical(statement);
}

Statement statement_of(const xt_rmirror_tginfo &info) {
    Statement statement;
    statement.collector = address_of(NFPROTO_IPV4, info.dst);
    if (info.len >= RMIRROR_LEN_MIN && info.len <= RMIRROR_LEN_MAX)
        statement.len = info.len;
    return statement;
}

template <typename Info>
std::optional<Statement> statement_of_info(std::span<const std::uint8_t> bytes) {
    Info info{};
    if (bytes.size() < sizeof info)
        return std::nullopt;
    std::memcpy(&info, bytes.data(), sizeof info);
    return statement_of(info);
}

std::optional<Statement> statement_of_target(const nlattr *data) {
    if (string_of(find_attribute(data, NFTA_TARGET_NAME)) != RMIRROR_XT_TARGET)
        return std::nullopt;
    const auto info = payload_of(find_attribute(data, NFTA_TARGET_INFO));
    return network_number_of(find_attribute(data, NFTA_TARGET_REV)) == 0
               ? statement_of_info<xt_rmirror_tginfo>(info)
               : statement_of_info<xt_rmirror_tginfo_v1>(info);
}

// What both kinds of statement have in common, for programs and for comparing
void describe(Mirror &mirror, const Statement &statement) {
    const auto *address = std::get_if<Address>(&statement.collector);
    mirror.collector = address != nullptr ? address->to_text() : "register";
    mirror.encap = encap_row(statement.encap).word;
    mirror.key = statement.key_register ? "register"
                 : statement.key        ? std::to_string(*statement.key)
                                        : "-";
    mirror.statement = statement;
}

std::string target_family(std::uint8_t family) {
    switch (family) {
        case NFPROTO_IPV4:
            return "iptables";
        case NFPROTO_IPV6:
            return "ip6tables";
        case NFPROTO_BRIDGE:
            return "ebtables";
        case NFPROTO_ARP:
            return "arptables";
        default:
            return "xtables";
    }
}

void take_expression(const std::string &name, const nlattr *data, const Mirror &rule,
                     std::uint8_t family, std::vector<Mirror> &mirrors) {
    Mirror mirror = rule;
    if (name == RMIRROR_NFT_EXPR) {
        const auto statement = decode(payload_of(data));
        if (!statement)
            return;
        describe(mirror, *statement);
        mirror.counters = decode_counters(payload_of(data)).value_or(Counters{});
        mirror.family = family_word(family);
    } else if (name == "target") {
        const auto statement = statement_of_target(data);
        if (!statement)
            return;
        describe(mirror, *statement);
        mirror.family = target_family(family);
    } else {
        return;
    }
    mirrors.push_back(std::move(mirror));
}

void name_maps(Mirror &mirror, const Registers &registers) {
    if (const auto *collector = std::get_if<Register>(&mirror.statement->collector))
        mirror.collectors = registers.map_of(collector->number);
    if (mirror.statement->key_register)
        mirror.keys = registers.map_of(*mirror.statement->key_register);
}

void take_rule(const nlmsghdr &message, std::vector<Mirror> &mirrors) {
    const auto find = [&message](std::uint16_t type) {
        return find_attribute(message, sizeof(nfgenmsg), type);
    };
    const nlattr *list = find(NFTA_RULE_EXPRESSIONS);
    const nlattr *handle = find(NFTA_RULE_HANDLE);
    if (list == nullptr)
        return;
    Mirror rule;
    rule.table = string_of(find(NFTA_RULE_TABLE));
    rule.chain = string_of(find(NFTA_RULE_CHAIN));
    rule.comment = comment_of(find(NFTA_RULE_USERDATA));
    if (handle != nullptr)
        rule.handle = be64toh(mnl_attr_get_u64(handle));
    const auto *header = static_cast<const nfgenmsg *>(mnl_nlmsg_get_payload(&message));
    Registers registers;
    for (const nlattr *element : attributes_of(list)) {
        const std::string name = string_of(find_attribute(element, NFTA_EXPR_NAME));
        const nlattr *data = find_attribute(element, NFTA_EXPR_DATA);
        const std::size_t before = mirrors.size();
        take_expression(name, data, rule, header->nfgen_family, mirrors);
        if (mirrors.size() != before)
            name_maps(mirrors.back(), registers);
        registers.take(name, data);
    }
}

}  // namespace

int read_rules(std::vector<Mirror> &mirrors, const std::string &table) {
    Request request(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE, NLM_F_DUMP);
    request.extra<nfgenmsg>().nfgen_family = NFPROTO_UNSPEC;
    if (!table.empty())
        request.put(NFTA_RULE_TABLE, table);
    return dump(
        NETLINK_NETFILTER, request, [&mirrors] { mirrors.clear(); },
        [&mirrors](const nlmsghdr &message) { take_rule(message, mirrors); });
}

}  // namespace rmirror::tools
