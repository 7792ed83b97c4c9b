// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/topology.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "support/packet_builder.hpp"
#include "vm/support/mirror.hpp"

namespace rmirror::vm {
namespace {

/** A batch line for each neighbour in {address, MAC}. */
std::string neighbours(const std::string &device,
                       std::initializer_list<std::pair<const char *, test::MacAddress>> entries) {
    std::string batch;
    for (const auto &[address, mac] : entries)
        batch += std::string("neigh replace ") + address + " lladdr " + test::to_string(mac) +
                 " nud permanent dev " + device + "\n";
    return batch;
}

}  // namespace

void Topology::send_datagram(std::size_t size) const {
    Injector(sender, "eth0")
        .send(test::PacketBuilder()
                  .eth(sender_mac, lan_mac)
                  .ipv4({.source = sender_ipv4, .destination = lan_ipv4})
                  .udp(1000, 9)
                  .payload(test::Bytes(size, 1))
                  .build());
}

const test::Ipv6Address Topology::sender_ipv6 = test::ipv6("fd00:1::1");
const test::Ipv6Address Topology::lan_ipv6 = test::ipv6("fd00:1::2");
const test::Ipv6Address Topology::mon_ipv6 = test::ipv6("fd00::1");
const test::Ipv6Address Topology::collector_ipv6 = test::ipv6("fd00::5");

Topology::Topology(const Options &options) {
    router.sysctl("net.ipv4.ip_forward", "1");
    router.sysctl("net.ipv6.conf.all.forwarding", "1");
    create_veth({sender, "eth0", sender_mac}, {router, "lan", lan_mac}, options.mtu);
    create_veth({router, "mon", mon_mac}, {collector, "eth0", collector_mac},
                options.collector_mtu);

    std::string sender_batch =
        "addr add 10.1.0.1/24 dev eth0\naddr add fd00:1::1/64 dev eth0 nodad\n"
        "route add default via 10.1.0.2\nroute add default via fd00:1::2\n";
    std::string router_batch =
        "addr add 10.1.0.2/24 dev lan\naddr add fd00:1::2/64 dev lan nodad\n"
        "addr add 10.0.0.1/24 dev mon\naddr add fd00::1/64 dev mon nodad\n";
    std::string collector_batch =
        "addr add 10.0.0.5/24 dev eth0\naddr add fd00::5/64 dev eth0 nodad\n"
        "route add default via 10.0.0.1\nroute add default via fd00::1\n";
    if (options.static_neighbours) {
        sender_batch += neighbours("eth0", {{"10.1.0.2", lan_mac}, {"fd00:1::2", lan_mac}});
        router_batch +=
            neighbours("lan", {{"10.1.0.1", sender_mac}, {"fd00:1::1", sender_mac}}) +
            neighbours("mon", {{"10.0.0.5", collector_mac}, {"fd00::5", collector_mac}});
        collector_batch += neighbours("eth0", {{"10.0.0.1", mon_mac}, {"fd00::1", mon_mac}});
    }
    sender.ip(sender_batch);
    router.ip(router_batch);
    collector.ip(collector_batch);

    const std::pair<const NetNs &, const char *> devices[] = {
        {sender, "eth0"}, {router, "lan"}, {router, "mon"}, {collector, "eth0"}};
    for (const auto &[netns, device] : devices)
        set_offload(netns, device, Offload::gro, options.gro);
    // The reports (MLD) of the multicast groups that come with the addresses go out a tick later.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

Topology::~Topology() {
    for (const NetNs *netns : {&router, &collector})
        EXPECT_TRUE(all_add_up(*netns));
}

}  // namespace rmirror::vm
