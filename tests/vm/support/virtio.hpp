// SPDX-License-Identifier: GPL-2.0-only
// The header with which packet sockets and tap devices take and give superframes:
// linux/virtio_net.h is no C++.
#pragma once

#include <cstdint>

namespace rmirror::vm {

/** VIRTIO_NET_HDR_GSO_*. */
enum class GsoType : std::uint8_t {
    none = 0,
    tcp_ipv4 = 1,
    udp_fragments = 3,
    tcp_ipv6 = 4,
    udp = 5
};

/** A request to segment what is sent. */
struct GsoRequest {
    GsoType type = GsoType::none;
    std::uint16_t segment_size = 0;
    std::uint16_t header_length = 0;    ///< of all headers, Ethernet included
    std::uint16_t checksum_start = 0;   ///< of the transport header; 0: it is finished
    std::uint16_t checksum_offset = 0;  ///< of its checksum field
};

/** struct virtio_net_hdr; numbers in the host's order. */
struct VnetHeader {
    std::uint8_t flags;
    GsoType gso_type;
    std::uint16_t header_length;
    std::uint16_t segment_size;
    std::uint16_t checksum_start;
    std::uint16_t checksum_offset;
};
static_assert(sizeof(VnetHeader) == 10);

/** VIRTIO_NET_HDR_F_NEEDS_CSUM. */
constexpr std::uint8_t needs_checksum = 1;

inline VnetHeader vnet_header(const GsoRequest &request) {
    return {request.checksum_start != 0 ? needs_checksum : std::uint8_t{0},
            request.type,
            request.header_length,
            request.segment_size,
            request.checksum_start,
            request.checksum_offset};
}

}  // namespace rmirror::vm
