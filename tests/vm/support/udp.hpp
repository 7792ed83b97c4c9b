// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>

#include "support/address.hpp"
#include "vm/support/netns.hpp"

namespace rmirror::vm {

/** Sends a datagram through the stack of a namespace; throws if the stack does not take it. An
 *  address with a colon is IPv6. */
void send_udp(const NetNs &netns, const std::string &address, std::uint16_t port,
              test::ByteView payload);

}  // namespace rmirror::vm
