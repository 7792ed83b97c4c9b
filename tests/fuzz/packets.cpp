// SPDX-License-Identifier: GPL-2.0-only
//
// Any bytes as a series of packets, each behind its length (two bytes): outer headers, fragments,
// streams, and the file that comes of them.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "collector/pcapng.hpp"
#include "collector/receiver.hpp"
#include "collector/report.hpp"

using namespace rmirror::collector;

namespace {

void demand(bool property, const char *what) {
    if (property)
        return;
    std::fprintf(stderr, "property: %s\n", what);
    std::abort();
}

std::uint32_t word_at(const pcapng::Buffer &buffer, std::size_t at) {
    std::uint32_t word = 0;
    std::memcpy(&word, buffer.data() + at, sizeof word);
    return word;
}

// Keeps nothing, but looks at what would be in the file.
class CheckingSink : public Sink {
public:
    void write(const Frame &frame) override {
        demand(frame.original_length >= frame.copy.frame.size(), "no frame is longer than it was");
        demand(frame.stream.packets > 0, "its stream has counted it");
        buffer_.clear();
        pcapng::add_packet(buffer_, 0, frame);
        demand(buffer_.size() % 4 == 0, "a block is aligned");
        demand(word_at(buffer_, 4) == buffer_.size(), "a block is as long as it says");
        demand(word_at(buffer_, buffer_.size() - 4) == buffer_.size(), "at both ends");
        bytes_ += frame.copy.frame.size();
    }
    std::uint64_t bytes() const { return bytes_; }

private:
    pcapng::Buffer buffer_;
    std::uint64_t bytes_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    CheckingSink sink;
    Receiver receiver({}, {&sink}, [](const std::string &) {});
    Reader reader({data, size});
    std::uint64_t time = 1'700'000'000'000'000'000;
    while (!reader.rest().empty()) {
        const std::size_t length = reader.u16();
        const ByteView rest = reader.take(std::min(length, reader.rest().size()));
        // A buffer of its own, so that one byte too far is one too far for the sanitizer, too.
        const std::vector<std::uint8_t> packet(rest.begin(), rest.end());
        receiver.packet(packet, time);
        time += 100'000'000;
    }
    receiver.finish();
    demand(sink.bytes() == receiver.counts().bytes, "what is counted is what was written");
    demand(!totals(receiver, {}, 1, false).empty(), "there are totals");
    demand(!totals(receiver, {}, 1, true).empty(), "as JSON, too");
    return 0;
}
