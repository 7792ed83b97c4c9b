// SPDX-License-Identifier: GPL-2.0-only
#include "sequence.hpp"

namespace rmirror::collector {

namespace {

// Reordering by more than this is a restart, if it goes back, or a loss, if it goes ahead.
constexpr std::uint32_t window = 64;
// So many numbers at once are not lost: the sender has chosen another start.
constexpr std::uint32_t longest_gap = 1U << 24;

}  // namespace

std::uint32_t Sequence::add(std::uint32_t number) {
    if (!started_) {
        start(number);
        return 0;
    }
    const std::uint32_t ahead = number - highest_;  // modulo 2^32, as the numbers are
    if (ahead != 0 && ahead <= longest_gap) {
        const std::uint32_t missing = ahead - 1;
        counts_.lost += missing;
        seen_ = ahead < window ? seen_ << ahead | 1 : 1;
        highest_ = number;
        return missing;
    }
    late(number, highest_ - number);
    return 0;
}

void Sequence::start(std::uint32_t number) {
    started_ = true;
    highest_ = number;
    // What came before the first is not missing.
    seen_ = ~std::uint64_t{0};
}

void Sequence::late(std::uint32_t number, std::uint32_t distance) {
    if (distance >= window) {
        counts_.restarts++;
        start(number);
        return;
    }
    const std::uint64_t bit = std::uint64_t{1} << distance;
    if (seen_ & bit) {
        counts_.repeated++;
        return;
    }
    seen_ |= bit;
    counts_.reordered++;
    counts_.lost--;
}

}  // namespace rmirror::collector
