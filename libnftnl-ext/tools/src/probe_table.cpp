// SPDX-License-Identifier: GPL-2.0-only
#include "probe_table.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <algorithm>
#include <limits>

namespace rmirror::tools {

namespace {

// Behind it in the Ethernet header comes the source address.
constexpr std::uint32_t source_offset = 6;

// Before all other chains of the device, which need not know of probes.
Hook loopback() {
    return {NF_NETDEV_INGRESS, std::numeric_limits<std::int32_t>::min(), "lo"};
}

OwnTable::Rule rule_of(const ProbeRule &rule) {
    return [&rule](Request &request) {
        const auto source = probe::source_of(rule.label);
        put_field_is(request, {NFT_PAYLOAD_LL_HEADER, source_offset},
                     {source.begin(), source.end()});
        put_expression(request, RMIRROR_NFT_EXPR, encode(rule.statement));
        put_drop(request);
    };
}

}  // namespace

ProbeTable::ProbeTable()
    : table_(NFPROTO_NETDEV, "rmirror-probe-" + probe::Label::random().to_text()) {}

int ProbeTable::open(const std::vector<ProbeRule> &rules) {
    std::vector<OwnTable::Rule> own;
    std::transform(rules.begin(), rules.end(), std::back_inserter(own), rule_of);
    return table_.open(loopback(), own);
}

int ProbeTable::read(std::vector<Counters> &counters) const {
    std::vector<Mirror> rules;
    const int error = read_rules(rules, table_.name());
    counters.clear();
    std::transform(rules.begin(), rules.end(), std::back_inserter(counters),
                   [](const Mirror &rule) { return rule.counters; });
    return error;
}

}  // namespace rmirror::tools
