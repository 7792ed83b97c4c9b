// SPDX-License-Identifier: GPL-2.0-only
//
// The collector is behind a device that sends copies later, from another stack: a tunnel or a VLAN
// with a queue, or one whose underlay encrypts. The mirror sees what comes out of it, and knows it.
#include <gtest/gtest.h>

#include <memory>

#include "support/packet_builder.hpp"
#include "vm/support/command.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/module.hpp"
#include "vm/support/quiet.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/tunnel.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint64_t originals = 2;
constexpr std::uint64_t bound = 20;      // copies of an original
constexpr std::uint64_t own_words = 20;  // ARP, handshakes: packets that are no copies

struct Variant {
    std::string tunnel;
    std::string queue{};     ///< of the tunnel's device; empty: what it comes with
    bool permanent = true;   ///< the neighbour behind the tunnel is known
    std::string underlay{};  ///< another tunnel below it, or "ipsec"

    std::string name() const {
        return tunnel + (underlay.empty() ? "" : " over " + underlay) + ", " +
               (queue.empty() ? "default queue" : queue) + (permanent ? "" : ", ARP");
    }
};

// The token bucket lets a frame pass at once, and the next ones when a timer says so.
const std::vector<std::string> queues = {"", "tbf rate 1mbit burst 1600 latency 500ms",
                                         "netem delay 1ms"};

// As a packet passes the router: by every hook, and by every device of Ethernet frames
std::string everywhere(const std::string &statement) {
    std::string rules = "table inet mirror {\n";
    for (const char *chain : {"prerouting", "input", "forward", "output", "postrouting"})
        rules += std::string("chain ") + chain + " { type filter hook " + chain + " priority 0; " +
                 statement + "; }\n";
    rules += "}\ntable netdev mirror {\n";
    for (const char *device : {"lan", "mon"})
        for (const char *way : {"ingress", "egress"})
            rules += std::string("chain ") + device + "_" + way + " { type filter hook " + way +
                     " device " + device + " priority 0; " + statement + "; }\n";
    return rules + "}\n";
}

// macsec has the keys of the other by its Ethernet address.
void join_by_macsec(const NetNs &netns, const std::string &device, const std::string &address,
                    const std::string &other_mac) {
    const std::string key = " key 01 00112233445566778899aabbccddeeff\n";
    const std::string other = "macsec add t1 rx port 1 address " + other_mac;
    netns.ip("link add link " + device + " name t1 type macsec port 1 encrypt on\n" +
             "macsec add t1 tx sa 0 pn 1 on" + key + other + "\n" + other + " sa 0 pn 1 on" + key +
             "addr add " + address + "/24 dev t1\nlink set t1 up\n");
}

void join_by_ipsec(const Topology &net) {
    const std::string ends = "src 10.0.0.1 dst 10.0.0.5 ";
    const std::string state = "xfrm state add " + ends +
                              "proto esp spi 0x1001 reqid 1 mode transport enc cbc(aes) "
                              "0x00112233445566778899aabbccddeeff auth hmac(sha1) "
                              "0x00112233445566778899aabbccddeeff00112233\n";
    const std::string policy = "xfrm policy add " + ends + "proto gre dir ";
    const std::string tmpl = " tmpl proto esp reqid 1 mode transport\n";
    net.router.ip(state + policy + "out" + tmpl);
    net.collector.ip(state + policy + "in" + tmpl);
}

class LoopTunnel : public ::testing::Test {
protected:
    static void join(const Topology &net, const Variant &variant) {
        TunnelEnd left = {net.router, "10.0.0.1", "10.8.0.1"};
        TunnelEnd right = {net.collector, "10.0.0.5", "10.8.0.5"};
        if (variant.tunnel == "macsec") {
            join_by_macsec(net.router, "mon", left.address, test::to_string(net.collector_mac));
            join_by_macsec(net.collector, "eth0", right.address, test::to_string(net.mon_mac));
            if (variant.permanent)
                net.router.ip("neigh replace 10.8.0.5 lladdr " +
                              test::to_string(net.collector_mac) + " nud permanent dev t1\n");
            return;
        }
        if (variant.underlay == "ipsec") {
            join_by_ipsec(net);
        } else if (!variant.underlay.empty()) {
            join_by_tunnel(variant.underlay, {net.router, "10.0.0.1", "10.7.0.1"},
                           {net.collector, "10.0.0.5", "10.7.0.5"}, "under");
            left.underlay = "10.7.0.1";
            right.underlay = "10.7.0.5";
        }
        join_by_tunnel(variant.tunnel, left, right);
        if (!variant.permanent)
            net.router.ip("neigh del 10.8.0.5 dev t1\n");
    }

