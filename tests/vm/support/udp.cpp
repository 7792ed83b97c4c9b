// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/udp.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "vm/support/file_descriptor.hpp"

namespace rmirror::vm {
namespace {

template <typename SocketAddress>
void send_from_here(int family, const SocketAddress &to, test::ByteView payload) {
    const FileDescriptor socket(
        check_errno(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    check_errno(static_cast<int>(sendto(socket.get(), payload.data(), payload.size(), 0,
                                        reinterpret_cast<const sockaddr *>(&to), sizeof to)),
                "sendto");
}

}  // namespace

void send_udp(const NetNs &netns, const std::string &address, std::uint16_t port,
              test::ByteView payload) {
    netns.run([&] {
        if (address.find(':') != std::string::npos) {
            sockaddr_in6 to{};
            to.sin6_family = AF_INET6;
            to.sin6_port = htons(port);
            std::ranges::copy(test::ipv6(address), to.sin6_addr.s6_addr);
            send_from_here(AF_INET6, to, payload);
        } else {
            sockaddr_in to{};
            to.sin_family = AF_INET;
            to.sin_port = htons(port);
            inet_pton(AF_INET, address.c_str(), &to.sin_addr);
            send_from_here(AF_INET, to, payload);
        }
    });
}

}  // namespace rmirror::vm
