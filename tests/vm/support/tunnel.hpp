// SPDX-License-Identifier: GPL-2.0-only
// Tunnels between two namespaces.
#pragma once

#include <string>

#include "vm/support/netns.hpp"

namespace rmirror::vm {

/** One end of a tunnel. */
struct TunnelEnd {
    const NetNs &netns;
    std::string underlay;  ///< its IPv4 address outside
    std::string address;   ///< its IPv4 address inside, of a /24
};

/** Makes the device at both ends: of kind "ipip", "gre", "gretap", "vxlan", "geneve" or
 *  "wireguard". Devices with Ethernet frames know each other's address. */
void join_by_tunnel(const std::string &kind, const TunnelEnd &left, const TunnelEnd &right,
                    const std::string &device = "t1");

}  // namespace rmirror::vm
