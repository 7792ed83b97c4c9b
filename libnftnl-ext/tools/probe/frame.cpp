// SPDX-License-Identifier: GPL-2.0-only
#include "frame.hpp"

#include <algorithm>
#include <charconv>
#include <random>
#include <string_view>

namespace rmirror::probe {

namespace {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

constexpr std::array<std::uint8_t, 6> destination = {0x02, 'p', 'r', 'o', 'b', 'e'};
constexpr std::uint8_t source_prefix = 0x06;
constexpr std::string_view words = "rmirror probe ";
constexpr std::size_t label_digits = 10;

constexpr std::size_t ipv4_size = 20;
constexpr std::size_t ipv6_size = 40;
constexpr std::size_t udp_size = 8;
constexpr std::uint8_t udp = 17;
constexpr std::uint8_t discard_port = 9;
constexpr std::uint8_t hop_limit = 1;

// RFC 5737 and RFC 3849: addresses of no network
constexpr std::array<std::uint8_t, 4> ipv4_from = {192, 0, 2, 1};
constexpr std::array<std::uint8_t, 4> ipv4_to = {192, 0, 2, 2};
constexpr std::array<std::uint8_t, 16> ipv6_from = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,
                                                    0,    0,    0,    0,    0, 0, 0, 1};
constexpr std::array<std::uint8_t, 16> ipv6_to = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,
                                                  0,    0,    0,    0,    0, 0, 0, 2};

void put(Bytes &bytes, View more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}

void put16(Bytes &bytes, std::size_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8));
    bytes.push_back(static_cast<std::uint8_t>(value));
}

void set16(std::span<std::uint8_t> bytes, std::size_t at, std::uint16_t value) {
    bytes[at] = static_cast<std::uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<std::uint8_t>(value);
}

// RFC 1071, over what begins at an even offset
std::uint32_t sum_of(View bytes, std::uint32_t sum = 0) {
    for (std::size_t i = 0; i < bytes.size(); i++)
        sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : std::uint32_t{bytes[i]};
    return sum;
}

std::uint16_t checksum(std::uint32_t sum) {
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

Bytes ipv4_header(std::size_t size) {
    Bytes header = {0x45, 0};
    put16(header, size);
    put(header, Bytes{0, 0, 0, 0, hop_limit, udp, 0, 0});
    put(header, ipv4_from);
    put(header, ipv4_to);
    set16(header, 10, checksum(sum_of(header)));
    return header;
}

Bytes ipv6_header(std::size_t size) {
    Bytes header = {0x60, 0, 0, 0};
    put16(header, size - ipv6_size);
    put(header, Bytes{udp, hop_limit});
    put(header, ipv6_from);
    put(header, ipv6_to);
    return header;
}

Bytes datagram(const Label &label, std::size_t size, std::uint32_t sum_of_addresses) {
    Bytes bytes = {0, discard_port, 0, discard_port};
    put16(bytes, size);
    put16(bytes, 0);
    const std::string text = std::string(words) + label.to_text() + '\n';
    bytes.insert(bytes.end(), text.begin(), text.end());
    bytes.resize(size);
    const auto pseudo = static_cast<std::uint32_t>(udp + size);
    const std::uint16_t sum = checksum(sum_of(bytes, sum_of_addresses + pseudo));
    set16(bytes, 6, sum == 0 ? 0xffff : sum);
    return bytes;
}

bool starts_with(View bytes, View start) {
    return bytes.size() >= start.size() && std::equal(start.begin(), start.end(), bytes.begin());
}

// From the UDP header on
std::optional<Label> label_of(View datagram) {
    if (datagram.size() < udp_size + words.size() + label_digits)
        return std::nullopt;
    const std::string_view text(reinterpret_cast<const char *>(datagram.data()) + udp_size,
                                words.size() + label_digits);
    if (!text.starts_with(words))
        return std::nullopt;
    Label label;
    const char *digits = text.data() + words.size();
    for (std::uint8_t &byte : label.bytes) {
        if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
            return std::nullopt;
        digits += 2;
    }
    return label;
}

}  // namespace

Label Label::random() {
    std::random_device device;
    Label label;
    std::generate(label.bytes.begin(), label.bytes.end(),
                  [&device] { return static_cast<std::uint8_t>(device()); });
    return label;
}

std::string Label::to_text() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::array<std::uint8_t, 6> source_of(const Label &label) {
    std::array<std::uint8_t, 6> source{source_prefix};
    std::copy(label.bytes.begin(), label.bytes.end(), source.begin() + 1);
    return source;
}

std::vector<std::uint8_t> make_frame(const Label &label, Family family, std::size_t size) {
    const bool is_ipv4 = family == Family::ipv4;
    Bytes frame;
    put(frame, destination);
    put(frame, source_of(label));
    put16(frame, is_ipv4 ? 0x0800 : 0x86dd);
    put(frame, is_ipv4 ? ipv4_header(size) : ipv6_header(size));
    const std::uint32_t addresses =
        is_ipv4 ? sum_of(ipv4_to, sum_of(ipv4_from)) : sum_of(ipv6_to, sum_of(ipv6_from));
    put(frame, datagram(label, size - (is_ipv4 ? ipv4_size : ipv6_size), addresses));
    return frame;
}

std::optional<Label> read_frame(View frame) {
    if (frame.size() < ethernet_size || !starts_with(frame, destination) ||
        frame[destination.size()] != source_prefix)
        return std::nullopt;
    Label label;
    std::copy_n(frame.begin() + destination.size() + 1, label.bytes.size(), label.bytes.begin());
    return label;
}

std::optional<Label> read_packet(View packet) {
    if (packet.size() >= ipv4_size && packet[0] == 0x45 && packet[9] == udp &&
        starts_with(packet.subspan(12), ipv4_from))
        return label_of(packet.subspan(ipv4_size));
    if (packet.size() >= ipv6_size && packet[0] == 0x60 && packet[6] == udp &&
        starts_with(packet.subspan(8), ipv6_from))
        return label_of(packet.subspan(ipv6_size));
    return std::nullopt;
}

}  // namespace rmirror::probe
