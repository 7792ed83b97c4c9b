// SPDX-License-Identifier: GPL-2.0-only
#include "ruleset.hpp"

#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <iterator>

#include "netlink/netlink.hpp"

namespace rmirror::tools {

namespace {

constexpr std::uint16_t of_nftables(int message) {
    return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message);
}

std::uint8_t family_of(const nlmsghdr &message) {
    return static_cast<const nfgenmsg *>(mnl_nlmsg_get_payload(&message))->nfgen_family;
}

std::vector<std::string> devices_of(const nlattr *hook) {
    std::vector<std::string> devices;
    if (const nlattr *device = find_attribute(hook, NFTA_HOOK_DEV))
        devices.push_back(string_of(device));
    for (const nlattr *device : attributes_of(find_attribute(hook, NFTA_HOOK_DEVS)))
        if (const std::string name = string_of(device);
            std::find(devices.begin(), devices.end(), name) == devices.end())
            devices.push_back(name);
    return devices;
}

std::int32_t priority_of(const nlattr *hook, std::uint16_t type) {
    return static_cast<std::int32_t>(network_number_of(find_attribute(hook, type)));
}

void take_table(const nlmsghdr &message, std::vector<Table> &tables) {
    const auto find = [&message](std::uint16_t type) {
        return find_attribute(message, sizeof(nfgenmsg), type);
    };
    tables.push_back({family_of(message), string_of(find(NFTA_TABLE_NAME)),
                      (network_number_of(find(NFTA_TABLE_FLAGS)) & NFT_TABLE_F_DORMANT) != 0});
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
        chain.priority = priority_of(hook, NFTA_HOOK_PRIORITY);
        chain.type = string_of(find(NFTA_CHAIN_TYPE));
        chain.devices = devices_of(hook);
        const nlattr *policy = find(NFTA_CHAIN_POLICY);
        chain.policy_drops = policy != nullptr && network_number_of(policy) == NF_DROP;
    }
    chains.push_back(std::move(chain));
}

void take_flowtable(const nlmsghdr &message, std::vector<Flowtable> &flowtables) {
    const auto find = [&message](std::uint16_t type) {
        return find_attribute(message, sizeof(nfgenmsg), type);
    };
    const nlattr *hook = find(NFTA_FLOWTABLE_HOOK);
    Flowtable flowtable;
    flowtable.family = family_of(message);
    flowtable.table = string_of(find(NFTA_FLOWTABLE_TABLE));
    flowtable.name = string_of(find(NFTA_FLOWTABLE_NAME));
    flowtable.priority = priority_of(hook, NFTA_FLOWTABLE_HOOK_PRIORITY);
    for (const nlattr *device : attributes_of(find_attribute(hook, NFTA_FLOWTABLE_HOOK_DEVS)))
        flowtable.devices.push_back(string_of(device));
    flowtable.in_hardware =
        (network_number_of(find(NFTA_FLOWTABLE_FLAGS)) & NFT_FLOWTABLE_HW_OFFLOAD) != 0;
    flowtables.push_back(std::move(flowtable));
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
    if (code == NF_ACCEPT || code == NFT_RETURN || code == NF_QUEUE)
        rule.may_accept = true;
    if (!unconditional)
        return;
    rule.ends_all = code == NF_ACCEPT || code == NF_DROP || code == NFT_RETURN;
    rule.drops_all = code == NF_DROP;
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
            rule.ends_all = rule.drops_all = rule.ends_all || unconditional;
        } else if (!is_for_all(name)) {
            unconditional = false;
        }
        const nlattr *dreg = find_attribute(data, NFTA_LOOKUP_DREG);
        if (name == "lookup" && dreg != nullptr && network_number_of(dreg) == NFT_REG_VERDICT)
            rule.has_verdict_map = true;
        if (name == "flow_offload")
            rule.flowtable = string_of(find_attribute(data, NFTA_FLOW_TABLE_NAME));
        if (name == "queue" || name == "match" || name == "target")
            rule.may_accept = true;  // who knows
    }
    rules.push_back(std::move(rule));
}

}  // namespace

int read_ruleset(Ruleset &ruleset) {
    const auto read = [](int type, auto take, auto &list) {
        Request request(of_nftables(type), NLM_F_DUMP);
        request.extra<nfgenmsg>().nfgen_family = NFPROTO_UNSPEC;
        return dump(
            NETLINK_NETFILTER, request, [&list] { list.clear(); },
            [take, &list](const nlmsghdr &message) { take(message, list); });
    };
    int error = read(NFT_MSG_GETTABLE, take_table, ruleset.tables);
    if (error == 0)
        error = read(NFT_MSG_GETCHAIN, take_chain, ruleset.chains);
    if (error == 0)
        error = read(NFT_MSG_GETRULE, take_rule, ruleset.rules);
    if (error == 0)
        error = read(NFT_MSG_GETFLOWTABLE, take_flowtable, ruleset.flowtables);
    return error;
}

std::string Chain::text() const {
    return family_word(family) + ' ' + table + ' ' + name;
}

std::string Chain::hook_word() const {
    static constexpr const char *of_ip[] = {"prerouting", "input",       "forward",
                                            "output",     "postrouting", "ingress"};
    static constexpr const char *of_netdev[] = {"ingress", "egress"};
    static constexpr const char *of_arp[] = {"input", "output", "forward"};
    const std::uint32_t number = hook.value_or(0);
    if (family == NFPROTO_NETDEV)
        return of_netdev[number % std::size(of_netdev)];
    if (family == NFPROTO_ARP)
        return of_arp[number % std::size(of_arp)];
    return of_ip[number % std::size(of_ip)];
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

std::uint8_t family_number(const std::string &word) {
    constexpr std::uint8_t families[] = {NFPROTO_INET,   NFPROTO_IPV4, NFPROTO_IPV6,
                                         NFPROTO_BRIDGE, NFPROTO_ARP,  NFPROTO_NETDEV};
    const auto *const found =
        std::find_if(std::begin(families), std::end(families),
                     [&word](std::uint8_t family) { return family_word(family) == word; });
    return found != std::end(families) ? *found : std::uint8_t{NFPROTO_UNSPEC};
}

}  // namespace rmirror::tools
