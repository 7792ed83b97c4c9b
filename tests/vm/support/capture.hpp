// SPDX-License-Identifier: GPL-2.0-only
// Raw frames in and out of a device: AF_PACKET sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "support/address.hpp"
#include "vm/support/netns.hpp"
#include "vm/support/virtio.hpp"

namespace rmirror::vm {

/** A frame as a capture saw it. */
struct Frame {
    test::Bytes bytes{};  ///< from the Ethernet header on, a VLAN tag in line
    bool outgoing = false;
    /** The checksum is not finished: a local sender left it to the device. */
    bool checksum_partial = false;
    /** The tag the device or the stack had taken out of the frame; it is in `bytes` again. */
    std::optional<std::uint16_t> accelerated_vlan{};
    std::chrono::microseconds time{};  ///< since the epoch
};

enum class Direction { incoming, outgoing, both };

/** Collects every whole frame of a device from the moment it is made. */
class Capture {
public:
    using Predicate = std::function<bool(const Frame &)>;

    Capture(const NetNs &netns, const std::string &device,
            Direction direction = Direction::incoming);

    /** Waits until `count` frames have matched, or none has for the time of the timeout; returns
     *  those that did, at most `count`, oldest first. They are taken out of the capture; others
     * stay for later calls. */
    std::vector<Frame> wait_for(std::size_t count, const Predicate &predicate,
                                std::chrono::milliseconds timeout = std::chrono::seconds(5));

    /** Waits for `time` and returns all frames that matched until then: to show that no more came.
     */
    std::vector<Frame> collect(const Predicate &predicate,
                               std::chrono::milliseconds time = std::chrono::milliseconds(100));

    /** Frames that the kernel dropped because this capture did not read them in time. */
    unsigned lost() const;

private:
    void read_until(std::chrono::steady_clock::time_point deadline);
    bool read_one();
    std::vector<Frame> take(std::size_t count, const Predicate &predicate);

    FileDescriptor socket_;
    Direction direction_;
    std::vector<Frame> frames_;
};

/** Sends raw frames out of a device. */
class Injector {
public:
    Injector(const NetNs &netns, const std::string &device);

    /** Throws std::system_error if the kernel does not take the frame. */
    void send(test::ByteView frame);
    /** Sends one frame of many segments, with its checksum left to be finished: in the transport
     *  header's checksum field stands the sum of the pseudo header. */
    void send_gso(test::ByteView frame, const GsoRequest &request);

private:
    FileDescriptor socket_;
};

/** Predicates: the EtherType (behind any VLAN tags), the IP protocol, everything. */
Capture::Predicate has_ethertype(std::uint16_t ethertype);
Capture::Predicate has_ip_protocol(std::uint8_t protocol);
Capture::Predicate any_frame();

}  // namespace rmirror::vm
