// SPDX-License-Identifier: GPL-2.0-only
//
// Requests to the kernel over netlink: one question, all its answers.
#pragma once

#include <libmnl/libmnl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rmirror::tools {

// A request under construction.
class Request {
public:
    Request(std::uint16_t type, std::uint16_t flags);

    // The family's own header behind that of netlink, zeroed.
    template <typename Header>
    Header &extra() {
        return *static_cast<Header *>(mnl_nlmsg_put_extra_header(header_, sizeof(Header)));
    }
    void put(std::uint16_t type, const void *data, std::size_t size) {
        mnl_attr_put(header_, type, size, data);
    }
    void put(std::uint16_t type, std::uint32_t value) { mnl_attr_put_u32(header_, type, value); }
    void put_network(std::uint16_t type, std::uint32_t value);  // in network order
    void put(std::uint16_t type, const std::string &text) {
        mnl_attr_put_strz(header_, type, text.c_str());
    }
    void add_flags(std::uint16_t flags) { header_->nlmsg_flags |= flags; }
    // What is put until end() stands in a nest of that type.
    nlattr *begin(std::uint16_t type) { return mnl_attr_nest_start(header_, type); }
    void end(nlattr *nest) { mnl_attr_nest_end(header_, nest); }
    const nlmsghdr *get() const { return header_; }

private:
    struct alignas(nlmsghdr) Buffer {
        std::array<char, 1024> bytes;
    };
    std::unique_ptr<Buffer> buffer_ = std::make_unique<Buffer>();
    nlmsghdr *header_;
};

class Netlink {
public:
    // NETLINK_NETFILTER, NETLINK_ROUTE, ..; a socket that cannot be had gives its error to ask().
    explicit Netlink(int bus);

    // Sends a request and hands each message of the answer to `take`; returns 0 or errno.
    int ask(const Request &request, const std::function<void(const nlmsghdr &)> &take);

    // Has nf_tables do all of the requests, or none; returns 0 or errno. An error leaves answers
    // behind: the socket is of no use any more.
    int change(std::vector<Request> requests);

private:
    std::unique_ptr<mnl_socket, decltype(&mnl_socket_close)> socket_;
    int error_ = 0;
};

// Everything of a dump, as ask() hands it out. One during which somebody changes what it lists
// begins anew, and `begin` forgets what was taken.
int dump(int bus, const Request &request, const std::function<void()> &begin,
         const std::function<void(const nlmsghdr &)> &take);

// The attributes in a nest, or in a message behind a header of `header` bytes.
std::vector<const nlattr *> attributes_of(const nlattr *nest);
std::vector<const nlattr *> attributes_of(const nlmsghdr &message, std::size_t header);
// The one of that type; nullptr: there is none.
const nlattr *find_attribute(const nlattr *nest, std::uint16_t type);
const nlattr *find_attribute(const nlmsghdr &message, std::size_t header, std::uint16_t type);

// What is in an attribute; of none, nothing.
std::string string_of(const nlattr *attribute);
std::uint32_t number_of(const nlattr *attribute);          // in host order
std::uint32_t network_number_of(const nlattr *attribute);  // in network order

}  // namespace rmirror::tools
