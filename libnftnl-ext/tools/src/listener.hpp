// SPDX-License-Identifier: GPL-2.0-only
//
// What ICMP tells this host, while it lives.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "collector/descriptor.hpp"
#include "probe/answer.hpp"

namespace rmirror::tools {

class Listener {
public:
    // 0 or errno
    int open();
    // Gives every error that comes in that time.
    void listen(std::chrono::milliseconds time,
                const std::function<void(const probe::Answer &)> &take) const;

private:
    std::vector<collector::Descriptor> sockets_;
};

}  // namespace rmirror::tools
