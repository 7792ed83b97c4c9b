// SPDX-License-Identifier: GPL-2.0-only
//
// From packets of the network to frames in sinks: outer header, fragments, decoding, streams. It
// has no socket: tests and the fuzzer give it packets.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "decode.hpp"
#include "outer.hpp"
#include "reassembly.hpp"
#include "sink.hpp"
#include "streams.hpp"

namespace rmirror::collector {

struct ReceiverOptions {
    Wanted wanted;
    Ports ports = default_ports();
    bool sender_time = true;        // take times of outer headers
    bool bare = false;              // `none`: every packet is a frame by itself
    std::vector<Address> local;     // with `bare`: packets to these are not mirrored ones
    std::uint64_t most_frames = 0;  // then finished() is true; 0: no limit
};

struct ReceiverCounts {
    std::uint64_t packets = 0;  // frames delivered to the sinks
    std::uint64_t bytes = 0;
    std::uint64_t cut = 0;
    std::uint64_t others = 0;     // copies that were not asked for
    std::uint64_t malformed = 0;  // what looks like a copy and is broken
    std::uint64_t foreign = 0;    // of the same protocol or port, no copy
    std::uint64_t merged = 0;     // several frames that the NIC's GRO has made one
    std::uint64_t clock = 0;      // stamps too far from the arrival to be believed
};

// A copy of a frame that `rmirror doctor --probe` has sent
struct ProbeCopy {
    std::string label;
    const Stream &stream;
    std::uint32_t packet = 0;  // bytes of its IP packet; 0: it was cut before it
    std::uint32_t kept = 0;    // bytes of the frame
    bool cut = false;
};

class Receiver {
public:
    // Something that the user should read once, a line without its end
    using Notice = std::function<void(const std::string &)>;

    // The copy lasts only as long as the call.
    using ProbeNotice = std::function<void(const ProbeCopy &)>;

    Receiver(ReceiverOptions options, std::vector<Sink *> sinks, Notice notice);

    // Of probes, asked for or not; without it they are like all other frames.
    void tell_of_probes(ProbeNotice notice) { probe_notice_ = std::move(notice); }

    // One packet, from its IP header on, whole or a fragment. `merged`: GRO has been at it.
    void packet(ByteView packet, std::uint64_t arrival_ns, bool merged = false);

    // Nothing more comes: what is incomplete stays so.
    void finish() { reassembler_.expire(~std::uint64_t{0}); }

    bool finished() const {
        return options_.most_frames != 0 && counts_.packets >= options_.most_frames;
    }
    const ReceiverCounts &counts() const { return counts_; }
    const Streams &streams() const { return streams_; }
    const Reassembler::Counts &fragments() const { return reassembler_.counts(); }

private:
    void payload(const OuterPacket &outer, std::uint64_t arrival_ns);
    void bare(ByteView packet, std::uint64_t arrival_ns);
    void copy(const Host &source, const Copy &copy, std::uint64_t arrival_ns);
    void deliver(Stream &stream, const Copy &copy, std::uint64_t arrival_ns);
    std::uint64_t time_of(const Copy &copy, std::uint64_t arrival_ns);
    void tell_of_other(const Stream &stream);
    void look_for_probe(const Stream &stream, const Copy &copy, std::uint64_t arrival_ns);
    void notice_once(bool &told, const char *text);

    ReceiverOptions options_;
    std::vector<Sink *> sinks_;
    Notice notice_;
    ProbeNotice probe_notice_;
    ReceiverCounts counts_;
    Streams streams_;
    Reassembler reassembler_;
    unsigned told_others_ = 0;
    unsigned told_probes_ = 0;  // in the second that began at
    std::uint64_t probes_since_ns_ = 0;
    bool told_merged_ = false;
    bool told_clock_ = false;
};

// How long the IP header in a frame says that the frame is; 0: it has none.
std::uint32_t length_by_header(Link link, ByteView frame);

}  // namespace rmirror::collector
