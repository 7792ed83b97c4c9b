// SPDX-License-Identifier: GPL-2.0-only
// Routers that mirror across each other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vm/support/netns.hpp"

namespace rmirror::vm {

/**
 *   edge 0 --- router 0 === router 1 --- edge 1       each router joined to the next, the last to
 *                                                     the first; packets go that way round
 *
 * Edge i is 10.(i+1).0.1 and fd00:(i+1)::1, and there is a collector on it, 10.(i+1).0.5 and
 * fd00:(i+1)::5. The routers forward. Edge 0 has a route to the last edge; the edges answer nobody
 * unless `answering`: they have no route, or send an ICMP error for each copy.
 */
class Ring {
public:
    explicit Ring(std::size_t size, bool answering = false);

    std::size_t size() const { return routers_.size(); }
    const NetNs &edge(std::size_t i) const { return *edges_[i]; }
    const NetNs &router(std::size_t i) const { return *routers_[i]; }

    /** An address of an edge: its own (1) or its collector's (5). */
    static std::string address(std::size_t edge, bool ipv6, unsigned host);

private:
    std::string routes(std::size_t i) const;

    std::vector<std::unique_ptr<NetNs>> edges_;
    std::vector<std::unique_ptr<NetNs>> routers_;
};

}  // namespace rmirror::vm
