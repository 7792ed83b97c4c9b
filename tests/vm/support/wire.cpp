// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/wire.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;

constexpr std::size_t ethernet_length = 14;
constexpr std::size_t ipv6_length = 40;

std::uint16_t get16(ByteView bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

void put16(Bytes &bytes, std::size_t at, std::size_t value) {
    bytes[at] = static_cast<std::uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<std::uint8_t>(value);
}

/** Where the headers of a frame are. */
struct Layout {
    bool ipv6 = false;
    std::size_t network = ethernet_length;
    std::size_t transport = 0;
    std::size_t payload = 0;
    std::uint8_t protocol = 0;

    explicit Layout(ByteView frame) {
        while (get16(frame, network - 2) == 0x8100 || get16(frame, network - 2) == 0x88a8)
            network += 4;
        ipv6 = get16(frame, network - 2) == 0x86dd;
        if (!ipv6 && get16(frame, network - 2) != 0x0800)
            throw std::invalid_argument("no IP packet");
        protocol = frame[network + (ipv6 ? 6 : 9)];
        transport = network + (ipv6 ? ipv6_length : std::size_t{4} * (frame[network] & 15U));
        payload =
            transport + (protocol == IPPROTO_TCP ? std::size_t{4} * (frame[transport + 12] >> 4U)
                                                 : std::size_t{8});
    }
    std::size_t checksum() const { return transport + (protocol == IPPROTO_TCP ? 16 : 6); }
};

/** RFC 3309: CRC-32C of the packet with a checksum field of zero, little endian. */
void finish_sctp(Bytes &frame, std::size_t at) {
    std::fill_n(frame.begin() + static_cast<std::ptrdiff_t>(at + 8), 4, std::uint8_t{0});
    std::uint32_t crc = 0xffffffffU;
    for (const std::uint8_t byte : ByteView(frame).subspan(at)) {
        crc ^= byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1U ^ (crc & 1U ? 0x82f63b78U : 0U);
    }
    crc = ~crc;
    for (unsigned i = 0; i < 4; i++)
        frame[at + 8 + i] = static_cast<std::uint8_t>(crc >> 8 * i);
}

void finish_transport(Bytes &frame, const Layout &layout) {
    if (layout.protocol == IPPROTO_SCTP) {
        finish_sctp(frame, layout.transport);
        return;
    }
    put16(frame, layout.checksum(), 0);
    const ByteView segment = ByteView(frame).subspan(layout.transport);
    const std::size_t addresses = layout.ipv6 ? 32 : 8;
    Bytes sum(frame.begin() + static_cast<std::ptrdiff_t>(layout.network + (layout.ipv6 ? 8 : 12)),
              frame.begin() +
                  static_cast<std::ptrdiff_t>(layout.network + (layout.ipv6 ? 8 : 12) + addresses));
    sum.insert(sum.end(), {0, layout.protocol, 0, 0});
    put16(sum, sum.size() - 2, segment.size());
    sum.insert(sum.end(), segment.begin(), segment.end());
    const std::uint16_t checksum = test::internet_checksum(sum);
    put16(frame, layout.checksum(),
          checksum == 0 && layout.protocol == IPPROTO_UDP ? 0xffff : checksum);
}

void finish_ip(Bytes &frame, const Layout &layout, std::size_t number) {
    const std::size_t length = frame.size() - layout.network;
    if (layout.ipv6) {
        put16(frame, layout.network + 4, length - ipv6_length);
        return;
    }
    put16(frame, layout.network + 2, length);
    put16(frame, layout.network + 4,
          static_cast<std::uint16_t>(get16(frame, layout.network + 4) + number));
    put16(frame, layout.network + 10, 0);
    put16(frame, layout.network + 10,
          test::internet_checksum(
              ByteView(frame).subspan(layout.network, layout.transport - layout.network)));
}

/** Puts fragments of outer packets together: the whole packets' payloads, with their protocol. */
class Outers {
public:
    void add(ByteView frame) {
        const Layout layout(frame);
        if (!layout.ipv6) {
            const unsigned flags = get16(frame, layout.network + 6);
            add({Bytes(frame.begin() + 14 + 12, frame.begin() + 14 + 20),
                 get16(frame, layout.network + 4)},
                8 * (flags & 0x1fffU), (flags & 0x2000U) != 0, layout.protocol,
                // Not what the link has padded
                frame.subspan(layout.transport, get16(frame, layout.network + 2) -
                                                    (layout.transport - layout.network)));
        } else if (layout.protocol == IPPROTO_FRAGMENT) {
            const unsigned flags = get16(frame, layout.transport + 2);
            add({Bytes(frame.begin() + 14 + 8, frame.begin() + 14 + 40),
                 static_cast<std::uint32_t>(get16(frame, layout.transport + 4) << 16 |
                                            get16(frame, layout.transport + 6))},
                flags & 0xfff8U, (flags & 1U) != 0, frame[layout.transport],
                frame.subspan(layout.transport + 8));
        } else {
            whole_.emplace_back(
                layout.protocol,
                Bytes(frame.begin() + static_cast<std::ptrdiff_t>(layout.transport), frame.end()));
        }
    }
    const std::vector<std::pair<std::uint8_t, Bytes>> &whole() const { return whole_; }
    bool complete() const { return parts_.empty(); }

private:
    using Key = std::pair<Bytes, std::uint32_t>;

    // Fragments come in order here.
    void add(const Key &key, std::size_t offset, bool more, std::uint8_t protocol, ByteView part) {
        Bytes &all = parts_[key];
        if (all.size() == offset)
            all.insert(all.end(), part.begin(), part.end());
        if (more)
            return;
        whole_.emplace_back(protocol, all);
        parts_.erase(key);
    }

    std::map<Key, Bytes> parts_;
    std::vector<std::pair<std::uint8_t, Bytes>> whole_;
};

/** Behind UDP: tags of TZSP up to the one that ends them, or VXLAN's and Geneve's eight bytes. */
std::size_t udp_encapsulation_length(ByteView packet) {
    constexpr std::uint16_t tzsp_port = 37008;
    if (get16(packet, 2) != tzsp_port)
        return 8 + 8;
    std::size_t length = 8 + 4;
    while (packet[length] != 1)
        length += std::size_t{2} + packet[length + 1];
    return length + 1;
}

std::size_t encapsulation_length(std::uint8_t protocol, ByteView packet) {
    if (protocol == IPPROTO_UDP)
        return udp_encapsulation_length(packet);
    std::size_t length = 4;
    for (const unsigned option : {0x20U, 0x10U})  // key, sequence
        length += (packet[0] & option) != 0 ? 4 : 0;
    switch (get16(packet, 2)) {
        case 0x88be:
            return (packet[0] & 0x10U) != 0 ? length + 8 : length;  // ERSPAN II, I
        case 0x22eb:
            // ERSPAN III; the last bit says that the platform's sub-header follows.
            return length + 12 + ((packet[length + 11] & 1U) != 0 ? 8 : 0);
        default:
            return length;
    }
}

}  // namespace

