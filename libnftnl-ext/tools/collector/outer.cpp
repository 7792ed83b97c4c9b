// SPDX-License-Identifier: GPL-2.0-only
//
// RFC 791 section 3.1; RFC 8200 sections 3 and 4.
#include "outer.hpp"

#include <netinet/in.h>

namespace rmirror::collector {

namespace {

constexpr unsigned ipv4_more = 0x2000;
constexpr unsigned ipv4_offset = 0x1fff;
constexpr unsigned ipv6_more = 0x0001;
constexpr unsigned ipv6_offset = 0xfff8;
// More than any host sends: a chain that never ends is not followed.
constexpr int most_extensions = 8;

std::optional<OuterPacket> read_ipv4(ByteView packet) {
    Reader reader(packet);
    const std::size_t header = std::size_t{4} * (reader.u8() & 0xf);
    reader.skip(1);
    const std::size_t total = reader.u16();
    const std::uint32_t id = reader.u16();
    const unsigned fragment = reader.u16();
    reader.skip(1);
    OuterPacket outer;
    outer.protocol = reader.u8();
    reader.skip(2);
    const ByteView source = reader.take(4);
    const ByteView destination = reader.take(4);
    if (!reader.ok() || header < 20 || total < header || total > packet.size())
        return std::nullopt;
    outer.source = Host(source);
    outer.destination = Host(destination);
    if (fragment & (ipv4_more | ipv4_offset))
        outer.fragment = Fragment{id, (fragment & ipv4_offset) * 8U, (fragment & ipv4_more) != 0};
    outer.payload = packet.first(total).subspan(header);
    return outer;
}

// Walks the extension headers; what is behind the first fragment's header is its payload.
bool read_extensions(Reader &reader, OuterPacket &outer) {
    for (int i = 0; i < most_extensions; i++) {
        const std::uint8_t type = outer.protocol;
        if (type == IPPROTO_FRAGMENT) {
            outer.protocol = reader.u8();
            reader.skip(1);
            const unsigned offset = reader.u16();
            const std::uint32_t id = reader.u32();
            if ((offset & (ipv6_offset | ipv6_more)) != 0) {
                outer.fragment = Fragment{id, offset & ipv6_offset, (offset & ipv6_more) != 0};
                return reader.ok();
            }
        } else if (type == IPPROTO_HOPOPTS || type == IPPROTO_DSTOPTS || type == IPPROTO_ROUTING) {
            outer.protocol = reader.u8();
            const std::size_t length = reader.u8();
            reader.skip(length * 8 + 6);
        } else {
            return reader.ok();
        }
    }
    return false;
}

std::optional<OuterPacket> read_ipv6(ByteView packet) {
    Reader reader(packet);
    reader.skip(4);
    const std::size_t length = reader.u16();
    OuterPacket outer;
    outer.protocol = reader.u8();
    reader.skip(1);
    const ByteView source = reader.take(16);
    const ByteView destination = reader.take(16);
    if (!reader.ok() || length > reader.rest().size())
        return std::nullopt;
    outer.source = Host(source);
    outer.destination = Host(destination);
    Reader extensions(reader.rest().first(length));
    if (!read_extensions(extensions, outer))
        return std::nullopt;
    outer.payload = extensions.rest();
    return outer;
}

}  // namespace

std::optional<OuterPacket> read_outer(ByteView packet) {
    if (packet.empty())
        return std::nullopt;
    switch (packet[0] >> 4) {
        case 4:
            return read_ipv4(packet);
        case 6:
            return read_ipv6(packet);
        default:
            return std::nullopt;
    }
}

}  // namespace rmirror::collector
