// SPDX-License-Identifier: GPL-2.0-only
//
// The table that a probe has for itself.
#pragma once

#include <vector>

#include "mirror.hpp"
#include "netlink/own_table.hpp"
#include "probe/frame.hpp"

namespace rmirror::tools {

// A rule that mirrors one frame, and drops it then
struct ProbeRule {
    probe::Label label;
    Statement statement;
};

class ProbeTable {
public:
    ProbeTable();

    // Makes the table, with a chain that looks at what the loopback device receives; 0 or errno.
    int open(const std::vector<ProbeRule> &rules);
    // What the rules have counted, in their order; 0 or errno.
    int read(std::vector<Counters> &counters) const;

private:
    OwnTable table_;
};

}  // namespace rmirror::tools
