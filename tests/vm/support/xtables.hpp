// SPDX-License-Identifier: GPL-2.0-only
// iptables and its relatives, with our extension.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "vm/support/command.hpp"
#include "vm/support/netns.hpp"

namespace rmirror::vm {

/** The programs of a distribution: this machine's ("here"), or one of tests/vm/userland. None of
 *  them sees the plugin. */
class Userland {
public:
    explicit Userland(std::string name = "here") : name_(std::move(name)) {}

    const std::string &name() const { return name_; }
    /** Why it cannot be used; empty if it can. */
    std::string missing() const;

    /** `line` is a program and its arguments, one blank between: "iptables-nft -S". */
    CommandResult exec(const NetNs &netns, const std::string &line,
                       const CommandOptions &options = {}) const;
    /** Its standard output; throws if it fails. */
    std::string require(const NetNs &netns, const std::string &line,
                        const CommandOptions &options = {}) const;

private:
    std::vector<std::string> argv(const std::string &line) const;

    std::string name_;
};

/** Why iptables-legacy and ip6tables-legacy have no tables in this kernel (RT of 7.2); empty if
 * they have. */
std::string missing_legacy_tables();

/** The lines of `text` in which `word` stands. */
std::vector<std::string> lines_with(const std::string &text, const std::string &word);

/** It failed, and its complaint has these words. */
::testing::AssertionResult complains(const CommandResult &result, const std::string &words);

}  // namespace rmirror::vm
