// SPDX-License-Identifier: GPL-2.0-only
#include "quiet.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "filter.hpp"

namespace rmirror::collector {

namespace {

Descriptor silent(int family, int type, int protocol) {
    Descriptor socket(::socket(family, type | SOCK_CLOEXEC, protocol));
    if (!socket)
        return socket;
    Filter filter = no_packet();
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    const int yes = 1;
    if (setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
        return {};
    if (family == AF_INET6)
        setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    return socket;
}

bool bind_port(const Descriptor &socket, int family, std::uint16_t port) {
    if (family == AF_INET) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        return bind(socket.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    return bind(socket.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
}

}  // namespace

std::vector<Descriptor> keep_kernel_quiet(bool gre, const Ports &ports) {
    std::vector<Descriptor> sockets;
    for (const int family : {AF_INET, AF_INET6}) {
        if (gre)
            sockets.push_back(silent(family, SOCK_RAW, IPPROTO_GRE));
        for (const std::uint16_t port : ports) {
            if (port == 0)
                continue;
            Descriptor socket = silent(family, SOCK_DGRAM, 0);
            if (socket && bind_port(socket, family, port))
                sockets.push_back(std::move(socket));
        }
    }
    return sockets;
}

}  // namespace rmirror::collector
