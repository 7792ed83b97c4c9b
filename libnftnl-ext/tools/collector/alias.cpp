// SPDX-License-Identifier: GPL-2.0-only
#include "alias.hpp"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <memory>
#include <vector>

namespace rmirror::collector {

namespace {

struct Close {
    void operator()(mnl_socket *socket) const { mnl_socket_close(socket); }
};

int keep_alias(const nlattr *attribute, void *alias) {
    if (mnl_attr_get_type(attribute) == IFLA_IFALIAS &&
        mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0)
        *static_cast<std::string *>(alias) = mnl_attr_get_str(attribute);
    return MNL_CB_OK;
}

int read_link(const nlmsghdr *message, void *alias) {
    return mnl_attr_parse(message, sizeof(ifinfomsg), keep_alias, alias);
}

}  // namespace

std::string alias_of(const std::string &device) {
    std::string alias;
    const std::unique_ptr<mnl_socket, Close> socket(mnl_socket_open(NETLINK_ROUTE));
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
        return alias;
    std::vector<char> buffer(static_cast<std::size_t>(MNL_SOCKET_BUFFER_SIZE));
    nlmsghdr *request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = RTM_GETLINK;
    request->nlmsg_flags = NLM_F_REQUEST;
    request->nlmsg_seq = 1;
    auto *link = static_cast<ifinfomsg *>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)));
    link->ifi_index = static_cast<int>(if_nametoindex(device.c_str()));
    if (mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0)
        return alias;
    const ssize_t size = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
    if (size > 0)
        mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), 1,
                   mnl_socket_get_portid(socket.get()), read_link, &alias);
    return alias;
}

}  // namespace rmirror::collector