    static std::unique_ptr<Topology> build(const Variant &variant) {
        auto net = std::make_unique<Topology>();
        join(*net, variant);
        // The collector listens.
        net->collector.nft(ruleset(hook("inet input"), "ip daddr 10.8.0.5 ip protocol gre drop"));
        if (!variant.queue.empty())
            net->router.require({"sh", "-c", "tc qdisc replace dev t1 root " + variant.queue});
        net->router.nft(everywhere("rmirror to 10.8.0.5"));
        return net;
    }

    static void play(const std::vector<Variant> &variants) {
        std::vector<std::unique_ptr<Topology>> networks;
        std::vector<Watched> watched;
        for (const Variant &variant : variants) {
            networks.push_back(build(variant));
            // An original passes lan, prerouting and input; its answer has a way of its own.
            watched.push_back({variant.name(),
                               {&networks.back()->router},
                               3 * originals,
                               bound * originals + own_words,
                               own_words});
        }
        for (const auto &net : networks)
            for (std::uint64_t i = 0; i < originals; i++)
                send_udp(net->sender, "10.1.0.2", 9, test::Bytes(100, 0x5a));
        expect_end(watched);
    }
};

TEST_F(LoopTunnel, WithAQueue) {
    const std::string missing =
        missing_modules({"sch_tbf", "sch_netem", "ip_gre", "vxlan", "geneve"});
    if (!missing.empty())
        GTEST_SKIP() << "this kernel has no" << missing;
    std::vector<Variant> variants;
    for (const std::string &queue : queues)
        for (const char *tunnel : {"gretap", "vxlan", "geneve"})
            variants.push_back({.tunnel = tunnel, .queue = queue});
    for (const std::string &queue : queues)
        variants.push_back({.tunnel = "gretap", .queue = queue, .permanent = false});
    variants.push_back({.tunnel = "vxlan", .queue = queues[2], .permanent = false});
    variants.push_back({.tunnel = "gretap", .queue = queues[2], .underlay = "ipip"});
    if (missing_modules({"macsec"}).empty()) {
        for (const std::string &queue : queues)
            variants.push_back({.tunnel = "macsec", .queue = queue});
        variants.push_back({.tunnel = "macsec", .permanent = false});
    }
    if (missing_modules({"wireguard"}).empty())
        variants.push_back({.tunnel = "gretap", .queue = queues[2], .underlay = "wireguard"});
    if (missing_modules({"esp4"}).empty())
        variants.push_back({.tunnel = "gretap", .queue = queues[2], .underlay = "ipsec"});
    play(variants);
}

// Two rules at one device with collectors behind a VLAN on it that has a delay: neither knows the
// other's collector by its own.
TEST_F(LoopTunnel, OfAVlanThatTwoRulesSee) {
    const std::string missing = missing_modules({"8021q", "sch_netem"});
    if (!missing.empty())
        GTEST_SKIP() << "this kernel has no" << missing;
    const std::vector<std::string> pairs[] = {{"10.5.0.5", "10.5.0.6 len 100"},
                                              {"10.5.0.5 encap vxlan", "10.5.0.6 encap erspan"},
                                              {"fd00:5::5 len 14", "fd00:5::6 len 14"}};
    std::vector<std::unique_ptr<Topology>> networks;
    std::vector<Watched> watched;
    for (const std::vector<std::string> &pair : pairs) {
        networks.push_back(std::make_unique<Topology>());
        const Topology &net = *networks.back();
        std::string batch =
            "link add link mon name mon.5 type vlan id 5\naddr add 10.5.0.1/24 dev mon.5\n"
            "addr add fd00:5::1/64 nodad dev mon.5\nlink set mon.5 up\n";
        for (const char *address : {"10.5.0.5", "10.5.0.6", "fd00:5::5", "fd00:5::6"})
            batch += std::string("neigh replace ") + address + " lladdr " +
                     test::to_string(net.collector_mac) + " nud permanent dev mon.5\n";
        net.router.ip(batch);
        net.router.require({"sh", "-c", "tc qdisc replace dev mon.5 root netem delay 1ms"});
        std::string rules;
        for (const std::string &one : pair)
            rules += "rmirror to " + one + "\n";
        net.router.nft(ruleset(hook("netdev egress"), rules, "mon"));
        watched.push_back({pair[0] + " and " + pair[1],
                           {&net.router},
                           2 * originals,
                           bound * originals,
                           own_words});
    }
    for (const auto &net : networks)
        for (std::uint64_t i = 0; i < originals; i++)
            send_udp(net->sender, "10.0.0.5", 9, test::Bytes(100, 0x5a));
    expect_end(watched);
}

}  // namespace
}  // namespace rmirror::vm
