// SPDX-License-Identifier: GPL-2.0-only
// Traffic through the stacks of two namespaces, in the ways in which programs make large packets.
#pragma once

#include <cstdint>
#include <string>

#include "support/address.hpp"
#include "vm/support/netns.hpp"

namespace rmirror::vm {

/** Where a packet's bytes are: in pages that the stack copied them to, in those of a file, in the
 *  sender's own. */
enum class Source { memory, file, zerocopy };

struct StreamEnds {
    const NetNs &client;
    const NetNs &server;
    std::string server_address;  ///< with a colon: IPv6
    std::uint16_t port = 2000;
    int protocol = 6;  ///< TCP, or 132: SCTP
};

/** Opens a connection, sends `payload` from the client to the server, and closes it. Returns what
 *  the server has read. */
test::Bytes send_stream(const StreamEnds &ends, test::ByteView payload,
                        Source source = Source::memory);

struct DatagramOptions {
    std::uint16_t port = 9;
    std::uint16_t segment = 0;  ///< UDP_SEGMENT: payload bytes of each datagram, if not 0
    Source source = Source::memory;
    std::string device{};  ///< that the socket is bound to: a VRF
};

/** Sends one or, in segments, several datagrams with one system call. */
void send_datagrams(const NetNs &netns, const std::string &address, test::ByteView payload,
                    const DatagramOptions &options = {});

}  // namespace rmirror::vm
