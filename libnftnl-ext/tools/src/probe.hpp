// SPDX-License-Identifier: GPL-2.0-only
//
// Frames of our own, mirrored as the user's rules would: what became of their copies.
//
// They pass the loopback device, where a rule of a table of their own mirrors and drops them: no
// other rule need see them, and nothing else is touched.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mirror.hpp"
#include "probe/answer.hpp"
#include "probe/frame.hpp"

namespace rmirror::tools {

struct Shot {
    probe::Label label;
    std::size_t size = 0;  // of its IP packet
    Counters counters{};

    bool was_seen() const { return counters.at(NFTA_RMIRROR_COUNTER_MATCHED - 1) != 0; }
    // NFTA_RMIRROR_COUNTER_*; 0: there is none yet
    std::uint16_t outcome() const { return outcome_of(counters); }
    // A copy went out of this host, whole or not.
    bool has_left() const;
};

// Those of mirrors that all have one statement
struct Probe {
    Statement statement;
    std::vector<const Mirror *> mirrors;
    std::vector<Shot> shots;
    std::optional<probe::Answer> answer;  // the first one

    bool was_refused() const;
};

struct Probing {
    int error = 0;     // errno
    std::string what;  // that was not possible
    std::vector<Probe> probes;
    std::vector<const Mirror *> left_out;  // whose collector only a packet tells
    std::size_t too_many = 0;              // statements beyond the bound
};

// Waits until it is known what became of all, and a second more for those who refuse. A key that
// only a packet tells is 0; a mirror with a map of collectors is left to its elements. The mirrors
// have to live as long as the result.
Probing send_probes(const std::vector<Mirror> &mirrors);

}  // namespace rmirror::tools
