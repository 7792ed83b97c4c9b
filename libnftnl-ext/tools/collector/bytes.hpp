// SPDX-License-Identifier: GPL-2.0-only
// Bytes from the network, which nobody has checked, and a reader that cannot leave them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rmirror::collector {

using ByteView = std::span<const std::uint8_t>;

// Reads big-endian numbers from front to back. What is not there reads as 0 and makes the reader
// fail for good, so that a decoder may read a whole header and ask once.
class Reader {
public:
    explicit Reader(ByteView bytes) : rest_(bytes) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(number<1>()); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number<2>()); }
    std::uint32_t u32() { return number<4>(); }

    ByteView take(std::size_t size) {
        if (size > rest_.size()) {
            failed_ = true;
            rest_ = {};
            return {};
        }
        const ByteView taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    void skip(std::size_t size) { take(size); }

    ByteView rest() const { return rest_; }
    bool ok() const { return !failed_; }

private:
    // Of a constant size, so that it is one load.
    template <std::size_t Size>
    std::uint32_t number() {
        const ByteView bytes = take(Size);
        if (bytes.empty())
            return 0;
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < Size; i++)
            value = value << 8 | bytes[i];
        return value;
    }

    ByteView rest_;
    bool failed_ = false;
};

}  // namespace rmirror::collector
