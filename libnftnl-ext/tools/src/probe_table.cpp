// SPDX-License-Identifier: GPL-2.0-only
#include "probe_table.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <limits>

namespace rmirror::tools {

namespace {

constexpr const char *chain_name = "loopback";
constexpr const char *device = "lo";
// Behind it in the header comes the source address.
constexpr std::uint32_t source_offset = 6;

Request request_of(int message, int flags) {
    Request request(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message),
                    static_cast<std::uint16_t>(flags));
    request.extra<nfgenmsg>().nfgen_family = NFPROTO_NETDEV;
    return request;
}

Request new_table(const std::string &name) {
    Request request = request_of(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
    request.put(NFTA_TABLE_NAME, name);
    request.put_network(NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
    return request;
}

// Before all other chains of the device, which need not know of probes.
Request new_chain(const std::string &table) {
    Request request = request_of(NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
    request.put(NFTA_CHAIN_TABLE, table);
    request.put(NFTA_CHAIN_NAME, std::string(chain_name));
    request.put(NFTA_CHAIN_TYPE, std::string("filter"));
    request.put_network(NFTA_CHAIN_POLICY, NF_ACCEPT);
    nlattr *hook = request.begin(NFTA_CHAIN_HOOK);
    request.put_network(NFTA_HOOK_HOOKNUM, NF_NETDEV_INGRESS);
    request.put_network(NFTA_HOOK_PRIORITY,
                        static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::min()));
    request.put(NFTA_HOOK_DEV, std::string(device));
    request.end(hook);
    return request;
}

// Puts an expression of that name, whose attributes `fill` puts.
template <typename Fill>
void put_expression(Request &request, const std::string &name, Fill fill) {
    nlattr *element = request.begin(NFTA_LIST_ELEM);
    request.put(NFTA_EXPR_NAME, name);
    nlattr *data = request.begin(NFTA_EXPR_DATA);
    fill();
    request.end(data);
    request.end(element);
}

// ether saddr SOURCE
void put_match(Request &request, const std::array<std::uint8_t, 6> &source) {
    put_expression(request, "payload", [&] {
        request.put_network(NFTA_PAYLOAD_DREG, NFT_REG_1);
        request.put_network(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_LL_HEADER);
        request.put_network(NFTA_PAYLOAD_OFFSET, source_offset);
        request.put_network(NFTA_PAYLOAD_LEN, static_cast<std::uint32_t>(source.size()));
    });
    put_expression(request, "cmp", [&] {
        request.put_network(NFTA_CMP_SREG, NFT_REG_1);
        request.put_network(NFTA_CMP_OP, NFT_CMP_EQ);
        nlattr *value = request.begin(NFTA_CMP_DATA);
        request.put(NFTA_DATA_VALUE, source.data(), source.size());
        request.end(value);
    });
}

void put_statement(Request &request, const Statement &statement) {
    nlattr *element = request.begin(NFTA_LIST_ELEM);
    request.put(NFTA_EXPR_NAME, std::string(RMIRROR_NFT_EXPR));
    const std::vector<std::uint8_t> attributes = encode(statement);
    request.put(NFTA_EXPR_DATA | NLA_F_NESTED, attributes.data(), attributes.size());
    request.end(element);
}

void put_drop(Request &request) {
    put_expression(request, "immediate", [&] {
        request.put_network(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
        nlattr *data = request.begin(NFTA_IMMEDIATE_DATA);
        nlattr *verdict = request.begin(NFTA_DATA_VERDICT);
        request.put_network(NFTA_VERDICT_CODE, NF_DROP);
        request.end(verdict);
        request.end(data);
    });
}

Request new_rule(const std::string &table, const ProbeRule &rule) {
    Request request = request_of(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    request.put(NFTA_RULE_TABLE, table);
    request.put(NFTA_RULE_CHAIN, std::string(chain_name));
    nlattr *list = request.begin(NFTA_RULE_EXPRESSIONS);
    put_match(request, probe::source_of(rule.label));
    put_statement(request, rule.statement);
    put_drop(request);
    request.end(list);
    return request;
}

}  // namespace

ProbeTable::ProbeTable()
    : netlink_(NETLINK_NETFILTER), name_("rmirror-probe-" + probe::Label::random().to_text()) {}

ProbeTable::~ProbeTable() {
    if (!is_open_)
        return;
    Request request = request_of(NFT_MSG_DELTABLE, 0);
    request.put(NFTA_TABLE_NAME, name_);
    std::vector<Request> requests;
    requests.push_back(std::move(request));
    netlink_.change(std::move(requests));
}

int ProbeTable::open(const std::vector<ProbeRule> &rules) {
    std::vector<Request> requests;
    requests.push_back(new_table(name_));
    requests.push_back(new_chain(name_));
    for (const ProbeRule &rule : rules)
        requests.push_back(new_rule(name_, rule));
    const int error = netlink_.change(std::move(requests));
    is_open_ = error == 0;
    return error;
}

int ProbeTable::read(std::vector<Counters> &counters) const {
    std::vector<Mirror> rules;
    const int error = read_rules(rules, name_);
    counters.clear();
    std::transform(rules.begin(), rules.end(), std::back_inserter(counters),
                   [](const Mirror &rule) { return rule.counters; });
    return error;
}

}  // namespace rmirror::tools
