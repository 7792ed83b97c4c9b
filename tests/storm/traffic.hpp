// SPDX-License-Identifier: GPL-2.0-only
// Packets past every hook while rules are made up, and a count of those that are forwarded.
#pragma once

#include <cstdint>
#include <string>

namespace rmirror::storm {

/**
 * The devices, which fuzz.py makes:
 *
 *   v1 ---- v0 10.1.0.2   this host   d0 10.2.0.2, a dummy: the default route
 *   b1 ---- b0, a port of br0
 */
class Traffic {
public:
    /** Starts a process that sends, until this object goes. */
    Traffic();
    Traffic(const Traffic &) = delete;
    Traffic &operator=(const Traffic &) = delete;
    ~Traffic();

    /** Sends numbered packets to v0 and waits until each has been seen to leave by d0. Returns what
     * is wrong. */
    std::string check_forwarding();
    /** Packets that the other process has sent. */
    std::uint64_t sent() const;

private:
    int out_;
    int seen_;
    std::uint32_t round_ = 0;
    int child_;
    volatile std::uint64_t *sent_;
};

}  // namespace rmirror::storm
