// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/quiet.hpp"

#include <thread>

#include "vm/support/mirror.hpp"

namespace rmirror::vm {
namespace {

constexpr std::chrono::seconds settle{1};
constexpr std::chrono::seconds quiet{10};

std::vector<std::uint64_t> copies_of_all(const std::vector<Watched> &networks) {
    std::vector<std::uint64_t> all;
    for (const Watched &network : networks)
        for (const NetNs *host : network.hosts)
            all.push_back(copies_of(*host));
    return all;
}

}  // namespace

std::uint64_t copies_of(const NetNs &netns) {
    std::uint64_t sum = 0;
    for (const Counters &counters : read_counters(netns))
        for (const char *column : {"sent", "resegmented", "fragmented", "truncated", "nested"})
            sum += counters.has(column) ? counters[column] : 0;
    return sum;
}

void expect_end(const std::vector<Watched> &networks) {
    std::this_thread::sleep_for(settle);
    const std::vector<std::uint64_t> early = copies_of_all(networks);
    std::this_thread::sleep_for(quiet);
    const std::vector<std::uint64_t> late = copies_of_all(networks);
    std::size_t at = 0;
    for (const Watched &network : networks) {
        SCOPED_TRACE(network.name);
        for (std::size_t i = 0; i < network.hosts.size(); i++, at++) {
            SCOPED_TRACE("host " + std::to_string(i));
            EXPECT_GE(early[at], network.least);
            EXPECT_LE(early[at], network.most);
            EXPECT_LE(late[at] - early[at], network.noise) << "copies after it should have ended";
        }
    }
}

}  // namespace rmirror::vm
