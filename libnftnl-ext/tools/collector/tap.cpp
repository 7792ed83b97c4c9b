// SPDX-License-Identifier: GPL-2.0-only
#include "tap.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>

namespace rmirror::collector {

namespace {

// Suricata and others read as much of a frame as the device's MTU has.
constexpr int device_mtu = 9000;

ifreq request(const std::string &name) {
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
}

// Before the device is up: it has no link-local address then, and asks for no router.
void keep_ipv6_away(const std::string &name) {
    const std::string path = "/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6";
    const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    // Without IPv6 in the kernel there is nothing to keep away.
    if (file && write(file.get(), "1", 1) != 1)
        return;
}

std::optional<Error> set_up(const std::string &name) {
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq mtu = request(name);
    mtu.ifr_mtu = device_mtu;
    if (!socket || ioctl(socket.get(), SIOCSIFMTU, &mtu) != 0)
        return system_error("cannot set the MTU of " + name + " to 9000");
    keep_ipv6_away(name);
    ifreq flags = request(name);
    if (ioctl(socket.get(), SIOCGIFFLAGS, &flags) != 0)
        return system_error("cannot read the flags of " + name);
    flags.ifr_flags = static_cast<short>(flags.ifr_flags | IFF_UP | IFF_NOARP);
    if (ioctl(socket.get(), SIOCSIFFLAGS, &flags) != 0)
        return system_error("cannot set " + name + " up");
    return std::nullopt;
}

// A packet without a link header gets one of zero addresses.
std::array<std::uint8_t, 14> built_header(ByteView packet) {
    const bool ipv6 = !packet.empty() && packet[0] >> 4 == 6;
    std::array<std::uint8_t, 14> header{};
    header[12] = ipv6 ? 0x86 : 0x08;
    header[13] = ipv6 ? 0xdd : 0x00;
    return header;
}

}  // namespace

Result<std::unique_ptr<TapSink>> TapSink::open(const std::string &name) {
    Descriptor file(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!file)
        return system_error("cannot open /dev/net/tun");
    ifreq wish = request(name);
    wish.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (ioctl(file.get(), TUNSETIFF, &wish) != 0) {
        if (errno == EINVAL)
            return Error{name + " is there already and is no tap device", {}};
        if (errno == EBUSY)
            return Error{name + " is in use by another program", {}};
        return system_error("cannot make the tap device " + name);
    }
    if (const auto error = set_up(name))
        return *error;
    return std::unique_ptr<TapSink>(new TapSink(std::move(file)));
}

void TapSink::write(const Frame &frame) {
    const ByteView bytes = frame.copy.frame;
    auto header = built_header(bytes);
    const iovec parts[] = {
        {header.data(), header.size()},
        {const_cast<std::uint8_t *>(bytes.data()), bytes.size()},
    };
    const bool bare = frame.copy.link == Link::ip;
    const ssize_t wrote = bare ? writev(file_.get(), parts, 2) : writev(file_.get(), parts + 1, 1);
    if (wrote >= 0)
        return;
    drops_++;
    if (errno == EBADFD)
        error_ = Error{"the tap device has been removed", {}};
}

}  // namespace rmirror::collector
