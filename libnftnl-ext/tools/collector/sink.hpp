// SPDX-License-Identifier: GPL-2.0-only
// Where frames go.
#pragma once

#include <cstdint>
#include <optional>
#include <rmirror/statement.hpp>

#include "copy.hpp"
#include "streams.hpp"

namespace rmirror::collector {

// A frame and what is known of it; all of it lasts only as long as the call.
struct Frame {
    const Copy &copy;
    const Stream &stream;
    std::uint64_t time_ns = 0;          // since the epoch
    std::uint32_t original_length = 0;  // at least the frame's
    std::uint32_t lost_before = 0;      // numbers missing between it and the one before
    bool cut = false;
};

class Sink {
public:
    Sink() = default;
    Sink(const Sink &) = delete;
    Sink &operator=(const Sink &) = delete;
    virtual ~Sink() = default;

    virtual void write(const Frame &frame) = 0;
    // Nothing waits to be written just now: what is buffered may go out.
    virtual void idle() {}
    // Everything out; `streams` for the summary that a file may end with.
    virtual void finish(const Streams &, std::uint64_t /*kernel_drops*/) {}
    // Frames that could not be delivered
    virtual std::uint64_t drops() const { return 0; }
    // Why it does not go on; none: it does
    const std::optional<Error> &error() const { return error_; }
    // There is nobody to write for any more, as when Wireshark has been closed.
    bool ended() const { return ended_; }

protected:
    std::optional<Error> error_;
    bool ended_ = false;
};

}  // namespace rmirror::collector
