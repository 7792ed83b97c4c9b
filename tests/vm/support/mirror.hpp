// SPDX-License-Identifier: GPL-2.0-only
// Rules with `rmirror`, and what the kernel counts of them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "vm/support/netns.hpp"

namespace rmirror::vm {

/** Where the router of the test network has its rule: "inet input", "netdev ingress", ... */
struct Hook {
    std::string family;
    std::string name;
};

/** "inet input" */
Hook hook(const std::string &words);

/** A ruleset of one rule at a hook; `device` is that of a netdev chain. */
std::string ruleset(const Hook &hook, const std::string &rule, const std::string &device = "lan");

/** One line of /proc/net/rmirror: its columns by their headings. */
class Counters {
public:
    Counters(const std::string &headings, const std::string &line);

    const std::string &text(const std::string &column) const;
    bool has(const std::string &column) const { return columns_.contains(column); }
    std::uint64_t operator[](const std::string &column) const;

    /** matched = sent + every other outcome; else the line. */
    ::testing::AssertionResult add_up() const;
    /** These counters, and nothing else but `bytes`, are not 0. They add up, too. */
    ::testing::AssertionResult are(const std::map<std::string, std::uint64_t> &expected) const;

private:
    std::string line_;
    std::map<std::string, std::string> columns_;
};

/** All lines, in the order of the rules. */
std::vector<Counters> read_counters(const NetNs &netns);

/** All lines add up, at the latest when no copy waits for its neighbour any more; without the
 * module there is none. */
::testing::AssertionResult all_add_up(const NetNs &netns);

/** The only line; throws if there is not just one. */
Counters only_counters(const NetNs &netns);

/** Waits until no copy waits for its neighbour any more: matched packets are all accounted for. */
Counters settled_counters(const NetNs &netns);

}  // namespace rmirror::vm
