// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/stream.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <thread>

#include "vm/support/file_descriptor.hpp"

namespace rmirror::vm {
namespace {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    SocketAddress(const std::string &address, std::uint16_t port) {
        if (address.find(':') != std::string::npos) {
            auto *to = reinterpret_cast<sockaddr_in6 *>(&storage);
            to->sin6_family = AF_INET6;
            to->sin6_port = htons(port);
            std::ranges::copy(test::ipv6(address), to->sin6_addr.s6_addr);
            size = sizeof *to;
        } else {
            auto *to = reinterpret_cast<sockaddr_in *>(&storage);
            to->sin_family = AF_INET;
            to->sin_port = htons(port);
            inet_pton(AF_INET, address.c_str(), &to->sin_addr);
            size = sizeof *to;
        }
    }
    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

FileDescriptor make_socket(const NetNs &netns, const SocketAddress &address, int type,
                           int protocol) {
    return netns.run([&] {
        return FileDescriptor(check_errno(
            socket(address.storage.ss_family, type | SOCK_CLOEXEC, protocol), "socket"));
    });
}

void set_option(const FileDescriptor &socket, int level, int option, int value) {
    check_errno(setsockopt(socket.get(), level, option, &value, sizeof value), "setsockopt");
}

/** What a peer sends until it closes. */
test::Bytes read_all(const FileDescriptor &socket) {
    test::Bytes all;
    std::array<std::uint8_t, 65536> buffer;
    for (;;) {
        const ssize_t size = recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (size <= 0)
            return all;
        all.insert(all.end(), buffer.begin(), buffer.begin() + size);
    }
}

void send_file(const FileDescriptor &socket, test::ByteView payload) {
    const FileDescriptor file(check_errno(memfd_create("payload", MFD_CLOEXEC), "memfd_create"));
    check_errno(static_cast<int>(write(file.get(), payload.data(), payload.size())), "write");
    off_t offset = 0;
    while (static_cast<std::size_t>(offset) < payload.size())
        check_errno(static_cast<int>(sendfile(socket.get(), file.get(), &offset,
                                              payload.size() - static_cast<std::size_t>(offset))),
                    "sendfile");
}

/** Waits until the pages are the caller's again. */
void finish_zerocopy(const FileDescriptor &socket) {
    std::array<char, 256> control;
    msghdr message{};
    message.msg_control = control.data();
    for (int i = 0; i < 5000; i++) {
        message.msg_controllen = control.size();
        if (recvmsg(socket.get(), &message, MSG_ERRQUEUE) >= 0)
            return;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    throw std::runtime_error("the zerocopy send does not end");
}

void send_bytes(const FileDescriptor &socket, test::ByteView payload, Source source) {
    if (source == Source::file) {
        send_file(socket, payload);
        return;
    }
    const bool zerocopy = source == Source::zerocopy;
    if (zerocopy)
        set_option(socket, SOL_SOCKET, SO_ZEROCOPY, 1);
    while (!payload.empty()) {
        const int sent =
            check_errno(static_cast<int>(send(socket.get(), payload.data(), payload.size(),
                                              zerocopy ? MSG_ZEROCOPY : 0)),
                        "send");
        payload = payload.subspan(static_cast<std::size_t>(sent));
    }
    if (zerocopy)
        finish_zerocopy(socket);
}

}  // namespace

test::Bytes send_stream(const StreamEnds &ends, test::ByteView payload, Source source) {
    const SocketAddress address(ends.server_address, ends.port);
    const FileDescriptor listener = make_socket(ends.server, address, SOCK_STREAM, ends.protocol);
    set_option(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    check_errno(bind(listener.get(), address.get(), address.size), "bind");
    check_errno(listen(listener.get(), 1), "listen");
    test::Bytes received;
    FileDescriptor client = make_socket(ends.client, address, SOCK_STREAM, ends.protocol);
    check_errno(connect(client.get(), address.get(), address.size), "connect");
    std::thread server([&] {
        const FileDescriptor peer(accept(listener.get(), nullptr, nullptr));
        received = read_all(peer);
    });
    try {
        send_bytes(client, payload, source);
    } catch (...) {
        client.reset();
        server.join();
        throw;
    }
    client.reset();
    server.join();
    return received;
}

void send_datagrams(const NetNs &netns, const std::string &address, test::ByteView payload,
                    const DatagramOptions &options) {
    const SocketAddress to(address, options.port);
    const FileDescriptor socket = make_socket(netns, to, SOCK_DGRAM, 0);
    if (!options.device.empty())
        check_errno(setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, options.device.data(),
                               static_cast<socklen_t>(options.device.size())),
                    "bind to " + options.device);
    if (options.segment != 0)
        set_option(socket, SOL_UDP, UDP_SEGMENT, options.segment);
    check_errno(connect(socket.get(), to.get(), to.size), "connect");
    send_bytes(socket, payload, options.source);
}

}  // namespace rmirror::vm
