// SPDX-License-Identifier: GPL-2.0-only
#include "ruleset.hpp"

#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "netlink.hpp"

namespace rmirror::tools {

namespace {

constexpr std::uint16_t of_nftables(int message) {
    return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message);
}

std::uint8_t family_of(const nlmsghdr &message) {
    return static_cast<const nfgenmsg *>(mnl_nlmsg_get_payload(&message))->nfgen_family;
}

void take_chain(const nlmsghdr &message, std::vector<Chain> &chains) {
    const auto find = [&message](std::uint16_t type) {
        return find_attribute(message, sizeof(nfgenmsg), type);
    };
    Chain chain;
    chain.family = family_of(message);
    chain.table = string_of(find(NFTA_CHAIN_TABLE));
    chain.name = string_of(find(NFTA_CHAIN_NAME));
    if (const nlattr *hook = find(NFTA_CHAIN_HOOK)) {
        chain.hook = network_number_of(find_attribute(hook, NFTA_HOOK_HOOKNUM));
        chain.priority =
            static_cast<std::int32_t>(network_number_of(find_attribute(hook, NFTA_HOOK_PRIORITY)));
    }
    chains.push_back(std::move(chain));
}

// Expressions that let every packet pass on to the next one
bool is_for_all(const std::string &name) {
    return name == "counter" || name == "log" || name == "rmirror" || name == "notrack" ||
           name == "dup";
}

// Of `immediate`, which loads a verdict or a value
void take_immediate(const nlattr *data, Rule &rule, bool unconditional) {
    if (network_number_of(find_attribute(data, NFTA_IMMEDIATE_DREG)) != NFT_REG_VERDICT)
        return;
    const nlattr *verdict =
        find_attribute(find_attribute(data, NFTA_IMMEDIATE_DATA), NFTA_DATA_VERDICT);
    const auto code =
        static_cast<std::int32_t>(network_number_of(find_attribute(verdict, NFTA_VERDICT_CODE)));
    if (code == NFT_JUMP || code == NFT_GOTO)
        rule.jumps.push_back(string_of(find_attribute(verdict, NFTA_VERDICT_CHAIN)));
    if (unconditional && (code == NF_ACCEPT || code == NF_DROP || code == NFT_RETURN))
        rule.ends_all = true;
}

void take_rule(const nlmsghdr &message, std::vector<Rule> &rules) {
    const auto find = [&message](std::uint16_t type) {
        return find_attribute(message, sizeof(nfgenmsg), type);
    };
    Rule rule;
    rule.family = family_of(message);
    rule.table = string_of(find(NFTA_RULE_TABLE));
    rule.chain = string_of(find(NFTA_RULE_CHAIN));
    if (const nlattr *handle = find(NFTA_RULE_HANDLE))
        rule.handle = be64toh(mnl_attr_get_u64(handle));
    bool unconditional = true;
    for (const nlattr *element : attributes_of(find(NFTA_RULE_EXPRESSIONS))) {
        const std::string name = string_of(find_attribute(element, NFTA_EXPR_NAME));
        const nlattr *data = find_attribute(element, NFTA_EXPR_DATA);
        if (name == "immediate") {
            take_immediate(data, rule, unconditional);
        } else if (name == "reject") {
            rule.ends_all = rule.ends_all || unconditional;
        } else if (!is_for_all(name)) {
            unconditional = false;
        }
        const nlattr *dreg = find_attribute(data, NFTA_LOOKUP_DREG);
        if (name == "lookup" && dreg != nullptr && network_number_of(dreg) == NFT_REG_VERDICT)
            rule.has_verdict_map = true;
        if (name == "flow_offload")
            rule.offloads = true;
    }
    rules.push_back(std::move(rule));
}

}  // namespace

int read_ruleset(Ruleset &ruleset) {
    Netlink netlink(NETLINK_NETFILTER);
    Request chains(of_nftables(NFT_MSG_GETCHAIN), NLM_F_DUMP);
    chains.extra<nfgenmsg>().nfgen_family = NFPROTO_UNSPEC;
    const int error = netlink.ask(
        chains, [&ruleset](const nlmsghdr &message) { take_chain(message, ruleset.chains); });
    if (error != 0)
        return error;
    Request rules(of_nftables(NFT_MSG_GETRULE), NLM_F_DUMP);
    rules.extra<nfgenmsg>().nfgen_family = NFPROTO_UNSPEC;
    return netlink.ask(rules,
                       [&ruleset](const nlmsghdr &message) { take_rule(message, ruleset.rules); });
}

std::string family_word(std::uint8_t family) {
    switch (family) {
        case NFPROTO_IPV4:
            return "ip";
        case NFPROTO_IPV6:
            return "ip6";
        case NFPROTO_BRIDGE:
            return "bridge";
        case NFPROTO_ARP:
            return "arp";
        case NFPROTO_NETDEV:
            return "netdev";
        default:
            return "inet";
    }
}

}  // namespace rmirror::tools
