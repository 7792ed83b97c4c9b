// SPDX-License-Identifier: GPL-2.0-only
//
// fopencookie(3): what libnftables writes arrives here in pieces, at the latest when it flushes.
#include "stream.hpp"

#include <stdio_ext.h>
#include <sys/types.h>

#include <utility>

namespace rmirror::plugin {

namespace {
// A line longer than this (a ruleset in JSON is one line) is handed on in parts.
constexpr std::size_t part_size = 65536;
}  // namespace

Stream::Stream(Filter &filter, FILE *target) : filter_(filter), target_(target) {
    cookie_io_functions_t functions{};
    functions.write = write;
    file_ = fopencookie(this, "w", functions);
    // By line, so that output and errors keep their order on a terminal.
    if (file_)
        std::setvbuf(file_, nullptr, _IOLBF, 16384);
}

Stream::~Stream() {
    if (file_)
        std::fclose(file_);
    if (other_)
        other_->other_ = nullptr;
    file_ = nullptr;
    try {
        hand_on();
    } catch (...) {
        // No memory for the last line: there is nobody left to tell.
    }
}

void Stream::put(std::string_view text) {
    if (text.empty())
        return;
    std::fwrite(text.data(), 1, text.size(), target_);
    std::fflush(target_);
}

void Stream::hand_on() {
    handing_on_ = true;
    if (file_)
        std::fflush(file_);
    handing_on_ = false;
    std::string rest = std::exchange(pending_, {});
    std::string out;
    filter_.rest(rest, out);
    put(out);
}

bool Stream::holds_something() const {
    return !pending_.empty() || (file_ && __fpending(file_));
}

void Stream::take(std::string_view bytes) {
    if (other_ && !handing_on_ && other_->holds_something())
        other_->hand_on();
    bool complete = bytes.find('\n') != bytes.npos;
    pending_ += bytes;
    if (!complete && pending_.size() < part_size)
        return;
    std::size_t end = pending_.rfind('\n');
    std::size_t ready = end == pending_.npos ? pending_.size() : end + 1;
    std::string out;
    std::size_t done = filter_.lines(std::string_view(pending_).substr(0, ready), out);
    pending_.erase(0, done);
    put(out);
}

ssize_t Stream::write(void *stream, const char *bytes, std::size_t size) {
    try {
        static_cast<Stream *>(stream)->take({bytes, size});
        return static_cast<ssize_t>(size);
    } catch (...) {
        return 0;
    }
}

}  // namespace rmirror::plugin
