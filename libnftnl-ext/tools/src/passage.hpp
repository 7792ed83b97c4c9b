// SPDX-License-Identifier: GPL-2.0-only
//
// The way of packets through the chains: do any get to a rule?
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "ruleset.hpp"

namespace rmirror::tools {

// How packets come to a chain
struct Reach {
    std::vector<const Chain *> bases;  // base chains that lead to it, itself perhaps
    const Rule *blocked_by = nullptr;  // no base, but there is a jump behind this rule
};

// Of one ruleset, which has to outlive it. Each chain is looked at once, however many mirrors it
// has.
class Passage {
public:
    explicit Passage(const Ruleset &ruleset);

    const Ruleset &ruleset() const { return ruleset_; }
    // By its family as nft has it; nullptr: there is none.
    const Chain *find_chain(const std::string &family, const std::string &table,
                            const std::string &name) const;
    const Table *find_table(const Chain &chain) const;
    const Reach &reach_of(const Chain &chain);
    // The first rule of the chain that takes all packets out of it, if the other rule comes later.
    const Rule *end_before(const Chain &chain, std::uint64_t handle) const;
    // The base chain that drops all before this one sees them
    const Chain *drop_before(const Chain &base) const;
    // Another base chain of the table
    const Chain *base_beside(const Chain &chain) const;

private:
    using Place = std::tuple<std::uint8_t, std::string, std::string>;
    struct Contents {
        std::vector<const Rule *> rules;
        const Rule *end = nullptr;  // the first one that takes all
    };

    static Place place_of(const Chain &chain) { return {chain.family, chain.table, chain.name}; }
    const Contents &contents_of(const Chain &chain) const;
    Reach find_reach(const Chain &chain) const;
    void collect(const Chain &chain, std::vector<const Chain *> &seen, Reach &reach) const;
    bool drops_all(const Chain &base) const;

    const Ruleset &ruleset_;
    std::map<Place, const Chain *> chains_;
    std::map<Place, Contents> contents_;
    std::map<const Chain *, Reach> reaches_;
};

}  // namespace rmirror::tools
