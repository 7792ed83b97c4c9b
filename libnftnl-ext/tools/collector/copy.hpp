// SPDX-License-Identifier: GPL-2.0-only
// A copy of a packet as its encapsulation describes it.
#pragma once

#include <linux/netfilter/rmirror.h>

#include <cstdint>
#include <optional>

#include "bytes.hpp"

namespace rmirror::collector {

// What a frame starts with
enum class Link { ethernet, ip };

// Of the packet, seen from the host that mirrored it
enum class Direction { unknown, in, out };

// The time in an outer header: a counter of ticks, of which only the low bits may have been sent.
struct Stamp {
    std::uint64_t ticks = 0;
    std::uint32_t tick_ns = 1;
    unsigned bits = 64;

    // Nanoseconds since the epoch: of all times with these low bits the one next to the arrival.
    std::uint64_t near(std::uint64_t arrival_ns) const;
};

// What only `encap geneve metadata` tells
struct Metadata {
    std::uint32_t in_ifindex = 0;  // 0: none
    std::uint32_t out_ifindex = 0;
    std::uint32_t mark = 0;
    std::uint8_t family = 0;  // NFPROTO_* of the hook
    std::uint8_t hook = 0;    // its number in that family
};

struct Copy {
    rmirror_encap encap = RMIRROR_ENCAP_GRE;
    std::optional<std::uint32_t> key;  // GRE key, ERSPAN session, VNI
    std::optional<std::uint32_t> sequence;
    std::optional<Stamp> stamp;
    std::optional<std::uint32_t> original_length;
    bool truncated = false;  // ERSPAN's T bit: cut, by how much nothing says
    Direction direction = Direction::unknown;
    std::optional<Metadata> metadata;
    Link link = Link::ethernet;
    ByteView frame;
};

}  // namespace rmirror::collector
