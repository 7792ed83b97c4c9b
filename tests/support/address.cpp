// SPDX-License-Identifier: GPL-2.0-only
#include "support/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace rmirror::test {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

template <typename Address>
Address parse_ip(int family, std::string_view text) {
    Address address;
    if (inet_pton(family, std::string(text).c_str(), address.data()) != 1)
        throw std::invalid_argument("no IP address: " + std::string(text));
    return address;
}

}  // namespace

MacAddress mac(std::string_view text) {
    MacAddress address;
    const Bytes bytes = from_hex(text);
    if (bytes.size() != address.size())
        throw std::invalid_argument("no MAC address: " + std::string(text));
    std::copy(bytes.begin(), bytes.end(), address.begin());
    return address;
}

Ipv4Address ipv4(std::string_view text) {
    return parse_ip<Ipv4Address>(AF_INET, text);
}

Ipv6Address ipv6(std::string_view text) {
    return parse_ip<Ipv6Address>(AF_INET6, text);
}

std::string to_string(const MacAddress &address) {
    std::string text;
    for (const std::uint8_t byte : address) {
        char digits[4];
        std::snprintf(digits, sizeof(digits), "%02x", byte);
        text += (text.empty() ? "" : ":") + std::string(digits);
    }
    return text;
}

Bytes from_hex(std::string_view text) {
    Bytes bytes;
    int high = -1;
    for (const char c : text) {
        if (c == ' ' || c == ':' || c == '\n' || c == '\t')
            continue;
        const int digit = hex_digit(c);
        if (digit < 0)
            throw std::invalid_argument("no hexadecimal digit: " + std::string(1, c));
        if (high < 0) {
            high = digit;
        } else {
            bytes.push_back(static_cast<std::uint8_t>(high << 4 | digit));
            high = -1;
        }
    }
    if (high >= 0)
        throw std::invalid_argument("half a byte at the end of: " + std::string(text));
    return bytes;
}

}  // namespace rmirror::test
