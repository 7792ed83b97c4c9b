// SPDX-License-Identifier: GPL-2.0-only
// The packets that a ring is to take: classic BPF over the bytes from the IP header on.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "decode.hpp"

namespace rmirror::collector {

using Filter = std::vector<sock_filter>;

// GRE, UDP to one of the ports, and fragments that may be of these
Filter ipv4_filter(const Ports &ports);
Filter ipv6_filter(const Ports &ports);
// Everything; nothing
Filter every_packet();
Filter no_packet();

}  // namespace rmirror::collector
