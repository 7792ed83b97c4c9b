// SPDX-License-Identifier: GPL-2.0-only
// Writes frames to a capture file that tcpdump and Wireshark read.
#pragma once

#include <chrono>
#include <fstream>
#include <string>

#include "support/address.hpp"

namespace rmirror::test {

/** A pcap file (the classic format, microseconds, LINKTYPE_ETHERNET) of this machine's byte order.
 */
class PcapWriter {
public:
    /** Throws std::runtime_error when the file cannot be written. */
    explicit PcapWriter(const std::string &path);

    /** Appends one whole frame; `time` counts from the epoch. */
    void write(ByteView frame, std::chrono::microseconds time);

private:
    void put32(std::uint32_t value);
    void put16(std::uint16_t value);

    std::ofstream file_;
};

}  // namespace rmirror::test
