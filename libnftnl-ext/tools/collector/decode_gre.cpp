// SPDX-License-Identifier: GPL-2.0-only
//
// GRE with an Ethernet frame (RFC 2784, RFC 2890) and ERSPAN I, II, III
// (draft-foschiano-erspan-03).
#include "decode.hpp"

namespace rmirror::collector {

namespace {

constexpr std::uint16_t gre_checksum = 0x8000;
constexpr std::uint16_t gre_routing = 0x4000;
constexpr std::uint16_t gre_key = 0x2000;
constexpr std::uint16_t gre_sequence = 0x1000;
constexpr std::uint16_t gre_version = 0x0007;

constexpr std::uint16_t proto_teb = 0x6558;
constexpr std::uint16_t proto_erspan12 = 0x88be;
constexpr std::uint16_t proto_erspan3 = 0x22eb;

constexpr unsigned session_mask = 0x3ff;
constexpr unsigned erspan_truncated = 0x400;
constexpr unsigned erspan2_version = 1;
constexpr unsigned erspan3_version = 2;

// The last 16 bits of type III: P(1) FT(5) HwID(6) D(1) Gra(2) O(1)
constexpr unsigned type_ethernet = 0;
constexpr unsigned type_ip = 2;
constexpr unsigned flag_egress = 0x8;
constexpr unsigned flag_subheader = 0x1;
constexpr unsigned granularity_100us = 0;
constexpr unsigned granularity_100ns = 1;
constexpr unsigned platform_high_time = 3;

Decoded complete(const Reader &reader, Copy copy) {
    if (!reader.ok() || reader.rest().empty())
        return {};
    copy.frame = reader.rest();
    return {Outcome::copy, copy};
}

// The first two words of types II and III, if they are of that version
bool read_common(Reader &reader, unsigned version, Copy &copy) {
    const unsigned version_vlan = reader.u16();
    const unsigned session = reader.u16();
    copy.key = session & session_mask;
    copy.truncated = (session & erspan_truncated) != 0;
    return reader.ok() && version_vlan >> 12 == version;
}

Decoded decode_erspan2(Reader &reader, Copy copy) {
    copy.encap = RMIRROR_ENCAP_ERSPAN;
    if (!read_common(reader, erspan2_version, copy))
        return {};
    reader.skip(4);  // the index of a port of the switch
    return complete(reader, copy);
}

// The time needs the upper half, if there is one: of the sub-headers only platform 3's is that.
void read_stamp(Reader &reader, std::uint32_t low, unsigned flags, Copy &copy) {
    const unsigned granularity = flags >> 1 & 3;
    Stamp stamp{low, granularity == granularity_100us ? 100'000U : 100U, 32};
    if (flags & flag_subheader) {
        const unsigned platform = reader.u32() >> 26;
        const std::uint64_t high = reader.u32();
        if (platform == platform_high_time && granularity == granularity_100ns)
            stamp = {high << 32 | low, 100, 64};
    }
    if (granularity == granularity_100us || granularity == granularity_100ns)
        copy.stamp = stamp;
}

Decoded decode_erspan3(Reader &reader, Copy copy) {
    copy.encap = RMIRROR_ENCAP_ERSPAN3;
    if (!read_common(reader, erspan3_version, copy))
        return {};
    const std::uint32_t low = reader.u32();
    reader.skip(2);  // the security group tag
    const unsigned flags = reader.u16();
    const unsigned type = flags >> 10 & 0x1f;
    if (type != type_ethernet && type != type_ip)
        return {Outcome::foreign, {}};
    copy.link = type == type_ip ? Link::ip : Link::ethernet;
    copy.direction = flags & flag_egress ? Direction::out : Direction::in;
    read_stamp(reader, low, flags, copy);
    return complete(reader, copy);
}

}  // namespace

Decoded decode_gre(ByteView payload) {
    Reader reader(payload);
    const unsigned flags = reader.u16();
    const unsigned protocol = reader.u16();
    if (!reader.ok())
        return {};
    const bool known =
        protocol == proto_teb || protocol == proto_erspan12 || protocol == proto_erspan3;
    if (!known || (flags & (gre_routing | gre_version)) != 0)
        return {Outcome::foreign, {}};

    Copy copy;
    if (flags & gre_checksum)
        reader.skip(4);
    if (flags & gre_key)
        copy.key = reader.u32();
    if (flags & gre_sequence)
        copy.sequence = reader.u32();
    if (protocol == proto_teb)
        return complete(reader, copy);
    if (protocol == proto_erspan3)
        return decode_erspan3(reader, copy);
    // Types I and II share a protocol: a number tells.
    if (flags & gre_sequence)
        return decode_erspan2(reader, copy);
    copy.encap = RMIRROR_ENCAP_ERSPAN1;
    copy.key.reset();
    return complete(reader, copy);
}

}  // namespace rmirror::collector
