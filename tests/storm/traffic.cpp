// SPDX-License-Identifier: GPL-2.0-only
#include "storm/traffic.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "support/address.hpp"
#include "support/packet_builder.hpp"

namespace rmirror::storm {
namespace {

constexpr test::MacAddress v0_mac{2, 0, 0, 0, 1, 2};
constexpr test::MacAddress far_mac{2, 0, 0, 0, 1, 1};
constexpr std::uint32_t packets = 50;
constexpr auto patience = std::chrono::seconds(10);

[[noreturn]] void fail(const char *what) {
    throw std::system_error(errno, std::generic_category(), what);
}

int packet_socket(const char *device, std::uint16_t protocol) {
    const int made = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    sockaddr_ll where{};
    where.sll_family = AF_PACKET;
    where.sll_protocol = htons(protocol);
    where.sll_ifindex = static_cast<int>(if_nametoindex(device));
    const int room = 1 << 20;
    if (made < 0 || setsockopt(made, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) != 0 ||
        bind(made, reinterpret_cast<const sockaddr *>(&where), sizeof(where)) != 0)
        fail(device);
    return made;
}

test::Bytes forwarded(std::size_t size, test::ByteView start = {}) {
    test::Bytes payload(start.begin(), start.end());
    payload.resize(size);
    return test::PacketBuilder()
        .eth(far_mac, v0_mac)
        .ipv4({.source = test::ipv4("10.1.0.1"), .destination = test::ipv4("10.2.0.9")})
        .udp(1000, 9)
        .payload(payload)
        .build();
}

test::Bytes forwarded6(std::size_t size) {
    return test::PacketBuilder()
        .eth(far_mac, v0_mac)
        .ipv6({.source = test::ipv6("fd01::1"), .destination = test::ipv6("fd02::9")})
        .udp(1000, 9)
        .payload(test::Bytes(size))
        .build();
}

test::Bytes who_has() {
    return test::from_hex(
        "ffffffffffff 020000000101 0806 0001 0800 06 04 0001 020000000101 0a010001 000000000000 "
        "0a010002");
}

/** What the other process sends in turn. */
class Senders {
public:
    Senders()
        : routed_(packet_socket("v1", 0)),
          bridged_(packet_socket("b1", 0)),
          local_{socket(AF_INET, SOCK_DGRAM, 0), socket(AF_INET6, SOCK_DGRAM, 0)} {
        frames_ = {forwarded(20), forwarded(1400), forwarded6(20), forwarded6(1400), who_has()};
    }

    std::uint64_t round() const {
        for (const test::Bytes &frame : frames_)
            for (const int to : {routed_, bridged_})
                // A queue may be full.
                (void)!send(to, frame.data(), frame.size(), 0);
        const std::array<std::uint8_t, 1000> payload{};
        for (const char *to : {"127.0.0.1", "10.2.0.9"})
            send_to(local_[0], payload, test::ipv4(to));
        return 2 * frames_.size() + 2;
    }

private:
    static void send_to(int from, const std::array<std::uint8_t, 1000> &payload,
                        test::Ipv4Address to) {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_port = htons(9);
        std::memcpy(&where.sin_addr, to.data(), to.size());
        sendto(from, payload.data(), payload.size(), 0, reinterpret_cast<const sockaddr *>(&where),
               sizeof(where));
    }

    int routed_;
    int bridged_;
    int local_[2];
    std::vector<test::Bytes> frames_;
};

[[noreturn]] void send_for_ever(volatile std::uint64_t &sent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const Senders senders;
    for (;;) {
        sent = sent + senders.round();
        usleep(10000);
    }
}

}  // namespace

Traffic::Traffic() : out_(packet_socket("v1", 0)), seen_(packet_socket("d0", ETH_P_ALL)) {
    void *shared =
        mmap(nullptr, sizeof(*sent_), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        fail("mmap");
    sent_ = static_cast<volatile std::uint64_t *>(shared);
    child_ = fork();
    if (child_ < 0)
        fail("fork");
    if (child_ == 0)
        send_for_ever(*sent_);
}

Traffic::~Traffic() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    close(out_);
    close(seen_);
}

std::uint64_t Traffic::sent() const {
    return *sent_;
}

std::string Traffic::check_forwarding() {
    round_++;
    std::set<std::uint32_t> missing;
    std::array<std::uint8_t, 2048> buffer{};
    const std::size_t label_at = forwarded(0).size();
    // What has been seen before, copies among it
    while (recv(seen_, buffer.data(), buffer.size(), MSG_DONTWAIT) > 0)
        continue;
    for (std::uint32_t number = 0; number < packets; number++) {
        const std::array<std::uint32_t, 3> label = {0x73746f72, round_, number};
        const auto *bytes = reinterpret_cast<const std::uint8_t *>(label.data());
        const test::Bytes frame = forwarded(20, {bytes, sizeof(label)});
        if (send(out_, frame.data(), frame.size(), 0) < 0)
            fail("send");
        missing.insert(number);
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (missing.contains(number)) {
            pollfd wait{.fd = seen_, .events = POLLIN, .revents = 0};
            if (std::chrono::steady_clock::now() > deadline)
                return "packet " + std::to_string(number) + " was not forwarded";
            poll(&wait, 1, 100);
            const ssize_t size = recv(seen_, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (size >= static_cast<ssize_t>(label_at + sizeof(label)) &&
                std::memcmp(buffer.data() + label_at, label.data(), sizeof(label)) == 0)
                missing.erase(number);
        }
    }
    return {};
}

}  // namespace rmirror::storm
