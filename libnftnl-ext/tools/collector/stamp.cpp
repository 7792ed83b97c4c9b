// SPDX-License-Identifier: GPL-2.0-only
#include "copy.hpp"

namespace rmirror::collector {

std::uint64_t Stamp::near(std::uint64_t arrival_ns) const {
    if (bits >= 64)
        return ticks * tick_ns;
    const std::uint64_t now = arrival_ns / tick_ns;
    const std::uint64_t range = std::uint64_t{1} << bits;
    // How far the stamp is ahead of the arrival, modulo the range; more than half of it is behind.
    const std::uint64_t ahead = (ticks - now) & (range - 1);
    const std::uint64_t behind = range - ahead;
    if (ahead >= range / 2 && behind <= now)
        return (now - behind) * tick_ns;
    return (now + ahead) * tick_ns;
}

}  // namespace rmirror::collector
