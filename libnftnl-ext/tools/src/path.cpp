// SPDX-License-Identifier: GPL-2.0-only
//
// The same look-up that the module makes, but with the source left to the route.
#include "path.hpp"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <cerrno>
#include <cstring>

#include "netlink/netlink.hpp"
#include "tables.hpp"

extern "C" unsigned int if_nametoindex(const char *name);  // <net/if.h> and <linux/if.h> clash

namespace rmirror::tools {

namespace {

constexpr std::uint32_t ticks_per_second = 100;  // USER_HZ

std::string address_text(const nlattr *attribute) {
    if (attribute == nullptr)
        return {};
    const auto address =
        Address::from_bytes({static_cast<const std::uint8_t *>(mnl_attr_get_payload(attribute)),
                             mnl_attr_get_payload_len(attribute)});
    return address ? address->to_text() : std::string();
}

// RTA_VIA: a gateway of the other family
std::string via_text(const nlattr *attribute) {
    if (attribute == nullptr || mnl_attr_get_payload_len(attribute) <= sizeof(rtvia))
        return {};
    const auto *bytes = static_cast<const std::uint8_t *>(mnl_attr_get_payload(attribute));
    const auto address =
        Address::from_bytes({bytes + sizeof(rtvia::rtvia_family),
                             mnl_attr_get_payload_len(attribute) - sizeof(rtvia::rtvia_family)});
    return address ? address->to_text() : std::string();
}

void put_address(Request &request, std::uint16_t type, const Address &address) {
    request.put(type, address.bytes().data(), address.bytes().size());
}

void take_route(const nlmsghdr &message, Path &path) {
    const auto *route = static_cast<const rtmsg *>(mnl_nlmsg_get_payload(&message));
    const auto find = [&message](std::uint16_t type) {
        return find_attribute(message, sizeof(rtmsg), type);
    };
    path.type = route->rtm_type;
    path.ifindex = number_of(find(RTA_OIF));
    path.source = address_text(find(RTA_PREFSRC));
    if (std::string gateway = address_text(find(RTA_GATEWAY)); !gateway.empty())
        path.next_hop = gateway;
    else if (std::string via = via_text(find(RTA_VIA)); !via.empty())
        path.next_hop = via;
    path.mtu = number_of(find_attribute(find(RTA_METRICS), RTAX_MTU));
    const nlattr *cache = find(RTA_CACHEINFO);
    if (cache != nullptr && mnl_attr_get_payload_len(cache) >= sizeof(rta_cacheinfo)) {
        rta_cacheinfo info{};
        std::memcpy(&info, mnl_attr_get_payload(cache), sizeof info);
        if (path.mtu != 0 && info.rta_expires > 0)
            path.learnt_for = static_cast<std::uint32_t>(info.rta_expires) / ticks_per_second + 1;
    }
}

void look_up_route(Netlink &netlink, const Statement &statement, const Address &collector,
                   Path &path) {
    Request request(RTM_GETROUTE, 0);
    rtmsg &route = request.extra<rtmsg>();
    route.rtm_family = collector.is_ipv4() ? AF_INET : AF_INET6;
    route.rtm_dst_len = static_cast<unsigned char>(8 * collector.bytes().size());
    put_address(request, RTA_DST, collector);
    if (statement.mark)
        request.put(RTA_MARK, *statement.mark);
    if (!statement.device.empty())
        request.put(RTA_OIF, index_of_device(statement.device));
    path.next_hop = collector.to_text();
    path.error =
        netlink.ask(request, [&path](const nlmsghdr &message) { take_route(message, path); });
}

void look_up_device(Netlink &netlink, Path &path) {
    Request request(RTM_GETLINK, 0);
    request.extra<ifinfomsg>().ifi_index = static_cast<int>(path.ifindex);
    netlink.ask(request, [&path](const nlmsghdr &message) {
        const auto *link = static_cast<const ifinfomsg *>(mnl_nlmsg_get_payload(&message));
        path.device.name = string_of(find_attribute(message, sizeof(ifinfomsg), IFLA_IFNAME));
        path.device.kind = string_of(find_attribute(
            find_attribute(message, sizeof(ifinfomsg), IFLA_LINKINFO), IFLA_INFO_KIND));
        path.device.mtu = number_of(find_attribute(message, sizeof(ifinfomsg), IFLA_MTU));
        path.device.is_up = (link->ifi_flags & IFF_UP) != 0;
        path.device.has_carrier = (link->ifi_flags & IFF_LOWER_UP) != 0;
        path.device.is_loopback = (link->ifi_flags & IFF_LOOPBACK) != 0;
        if ((link->ifi_flags & (IFF_NOARP | IFF_POINTOPOINT | IFF_LOOPBACK)) == 0)
            path.neighbour = Neighbour::not_asked;
    });
    if (path.mtu == 0)
        path.mtu = path.device.mtu;
}

void look_up_neighbour(Netlink &netlink, Path &path) {
    const auto address = Address::from_text(path.next_hop);
    if (path.neighbour == Neighbour::not_needed || !address)
        return;
    Request request(RTM_GETNEIGH, 0);
    ndmsg &neighbour = request.extra<ndmsg>();
    neighbour.ndm_family = address->is_ipv4() ? AF_INET : AF_INET6;
    neighbour.ndm_ifindex = static_cast<int>(path.ifindex);
    put_address(request, NDA_DST, *address);
    netlink.ask(request, [&path](const nlmsghdr &message) {
        const auto *found = static_cast<const ndmsg *>(mnl_nlmsg_get_payload(&message));
        constexpr int answers =
            NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP;
        if ((found->ndm_state & answers) != 0)
            path.neighbour = Neighbour::answers;
        else if ((found->ndm_state & (NUD_FAILED | NUD_INCOMPLETE)) != 0)
            path.neighbour = Neighbour::silent;
    });
}

}  // namespace

std::uint32_t index_of_device(const std::string &name) {
    return if_nametoindex(name.c_str());
}

Device find_device(const std::string &name) {
    Path path;
    path.ifindex = index_of_device(name);
    if (path.ifindex != 0) {
        Netlink netlink(NETLINK_ROUTE);
        look_up_device(netlink, path);
    }
    return path.device;
}

Path Paths::look_up(const Statement &statement, const Address &collector) {
    Netlink netlink(NETLINK_ROUTE);
    Path path;
    if (!statement.device.empty()) {
        path.ifindex = index_of_device(statement.device);
        if (path.ifindex == 0)
            path.error = ENODEV;
        else
            look_up_device(netlink, path);
    }
    // Of a device that is down the routes are gone, too.
    if (path.ifindex == 0 ? path.error == 0 : path.device.is_up) {
        look_up_route(netlink, statement, collector, path);
        if (path.error == 0 && path.ifindex != 0) {
            look_up_device(netlink, path);
            look_up_neighbour(netlink, path);
        }
    }
    return path;
}

Path Paths::find(const Address &address) {
    return look_up(Statement{}, address);
}

const Path *Paths::find(const Mirror &mirror) {
    Statement statement = mirror.statement.value_or(Statement{});
    const auto collector = Address::from_text(mirror.collector);
    if (!collector)
        return nullptr;
    const std::string key = mirror.text();
    if (const auto known = known_.find(key); known != known_.end())
        return &known->second;
    Path path = look_up(statement, *collector);
    const auto source = Address::from_text(path.source);
    if (mirror.statement && path.error == 0 && source)
        path.lack = ipsec_.lack(statement, *source, path.ifindex);
    return &known_.emplace(key, std::move(path)).first->second;
}

std::string obstacle(const Mirror &mirror, const Path &path) {
    if (path.error == ENODEV)
        return "there is no device " + mirror.statement->device;
    if (!path.device.name.empty() && !path.device.is_up)
        return "the device " + path.device.name + " is down";
    if (path.error != 0)
        return "there is no route to " + mirror.collector;
    if (path.type == RTN_BLACKHOLE || path.type == RTN_UNREACHABLE || path.type == RTN_PROHIBIT)
        return "the route to " + mirror.collector + " refuses packets";
    if (path.type == RTN_LOCAL || path.device.is_loopback)
        return "the collector " + mirror.collector + " is this host itself";
    if (path.type == RTN_BROADCAST)
        return "the collector " + mirror.collector + " is a broadcast address";
    if (!path.device.has_carrier)
        return "the device " + path.device.name + " has no carrier";
    if (path.lack)
        return path.lack->what;
    if (path.neighbour == Neighbour::silent)
        return path.next_hop + " does not answer on " + path.device.name;
    return {};
}

}  // namespace rmirror::tools
