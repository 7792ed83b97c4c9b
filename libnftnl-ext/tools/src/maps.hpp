// SPDX-License-Identifier: GPL-2.0-only
//
// Mirrors whose collectors a map has: one for each of its addresses.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "mirror.hpp"
#include "path.hpp"

namespace rmirror::tools {

struct Targets {
    int error = 0;                // errno: the map cannot be read
    std::vector<Mirror> mirrors;  // without counters, which are those of all
    std::size_t too_many = 0;     // addresses beyond the bound
};

// Of each address in a mirror's map the same mirror with that collector, in the order in which the
// kernel has them. Nothing is read of a mirror with a constant collector, or without a map.
Targets read_targets(const Mirror &mirror);

// obstacle() of the mirror; of one with a map, that of the first target that has one.
std::string obstacle_now(const Mirror &mirror, Paths &paths);

}  // namespace rmirror::tools
