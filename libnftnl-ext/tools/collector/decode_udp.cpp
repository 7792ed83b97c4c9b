// SPDX-License-Identifier: GPL-2.0-only
//
// The encapsulations over UDP: VXLAN (RFC 7348), Geneve (RFC 8926), TZSP (as Wireshark's
// packet-tzsp.c reads it).
#include <rmirror_tables.h>

#include "decode.hpp"

namespace rmirror::collector {

namespace {

constexpr std::size_t udp_header = 8;

constexpr unsigned vxlan_valid_vni = 0x08;
constexpr unsigned vxlan_other_protocol = 0x04;  // GPE: what follows may be no Ethernet frame

constexpr unsigned geneve_version = 0xc0;
constexpr unsigned geneve_length = 0x3f;
constexpr unsigned geneve_control = 0x80;
constexpr unsigned geneve_critical = 0x80;
constexpr unsigned geneve_option_length = 0x1f;
constexpr unsigned proto_teb = 0x6558;

constexpr unsigned tzsp_version = 1;
constexpr unsigned tzsp_received = 0;
constexpr unsigned tzsp_transmit = 1;
constexpr unsigned tzsp_ethernet = 1;
constexpr unsigned tag_padding = 0;
constexpr unsigned tag_end = 1;
constexpr unsigned tag_time = 13;
constexpr unsigned tag_length = 41;

Decoded complete(const Reader &reader, Copy copy) {
    if (!reader.ok() || reader.rest().empty())
        return {};
    copy.frame = reader.rest();
    return {Outcome::copy, copy};
}

// struct rmirror_geneve_metadata, behind the header of the option. A longer one may come some day:
// what is known of it stands in front.
void read_metadata(Reader option, Copy &copy) {
    Metadata metadata;
    const std::uint64_t high = option.u32();
    const std::uint64_t low = option.u32();
    const std::uint32_t length = option.u32();
    metadata.in_ifindex = option.u32();
    metadata.out_ifindex = option.u32();
    metadata.mark = option.u32();
    const unsigned direction = option.u8();
    metadata.family = option.u8();
    metadata.hook = option.u8();
    option.skip(1);
    if (!option.ok())
        return;
    copy.stamp = Stamp{high << 32 | low, 1, 64};
    copy.original_length = length;
    copy.direction = direction == 0 ? Direction::in : Direction::out;
    copy.metadata = metadata;
}

// RFC 8926 section 3.5: who does not know a critical option must not use the packet.
bool read_geneve_options(ByteView bytes, Copy &copy) {
    Reader options(bytes);
    while (!options.rest().empty()) {
        const unsigned option_class = options.u16();
        const unsigned type = options.u8();
        const ByteView value = options.take(std::size_t{4} * (options.u8() & geneve_option_length));
        if (!options.ok() || (type & geneve_critical) != 0)
            return false;
        if (option_class == RMIRROR_GENEVE_CLASS && type == RMIRROR_GENEVE_METADATA)
            read_metadata(Reader(value), copy);
    }
    return true;
}

// True at the END tag, false where a tag is not whole or there is no END.
bool read_tzsp_tags(Reader &reader, Copy &copy) {
    while (reader.ok()) {
        const unsigned tag = reader.u8();
        if (!reader.ok() || tag == tag_end)
            return reader.ok();
        if (tag == tag_padding)
            continue;
        Reader value(reader.take(reader.u8()));
        const std::size_t size = value.rest().size();
        if (tag == tag_time && size == 4)
            copy.stamp = Stamp{value.u32(), 1000, 32};
        else if (tag == tag_length && size == 2)
            copy.original_length = value.u16();
    }
    return false;
}

}  // namespace

Ports default_ports() {
    return {
#define X(id, word, key_max, port) port,
        RMIRROR_ENCAP_TABLE(X)
#undef X
    };
}

std::string_view encap_word(rmirror_encap encap) {
    static constexpr std::string_view words[] = {
#define X(id, word, key_max, port) word,
        RMIRROR_ENCAP_TABLE(X)
#undef X
    };
    return words[encap];
}

std::uint32_t encap_key_max(rmirror_encap encap) {
    static constexpr std::uint32_t highest[] = {
#define X(id, word, key_max, port) key_max,
        RMIRROR_ENCAP_TABLE(X)
#undef X
    };
    return highest[encap];
}

Decoded decode_vxlan(ByteView payload) {
    Reader reader(payload);
    const unsigned flags = reader.u8();
    reader.skip(3);
    Copy copy;
    copy.encap = RMIRROR_ENCAP_VXLAN;
    copy.key = reader.u32() >> 8;
    if (!reader.ok())
        return {};
    if ((flags & vxlan_valid_vni) == 0 || (flags & vxlan_other_protocol) != 0)
        return {Outcome::foreign, {}};
    return complete(reader, copy);
}

Decoded decode_geneve(ByteView payload) {
    Reader reader(payload);
    const unsigned first = reader.u8();
    const unsigned flags = reader.u8();
    const unsigned protocol = reader.u16();
    Copy copy;
    copy.encap = RMIRROR_ENCAP_GENEVE;
    copy.key = reader.u32() >> 8;
    if (!reader.ok())
        return {};
    if ((first & geneve_version) != 0 || (flags & geneve_control) != 0 || protocol != proto_teb)
        return {Outcome::foreign, {}};
    const ByteView options = reader.take(std::size_t{4} * (first & geneve_length));
    if (!reader.ok() || !read_geneve_options(options, copy))
        return {};
    return complete(reader, copy);
}

Decoded decode_tzsp(ByteView payload) {
    Reader reader(payload);
    const unsigned version = reader.u8();
    const unsigned type = reader.u8();
    const unsigned encapsulates = reader.u16();
    if (!reader.ok())
        return {};
    // Other types keep a NAT open or configure a sensor.
    if (version != tzsp_version || (type != tzsp_received && type != tzsp_transmit) ||
        encapsulates != tzsp_ethernet)
        return {Outcome::foreign, {}};
    Copy copy;
    copy.encap = RMIRROR_ENCAP_TZSP;
    if (!read_tzsp_tags(reader, copy))
        return {};
    return complete(reader, copy);
}

Decoded decode_udp(ByteView payload, const Ports &ports) {
    Reader header(payload);
    header.skip(2);
    const std::uint16_t port = header.u16();
    const std::size_t length = header.u16();
    header.skip(2);
    if (!header.ok())
        return {};
    // A datagram ends where it says: a device may have padded the packet.
    if (length < udp_header || length > payload.size())
        return {};
    const ByteView data = payload.first(length).subspan(udp_header);
    if (port == ports[RMIRROR_ENCAP_VXLAN])
        return decode_vxlan(data);
    if (port == ports[RMIRROR_ENCAP_GENEVE])
        return decode_geneve(data);
    if (port == ports[RMIRROR_ENCAP_TZSP])
        return decode_tzsp(data);
    return {Outcome::foreign, {}};
}

}  // namespace rmirror::collector
