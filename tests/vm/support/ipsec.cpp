// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/ipsec.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "vm/support/module.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint16_t nat_traversal_port = 4500;  // RFC 3948
constexpr const char *integrity = " auth hmac(sha1) 0x00112233445566778899aabbccddeeff00112233";
constexpr const char *secrecy = " enc cbc(aes) 0x00112233445566778899aabbccddeeff";

bool is_ipv6(const std::string &address) {
    return address.find(':') != std::string::npos;
}

template <typename SocketAddress>
FileDescriptor bound_socket(const SocketAddress &address, int family) {
    FileDescriptor socket(check_errno(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    const int kind = UDP_ENCAP_ESPINUDP;
    check_errno(setsockopt(socket.get(), SOL_UDP, UDP_ENCAP, &kind, sizeof kind), "UDP_ENCAP");
    check_errno(bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address),
                "bind");
    return socket;
}

}  // namespace

std::vector<std::string> Ipsec::modules() const {
    return {(protocol == IpsecProtocol::ah ? "ah" : "esp") +
            std::string(is_ipv6(source) ? "6" : "4")};
}

std::optional<std::string> Ipsec::missing_module() const {
    for (const std::string &module : modules())
        if (!has_module(module))
            return module;
    return std::nullopt;
}

std::uint8_t Ipsec::wire_protocol() const {
    switch (protocol) {
        case IpsecProtocol::esp:
            return IPPROTO_ESP;
        case IpsecProtocol::ah:
            return IPPROTO_AH;
        case IpsecProtocol::esp_in_udp:
            return IPPROTO_UDP;
    }
    return 0;
}

void Ipsec::add_state(const NetNs &netns) const {
    std::string line = "xfrm state add src " + source + " dst " + destination + " proto " +
                       (protocol == IpsecProtocol::ah ? "ah" : "esp") +
                       " spi 0x1001 reqid 1 mode " + mode;
    // What is inside of a tunnel may be of the other family.
    if (mode == "tunnel")
        line += " flag af-unspec";
    if (protocol != IpsecProtocol::ah)
        line += secrecy;
    line += integrity;
    if (protocol == IpsecProtocol::esp_in_udp)
        line += " encap espinudp 4500 4500 " + std::string(is_ipv6(source) ? "::" : "0.0.0.0");
    netns.ip(line + "\n");
}

void Ipsec::add_policy(const NetNs &netns, const std::string &selector) const {
    const std::string ends = mode == "tunnel" ? " src " + source + " dst " + destination : "";
    netns.ip("xfrm policy add " + selector + " dir out tmpl" + ends + " proto " +
             (protocol == IpsecProtocol::ah ? "ah" : "esp") + " reqid 1 mode " + mode + "\n");
}

FileDescriptor Ipsec::listen(const NetNs &netns) const {
    if (protocol != IpsecProtocol::esp_in_udp)
        return {};
    return netns.run([this] {
        if (is_ipv6(source)) {
            sockaddr_in6 any{};
            any.sin6_family = AF_INET6;
            any.sin6_port = htons(nat_traversal_port);
            return bound_socket(any, AF_INET6);
        }
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_port = htons(nat_traversal_port);
        return bound_socket(any, AF_INET);
    });
}

}  // namespace rmirror::vm
