// SPDX-License-Identifier: GPL-2.0-only
// Devices of a test.
#pragma once

#include <string>

#include "support/address.hpp"
#include "vm/support/netns.hpp"

namespace rmirror::vm {

/** One end of a veth pair. */
struct VethEnd {
    const NetNs &netns;
    std::string device;
    test::MacAddress mac;
};

/** Joins two namespaces by a veth pair, both ends up, without the chatter of IPv6 (no link-local
 *  address, no duplicate address detection, no router solicitation). */
void create_veth(const VethEnd &left, const VethEnd &right, unsigned mtu = 1500);

/** What a device may do in the place of the stack. */
enum class Offload { gro, gso, tso, rx_checksum, tx_checksum };

/** Turns an offload of a device on or off, as `ethtool -K`; throws if the device refuses. */
void set_offload(const NetNs &netns, const std::string &device, Offload offload, bool on);

}  // namespace rmirror::vm
