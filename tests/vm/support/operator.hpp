// SPDX-License-Identifier: GPL-2.0-only
// rmirror(8) at the router of the test network.
#pragma once

#include <string>
#include <vector>

#include "vm/support/collector.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {

class OperatorTest : public TopologyTest {
protected:
    /** `rmirror WORD..` at the router. */
    CommandResult rmirror(std::vector<std::string> words) const;
    /** A datagram from the sender to the router's port 9. */
    void send(std::size_t size = 72) const;
    /** Sends one and waits until the only mirror has seen it. */
    void send_counted(std::size_t size = 72) const;

    /** The doctor's line with that text; the test fails without it. */
    std::string finding(const std::string &text,
                        const std::vector<std::string> &words = {"doctor"}) const;
    /** What that line says is to be typed. */
    static std::string remedy_of(const std::string &line);
    /** Types what a finding says, with `value` for the word in capitals, and the finding is gone.
     */
    void type_remedy(const std::string &text, const std::string &word = {},
                     const std::string &value = {}) const;
    /** The doctor has nothing with that text. */
    void expect_no_finding(const std::string &text) const;
};

}  // namespace rmirror::vm
