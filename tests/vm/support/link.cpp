// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/link.hpp"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "vm/support/time_scale.hpp"

namespace rmirror::vm {
namespace {

/** Quiet before the device comes up: `default` is what a new device starts with. */
void silence_ipv6(const NetNs &netns) {
    const std::string base = "net.ipv6.conf.default.";
    netns.sysctl(base + "addr_gen_mode", "1");  // no link-local address, so no MLD from it
    netns.sysctl(base + "accept_dad", "0");
    netns.sysctl(base + "dad_transmits", "0");
    netns.sysctl(base + "accept_ra", "0");
    netns.sysctl(base + "router_solicitations", "0");
}

/**
 * The words of `ip link add` for one end. No two ends have the same index: the kernel takes a
 * device whose peer has its own index for a physical one, and lets the news that it has a carrier
 * wait for up to a second. IPv6 starts, and speaks, only then.
 */
std::string new_end(const VethEnd &end, unsigned mtu) {
    static std::atomic<unsigned> next_index = 100;
    return "name " + end.device + " index " + std::to_string(next_index++) + " mtu " +
           std::to_string(mtu) + " address " + test::to_string(end.mac);
}

void wait_until_running(const VethEnd &end) {
    using namespace std::chrono_literals;
    const auto deadline = std::chrono::steady_clock::now() + scaled(5s);
    while (!end.netns.is_running(end.device)) {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error(end.device + " has no carrier");
        std::this_thread::sleep_for(2ms);
    }
}

unsigned ethtool_command(Offload offload) {
    switch (offload) {
        case Offload::gro:
            return ETHTOOL_SGRO;
        case Offload::gso:
            return ETHTOOL_SGSO;
        case Offload::tso:
            return ETHTOOL_STSO;
        case Offload::rx_checksum:
            return ETHTOOL_SRXCSUM;
        case Offload::tx_checksum:
            return ETHTOOL_STXCSUM;
    }
    throw std::invalid_argument("unknown offload");
}

}  // namespace

void create_veth(const VethEnd &left, const VethEnd &right, unsigned mtu) {
    silence_ipv6(left.netns);
    silence_ipv6(right.netns);
    left.netns.ip("link add " + new_end(left, mtu) + " type veth peer " + new_end(right, mtu) +
                  " netns " + right.netns.name());
    left.netns.set_up(left.device);
    right.netns.set_up(right.device);
    wait_until_running(left);
    wait_until_running(right);
}

void set_offload(const NetNs &netns, const std::string &device, Offload offload, bool on) {
    netns.run([&] {
        const FileDescriptor socket(
            check_errno(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
        ethtool_value value{ethtool_command(offload), on ? 1u : 0u};
        ifreq request{};
        device.copy(request.ifr_name, IFNAMSIZ - 1);
        request.ifr_data = reinterpret_cast<char *>(&value);
        check_errno(ioctl(socket.get(), SIOCETHTOOL, &request), "ethtool on " + device);
    });
}

}  // namespace rmirror::vm
