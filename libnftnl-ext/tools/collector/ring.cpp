// SPDX-License-Identifier: GPL-2.0-only
#include "ring.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <atomic>

namespace rmirror::collector {

namespace {

constexpr unsigned block_size = 1U << 20;
// A unit that the interface wants; frames of this version are as long as their packets.
constexpr unsigned frame_size = 2048;
// TP_STATUS_GSO_TCP, of kernels since 6.2: several TCP segments in one packet
constexpr std::uint32_t status_merged = 1U << 8;

std::optional<Error> attach(int fd, const Filter &filter) {
    sock_fprog program{static_cast<unsigned short>(filter.size()),
                       const_cast<sock_filter *>(filter.data())};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
        return system_error("cannot set the filter of a packet socket");
    return std::nullopt;
}

std::optional<Error> make_ring(int fd, unsigned blocks) {
    const int version = TPACKET_V3;
    if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0)
        return system_error("the kernel has no TPACKET_V3");
    tpacket_req3 request{};
    request.tp_block_size = block_size;
    request.tp_block_nr = blocks;
    request.tp_frame_size = frame_size;
    request.tp_frame_nr = block_size / frame_size * blocks;
    request.tp_retire_blk_tov = Ring::delay_ms;
    if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0)
        return system_error("cannot have a ring of " + std::to_string(blocks) +
                            " MiB (--buffer MIB asks for another size)");
    return std::nullopt;
}

Result<unsigned> device_index(const std::string &device) {
    if (device.empty())
        return 0U;
    const unsigned index = if_nametoindex(device.c_str());
    if (index == 0)
        return Error{"there is no device " + device, {}};
    return index;
}

std::optional<Error> bind_to(int fd, std::uint16_t protocol, unsigned index) {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(protocol);
    address.sll_ifindex = static_cast<int>(index);
    if (bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return system_error("cannot bind a packet socket");
    return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Ring>> Ring::open(const Options &options) {
    const Result<unsigned> index = device_index(options.device);
    if (!index)
        return index.error();
    // Without a protocol nothing comes before filter and ring are there.
    Descriptor socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket)
        return system_error(errno == EPERM ? "receiving needs root, or CAP_NET_RAW"
                                           : "cannot open a packet socket");
    const auto blocks = static_cast<unsigned>((options.bytes + block_size - 1) / block_size);
    auto error = attach(socket.get(), options.filter);
    if (!error)
        error = make_ring(socket.get(), blocks);
    if (error)
        return *error;
    void *memory = mmap(nullptr, std::size_t{block_size} * blocks, PROT_READ | PROT_WRITE,
                        MAP_SHARED, socket.get(), 0);
    if (memory == MAP_FAILED)
        return system_error("cannot map the ring");
    std::unique_ptr<Ring> ring(
        new Ring(std::move(socket), static_cast<std::uint8_t *>(memory), blocks));
    error = bind_to(ring->fd(), options.protocol, *index);
    if (error)
        return *error;
    return ring;
}

Ring::~Ring() {
    munmap(memory_, std::size_t{block_size} * block_count_);
}

unsigned Ring::read(Receiver &receiver, unsigned blocks) {
    unsigned done = 0;
    for (; done < blocks; done++) {
        auto *block =
            reinterpret_cast<tpacket_block_desc *>(memory_ + std::size_t{block_size} * next_);
        std::atomic_ref<std::uint32_t> status(block->hdr.bh1.block_status);
        if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0)
            break;
        const auto *at =
            reinterpret_cast<const std::uint8_t *>(block) + block->hdr.bh1.offset_to_first_pkt;
        for (std::uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
            const auto *header = reinterpret_cast<const tpacket3_hdr *>(at);
            receiver.packet({at + header->tp_net, header->tp_snaplen},
                            std::uint64_t{header->tp_sec} * 1'000'000'000 + header->tp_nsec,
                            (header->tp_status & status_merged) != 0);
            at += header->tp_next_offset;
        }
        status.store(TP_STATUS_KERNEL, std::memory_order_release);
        next_ = (next_ + 1) % block_count_;
    }
    return done;
}

std::uint64_t Ring::drops() {
    // The kernel starts anew with each question.
    tpacket_stats_v3 stats{};
    socklen_t size = sizeof stats;
    if (getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0)
        drops_ += stats.tp_drops;
    return drops_;
}

}  // namespace rmirror::collector
