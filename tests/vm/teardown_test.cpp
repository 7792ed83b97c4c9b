// SPDX-License-Identifier: GPL-2.0-only
//
// Rules, namespaces, devices, routes and modules go while copies are made. What can go wrong here
// shows in the kernel log, which the harness reads.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <thread>

#include "support/packet_builder.hpp"
#include "vm/support/flood.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/module.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

constexpr int rounds = 5;

// Originals through the router's output hook
class Traffic : public Flood {
public:
    explicit Traffic(const NetNs &netns)
        : Flood([&netns, payload = test::Bytes(1400, 1)] {
              send_udp(netns, "10.1.0.1", 9, payload);
          }) {}
};

const std::string rules = ruleset(hook("inet output"),
                                  "rmirror to 10.0.0.5\n"
                                  "\t\trmirror to fd00::5 encap vxlan\n"
                                  "\t\trmirror to 10.0.0.77 key 1 seq");

class TeardownTest : public TopologyTest {};

TEST_F(TeardownTest, RulesGo) {
    const Traffic traffic(net_.router);
    for (int i = 0; i < rounds; i++) {
        net_.router.nft(rules);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        net_.router.nft("flush ruleset");
    }
    EXPECT_TRUE(read_counters(net_.router).empty());
}

TEST_F(TeardownTest, LinksAndRoutesGo) {
    net_.router.nft(rules);
    const Traffic traffic(net_.router);
    for (int i = 0; i < rounds; i++) {
        net_.router.ip("link set mon down\n");
        net_.router.ip("link set mon up\n");
        net_.router.ip("route replace 10.0.0.5/32 via 10.1.0.1\n");
        net_.router.ip("route del 10.0.0.5/32\n");
    }
    EXPECT_EQ(read_counters(net_.router).size(), 3U);
}

TEST_F(TeardownTest, TheDeviceGoes) {
    net_.router.nft(rules);
    {
        const Traffic traffic(net_.router);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        net_.router.ip("link del mon\n");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    for (const Counters &counters : read_counters(net_.router))
        EXPECT_GT(counters["no-route"], 0U);
}

TEST(Teardown, TheNamespaceGoesWithItsRules) {
    for (int i = 0; i < rounds; i++) {
        Topology net;
        net.router.nft(rules);
        for (int n = 0; n < 20; n++)
            send_udp(net.router, "10.1.0.1", 9, test::Bytes(1400, 1));
    }
}

TEST_F(TeardownTest, TheModulesGoWhenNoRuleNeedsThem) {
    net_.router.nft(rules);
    EXPECT_NE(run_command({"rmmod", "nft_rmirror"}).status, 0);
    EXPECT_NE(run_command({"rmmod", "rmirror_core"}).status, 0);
    {
        const Traffic traffic(net_.router);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        net_.router.nft("flush ruleset");
    }
    remove_module("nft_rmirror");
    remove_module("xt_RMIRROR");
    remove_module("rmirror_core");
    EXPECT_FALSE(std::filesystem::exists("/sys/module/rmirror_core"));
    // A rule loads them again.
    net_.router.nft(rules);
    EXPECT_EQ(read_counters(net_.router).size(), 3U);
}

TEST_F(TeardownTest, ManyRulesComeAndGo) {
    std::string many;
    for (int i = 0; i < 500; i++)
        many += "rmirror to 10.0.0.5 key " + std::to_string(i) + "\n";
    net_.router.nft(ruleset(hook("inet output"), many));
    EXPECT_EQ(read_counters(net_.router).size(), 500U);
    net_.router.nft("flush ruleset");
}

}  // namespace
}  // namespace rmirror::vm
