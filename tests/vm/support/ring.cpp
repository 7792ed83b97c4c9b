// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/ring.hpp"

#include "vm/support/link.hpp"

namespace rmirror::vm {
namespace {

// Ethernet addresses by kind of link (1: to an edge, 2: between routers), its number and its end
std::string mac(unsigned kind, std::size_t number, unsigned end) {
    return "02:00:00:0" + std::to_string(kind) + ":0" + std::to_string(number) + ":0" +
           std::to_string(end);
}

std::string neighbour(const std::string &device, const std::string &address,
                      const std::string &mac_of_it) {
    return "neigh replace " + address + " lladdr " + mac_of_it + " nud permanent dev " + device +
           "\n";
}

std::string own_address(const std::string &device, const std::string &address) {
    const bool ipv6 = address.find(':') != std::string::npos;
    return "addr add " + address + (ipv6 ? "/64 nodad dev " : "/24 dev ") + device + "\n";
}

// Of the link from router i to the next
std::string between(std::size_t i, bool ipv6, unsigned end) {
    return (ipv6 ? "fd00:10" + std::to_string(i) + "::" : "10.10" + std::to_string(i) + ".0.") +
           std::to_string(end);
}

}  // namespace

std::string Ring::address(std::size_t edge, bool ipv6, unsigned host) {
    return (ipv6 ? "fd00:" + std::to_string(edge + 1) + "::"
                 : "10." + std::to_string(edge + 1) + ".0.") +
           std::to_string(host);
}

Ring::Ring(std::size_t size, bool answering) {
    for (std::size_t i = 0; i < size; i++) {
        edges_.push_back(std::make_unique<NetNs>("edge"));
        routers_.push_back(std::make_unique<NetNs>("router"));
        router(i).sysctl("net.ipv4.ip_forward", "1");
        router(i).sysctl("net.ipv6.conf.all.forwarding", "1");
        create_veth({router(i), "edge", test::mac(mac(1, i, 2))},
                    {edge(i), "eth0", test::mac(mac(1, i, 1))});
    }
    for (std::size_t i = 0; i < (size == 2 ? 1 : size); i++)
        create_veth({router(i), "next", test::mac(mac(2, i, 1))},
                    {router((i + 1) % size), "previous", test::mac(mac(2, i, 2))});
    for (std::size_t i = 0; i < size; i++) {
        std::string at_edge;
        for (const bool ipv6 : {false, true}) {
            at_edge += own_address("eth0", address(i, ipv6, 1)) +
                       own_address("eth0", address(i, ipv6, 5)) +
                       neighbour("eth0", address(i, ipv6, 2), mac(1, i, 2));
            const std::string via = " via " + address(i, ipv6, 2) + "\n";
            if (answering)
                at_edge += "route add default" + via;
            else if (i == 0)
                at_edge += "route add " + address(size - 1, ipv6, 1) + via;
        }
        edge(i).ip(at_edge);
        edge(i).sysctl("net.ipv4.icmp_ratelimit", "0");
        edge(i).sysctl("net.ipv4.icmp_msgs_per_sec", "10000");
        edge(i).sysctl("net.ipv6.icmp.ratelimit", "0");
        router(i).ip(routes(i));
    }
}

std::string Ring::routes(std::size_t i) const {
    // The only link of two routers is "next" of the first and "previous" of the second.
    const std::size_t before = (i + size() - 1) % size();
    const bool last_of_two = size() == 2 && i == 1;
    std::string batch;
    for (const bool ipv6 : {false, true}) {
        batch += own_address("edge", address(i, ipv6, 2));
        for (const unsigned host : {1U, 5U})
            batch += neighbour("edge", address(i, ipv6, host), mac(1, i, 1));
        if (!last_of_two)
            batch += own_address("next", between(i, ipv6, 1)) +
                     neighbour("next", between(i, ipv6, 2), mac(2, i, 2));
        if (size() > 2 || last_of_two)
            batch += own_address("previous", between(before, ipv6, 2)) +
                     neighbour("previous", between(before, ipv6, 1), mac(2, before, 1));
        const std::string via = last_of_two ? between(before, ipv6, 1) : between(i, ipv6, 2);
        // To the edges and links of all others
        batch += "route add default via " + via + "\n";
    }
    return batch;
}

}  // namespace rmirror::vm
