// SPDX-License-Identifier: GPL-2.0-only
// The outer IP header.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <rmirror/statement.hpp>

#include "bytes.hpp"

namespace rmirror::collector {

struct Fragment {
    std::uint32_t id = 0;
    std::uint32_t offset = 0;  // in bytes
    bool more = false;
};

// An address as it stands in the header: each packet has two of them, and they are only compared.
class Host {
public:
    Host() = default;
    // 4 or 16 bytes
    explicit Host(ByteView bytes) : size_(bytes.size() == 4 ? 4 : 16) {
        std::memcpy(bytes_.data(), bytes.data(), std::min(bytes.size(), bytes_.size()));
    }

    bool is_ipv4() const { return size_ == 4; }
    ByteView bytes() const { return {bytes_.data(), size_}; }
    Address address() const { return Address::from_bytes(bytes()).value_or(Address()); }

    friend bool operator==(const Host &a, const Host &b) {
        return a.size_ == b.size_ && std::memcmp(a.bytes_.data(), b.bytes_.data(), 16) == 0;
    }

private:
    std::array<std::uint8_t, 16> bytes_{};
    std::size_t size_ = 16;
};

struct OuterPacket {
    Host source;
    Host destination;
    std::uint8_t protocol = 0;         // of what `payload` starts with
    std::optional<Fragment> fragment;  // none: the packet is whole
    ByteView payload;                  // as long as the header says
};

// An IPv4 or IPv6 packet from its header on; nullopt if it is none, or shorter than it says.
std::optional<OuterPacket> read_outer(ByteView packet);

}  // namespace rmirror::collector
