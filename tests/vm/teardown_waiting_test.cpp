// SPDX-License-Identifier: GPL-2.0-only
//
// Devices and namespaces go while copies wait: for a neighbour that does not answer, or for a key
// that no daemon makes. What waits is let go of, and is not counted as sent.
#include <gtest/gtest.h>
#include <net/if.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "vm/support/command.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/time_scale.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

class WaitingCopies : public ::testing::TestWithParam<bool> {
protected:
    // Collectors on a link that do not answer
    static std::string rules(const std::string &family_prefix) {
        std::string all;
        for (const char *options : {"77", "78 encap vxlan", "79 encap none", "80 encap erspan"})
            all += "udp dport 9 rmirror to " + family_prefix + options + "\n";
        return all;
    }
};

// How its device may go
TEST_P(WaitingCopies, WithoutTheirDeviceAreNotSent) {
    for (const char *how : {"link del mon\n", "link set mon down\n"}) {
        SCOPED_TRACE(how);
        Topology net;
        net.router.ip("addr add fe80::1/64 dev mon nodad\n");
        net.router.nft(ruleset(hook("inet input"), rules(GetParam() ? "fd00::" : "10.0.0.")));
        for (int i = 0; i < 3; i++)
            send_udp(net.sender, "10.1.0.2", 9, test::Bytes(20, 0x5a));
        net.router.ip(how);
        EXPECT_TRUE(all_add_up(net.router));
        for (const Counters &counters : read_counters(net.router)) {
            SCOPED_TRACE(counters.text("encap"));
            EXPECT_EQ(counters["matched"], 3U);
            EXPECT_EQ(counters["sent"], 0U);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Families, WaitingCopies, ::testing::Bool(),
                         [](const auto &ipv6) { return ipv6.param ? "IPv6" : "IPv4"; });

// Namespaces are taken apart by one worker of the kernel, one batch after the other. A device in a
// later one goes only when nothing holds the earlier ones.
bool namespaces_go() {
    const NetNs keeper("keeper");
    {
        const NetNs later("later");
        create_veth({keeper, "k", test::mac("02:00:00:00:04:01")},
                    {later, "l", test::mac("02:00:00:00:04:02")});
    }
    const auto deadline = std::chrono::steady_clock::now() + scaled(std::chrono::seconds(8));
    while (keeper.run([] { return if_nametoindex("k"); }) != 0) {
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

class WaitingNamespaces : public ::testing::Test {
protected:
    static constexpr int many = 8;

    void SetUp() override {
        if (run_command({"modprobe", "dummy"}).status != 0)
            GTEST_SKIP() << "this kernel has no dummy";
    }

    // Each with a rule the copies of which wait
    void play(const std::string &more = "") {
        std::vector<std::unique_ptr<NetNs>> all;
        for (int i = 0; i < many; i++) {
            all.push_back(std::make_unique<NetNs>("waiting"));
            const NetNs &netns = *all.back();
            netns.ip(
                "link add d0 type dummy\nlink set d0 arp on up\naddr add 10.9.0.1/24 dev d0\n"
                "addr add fd00:9::1/64 dev d0 nodad\n" +
                more);
            netns.nft(ruleset(hook("inet output"),
                              "udp dport 9 rmirror to 10.9.0.77\n"
                              "udp dport 9 rmirror to fd00:9::77 encap vxlan"));
            for (int n = 0; n < 3; n++)
                send_udp(netns, "10.9.0.9", 9, test::Bytes(100, 0x5a));
        }
        for (const auto &netns : all)
            for (const Counters &counters : read_counters(*netns))
                EXPECT_EQ(counters["matched"], 3U);
    }
};

TEST_F(WaitingNamespaces, GoWithCopiesThatWaitForANeighbour) {
    play();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_TRUE(namespaces_go());
}

TEST_F(WaitingNamespaces, GoWithCopiesThatWaitForAKey) {
    for (const char *module : {"esp4", "esp6"})
        if (run_command({"modprobe", module}).status != 0)
            GTEST_SKIP() << "this kernel has no " << module;
    const std::string tmpl = " dir out tmpl proto esp reqid 1 mode transport\n";
    play("xfrm policy add src 10.9.0.1 dst 10.9.0.77 proto gre" + tmpl +
         "xfrm policy add src fd00:9::1 dst fd00:9::77 proto udp" + tmpl);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_TRUE(namespaces_go());
}

}  // namespace
}  // namespace rmirror::vm