Bytes finished(const Frame &frame) {
    Bytes bytes = frame.bytes;
    if (frame.checksum_partial)
        finish_transport(bytes, Layout(bytes));
    return bytes;
}

std::vector<Bytes> segments_of(ByteView superframe, std::size_t segment) {
    const Layout layout(superframe);
    const ByteView headers = superframe.first(layout.payload);
    std::vector<Bytes> frames;
    ByteView rest = superframe.subspan(layout.payload);
    do {
        const std::size_t size = std::min(segment, rest.size());
        Bytes frame(headers.begin(), headers.end());
        frame.insert(frame.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
        finish_ip(frame, layout, frames.size());
        if (layout.protocol == IPPROTO_UDP) {
            put16(frame, layout.transport + 4, size + 8);
        } else {
            const std::size_t offset = frames.size() * segment;
            const std::size_t low = get16(superframe, layout.transport + 6) + offset;
            put16(frame, layout.transport + 6, low);
            put16(frame, layout.transport + 4, get16(frame, layout.transport + 4) + (low >> 16U));
            if (size < rest.size())
                frame[layout.transport + 13] &= 0xf6;  // FIN and PSH come with the last
        }
        finish_transport(frame, layout);
        frames.push_back(std::move(frame));
        rest = rest.subspan(size);
    } while (!rest.empty());
    return frames;
}

std::vector<Frame> drain(Capture &capture, const Capture::Predicate &predicate) {
    std::vector<Frame> all;
    for (;;) {
        std::vector<Frame> more = capture.collect(predicate, std::chrono::milliseconds(200));
        if (more.empty())
            return all;
        std::ranges::move(more, std::back_inserter(all));
    }
}

std::vector<Bytes> mirrored_frames(const std::vector<Frame> &outers) {
    Outers packets;
    for (const Frame &outer : outers)
        packets.add(outer.bytes);
    EXPECT_TRUE(packets.complete()) << "fragments are missing";
    std::vector<Bytes> frames;
    for (const auto &[protocol, packet] : packets.whole())
        frames.emplace_back(
            packet.begin() + static_cast<std::ptrdiff_t>(encapsulation_length(protocol, packet)),
            packet.end());
    return frames;
}

std::vector<Bytes> ip_payloads(const std::vector<Frame> &frames) {
    Outers packets;
    for (const Frame &frame : frames)
        packets.add(frame.bytes);
    EXPECT_TRUE(packets.complete()) << "fragments are missing";
    std::vector<Bytes> payloads;
    for (const auto &[protocol, payload] : packets.whole())
        payloads.push_back(payload);
    return payloads;
}

::testing::AssertionResult same_frames(std::vector<Bytes> expected, std::vector<Bytes> got) {
    if (expected.size() != got.size())
        return ::testing::AssertionFailure() << got.size() << " frames, not " << expected.size();
    std::ranges::sort(expected);
    std::ranges::sort(got);
    for (std::size_t i = 0; i < expected.size(); i++)
        if (::testing::AssertionResult same = test::same_bytes(expected[i], got[i]); !same)
            return same << "\nframe " << i << " of " << expected.size() << ", sorted";
    return ::testing::AssertionSuccess();
}

}  // namespace rmirror::vm
