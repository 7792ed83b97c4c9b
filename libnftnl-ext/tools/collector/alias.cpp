// SPDX-License-Identifier: GPL-2.0-only
#include "alias.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "netlink/netlink.hpp"

namespace rmirror::collector {

std::string alias_of(const std::string &device) {
    tools::Request request(RTM_GETLINK, 0);
    request.extra<ifinfomsg>().ifi_index = static_cast<int>(if_nametoindex(device.c_str()));
    std::string alias;
    tools::Netlink(NETLINK_ROUTE).ask(request, [&](const nlmsghdr &message) {
        alias = tools::string_of(tools::find_attribute(message, sizeof(ifinfomsg), IFLA_IFALIAS));
    });
    return alias;
}

}  // namespace rmirror::collector
