// SPDX-License-Identifier: GPL-2.0-only
// Addresses as the bytes that are on the wire, written in tests as text.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rmirror::test {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

using MacAddress = std::array<std::uint8_t, 6>;
using Ipv4Address = std::array<std::uint8_t, 4>;
using Ipv6Address = std::array<std::uint8_t, 16>;

/** Each throws std::invalid_argument for what is no such address: a mistake in the test itself. */
MacAddress mac(std::string_view text);
Ipv4Address ipv4(std::string_view text);
Ipv6Address ipv6(std::string_view text);

std::string to_string(const MacAddress &address);

/** The bytes of a hexadecimal text; blanks, colons and line ends between the bytes do not count. */
Bytes from_hex(std::string_view text);

}  // namespace rmirror::test
