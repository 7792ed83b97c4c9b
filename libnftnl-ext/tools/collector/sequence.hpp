// SPDX-License-Identifier: GPL-2.0-only
// The sequence numbers of one sender: what is missing, what is late.
#pragma once

#include <cstdint>

namespace rmirror::collector {

class Sequence {
public:
    struct Counts {
        std::uint64_t lost = 0;       // numbers that have not come
        std::uint64_t reordered = 0;  // came after a higher one
        std::uint64_t repeated = 0;   // came twice
        std::uint64_t restarts = 0;   // began anew, as after a reload of the sender's modules
    };

    // Takes the next number. Returns how many are missing between it and the highest before.
    std::uint32_t add(std::uint32_t number);

    const Counts &counts() const { return counts_; }

private:
    void start(std::uint32_t number);
    void late(std::uint32_t number, std::uint32_t distance);

    Counts counts_;
    bool started_ = false;
    std::uint32_t highest_ = 0;
    // Bit n: highest_ - n has come.
    std::uint64_t seen_ = 0;
};

}  // namespace rmirror::collector
