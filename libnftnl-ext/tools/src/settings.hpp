// SPDX-License-Identifier: GPL-2.0-only
//
// What /proc/sys says of this network namespace.
#pragma once

#include <cstdint>
#include <string>

namespace rmirror::tools {

// "net/ipv4/ip_forward"; nothing if it is not there.
std::string setting(const std::string &path);

// Does it forward packets of the family (NFPROTO_*), by any device?
bool does_forward(std::uint8_t family);

// Do bridged packets pass the hooks of IP?
bool hands_bridged_to_ip();

// Is a packet that comes by the device dropped if its sender is not reached by the same one? (IPv4)
bool is_strict_on_return(const std::string &device);

}  // namespace rmirror::tools
