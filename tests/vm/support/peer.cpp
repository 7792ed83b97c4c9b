// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/peer.hpp"

#include <string>

namespace rmirror::vm {
namespace {

// Of either end: its addresses, and the other's as a neighbour
std::string batch(const std::string &device, const std::string &own, const std::string &other) {
    const std::string at = " dev " + device + "\n";
    const std::string permanent = " lladdr 02:00:00:00:02:0" + other + " nud permanent" + at;
    return "addr add 10.2.0." + own + "/24" + at + "addr add fd00:2::" + own + "/64 nodad" + at +
           "neigh replace 10.2.0." + other + permanent + "neigh replace fd00:2::" + other +
           permanent;
}

}  // namespace

Peer::Peer(const Topology &net, unsigned mtu) {
    create_veth({net.router, "out", test::mac("02:00:00:00:02:01")},
                {netns, "eth0", test::mac("02:00:00:00:02:02")}, mtu);
    net.router.ip(batch("out", "1", "2"));
    netns.ip(batch("eth0", "2", "1") +
             "route add default via 10.2.0.1\nroute add default via fd00:2::1\n");
}

}  // namespace rmirror::vm
