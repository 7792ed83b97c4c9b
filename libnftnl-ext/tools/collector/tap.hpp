// SPDX-License-Identifier: GPL-2.0-only
//
// Frames as if a network device had received them: what Suricata, Snort, Zeek, ntopng and tcpdump
// listen on.
#pragma once

#include <memory>
#include <string>

#include "descriptor.hpp"
#include "sink.hpp"

namespace rmirror::collector {

class TapSink : public Sink {
public:
    // Makes the device, or takes a tap device that is there, sets it up, and has IPv4's ARP and
    // IPv6 stay away from it.
    static Result<std::unique_ptr<TapSink>> open(const std::string &name);

    void write(const Frame &frame) override;
    std::uint64_t drops() const override { return drops_; }

private:
    explicit TapSink(Descriptor file) : file_(std::move(file)) {}

    Descriptor file_;
    std::uint64_t drops_ = 0;
};

}  // namespace rmirror::collector
