// SPDX-License-Identifier: GPL-2.0-only
//
// Mirrors whose collectors a map has: one for each of its addresses.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mirror.hpp"
#include "path.hpp"

namespace rmirror::tools {

// The map is nft's own name for one that stands in the rule.
bool is_anonymous(std::string_view map);

struct Elements {
    int error = 0;                // errno: the map cannot be read
    std::vector<Mirror> mirrors;  // without counters, which are those of all
    std::size_t too_many = 0;     // addresses beyond the bound
};

// Reads maps, each once.
class Maps {
public:
    // Of each address in a mirror's map the same mirror with that collector, in the order in which
    // the kernel has them. Nothing is read of a mirror with a constant collector, or without a map.
    Elements elements_of(const Mirror &mirror);

private:
    struct Collectors {
        int error = 0;
        std::vector<Address> addresses;
    };
    static Collectors read(const Mirror &mirror);

    std::map<std::string, Collectors> known_;
};

// obstacle() of the mirror; of one with a map, that of the first element that has one.
std::string obstacle_now(const Mirror &mirror, Paths &paths, Maps &maps);

}  // namespace rmirror::tools
