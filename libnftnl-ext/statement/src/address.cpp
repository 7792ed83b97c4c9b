// SPDX-License-Identifier: GPL-2.0-only
//
// IPv4 and IPv6 addresses.
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "rmirror/statement.hpp"

namespace rmirror {

namespace {

constexpr std::size_t ipv4_size = 4;
constexpr std::size_t ipv6_size = 16;

bool all_are(std::span<const std::uint8_t> bytes, std::uint8_t value) {
    return std::all_of(bytes.begin(), bytes.end(),
                       [value](std::uint8_t byte) { return byte == value; });
}

}  // namespace

std::optional<Address> Address::from_text(std::string_view text) {
    // inet_pton() stops at a NUL, a string_view does not.
    if (text.find('\0') != std::string_view::npos)
        return std::nullopt;

    const std::string copy(text);
    Address address;
    if (inet_pton(AF_INET, copy.c_str(), address.data_) == 1)
        address.size_ = ipv4_size;
    else if (inet_pton(AF_INET6, copy.c_str(), address.data_) == 1)
        address.size_ = ipv6_size;
    else
        return std::nullopt;
    return address;
}

std::optional<Address> Address::from_bytes(std::span<const std::uint8_t> bytes) {
    if (bytes.size() != ipv4_size && bytes.size() != ipv6_size)
        return std::nullopt;

    Address address;
    std::copy(bytes.begin(), bytes.end(), address.data_);
    address.size_ = bytes.size();
    return address;
}

bool Address::is_unspecified() const {
    return all_are(bytes(), 0);
}

// RFC 5771: 224.0.0.0/4; RFC 4291 section 2.7: ff00::/8
bool Address::is_multicast() const {
    return is_ipv4() ? (data_[0] & 0xf0) == 0xe0 : data_[0] == 0xff;
}

// RFC 4291 section 2.5.6: fe80::/10. IPv4 has one link of these (RFC 3927 section 7), told by the
// route.
bool Address::is_link_local() const {
    return size_ == ipv6_size && data_[0] == 0xfe && (data_[1] & 0xc0) == 0x80;
}

bool Address::is_broadcast() const {
    return is_ipv4() && all_are(bytes(), 0xff);
}

std::string Address::to_text() const {
    if (size_ == 0)
        return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(is_ipv4() ? AF_INET : AF_INET6, data_, text.data(), text.size());
    return text.data();
}

}  // namespace rmirror
