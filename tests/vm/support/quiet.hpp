// SPDX-License-Identifier: GPL-2.0-only
// Whether mirroring ends. Many networks wait at once, so that the time passes once.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "vm/support/netns.hpp"

namespace rmirror::vm {

/** How many copies the mirrors of a namespace have sent, in whatever form. */
std::uint64_t copies_of(const NetNs &netns);

/** Hosts that have mirrors, and what to expect of each. */
struct Watched {
    std::string name;
    std::vector<const NetNs *> hosts;
    std::uint64_t least;      ///< copies of a host
    std::uint64_t most;       ///< copies of a host: what a loop exceeds at once
    std::uint64_t noise = 0;  ///< copies of a host in the quiet time: of what is no test's
};

/** After a second every host has sent as many copies as it should, and ten seconds later no more.
 */
void expect_end(const std::vector<Watched> &networks);

}  // namespace rmirror::vm
