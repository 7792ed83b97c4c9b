// SPDX-License-Identifier: GPL-2.0-only
//
// Bare copies whose next hop is of the other family, where the kernel looks at the route of a
// packet by the packet's own family: loopback, tunnels. Any user may have these in a namespace of
// his own.
#include <gtest/gtest.h>

#include <netinet/in.h>

#include <algorithm>
#include <fstream>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/module.hpp"
#include "vm/support/netns.hpp"
#include "vm/support/udp.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

struct Away {
    const char *name;
    bool ipv6;           // the originals
    const char *module;  // that the devices need, beside dummy
    const char *batch;   // for `ip`: the way to the next hop
    const char *to;
};

void PrintTo(const Away &away, std::ostream *out) {
    *out << away.name;
}

const Away ways[] = {
    {"IPv6ToAnIPv4GroupOnLoopback", true, nullptr, "route add 224.0.0.0/4 dev lo\n",
     "224.0.0.5 device \"lo\""},
    {"IPv4ToAnIPv6GroupOnLoopback", false, nullptr, "", "ff02::5 device \"lo\""},
    {"IPv4ToAnIPv4GroupOnLoopback", false, nullptr, "route add 224.0.0.0/4 dev lo\n",
     "224.0.0.5 device \"lo\""},
    {"IPv6ToAnIPv6GroupOnLoopback", true, nullptr, "", "ff02::5 device \"lo\""},
    {"IPv6ToAnIPv4HostOnLoopback", true, nullptr, "route add 10.50.0.0/24 dev lo\n", "10.50.0.5"},
    {"IPv4ToAnIPv6HostOnLoopback", false, nullptr, "route add fd50::/64 dev lo\n", "fd50::5"},
    // The path is smaller than the device says: its transmit function tells the route.
    {"IPv6ToAnIPv4HostBehindGre", true, "ip_gre",
     "link add dum1 mtu 1400 type dummy\nlink set dum1 up\naddr add 10.8.0.1/24 dev dum1\n"
     "neigh add 10.8.0.7 lladdr 02:00:00:00:00:07 dev dum1\n"
     "link add g1 mtu 1476 type gre local 10.8.0.1 remote 10.8.0.7\n"
     "link set g1 up\naddr add 10.50.0.1/24 dev g1\n",
     "10.50.0.5"},
    {"IPv4ToAnIPv6HostBehindGre", false, "ip6_gre",
     "link add dum1 mtu 1400 type dummy\nlink set dum1 up\naddr add fd08::1/64 dev dum1 nodad\n"
     "neigh add fd08::7 lladdr 02:00:00:00:00:07 dev dum1\n"
     "link add g1 mtu 1448 type ip6gre local fd08::1 remote fd08::7\n"
     "link set g1 up\naddr add fd50::1/64 dev g1 nodad\n",
     "fd50::5"},
    {"IPv6ToAnIPv4HostBehindGretap", true, "ip_gre",
     "link add dum1 mtu 1400 type dummy\nlink set dum1 up\naddr add 10.8.0.1/24 dev dum1\n"
     "neigh add 10.8.0.7 lladdr 02:00:00:00:00:07 dev dum1\n"
     "link add g1 mtu 1476 type gretap local 10.8.0.1 remote 10.8.0.7\n"
     "link set g1 up\naddr add 10.50.0.1/24 dev g1\n"
     "neigh add 10.50.0.5 lladdr 02:00:00:00:00:05 dev g1\n",
     "10.50.0.5"},
    {"IPv6ToAnIPv6HostBehindGre", true, "ip_gre",
     "link add dum1 mtu 1400 type dummy\nlink set dum1 up\naddr add 10.8.0.1/24 dev dum1\n"
     "neigh add 10.8.0.7 lladdr 02:00:00:00:00:07 dev dum1\n"
     "link add g1 mtu 1476 type gre local 10.8.0.1 remote 10.8.0.7\n"
     "link set g1 up\naddr add fd50::1/64 dev g1 nodad\n",
     "fd50::5"},
    {"IPv6ToAnIPv6HostBehindIp6Gre", true, "ip6_gre",
     "link add dum1 mtu 1400 type dummy\nlink set dum1 up\naddr add fd08::1/64 dev dum1 nodad\n"
     "neigh add fd08::7 lladdr 02:00:00:00:00:07 dev dum1\n"
     "link add g1 mtu 1448 type ip6gre local fd08::1 remote fd08::7\n"
     "link set g1 up\naddr add fd50::1/64 dev g1 nodad\n",
     "fd50::5"},
    {"IPv6ToAnIPv6HostBehindSit", true, "sit",
     "link add dum1 mtu 1400 type dummy\nlink set dum1 up\naddr add 10.8.0.1/24 dev dum1\n"
     "neigh add 10.8.0.7 lladdr 02:00:00:00:00:07 dev dum1\n"
     "link add g1 mtu 1480 type sit local 10.8.0.1 remote 10.8.0.7\n"
     "link set g1 up\naddr add fd50::1/64 dev g1 nodad\n",
     "fd50::5"},
};

// A kernel's warning or worse
std::string taint() {
    std::string value;
    std::getline(std::ifstream("/proc/sys/kernel/tainted"), value);
    return value;
}

class BareFamilyTest : public ::testing::TestWithParam<Away> {};

TEST_P(BareFamilyTest, DoesNoHarm) {
    const Away &away = GetParam();
    for (const char *module : {"dummy", away.module})
        if (module != nullptr && !has_module(module))
            GTEST_SKIP() << "this kernel has no " << module;
    const NetNs router("router");
    router.ip(std::string("link add dum0 type dummy\nlink set dum0 up\n"
                          "addr add 10.9.0.1/24 dev dum0\naddr add fd09::1/64 dev dum0 nodad\n"
                          "neigh add 10.9.0.7 lladdr 02:00:00:00:00:07 dev dum0\n"
                          "neigh add fd09::7 lladdr 02:00:00:00:00:07 dev dum0\n") +
              away.batch);
    const std::string match = away.ipv6 ? "ip6 daddr fd09::7 " : "ip daddr 10.9.0.7 ";
    const CommandResult loaded = router.exec(
        {"nft", "-f", "-"},
        {.input = ruleset(hook("inet output"), match + "rmirror to " + away.to + " encap none")});
    if (loaded.status != 0)
        GTEST_SKIP() << "such a rule is refused: " << loaded.err;
    const std::string before = taint();
    Capture originals(router, "dum0", Direction::outgoing);
    constexpr std::uint64_t count = 6;
    for (std::uint64_t i = 0; i < count; i++)
        send_udp(router, away.ipv6 ? "fd09::7" : "10.9.0.7", 9,
                 test::PacketBuilder().payload(i % 2 == 0 ? 1390 : 100).build());
    // In fragments if anybody told their sender about the path of the copies
    const auto left = drain(originals, [](const Frame &frame) {
        return has_ip_protocol(IPPROTO_UDP)(frame) || has_ip_protocol(IPPROTO_FRAGMENT)(frame);
    });
    EXPECT_EQ(ip_payloads(left).size(), count);
    EXPECT_TRUE(std::ranges::all_of(left, has_ip_protocol(IPPROTO_UDP)));
    EXPECT_EQ(settled_counters(router)["matched"], count);
    EXPECT_TRUE(all_add_up(router));
    EXPECT_EQ(taint(), before) << "the kernel warns: see its log";
}

INSTANTIATE_TEST_SUITE_P(Ways, BareFamilyTest, ::testing::ValuesIn(ways),
                         [](const auto &away) { return away.param.name; });

}  // namespace
}  // namespace rmirror::vm
