// SPDX-License-Identifier: GPL-2.0-only
// One run of the collector: sockets and sinks, from the first packet to the totals.
#pragma once

#include <memory>
#include <vector>

#include "file_sink.hpp"
#include "options.hpp"
#include "quiet.hpp"
#include "receiver.hpp"
#include "report.hpp"
#include "ring.hpp"
#include "tap.hpp"

namespace rmirror::collector {

class Session {
public:
    explicit Session(const Options &options) : options_(options) {}

    // Opens everything, and gives up the privileges that this took.
    std::optional<Error> open();
    // Until a signal, the last frame, or an error.
    std::optional<Error> run();

private:
    std::optional<Error> open_sinks();
    std::optional<Error> open_rings();
    void open_quiet();
    std::optional<Error> check_directory() const;
    void wait() const;
    bool is_second_over() const;
    std::optional<Error> check_device() const;
    bool goes_on() const;
    std::optional<Error> sink_error() const;
    void drain();
    void tick();
    void finish();
    Drops drops();
    double seconds() const;
    void say(const std::string &text) const;

    const Options &options_;
    std::unique_ptr<FileSink> file_;
    std::unique_ptr<TapSink> tap_;
    std::vector<Sink *> sinks_;
    std::vector<std::unique_ptr<Ring>> rings_;
    Quiet quiet_;
    std::unique_ptr<Receiver> receiver_;
    Ticker ticker_;
    unsigned device_ = 0;  // its index
    std::uint64_t begun_ns_ = 0;
    std::uint64_t last_tick_ns_ = 0;
};

}  // namespace rmirror::collector
