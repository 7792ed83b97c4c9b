// SPDX-License-Identifier: GPL-2.0-only
//
// Does any packet get as far as the statement?
#include <linux/netfilter.h>

#include <algorithm>
#include <set>

#include "doctor.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

bool is_in(const Rule &rule, const Chain &chain) {
    return rule.family == chain.family && rule.table == chain.table && rule.chain == chain.name;
}

bool is_same_table(const Rule &rule, const Chain &chain) {
    return rule.family == chain.family && rule.table == chain.table;
}

const Chain *chain_of(const Mirror &mirror, const Ruleset &ruleset) {
    for (const Chain &chain : ruleset.chains)
        if (family_word(chain.family) == mirror.family && chain.table == mirror.table &&
            chain.name == mirror.chain)
            return &chain;
    return nullptr;
}

const Chain *find_chain(const Ruleset &ruleset, const Rule &rule) {
    for (const Chain &chain : ruleset.chains)
        if (is_in(rule, chain))
            return &chain;
    return nullptr;
}

// The base chains from which rules lead to a chain.
void find_bases(const Chain &chain, const Ruleset &ruleset, std::set<const Chain *> &seen,
                std::vector<const Chain *> &bases) {
    if (!seen.insert(&chain).second)
        return;
    if (chain.hook)
        bases.push_back(&chain);
    for (const Rule &rule : ruleset.rules) {
        if (!is_same_table(rule, chain))
            continue;
        const bool leads = rule.has_verdict_map || std::find(rule.jumps.begin(), rule.jumps.end(),
                                                             chain.name) != rule.jumps.end();
        if (const Chain *from = leads ? find_chain(ruleset, rule) : nullptr)
            find_bases(*from, ruleset, seen, bases);
    }
}

std::string nft_name(const Chain &chain) {
    return family_word(chain.family) + ' ' + chain.table + ' ' + chain.name;
}

// A base chain of the same table that a jump could stand in
const Chain *some_base(const Chain &chain, const Ruleset &ruleset) {
    for (const Chain &other : ruleset.chains)
        if (other.hook && other.family == chain.family && other.table == chain.table)
            return &other;
    return nullptr;
}

void examine_reach(const Mirror &mirror, const Chain &chain, const Ruleset &ruleset,
                   const std::vector<const Chain *> &bases, Findings &findings) {
    if (!bases.empty())
        return;
    const Chain *base = some_base(chain, ruleset);
    findings.push_back(
        {Severity::wrong, mirror.place(),
         "no packet comes here: chain " + printable(chain.name) +
             " has no hook, and no rule leads to it",
         base == nullptr
             ? "nft add chain " + family_word(chain.family) + ' ' + chain.table + " to_" +
                   chain.name + " '{ type filter hook prerouting priority 0; }' && nft add rule " +
                   family_word(chain.family) + ' ' + chain.table + " to_" + chain.name + " jump " +
                   chain.name
             : "nft insert rule " + nft_name(*base) + " jump " + chain.name});
}

void examine_verdicts(const Mirror &mirror, const Chain &chain, const Ruleset &ruleset,
                      Findings &findings) {
    for (const Rule &rule : ruleset.rules) {
        if (!is_in(rule, chain))
            continue;
        if (mirror.handle == rule.handle)
            return;
        if (!rule.ends_all)
            continue;
        findings.push_back(
            {Severity::wrong, mirror.place(),
             "no packet comes here: the rule with handle " + std::to_string(rule.handle) +
                 " before it takes all packets out of the chain",
             "nft insert rule " + nft_name(chain) + " '" + mirror.text() + "' && nft delete rule " +
                 nft_name(chain) + " handle " + std::to_string(mirror.handle.value_or(0))});
        return;
    }
}

// Flows that a flowtable has taken over pass netdev ingress, and no other hook.
void examine_flowtables(const Mirror &mirror, const std::vector<const Chain *> &bases,
                        const Ruleset &ruleset, Findings &findings) {
    const bool hides = std::any_of(bases.begin(), bases.end(), [](const Chain *chain) {
        return chain->family != NFPROTO_NETDEV && chain->family != NFPROTO_ARP;
    });
    const auto offload = std::find_if(ruleset.rules.begin(), ruleset.rules.end(),
                                      [](const Rule &rule) { return rule.offloads; });
    if (!hides || offload == ruleset.rules.end())
        return;
    findings.push_back({Severity::wrong, mirror.place(),
                        "packets of flows in a flowtable do not come here (rule " +
                            family_word(offload->family) + ' ' + printable(offload->table) + ' ' +
                            printable(offload->chain) + " handle " +
                            std::to_string(offload->handle) +
                            " offloads them): mirror in a netdev ingress chain, or do not offload",
                        "nft delete rule " + family_word(offload->family) + ' ' + offload->table +
                            ' ' + offload->chain + " handle " + std::to_string(offload->handle)});
}

}  // namespace

void examine_rule(const Mirror &mirror, const Ruleset &ruleset, Findings &findings) {
    const Chain *chain = chain_of(mirror, ruleset);
    if (chain == nullptr)
        return;  // of a target: x_tables has no chain without a hook
    std::vector<const Chain *> bases;
    std::set<const Chain *> seen;
    find_bases(*chain, ruleset, seen, bases);
    examine_reach(mirror, *chain, ruleset, bases, findings);
    examine_verdicts(mirror, *chain, ruleset, findings);
    examine_flowtables(mirror, bases, ruleset, findings);
    if (mirror.count(NFTA_RMIRROR_COUNTER_MATCHED) == 0)
        findings.push_back({Severity::note, mirror.place(), "no packet has matched so far", ""});
}

}  // namespace rmirror::tools
