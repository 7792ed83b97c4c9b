// SPDX-License-Identifier: GPL-2.0-only
// The collector's parts without sockets: packets in, frames out.
#pragma once

#include <string>
#include <vector>

#include "collector/receiver.hpp"
#include "support/address.hpp"

namespace rmirror::collector {

/** What a sink was given, kept. */
struct KeptFrame {
    test::Bytes bytes;
    std::string stream;  ///< "10.0.0.1 gre key 7"
    std::uint64_t time_ns;
    std::uint32_t original_length;
    std::uint32_t lost_before;
    bool cut;
    Direction direction;
    Link link;
};

class KeepingSink : public Sink {
public:
    void write(const Frame &frame) override {
        frames.push_back({.bytes = {frame.copy.frame.begin(), frame.copy.frame.end()},
                          .stream = frame.stream.who() + " " + frame.stream.what(),
                          .time_ns = frame.time_ns,
                          .original_length = frame.original_length,
                          .lost_before = frame.lost_before,
                          .cut = frame.cut,
                          .direction = frame.copy.direction,
                          .link = frame.copy.link});
    }
    std::vector<KeptFrame> frames;
};

/** A receiver, where its frames go, and what it said. */
class Bench {
public:
    explicit Bench(const ReceiverOptions &options = {})
        : receiver(options, {&sink}, [this](const std::string &text) { notices.push_back(text); }) {
    }

    void packet(test::ByteView bytes, std::uint64_t arrival_ns = 0) {
        receiver.packet(bytes, arrival_ns);
    }

    KeepingSink sink;
    std::vector<std::string> notices;
    Receiver receiver;
};

}  // namespace rmirror::collector
