// SPDX-License-Identifier: GPL-2.0-only
// Whether packets are the same after a rule as before it: the kernel module of tests/vm/checker.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "vm/support/netns.hpp"

namespace rmirror::vm {

/** Watches the packets of a namespace around priority 0 of every hook, as long as the namespace
 *  lives. Packets are in nobody else's hands meanwhile if there is no capture in the namespace. */
class Checker {
public:
    /** `devices`: those whose ingress and egress are watched too. The module is loaded if need be;
     *  throws if that fails. */
    explicit Checker(const NetNs &netns, const std::vector<std::string> &devices = {});

    /** Gives packets a hardware time stamp before the rule sees them, in nanoseconds. */
    void stamp(std::uint64_t nanoseconds) const;

    /** How many packets were the same in all that makes them, or not. */
    std::uint64_t compared() const;
    /** What had changed in some, with how often; empty if nothing ever did. */
    std::map<std::string, std::uint64_t> changes() const;

    /** At least one packet was compared, and none had changed. */
    ::testing::AssertionResult saw_no_change() const;

private:
    std::map<std::string, std::uint64_t> read() const;

    const NetNs *netns_;
};

}  // namespace rmirror::vm
