// SPDX-License-Identifier: GPL-2.0-only
//
// RFC 791 section 3.2, RFC 8200 section 4.5, and RFC 5722 for both: fragments that overlap spoil
// the packet, since nothing tells which one is meant.
#include "reassembly.hpp"

#include <algorithm>
#include <string_view>

namespace rmirror::collector {

namespace {

constexpr std::uint32_t longest_payload = 65535;
// A whole packet over the smallest MTU of IPv6 has 53.
constexpr std::size_t most_ranges = 256;

std::string_view as_text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

}  // namespace

std::size_t Reassembler::Hash::operator()(const Key &key) const {
    const std::hash<std::string_view> hash;
    return hash(as_text(key.source.bytes())) ^ (hash(as_text(key.destination.bytes())) << 1) ^
           static_cast<std::size_t>(key.id * 0x9e3779b97f4a7c15U);
}

std::optional<OuterPacket> Reassembler::add(const OuterPacket &piece, std::uint64_t now_ns) {
    counts_.fragments++;
    expire(now_ns);
    Packet &packet = find_or_add(piece, now_ns);
    if (packet.bad || !insert(packet, piece)) {
        counts_.refused++;
        spoil(packet);
        return std::nullopt;
    }
    if (packet.total == 0 || packet.received != packet.total) {
        make_room();
        return std::nullopt;
    }
    counts_.whole++;
    OuterPacket whole = piece;
    whole.protocol = packet.protocol;
    whole.fragment.reset();
    whole_ = std::move(packet.data);
    bytes_ -= whole_.capacity();
    packet.data = {};
    whole.payload = whole_;
    remove(index_.at(packet.key));
    return whole;
}

void Reassembler::expire(std::uint64_t now_ns) {
    while (!packets_.empty() && now_ns - packets_.front().since_ns > limits_.timeout_ns &&
           now_ns > packets_.front().since_ns) {
        counts_.incomplete++;
        remove(packets_.begin());
    }
}

Reassembler::Packet &Reassembler::find_or_add(const OuterPacket &piece, std::uint64_t now_ns) {
    const Key key{piece.source, piece.destination, piece.fragment->id,
                  piece.source.is_ipv4() ? piece.protocol : std::uint8_t{0}};
    const auto found = index_.find(key);
    if (found != index_.end())
        return *found->second;
    if (packets_.size() >= limits_.packets) {
        counts_.incomplete++;
        remove(packets_.begin());
    }
    packets_.push_back({.key = key, .since_ns = now_ns, .data = {}, .ranges = {}});
    index_.emplace(key, std::prev(packets_.end()));
    return packets_.back();
}

// False: the fragment does not fit what is there.
bool Reassembler::insert(Packet &packet, const OuterPacket &piece) {
    const std::uint32_t begin = piece.fragment->offset;
    const auto size = static_cast<std::uint32_t>(piece.payload.size());
    const std::uint32_t end = begin + size;
    if (size == 0 || end > longest_payload || (piece.fragment->more && size % 8 != 0))
        return false;

    const auto next =
        std::lower_bound(packet.ranges.begin(), packet.ranges.end(), begin,
                         [](const Range &range, std::uint32_t at) { return range.begin < at; });
    // The network may have delivered it twice.
    if (next != packet.ranges.end() && next->begin == begin && next->end == end)
        return true;
    if ((next != packet.ranges.end() && next->begin < end) ||
        (next != packet.ranges.begin() && std::prev(next)->end > begin) ||
        packet.ranges.size() >= most_ranges)
        return false;

    const std::uint32_t last = packet.ranges.empty() ? 0 : packet.ranges.back().end;
    if (!piece.fragment->more) {
        if (packet.total != 0 || last > end)
            return false;
        packet.total = end;
    } else if (packet.total != 0 && end > packet.total) {
        return false;
    }
    packet.ranges.insert(next, {begin, end});
    packet.received += size;
    if (begin == 0)
        packet.protocol = piece.protocol;
    bytes_ -= packet.data.capacity();
    if (packet.data.size() < end)
        packet.data.resize(end);
    bytes_ += packet.data.capacity();
    std::copy(piece.payload.begin(), piece.payload.end(), packet.data.begin() + begin);
    return true;
}

void Reassembler::spoil(Packet &packet) {
    packet.bad = true;
    bytes_ -= packet.data.capacity();
    packet.data = {};
    packet.ranges = {};
}

void Reassembler::remove(Packets::iterator packet) {
    bytes_ -= packet->data.capacity();
    index_.erase(packet->key);
    packets_.erase(packet);
}

void Reassembler::make_room() {
    while (bytes_ > limits_.bytes && !packets_.empty()) {
        counts_.incomplete++;
        remove(packets_.begin());
    }
}

}  // namespace rmirror::collector
