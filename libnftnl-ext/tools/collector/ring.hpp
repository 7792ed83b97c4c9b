// SPDX-License-Identifier: GPL-2.0-only
//
// Packets as they arrive, before the firewall and whoever else receives them: a packet socket with
// a ring (TPACKET_V3) that the kernel fills block by block. A socket of one protocol sees a packet
// once, behind bonds, bridges and VLAN devices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "descriptor.hpp"
#include "filter.hpp"
#include "receiver.hpp"

namespace rmirror::collector {

class Ring {
public:
    struct Options {
        std::uint16_t protocol = 0;  // ETH_P_IP or ETH_P_IPV6
        std::string device;          // empty: any
        Filter filter;
        std::size_t bytes = 0;  // of memory, rounded up to whole blocks
    };
    static Result<std::unique_ptr<Ring>> open(const Options &options);
    Ring(const Ring &) = delete;
    Ring &operator=(const Ring &) = delete;
    ~Ring();

    int fd() const { return socket_.get(); }
    // Hands at most `blocks` of what is there to the receiver; returns how many that were.
    unsigned read(Receiver &receiver, unsigned blocks);
    unsigned block_count() const { return block_count_; }
    // Packets that found no room, from the start on
    std::uint64_t drops();
    // How long a packet may wait in a block that is not full
    static constexpr unsigned delay_ms = 10;

private:
    Ring(Descriptor socket, std::uint8_t *memory, unsigned blocks)
        : socket_(std::move(socket)), memory_(memory), block_count_(blocks) {}

    Descriptor socket_;
    std::uint8_t *memory_;
    unsigned block_count_;
    unsigned next_ = 0;
    std::uint64_t drops_ = 0;
};

}  // namespace rmirror::collector
