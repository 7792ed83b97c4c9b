// SPDX-License-Identifier: GPL-2.0-only
#include "passage.hpp"

#include <linux/netfilter.h>

#include <algorithm>

namespace rmirror::tools {

namespace {

bool leads_to(const Rule &rule, const Chain &chain) {
    return rule.has_verdict_map ||
           std::find(rule.jumps.begin(), rule.jumps.end(), chain.name) != rule.jumps.end();
}

// Do all packets that come to `later` come to `earlier` first?
bool comes_first(const Chain &earlier, const Chain &later) {
    if (!earlier.hook || earlier.hook != later.hook || earlier.priority >= later.priority)
        return false;
    const bool is_ip = later.family == NFPROTO_IPV4 || later.family == NFPROTO_IPV6;
    if (earlier.family != later.family && !(earlier.family == NFPROTO_INET && is_ip))
        return false;
    return std::all_of(later.devices.begin(), later.devices.end(), [&](const auto &device) {
        return std::find(earlier.devices.begin(), earlier.devices.end(), device) !=
               earlier.devices.end();
    });
}

}  // namespace

Passage::Passage(const Ruleset &ruleset) : ruleset_(ruleset) {
    for (const Chain &chain : ruleset.chains)
        chains_.emplace(place_of(chain), &chain);
    for (const Rule &rule : ruleset.rules) {
        Contents &contents = contents_[{rule.family, rule.table, rule.chain}];
        contents.rules.push_back(&rule);
        if (rule.ends_all && contents.end == nullptr)
            contents.end = &rule;
    }
}

const Chain *Passage::find_chain(const std::string &family, const std::string &table,
                                 const std::string &name) const {
    for (const Table &one : ruleset_.tables)
        if (one.name == table && family_word(one.family) == family)
            if (const auto found = chains_.find({one.family, table, name}); found != chains_.end())
                return found->second;
    return nullptr;
}

const Table *Passage::find_table(const Chain &chain) const {
    for (const Table &table : ruleset_.tables)
        if (table.family == chain.family && table.name == chain.table)
            return &table;
    return nullptr;
}

const Passage::Contents &Passage::contents_of(const Chain &chain) const {
    static const Contents none;
    const auto found = contents_.find(place_of(chain));
    return found == contents_.end() ? none : found->second;
}

const Reach &Passage::reach_of(const Chain &chain) {
    if (const auto known = reaches_.find(&chain); known != reaches_.end())
        return known->second;
    return reaches_.emplace(&chain, find_reach(chain)).first->second;
}

Reach Passage::find_reach(const Chain &chain) const {
    Reach reach;
    std::vector<const Chain *> seen;
    collect(chain, seen, reach);
    if (!reach.bases.empty())
        reach.blocked_by = nullptr;
    return reach;
}

// Rules stand in one list, in their order: what is behind another has the higher address.
void Passage::collect(const Chain &chain, std::vector<const Chain *> &seen, Reach &reach) const {
    if (std::find(seen.begin(), seen.end(), &chain) != seen.end())
        return;
    seen.push_back(&chain);
    if (chain.hook)
        reach.bases.push_back(&chain);
    for (const auto &[place, from] : chains_) {
        if (from->family != chain.family || from->table != chain.table)
            continue;
        const Contents &contents = contents_of(*from);
        for (const Rule *rule : contents.rules) {
            if (!leads_to(*rule, chain))
                continue;
            if (contents.end != nullptr && contents.end < rule) {
                reach.blocked_by = contents.end;
                break;
            }
            collect(*from, seen, reach);
        }
    }
}

const Rule *Passage::end_before(const Chain &chain, std::uint64_t handle) const {
    const Contents &contents = contents_of(chain);
    const auto rule = std::find_if(contents.rules.begin(), contents.rules.end(),
                                   [handle](const Rule *one) { return one->handle == handle; });
    const bool is_behind =
        contents.end != nullptr && rule != contents.rules.end() && contents.end < *rule;
    return is_behind ? contents.end : nullptr;
}

bool Passage::drops_all(const Chain &base) const {
    for (const Rule *rule : contents_of(base).rules) {
        if (rule->drops_all)
            return true;
        if (rule->ends_all || rule->may_accept || rule->has_verdict_map || !rule->jumps.empty())
            return false;
    }
    return base.policy_drops;
}

const Chain *Passage::drop_before(const Chain &base) const {
    for (const Chain &other : ruleset_.chains) {
        const Table *table = find_table(other);
        if (comes_first(other, base) && drops_all(other) &&
            !(table != nullptr && table->is_dormant))
            return &other;
    }
    return nullptr;
}

const Chain *Passage::base_beside(const Chain &chain) const {
    for (const Chain &other : ruleset_.chains)
        if (other.hook && other.family == chain.family && other.table == chain.table)
            return &other;
    return nullptr;
}

}  // namespace rmirror::tools
