// SPDX-License-Identifier: GPL-2.0-only
// A host behind a third link of the router.
#pragma once

#include "vm/support/topology.hpp"

namespace rmirror::vm {

/**
 *   router                      peer
 *    out ------------------- eth0
 *   10.2.0.1             10.2.0.2
 *   fd00:2::1            fd00:2::2
 *
 * What the sender and the peer say to each other is forwarded. Both know each other's neighbour.
 */
class Peer {
public:
    explicit Peer(const Topology &net, unsigned mtu = 1500);

    static constexpr const char *ipv4 = "10.2.0.2";
    static constexpr const char *ipv6 = "fd00:2::2";

    NetNs netns{"peer"};
};

}  // namespace rmirror::vm
