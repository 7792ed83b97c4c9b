// SPDX-License-Identifier: GPL-2.0-only
//
// The frame of a probe: the doctor has it mirrored, the collector knows it again. Nobody is meant
// to answer or to forward it. rmirror(8) documents it:
//
//   Ethernet   to 02:70:72:6f:62:65 (02 and "probe"), from 06 and the five bytes of the label
//   IP         192.0.2.1 to 192.0.2.2, or 2001:db8::1 to 2001:db8::2, TTL or hop limit 1
//   UDP        port 9 to port 9 (discard)
//   payload    "rmirror probe LABEL\n", the label in hexadecimal, and zeros
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rmirror::probe {

// Tells one frame from all others.
struct Label {
    std::array<std::uint8_t, 5> bytes{};

    static Label random();
    std::string to_text() const;  // "3f9a1c77e2"

    friend bool operator==(const Label &, const Label &) = default;
};

enum class Family { ipv4, ipv6 };

constexpr std::size_t ethernet_size = 14;
// Of the IP packet: as long as that of ping, and as long as Ethernet takes
constexpr std::size_t small_size = 84;
constexpr std::size_t full_size = 1500;

// The source address in the Ethernet header: by it the doctor's rules know the frame.
std::array<std::uint8_t, 6> source_of(const Label &label);

// A frame with an IP packet of `size` bytes, small_size at least.
std::vector<std::uint8_t> make_frame(const Label &label, Family family, std::size_t size);

// The label of a frame, which may be cut anywhere behind the Ethernet header; nullopt: it is no
// probe.
std::optional<Label> read_frame(std::span<const std::uint8_t> frame);
// Of a bare IP packet, which needs its payload
std::optional<Label> read_packet(std::span<const std::uint8_t> packet);

}  // namespace rmirror::probe
