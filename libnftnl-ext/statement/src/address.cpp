// SPDX-License-Identifier: GPL-2.0-only
//
// IPv4 and IPv6 addresses.
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "../../rules/rmirror_rules.h"
#include "rmirror/statement.hpp"

namespace rmirror {

namespace {

constexpr std::size_t ipv4_size = 4;
constexpr std::size_t ipv6_size = 16;

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
    return rmirror_addr_kind(data_, size_) == RMIRROR_ADDR_UNSPECIFIED;
}
bool Address::is_multicast() const {
    return rmirror_addr_kind(data_, size_) == RMIRROR_ADDR_MULTICAST;
}
bool Address::is_link_local() const {
    return rmirror_addr_kind(data_, size_) == RMIRROR_ADDR_LINK_LOCAL;
}
bool Address::is_broadcast() const {
    return rmirror_addr_kind(data_, size_) == RMIRROR_ADDR_BROADCAST;
}

std::string Address::to_text() const {
    if (size_ == 0)
        return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(is_ipv4() ? AF_INET : AF_INET6, data_, text.data(), text.size());
    return text.data();
}

}  // namespace rmirror
