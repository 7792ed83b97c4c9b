// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/tap.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <array>

#include "vm/support/command.hpp"

namespace rmirror::vm {

Tap::Tap(const NetNs &netns, const std::string &device) {
    require_command({"modprobe", "tun"});
    ifreq request{};
    device.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
    request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    // The device is made in the namespace that the file was opened in.
    netns.run([&] {
        file_ =
            FileDescriptor(check_errno(open("/dev/net/tun", O_RDWR | O_CLOEXEC), "/dev/net/tun"));
        check_errno(ioctl(file_.get(), TUNSETIFF, &request), device);
    });
    netns.sysctl("net.ipv6.conf." + device + ".disable_ipv6", "1");
    netns.set_up(device);
}

void Tap::send(test::ByteView frame, const GsoRequest &request) {
    VnetHeader header = vnet_header(request);
    const std::array<iovec, 2> parts{iovec{&header, sizeof(header)},
                                     iovec{const_cast<std::uint8_t *>(frame.data()), frame.size()}};
    check_errno(static_cast<int>(writev(file_.get(), parts.data(), parts.size())), "send a frame");
}

}  // namespace rmirror::vm
