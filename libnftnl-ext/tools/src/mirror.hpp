// SPDX-License-Identifier: GPL-2.0-only
//
// The mirrors of a network namespace: each live rule, where it stands and what it has counted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rmirror/statement.hpp"

namespace rmirror::tools {

// Is the counter one that says what became of a packet?
bool is_outcome(std::uint16_t counter);
// Of a rule that has matched one packet: that counter; 0: there is none yet.
std::uint16_t outcome_of(const Counters &counters);

// One statement of a live rule.
struct Mirror {
    std::string family;  // "inet", or "iptables" and its kin; empty: there is no rule
    std::string table;
    std::string chain;                    // of a target in no nft rule: the hooks
    std::optional<std::uint64_t> handle;  // of an nft rule, those of iptables-nft among them
    std::string comment;
    std::optional<Statement> statement;  // nothing is known of what is in a legacy table but:
    std::string collector;               // an address, or "register"
    std::string encap;
    std::string key;          // "-": none; or "register"
    std::string collectors;   // of a register the map that it is from; empty: from none
    std::string keys;         // likewise
    bool is_element = false;  // only for one of the collectors of a map
    Counters counters{};

    std::uint64_t count(std::uint16_t counter) const { return counters.at(counter - 1U); }
    // Packets of which the collector got something
    std::uint64_t mirrored() const;
    // "inet mirror input handle 2", of an element "inet mirror input handle 2 to 10.0.0.5"; without
    // a rule, the collector
    std::string place() const;
    // "rmirror to 10.0.0.5 len 60"; an expression is "..", "rmirror ip to .. map @collectors"
    std::string text() const;
};

// Why something is not known.
struct Gap {
    int error = 0;  // errno
    std::string what;
};

struct Mirrors {
    std::vector<Mirror> all;
    std::vector<Gap> gaps;
};

// Reads the mirrors of the network namespace that the process is in.
Mirrors read_mirrors();

// Those that one of the words names: a collector, a table, TABLE/CHAIN, or a comment. No word: all.
std::vector<Mirror> select(std::vector<Mirror> mirrors, const std::vector<std::string> &words);

// The rules of nf_tables, as far as they mirror, of all tables or of one; 0 or errno.
int read_rules(std::vector<Mirror> &mirrors, const std::string &table = {});

// The lines of /proc/net/rmirror; 0 or errno.
int read_proc(std::vector<Mirror> &mirrors);
// The same of a text.
std::vector<Mirror> parse_proc(std::string_view text);

}  // namespace rmirror::tools
