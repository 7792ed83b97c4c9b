// SPDX-License-Identifier: GPL-2.0-only
//
// Chains and rules of nf_tables, as far as they decide whether a packet reaches a mirror.
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
    std::optional<std::uint32_t> hook;  // of a base chain
    std::int32_t priority = 0;
};

struct Rule {
    std::uint8_t family = 0;
    std::string table;
    std::string chain;
    std::uint64_t handle = 0;
    std::vector<std::string> jumps;  // chains that it leads to
    bool has_verdict_map = false;    // it may lead to others
    bool ends_all = false;           // no packet gets further
    bool offloads = false;           // it hands flows to a flowtable
};

struct Ruleset {
    std::vector<Chain> chains;
    std::vector<Rule> rules;  // in their order
};

// 0 or errno
int read_ruleset(Ruleset &ruleset);

// "inet" and so on, as nft has it
std::string family_word(std::uint8_t family);

}  // namespace rmirror::tools
