// SPDX-License-Identifier: GPL-2.0-only
//
// Netlink attributes in memory, read with bounds. Nothing here trusts a length: the bytes come from
// a socket, and none of them need be aligned. Inline, as every attribute of a ruleset comes past.
#pragma once

#include <linux/netlink.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace rmirror {

using Bytes = std::span<const std::uint8_t>;

// One attribute. Empty whole: there is no further one, or what follows is malformed.
struct Attribute {
    Bytes whole;  // header and padding included
    Bytes payload;
    std::uint16_t type = 0;

    explicit operator bool() const { return !whole.empty(); }
    // Without the NUL
    std::string_view string() const {
        const std::string_view text(reinterpret_cast<const char *>(payload.data()), payload.size());
        return text.substr(0, text.find('\0'));
    }
    // Is this the string? Cheaper than string() == text.
    bool is(std::string_view text) const {
        return payload.size() >= text.size() &&
               std::memcmp(payload.data(), text.data(), text.size()) == 0 &&
               (payload.size() == text.size() || payload[text.size()] == 0);
    }
};

// Takes the first attribute off bytes.
inline Attribute take_attribute(Bytes &bytes) {
    nlattr header;
    if (bytes.size() < sizeof header)
        return {};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size())
        return {};
    std::size_t padded = std::min<std::size_t>(NLA_ALIGN(header.nla_len), bytes.size());
    Attribute attribute{bytes.first(padded),
                        bytes.subspan(sizeof header, header.nla_len - sizeof header),
                        static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK)};
    bytes = bytes.subspan(padded);
    return attribute;
}

// The first attribute of that type among those in bytes.
inline Attribute find_attribute(Bytes bytes, std::uint16_t type) {
    while (Attribute attribute = take_attribute(bytes))
        if (attribute.type == type)
            return attribute;
    return {};
}

}  // namespace rmirror
