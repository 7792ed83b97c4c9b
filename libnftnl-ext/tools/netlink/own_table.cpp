// SPDX-License-Identifier: GPL-2.0-only
#include "own_table.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <utility>

namespace rmirror::tools {

namespace {

constexpr const char *chain_name = "own";

// Puts an expression of that name, whose attributes `fill` puts.
template <typename Fill>
void put(Request &rule, const std::string &name, Fill fill) {
    nlattr *element = rule.begin(NFTA_LIST_ELEM);
    rule.put(NFTA_EXPR_NAME, name);
    nlattr *data = rule.begin(NFTA_EXPR_DATA);
    fill();
    rule.end(data);
    rule.end(element);
}

void put_register_is(Request &rule, const std::vector<std::uint8_t> &value) {
    put(rule, "cmp", [&] {
        rule.put_network(NFTA_CMP_SREG, NFT_REG_1);
        rule.put_network(NFTA_CMP_OP, NFT_CMP_EQ);
        nlattr *data = rule.begin(NFTA_CMP_DATA);
        rule.put(NFTA_DATA_VALUE, value.data(), value.size());
        rule.end(data);
    });
}

}  // namespace

void put_field_is(Request &rule, const Field &field, const std::vector<std::uint8_t> &value) {
    put(rule, "payload", [&] {
        rule.put_network(NFTA_PAYLOAD_DREG, NFT_REG_1);
        rule.put_network(NFTA_PAYLOAD_BASE, field.base);
        rule.put_network(NFTA_PAYLOAD_OFFSET, field.offset);
        rule.put_network(NFTA_PAYLOAD_LEN, static_cast<std::uint32_t>(value.size()));
    });
    put_register_is(rule, value);
}

void put_protocol_is(Request &rule, std::uint8_t protocol) {
    put(rule, "meta", [&] {
        rule.put_network(NFTA_META_DREG, NFT_REG_1);
        rule.put_network(NFTA_META_KEY, NFT_META_L4PROTO);
    });
    put_register_is(rule, {protocol});
}

void put_drop(Request &rule) {
    put(rule, "immediate", [&] {
        rule.put_network(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
        nlattr *data = rule.begin(NFTA_IMMEDIATE_DATA);
        nlattr *verdict = rule.begin(NFTA_DATA_VERDICT);
        rule.put_network(NFTA_VERDICT_CODE, NF_DROP);
        rule.end(verdict);
        rule.end(data);
    });
}

void put_expression(Request &rule, const std::string &name,
                    const std::vector<std::uint8_t> &attributes) {
    nlattr *element = rule.begin(NFTA_LIST_ELEM);
    rule.put(NFTA_EXPR_NAME, name);
    rule.put(NFTA_EXPR_DATA | NLA_F_NESTED, attributes.data(), attributes.size());
    rule.end(element);
}

OwnTable::OwnTable(std::uint8_t family, std::string name)
    : netlink_(NETLINK_NETFILTER), family_(family), name_(std::move(name)) {}

OwnTable::~OwnTable() {
    if (!is_open_)
        return;
    Request deletion = request(NFT_MSG_DELTABLE, 0);
    deletion.put(NFTA_TABLE_NAME, name_);
    std::vector<Request> requests;
    requests.push_back(std::move(deletion));
    netlink_.change(std::move(requests));
}

Request OwnTable::request(int message, int flags) const {
    Request request(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message),
                    static_cast<std::uint16_t>(flags));
    request.extra<nfgenmsg>().nfgen_family = family_;
    return request;
}

Request OwnTable::new_table() const {
    Request table = request(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
    table.put(NFTA_TABLE_NAME, name_);
    table.put_network(NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
    return table;
}

Request OwnTable::new_chain(const Hook &hook) const {
    Request chain = request(NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
    chain.put(NFTA_CHAIN_TABLE, name_);
    chain.put(NFTA_CHAIN_NAME, std::string(chain_name));
    chain.put(NFTA_CHAIN_TYPE, std::string("filter"));
    chain.put_network(NFTA_CHAIN_POLICY, NF_ACCEPT);
    nlattr *nest = chain.begin(NFTA_CHAIN_HOOK);
    chain.put_network(NFTA_HOOK_HOOKNUM, hook.number);
    chain.put_network(NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(hook.priority));
    if (!hook.device.empty())
        chain.put(NFTA_HOOK_DEV, hook.device);
    chain.end(nest);
    return chain;
}

Request OwnTable::new_rule(const Rule &rule) const {
    Request message = request(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    message.put(NFTA_RULE_TABLE, name_);
    message.put(NFTA_RULE_CHAIN, std::string(chain_name));
    nlattr *list = message.begin(NFTA_RULE_EXPRESSIONS);
    rule(message);
    message.end(list);
    return message;
}

int OwnTable::open(const Hook &hook, const std::vector<Rule> &rules) {
    std::vector<Request> requests;
    requests.push_back(new_table());
    requests.push_back(new_chain(hook));
    for (const Rule &rule : rules)
        requests.push_back(new_rule(rule));
    const int error = netlink_.change(std::move(requests));
    is_open_ = error == 0;
    return error;
}

}  // namespace rmirror::tools
