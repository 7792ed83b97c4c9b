// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/capture.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "vm/support/time_scale.hpp"

namespace rmirror::vm {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t max_frame = 65536 + 64;  // the largest GSO frame with its headers
constexpr std::size_t ethertype_offset = 12;
constexpr int receive_buffer = 32 * 1024 * 1024;

/** A raw socket bound to a device; `protocol` 0 receives nothing. */
FileDescriptor packet_socket(const NetNs &netns, const std::string &device, int protocol) {
    const unsigned index = netns.interface_index(device);
    FileDescriptor socket = netns.run([&] {
        // Bound first, then given a protocol: so that no frame of another device gets in.
        return FileDescriptor(
            check_errno(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "packet socket"));
    });
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(static_cast<std::uint16_t>(protocol));
    address.sll_ifindex = static_cast<int>(index);
    check_errno(bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)),
                "bind to " + device);
    return socket;
}

void enable(const FileDescriptor &socket, int level, int option) {
    const int one = 1;
    check_errno(setsockopt(socket.get(), level, option, &one, sizeof(one)), "setsockopt");
}

/** Puts the tag that was taken out of the frame back where it was. */
void restore_vlan(Frame &frame, const tpacket_auxdata &auxdata) {
    if (!(auxdata.tp_status & TP_STATUS_VLAN_VALID))
        return;
    const std::uint16_t tpid =
        auxdata.tp_status & TP_STATUS_VLAN_TPID_VALID ? auxdata.tp_vlan_tpid : ETHERTYPE_VLAN;
    const std::array<std::uint8_t, 4> tag{static_cast<std::uint8_t>(tpid >> 8),
                                          static_cast<std::uint8_t>(tpid),
                                          static_cast<std::uint8_t>(auxdata.tp_vlan_tci >> 8),
                                          static_cast<std::uint8_t>(auxdata.tp_vlan_tci)};
    frame.bytes.insert(frame.bytes.begin() + ethertype_offset, tag.begin(), tag.end());
    frame.accelerated_vlan = auxdata.tp_vlan_tci;
}

void read_control(Frame &frame, msghdr &message) {
    for (cmsghdr *control = CMSG_FIRSTHDR(&message); control != nullptr;
         control = CMSG_NXTHDR(&message, control)) {
        if (control->cmsg_level == SOL_PACKET && control->cmsg_type == PACKET_AUXDATA) {
            tpacket_auxdata auxdata;
            std::memcpy(&auxdata, CMSG_DATA(control), sizeof(auxdata));
            frame.checksum_partial = auxdata.tp_status & TP_STATUS_CSUMNOTREADY;
            restore_vlan(frame, auxdata);
        } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMP) {
            timeval time;
            std::memcpy(&time, CMSG_DATA(control), sizeof(time));
            frame.time =
                std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
        }
    }
}

/** The offset of the L3 header, behind any VLAN tags, and the EtherType that says what it is. */
std::pair<std::size_t, std::uint16_t> network_header(const test::Bytes &bytes) {
    std::size_t offset = ethertype_offset;
    while (offset + 2 <= bytes.size()) {
        const auto type = static_cast<std::uint16_t>(bytes[offset] << 8 | bytes[offset + 1]);
        if (type != ETHERTYPE_VLAN && type != 0x88a8)
            return {offset + 2, type};
        offset += 4;
    }
    return {bytes.size(), std::uint16_t{0}};
}

}  // namespace

Capture::Capture(const NetNs &netns, const std::string &device, Direction direction)
    : socket_(packet_socket(netns, device, ETH_P_ALL)), direction_(direction) {
    enable(socket_, SOL_PACKET, PACKET_AUXDATA);
    enable(socket_, SOL_SOCKET, SO_TIMESTAMP);
    if (direction == Direction::incoming)
        enable(socket_, SOL_PACKET, PACKET_IGNORE_OUTGOING);
    check_errno(setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer,
                           sizeof(receive_buffer)),
                "receive buffer");
    packet_mreq promiscuous{};
    promiscuous.mr_ifindex = static_cast<int>(netns.interface_index(device));
    promiscuous.mr_type = PACKET_MR_PROMISC;
    check_errno(setsockopt(socket_.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
                           sizeof(promiscuous)),
                "promiscuous mode");
}

