// SPDX-License-Identifier: GPL-2.0-only
//
// Tables, chains, rules and flowtables of nf_tables, as far as they decide whether a packet reaches
// a mirror.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rmirror::tools {

struct Chain {
    std::uint8_t family = 0;  // NFPROTO_*
    std::string table;
    std::string name;
    std::optional<std::uint32_t> hook = {};  // of a base chain
    std::int32_t priority = 0;
    std::string type = {};                  // "filter", "nat", "route"
    std::vector<std::string> devices = {};  // of netdev, and of ingress in inet
    bool policy_drops = false;

    // As nft has it: "inet mirror input"
    std::string text() const;
    // "prerouting"; of a base chain only
    std::string hook_word() const;
};

struct Rule {
    std::uint8_t family = 0;
    std::string table;
    std::string chain;
    std::uint64_t handle = 0;
    std::vector<std::string> jumps = {};  // chains that it leads to
    bool has_verdict_map = false;         // it may lead to others
    bool ends_all = false;                // no packet gets further
    bool drops_all = false;               // not even in later chains
    bool may_accept = false;              // some packet leaves the chain by it, undropped
    std::string flowtable = {};           // to which it hands flows

    bool is_in(const Chain &of) const {
        return family == of.family && table == of.table && chain == of.name;
    }
};

struct Flowtable {
    std::uint8_t family = 0;
    std::string table;
    std::string name;
    std::int32_t priority = 0;  // at netdev ingress
    std::vector<std::string> devices = {};
    bool in_hardware = false;
};

struct Table {
    std::uint8_t family = 0;
    std::string name;
    bool is_dormant = false;
};

struct Ruleset {
    std::vector<Table> tables;
    std::vector<Chain> chains;
    std::vector<Rule> rules;  // in their order
    std::vector<Flowtable> flowtables;
};

// 0 or errno
int read_ruleset(Ruleset &ruleset);

// "inet" and so on, as nft has it
std::string family_word(std::uint8_t family);
// NFPROTO_* of such a word; NFPROTO_UNSPEC: it is none.
std::uint8_t family_number(const std::string &word);

}  // namespace rmirror::tools
