// SPDX-License-Identifier: GPL-2.0-only
//
// Fragments of outer packets, which `mtu fragment` makes, put together again. A packet socket sees
// them as they came. Memory is bounded: where it is used up, the oldest incomplete packet goes.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "outer.hpp"

namespace rmirror::collector {

class Reassembler {
public:
    struct Limits {
        std::size_t packets = 256;
        std::size_t bytes = std::size_t{8} << 20;
        std::uint64_t timeout_ns = 5'000'000'000;
    };
    struct Counts {
        std::uint64_t fragments = 0;
        std::uint64_t whole = 0;       // packets put together
        std::uint64_t incomplete = 0;  // given up: time or memory ran out
        std::uint64_t refused = 0;     // fragments that overlap, or do not fit the others
    };

    explicit Reassembler(const Limits &limits) : limits_(limits) {}
    Reassembler() : Reassembler(Limits{}) {}

    // Takes a packet whose `fragment` is set. The packet that it completes, without `fragment`; its
    // payload is valid until the next call.
    std::optional<OuterPacket> add(const OuterPacket &piece, std::uint64_t now_ns);
    // Gives up what has waited too long.
    void expire(std::uint64_t now_ns);

    const Counts &counts() const { return counts_; }
    std::size_t bytes() const { return bytes_; }

private:
    struct Key {
        Host source;
        Host destination;
        std::uint32_t id;
        std::uint8_t protocol;  // of IPv4; RFC 8200 section 4.5 does not have it

        friend bool operator==(const Key &, const Key &) = default;
    };
    struct Hash {
        std::size_t operator()(const Key &key) const;
    };
    struct Range {
        std::uint32_t begin;
        std::uint32_t end;
    };
    struct Packet {
        Key key;
        std::uint64_t since_ns;
        std::vector<std::uint8_t> data;
        std::vector<Range> ranges;
        std::uint32_t total = 0;  // 0: the last fragment is not there
        std::uint32_t received = 0;
        std::uint8_t protocol = 0;  // of the first fragment
        bool bad = false;           // its data is gone; later fragments of it are not taken
    };
    using Packets = std::list<Packet>;

    Packet &find_or_add(const OuterPacket &piece, std::uint64_t now_ns);
    bool insert(Packet &packet, const OuterPacket &piece);
    void spoil(Packet &packet);
    void remove(Packets::iterator packet);
    void make_room();

    Limits limits_;
    Counts counts_;
    Packets packets_;  // the oldest first
    std::unordered_map<Key, Packets::iterator, Hash> index_;
    std::size_t bytes_ = 0;
    std::vector<std::uint8_t> whole_;
};

}  // namespace rmirror::collector