std::vector<Frame> Capture::wait_for(std::size_t count, const Predicate &predicate,
                                     std::chrono::milliseconds timeout) {
    auto deadline = steady_clock::now() + scaled(timeout);
    std::vector<Frame> matched = take(count, predicate);
    while (matched.size() < count && steady_clock::now() < deadline) {
        pollfd polled{socket_.get(), POLLIN, 0};
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
        if (poll(&polled, 1, static_cast<int>(left.count())) > 0)
            read_one();
        for (Frame &frame : take(count - matched.size(), predicate)) {
            matched.push_back(std::move(frame));
            deadline = steady_clock::now() + scaled(timeout);
        }
    }
    return matched;
}

std::vector<Frame> Capture::collect(const Predicate &predicate, std::chrono::milliseconds time) {
    read_until(steady_clock::now() + scaled(time));
    return take(std::numeric_limits<std::size_t>::max(), predicate);
}

unsigned Capture::lost() const {
    tpacket_stats stats{};
    socklen_t size = sizeof(stats);
    check_errno(getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &size),
                "packet statistics");
    return stats.tp_drops;
}

void Capture::read_until(steady_clock::time_point deadline) {
    do {
        pollfd polled{socket_.get(), POLLIN, 0};
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
        if (poll(&polled, 1, std::max(0, static_cast<int>(left.count()))) > 0)
            read_one();
    } while (steady_clock::now() < deadline);
    while (read_one()) {
    }
}

bool Capture::read_one() {
    Frame frame;
    frame.bytes.resize(max_frame);
    iovec vector{frame.bytes.data(), frame.bytes.size()};
    sockaddr_ll from{};
    alignas(cmsghdr) std::array<char, 256> control;
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof(from);
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    if (size < 0)
        return false;
    frame.bytes.resize(static_cast<std::size_t>(size));
    frame.outgoing = from.sll_pkttype == PACKET_OUTGOING;
    read_control(frame, message);
    if (direction_ == Direction::both || frame.outgoing == (direction_ == Direction::outgoing))
        frames_.push_back(std::move(frame));
    return true;
}

std::vector<Frame> Capture::take(std::size_t count, const Predicate &predicate) {
    std::vector<Frame> matched, rest;
    for (Frame &frame : frames_) {
        const bool wanted = matched.size() < count && predicate(frame);
        (wanted ? matched : rest).push_back(std::move(frame));
    }
    frames_ = std::move(rest);
    return matched;
}

Injector::Injector(const NetNs &netns, const std::string &device)
    : socket_(packet_socket(netns, device, 0)) {
    enable(socket_, SOL_PACKET, PACKET_VNET_HDR);
}

void Injector::send(test::ByteView frame) {
    send_gso(frame, {});
}

void Injector::send_gso(test::ByteView frame, const GsoRequest &request) {
    VnetHeader header = vnet_header(request);
    std::array<iovec, 2> vectors{iovec{&header, sizeof(header)},
                                 iovec{const_cast<std::uint8_t *>(frame.data()), frame.size()}};
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = vectors.size();
    check_errno(static_cast<int>(sendmsg(socket_.get(), &message, 0)), "send a frame");
}

Capture::Predicate has_ethertype(std::uint16_t ethertype) {
    return [=](const Frame &frame) { return network_header(frame.bytes).second == ethertype; };
}

Capture::Predicate has_ip_protocol(std::uint8_t protocol) {
    return [=](const Frame &frame) {
        const auto [offset, type] = network_header(frame.bytes);
        const std::size_t field = offset + (type == ETHERTYPE_IPV6 ? 6 : 9);
        return (type == ETHERTYPE_IP || type == ETHERTYPE_IPV6) && field < frame.bytes.size() &&
               frame.bytes[field] == protocol;
    };
}

Capture::Predicate any_frame() {
    return [](const Frame &) { return true; };
}

}  // namespace rmirror::vm
