// SPDX-License-Identifier: GPL-2.0-only
#include "support/packet_builder.hpp"

#include <stdexcept>

namespace rmirror::test {
namespace {

constexpr std::uint8_t protocol_icmp = 1;
constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t protocol_udp = 17;
constexpr std::uint8_t protocol_gre = 47;
constexpr std::uint8_t protocol_icmpv6 = 58;
constexpr std::uint8_t protocol_none = 59;  // IPv6 "no next header": raw bytes follow, or nothing

void put8(Bytes &bytes, unsigned value) {
    bytes.push_back(static_cast<std::uint8_t>(value));
}

void put16(Bytes &bytes, unsigned value) {
    put8(bytes, value >> 8 & 0xff);
    put8(bytes, value & 0xff);
}

void put32(Bytes &bytes, std::uint32_t value) {
    put16(bytes, value >> 16);
    put16(bytes, value & 0xffff);
}

void put(Bytes &bytes, ByteView more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}

void set16(Bytes &bytes, std::size_t offset, std::size_t value) {
    bytes.at(offset) = static_cast<std::uint8_t>(value >> 8);
    bytes.at(offset + 1) = static_cast<std::uint8_t>(value);
}

/** The sum of big endian 16-bit words, an odd last byte padded with 0; not folded. */
std::uint32_t word_sum(ByteView bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
    return sum;
}

}  // namespace

std::uint16_t internet_checksum(ByteView bytes, std::uint32_t sum) {
    sum += word_sum(bytes);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

PacketBuilder &PacketBuilder::eth(const MacAddress &source, const MacAddress &destination,
                                  std::optional<std::uint16_t> ethertype) {
    Bytes header;
    put(header, destination);
    put(header, source);
    put16(header, ethertype.value_or(0));
    layers_.push_back({Kind::eth, header, ethertype.has_value()});
    return *this;
}

PacketBuilder &PacketBuilder::vlan(std::uint16_t id, std::uint8_t priority, std::uint16_t tpid) {
    // The TPID belongs to the preceding header's type field on the wire: kept as a prefix here and
    // moved there by ethertype_after().
    Bytes header;
    put16(header, tpid);
    put16(header, static_cast<unsigned>(priority) << 13 | id);
    put16(header, 0);
    layers_.push_back({Kind::vlan, header});
    return *this;
}

PacketBuilder &PacketBuilder::ipv4(const Ipv4Fields &fields) {
    Bytes header;
    put8(header, 0x45);
    put8(header, fields.tos);
    put16(header, 0);
    put16(header, fields.id);
    put16(header, (fields.dont_fragment ? 0x4000u : 0u) | (fields.more_fragments ? 0x2000u : 0u) |
                      fields.fragment_offset);
    put8(header, fields.ttl);
    put8(header, fields.protocol.value_or(0));
    put16(header, 0);
    put(header, fields.source);
    put(header, fields.destination);
    layers_.push_back({Kind::ipv4, header, fields.protocol.has_value()});
    return *this;
}

PacketBuilder &PacketBuilder::ipv6(const Ipv6Fields &fields) {
    Bytes header;
    put32(header, 0x60000000u | std::uint32_t{fields.traffic_class} << 20 | fields.flow_label);
    put16(header, 0);
    put8(header, fields.next_header.value_or(0));
    put8(header, fields.hop_limit);
    put(header, fields.source);
    put(header, fields.destination);
    layers_.push_back({Kind::ipv6, header, fields.next_header.has_value()});
    return *this;
}

PacketBuilder &PacketBuilder::udp(std::uint16_t source, std::uint16_t destination) {
    Bytes header;
    put16(header, source);
    put16(header, destination);
    put32(header, 0);
    layers_.push_back({Kind::udp, header});
    return *this;
}

PacketBuilder &PacketBuilder::udp_without_checksum(std::uint16_t source,
                                                   std::uint16_t destination) {
    udp(source, destination);
    layers_.back().without_checksum = true;
    return *this;
}

PacketBuilder &PacketBuilder::tcp(const TcpFields &fields) {
    if (fields.options.size() % 4 != 0)
        throw std::invalid_argument("TCP options come in units of 4 bytes");
    Bytes header;
    put16(header, fields.source);
    put16(header, fields.destination);
    put32(header, fields.sequence);
    put32(header, fields.acknowledgement);
    put8(header, static_cast<unsigned>(5 + fields.options.size() / 4) << 4);
    put8(header, fields.flags);
    put16(header, fields.window);
    put32(header, 0);
    put(header, fields.options);
    layers_.push_back({Kind::tcp, header});
    return *this;
}

PacketBuilder &PacketBuilder::icmp_echo(std::uint16_t id, std::uint16_t sequence) {
    Bytes header;
    put32(header, 0);
    put16(header, id);
    put16(header, sequence);
    layers_.push_back({Kind::icmp, header});
    return *this;
}

PacketBuilder &PacketBuilder::gre(const GreFields &fields) {
    Bytes header;
    put16(header, (fields.key ? 0x2000u : 0u) | (fields.sequence ? 0x1000u : 0u));
    put16(header, fields.protocol);
    if (fields.key)
        put32(header, *fields.key);
    if (fields.sequence)
        put32(header, *fields.sequence);
    layers_.push_back({Kind::gre, header});
    return *this;
}

PacketBuilder &PacketBuilder::payload(ByteView bytes) {
    layers_.push_back({Kind::raw, Bytes(bytes.begin(), bytes.end())});
    return *this;
}

PacketBuilder &PacketBuilder::payload(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::uint8_t>(i);
    return payload(bytes);
}

Bytes PacketBuilder::build() const {
    Bytes body;
    for (std::size_t index = layers_.size(); index-- > 0;) {
        Bytes header = layers_[index].header;
        finish(header, index, body);
        put(header, body);
        body = std::move(header);
    }
    return body;
}

void PacketBuilder::finish(Bytes &header, std::size_t index, const Bytes &body) const {
    const Layer &layer = layers_[index];
    switch (layer.kind) {
        case Kind::eth:
            if (!layer.type_given)
                set16(header, 12, ethertype_after(index));
            break;
        case Kind::vlan:
            header.erase(header.begin(), header.begin() + 2);
            set16(header, 2, ethertype_after(index));
            break;
        case Kind::ipv4:
            set16(header, 2, header.size() + body.size());
            if (!layer.type_given)
                header[9] = protocol_after(index);
            set16(header, 10, internet_checksum(header));
            break;
        case Kind::ipv6:
            set16(header, 4, body.size());
            if (!layer.type_given)
                header[6] = protocol_after(index);
            break;
        case Kind::udp:
        case Kind::tcp:
        case Kind::icmp:
            finish_transport(header, index, body);
            break;
        case Kind::gre:
        case Kind::raw:
            break;
    }
}

void PacketBuilder::finish_transport(Bytes &header, std::size_t index, const Bytes &body) const {
    const Layer &layer = layers_[index];
    const Layer *ip = enclosing_ip(index);
    const bool is_ipv6 = ip != nullptr && ip->kind == Kind::ipv6;
    std::size_t checksum_offset = 2;
    if (layer.kind == Kind::udp) {
        set16(header, 4, header.size() + body.size());
        checksum_offset = 6;
    } else if (layer.kind == Kind::tcp) {
        checksum_offset = 16;
    } else {
        header[0] = is_ipv6 ? 128 : 8;
    }
    if (layer.without_checksum)
        return;

    std::uint32_t sum = 0;
    // ICMP over IPv4 is the one without a pseudo header.
    if (ip != nullptr && (is_ipv6 || layer.kind != Kind::icmp)) {
        const ByteView outer = ip->header;
        sum = word_sum(is_ipv6 ? outer.subspan(8, 32) : outer.subspan(12, 8));
        sum += protocol_after(index - 1) + static_cast<std::uint32_t>(header.size() + body.size());
    }
    Bytes segment = header;
    put(segment, body);
    std::uint16_t checksum = internet_checksum(segment, sum);
    // RFC 768: 0 means none, a computed 0 is sent as its other form.
    if (layer.kind == Kind::udp && checksum == 0)
        checksum = 0xffff;
    set16(header, checksum_offset, checksum);
}

const PacketBuilder::Layer *PacketBuilder::enclosing_ip(std::size_t index) const {
    if (index == 0)
        return nullptr;
    const Layer &layer = layers_[index - 1];
    return layer.kind == Kind::ipv4 || layer.kind == Kind::ipv6 ? &layer : nullptr;
}

std::uint16_t PacketBuilder::ethertype_after(std::size_t index) const {
    if (index + 1 == layers_.size())
        return 0;
    const Layer &next = layers_[index + 1];
    switch (next.kind) {
        case Kind::vlan:
            return static_cast<std::uint16_t>(next.header[0] << 8 | next.header[1]);
        case Kind::ipv4:
            return 0x0800;
        case Kind::ipv6:
            return 0x86dd;
        default:
            return 0x88b5;  // IEEE: local experiments
    }
}

std::uint8_t PacketBuilder::protocol_after(std::size_t index) const {
    if (index + 1 == layers_.size())
        return protocol_none;
    switch (layers_[index + 1].kind) {
        case Kind::udp:
            return protocol_udp;
        case Kind::tcp:
            return protocol_tcp;
        case Kind::icmp:
            return layers_[index].kind == Kind::ipv6 ? protocol_icmpv6 : protocol_icmp;
        case Kind::gre:
            return protocol_gre;
        case Kind::ipv4:
            return 4;
        case Kind::ipv6:
            return 41;
        default:
            return protocol_none;
    }
}

}  // namespace rmirror::test
