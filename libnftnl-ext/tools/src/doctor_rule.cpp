// SPDX-License-Identifier: GPL-2.0-only
//
// Does any packet get as far as the statement?
#include <linux/netfilter.h>

#include <algorithm>
#include <set>

#include "doctor.hpp"
#include "run.hpp"
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

// Names that a shell leaves alone may stand in what is to be typed.
bool is_plain(const std::string &text) {
    return text.find('\'') == std::string::npos && printable(text) == text;
}

// A chain with a hook that leads to this one; netdev would need a device.
std::string new_base(const Chain &chain) {
    if (chain.family == NFPROTO_NETDEV || !is_plain(chain.table + chain.name))
        return {};
    const std::string table = family_word(chain.family) + ' ' + chain.table;
    const std::string name = "to_" + chain.name;
    const std::string hook = chain.family == NFPROTO_ARP ? "input" : "prerouting";
    return "nft add chain " + table + ' ' + name + " '{ type filter hook " + hook +
           " priority 0; }' && nft add rule " + table + ' ' + name + " jump " + chain.name;
}

void examine_reach(const Mirror &mirror, const Chain &chain, const Ruleset &ruleset,
                   const std::vector<const Chain *> &bases, Findings &findings) {
    if (!bases.empty())
        return;
    const Chain *base = some_base(chain, ruleset);
    findings.push_back({Severity::wrong, mirror.place(),
                        "no packet comes here: chain " + printable(chain.name) +
                            " has no hook, and no rule leads to it",
                        base == nullptr
                            ? new_base(chain)
                            : "nft insert rule " + nft_name(*base) + " jump " + chain.name});
}

// Puts a rule as a whole at the head of its chain; only nft can write what it matches.
std::string move_to_head(const Mirror &mirror, const Chain &chain) {
    const std::string mark = " # handle " + std::to_string(mirror.handle.value_or(0)) + '\n';
    const std::string listing =
        output_of({"nft", "-a", "list", "chain", mirror.family, mirror.table, mirror.chain});
    const std::size_t end = listing.find(mark);
    if (end == std::string::npos)
        return {};
    const std::size_t line = listing.rfind('\n', end) + 1;
    const std::size_t begin = listing.find_first_not_of(" \t", line);
    const std::string rule = listing.substr(begin, end - begin);
    if (!is_plain(rule))
        return {};
    return "nft insert rule " + nft_name(chain) + " '" + rule + "' && nft delete rule " +
           nft_name(chain) + " handle " + std::to_string(mirror.handle.value_or(0));
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
        findings.push_back({Severity::wrong, mirror.place(),
                            "no packet comes here: the rule with handle " +
                                std::to_string(rule.handle) +
                                " before it takes all packets out of the chain",
                            move_to_head(mirror, chain)});
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
