// SPDX-License-Identifier: GPL-2.0-only
#include "listener.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

namespace rmirror::tools {

namespace {

using collector::Descriptor;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// An error quotes no more (RFC 1812, RFC 4443).
constexpr std::size_t longest = 1280;

Address address_of(const sockaddr_storage &storage) {
    if (storage.ss_family == AF_INET) {
        const auto &in = reinterpret_cast<const sockaddr_in &>(storage);
        return *Address::from_bytes({reinterpret_cast<const std::uint8_t *>(&in.sin_addr), 4});
    }
    return *Address::from_bytes(
        {reinterpret_cast<const sockaddr_in6 &>(storage).sin6_addr.s6_addr, 16});
}

// Sockets of IPv4 give the IP header, too.
std::span<const std::uint8_t> behind_ip(std::span<const std::uint8_t> message, int family) {
    if (family != AF_INET)
        return message;
    return message.subspan(
        std::min<std::size_t>(message.size(), std::size_t{message[0] & 0x0fU} * 4U));
}

void read_all(const Descriptor &socket, const std::function<void(const probe::Answer &)> &take) {
    std::array<std::uint8_t, longest> buffer{};
    for (;;) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        const ssize_t got = recvfrom(socket.get(), buffer.data(), buffer.size(), 0,
                                     reinterpret_cast<sockaddr *>(&from), &size);
        if (got <= 0)
            return;
        const std::span message(buffer.data(), static_cast<std::size_t>(got));
        if (const auto answer =
                probe::read_answer(address_of(from), behind_ip(message, from.ss_family)))
            take(*answer);
    }
}

}  // namespace

int Listener::open() {
    struct Kind {
        int family;
        int protocol;
    };
    for (const Kind &kind : {Kind{AF_INET, IPPROTO_ICMP}, Kind{AF_INET6, IPPROTO_ICMPV6}}) {
        Descriptor socket(
            ::socket(kind.family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, kind.protocol));
        if (socket)
            sockets_.push_back(std::move(socket));
        else if (kind.family == AF_INET)  // a kernel may be without IPv6
            return errno;
    }
    return 0;
}

void Listener::listen(milliseconds time,
                      const std::function<void(const probe::Answer &)> &take) const {
    const auto end = steady_clock::now() + time;
    std::vector<pollfd> fds;
    for (const Descriptor &socket : sockets_)
        fds.push_back({.fd = socket.get(), .events = POLLIN, .revents = 0});
    for (auto left = time; left.count() > 0;
         left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now()))
        if (poll(fds.data(), fds.size(), static_cast<int>(left.count())) > 0)
            for (const Descriptor &socket : sockets_)
                read_all(socket, take);
}

}  // namespace rmirror::tools
