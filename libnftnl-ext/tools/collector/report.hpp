// SPDX-License-Identifier: GPL-2.0-only
// What has been counted, as text and as JSON, one object a line.
#pragma once

#include <cstdint>
#include <string>

#include "receiver.hpp"

namespace rmirror::collector {

struct Drops {
    std::uint64_t kernel = 0;  // found no room in the ring
    std::uint64_t tap = 0;     // the device did not take them

    friend bool operator==(const Drops &, const Drops &) = default;
};

// Sums over all streams that were asked for
Sequence::Counts sequence_counts(const Streams &streams);

// A line a second: rates, and of everything that is no good what the second has added.
class Ticker {
public:
    std::string line(const Receiver &receiver, const Drops &drops, double seconds, bool json);

private:
    struct Past {
        ReceiverCounts counts;
        Sequence::Counts sequence;
        Drops drops;
    };
    Past past_;
};

// At the end; ends with a line end.
std::string totals(const Receiver &receiver, const Drops &drops, double seconds, bool json);

// "probe 3f9a1c7701 from 10.0.0.1 by gre key 7: 84 bytes, whole"; as JSON with a line end.
std::string probe_line(const ProbeCopy &probe, bool json);

// "612.3 MB"
std::string bytes_text(double bytes);

}  // namespace rmirror::collector
