// SPDX-License-Identifier: GPL-2.0-only
// Builds packets layer by layer, outermost first:
//
//   PacketBuilder().eth(a, b).vlan(7).ipv4({.source = ipv4("10.1.0.1"), ..}).udp(1000, 53)
//       .payload(100).build()
//
// Types of the next layer, lengths and checksums are filled in by build(), unless a layer says
// otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "support/address.hpp"

namespace rmirror::test {

/** The fields of an IPv4 header that are not computed. */
struct Ipv4Fields {
    Ipv4Address source{};
    Ipv4Address destination{};
    std::uint8_t ttl = 64;
    std::uint8_t tos = 0;
    std::uint16_t id = 0;
    bool dont_fragment = false;
    bool more_fragments = false;
    std::uint16_t fragment_offset = 0;       ///< in units of 8 bytes, as on the wire
    std::optional<std::uint8_t> protocol{};  ///< instead of the next layer's
};

/** The fields of an IPv6 header that are not computed. */
struct Ipv6Fields {
    Ipv6Address source{};
    Ipv6Address destination{};
    std::uint8_t hop_limit = 64;
    std::uint8_t traffic_class = 0;
    std::uint32_t flow_label = 0;
    std::optional<std::uint8_t> next_header{};  ///< instead of the next layer's
};

/** The fields of a TCP header that are not computed; `flags` as in byte 13. */
struct TcpFields {
    std::uint16_t source = 0;
    std::uint16_t destination = 0;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgement = 0;
    std::uint8_t flags = 0x10;
    std::uint16_t window = 65535;
    Bytes options{};  ///< a multiple of 4 bytes
};

/** The fields of a GRE header (RFC 2890). */
struct GreFields {
    std::uint16_t protocol = 0x6558;
    std::optional<std::uint32_t> key{};
    std::optional<std::uint32_t> sequence{};
};

class PacketBuilder {
public:
    PacketBuilder &eth(const MacAddress &source, const MacAddress &destination,
                       std::optional<std::uint16_t> ethertype = std::nullopt);
    PacketBuilder &vlan(std::uint16_t id, std::uint8_t priority = 0, std::uint16_t tpid = 0x8100);
    PacketBuilder &ipv4(const Ipv4Fields &fields);
    PacketBuilder &ipv6(const Ipv6Fields &fields);
    PacketBuilder &udp(std::uint16_t source, std::uint16_t destination);
    /** UDP with checksum 0, as tunnels over IPv4 send it. */
    PacketBuilder &udp_without_checksum(std::uint16_t source, std::uint16_t destination);
    PacketBuilder &tcp(const TcpFields &fields);
    /** An echo request: ICMP below ipv4(), ICMPv6 below ipv6(). */
    PacketBuilder &icmp_echo(std::uint16_t id, std::uint16_t sequence);
    PacketBuilder &gre(const GreFields &fields = {});
    /** Bytes taken as they are: a header this class does not know, a payload, an inner frame. */
    PacketBuilder &payload(ByteView bytes);
    /** A payload of `size` bytes, each telling its place: 00 01 02 .. ff 00 .. */
    PacketBuilder &payload(std::size_t size);

    Bytes build() const;

private:
    enum class Kind { eth, vlan, ipv4, ipv6, udp, tcp, icmp, gre, raw };
    struct Layer {
        Kind kind;
        Bytes header;
        bool type_given = false;  ///< the type of the next layer is in `header` already
        bool without_checksum = false;
    };

    /** Fills in what the header of layer `index` says of `body`, all that follows it. */
    void finish(Bytes &header, std::size_t index, const Bytes &body) const;
    void finish_transport(Bytes &header, std::size_t index, const Bytes &body) const;
    const Layer *enclosing_ip(std::size_t index) const;
    std::uint16_t ethertype_after(std::size_t index) const;
    std::uint8_t protocol_after(std::size_t index) const;

    std::vector<Layer> layers_;
};

/** The Internet checksum (RFC 1071) over `bytes`, added to `sum`, folded and inverted. */
std::uint16_t internet_checksum(ByteView bytes, std::uint32_t sum = 0);

}  // namespace rmirror::test
