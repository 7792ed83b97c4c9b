// SPDX-License-Identifier: GPL-2.0-only
//
// Where copies leave by a device with several queues, and what becomes of them while they wait in
// one.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <map>
#include <set>
#include <sstream>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/command.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/module.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint16_t discard = 9;
constexpr unsigned flows = 24;

// A device that the router has beside the topology's, with eight queues and one discipline for each
struct Device {
    const char *name;
    const char *make;  // in the initial namespace; %s: the router's
    bool is_virtual;
};

const Device devices[] = {
    {"card", "modprobe rmirror_bench_nic name=many queues=8 && ip link set many netns %s", false},
    {"dummy", "ip link add many numtxqueues 8 netns %s type dummy", true},
};

class QueueTest : public TopologyTest {
protected:
    ~QueueTest() override {
        if (loaded_) {
            net_.router.exec({"ip", "link", "set", "many", "netns", "1"});
            remove_module("rmirror_bench_nic");
        }
    }

    void make(const Device &device) {
        std::string script = device.make;
        script.replace(script.find("%s"), 2, net_.router.name());
        require_command({"sh", "-ec", script});
        loaded_ = !device.is_virtual;
        net_.router.ip(
            "addr add 10.9.0.1/24 dev many\nlink set many up\n"
            "neigh replace 10.9.0.5 lladdr 02:00:00:00:09:05 nud permanent dev many\n");
        net_.router.require(
            {"tc", "qdisc", "replace", "dev", "many", "root", "handle", "1:", "mq"});
    }

    // Packets that each queue has sent so far
    std::map<std::string, unsigned> sent() const {
        std::istringstream text(net_.router.require({"tc", "-s", "class", "show", "dev", "many"}));
        std::map<std::string, unsigned> queues;
        std::string word, queue;
        while (text >> word) {
            if (word == "mq")
                text >> queue;
            if (word == "bytes")
                text >> queues[queue];
        }
        return queues;
    }

    // One packet of a flow, and one of its other direction: the queues that had copies of them
    std::multiset<std::string> queues_of(unsigned flow) {
        const auto port = static_cast<std::uint16_t>(1000 + 7 * flow);
        const std::map<std::string, unsigned> before = sent();
        Injector injector(net_.sender, "eth0");
        for (const bool back : {false, true}) {
            const std::uint16_t ports[] = {port, 443};
            const test::Ipv4Address ends[] = {test::ipv4("10.1.0.1"), test::ipv4("10.77.0.2")};
            injector.send(
                test::PacketBuilder()
                    .eth(Topology::sender_mac, Topology::lan_mac)
                    .ipv4({.source = ends[back ? 1 : 0], .destination = ends[back ? 0 : 1]})
                    .udp(ports[back ? 1 : 0], ports[back ? 0 : 1])
                    .payload(64)
                    .build());
        }
        std::multiset<std::string> queues;
        for (const auto &[queue, count] : sent())
            for (unsigned i = before.at(queue); i < count; i++)
                queues.insert(queue);
        return queues;
    }

    // The answers that nobody listens are ICMP. Every flow has both copies in one queue, and all
    // flows together have several.
    void expect_flows_apart(const std::string &statement) {
        net_.router.nft(
            "flush ruleset\n" +
            ruleset(hook("netdev ingress"), "meta l4proto udp rmirror to 10.9.0.5 " + statement));
        std::set<std::string> used;
        for (unsigned flow = 0; flow < flows; flow++) {
            const std::multiset<std::string> queues = queues_of(flow);
            EXPECT_EQ(queues.size(), 2U) << statement << ", flow " << flow;
            used.insert(queues.begin(), queues.end());
            EXPECT_EQ(std::set<std::string>(queues.begin(), queues.end()).size(), 1U)
                << statement << ": the directions of flow " << flow << " take different queues";
        }
        EXPECT_GE(used.size(), 4U) << statement << ": so few of eight queues are used";
    }

private:
    bool loaded_ = false;
};

class QueueOfDevice : public QueueTest, public ::testing::WithParamInterface<Device> {};

TEST_P(QueueOfDevice, FollowsTheFlow) {
    if (!GetParam().is_virtual && !has_module("rmirror_bench_nic"))
        GTEST_SKIP() << "there is no rmirror_bench_nic";
    remove_module("rmirror_bench_nic");
    make(GetParam());
    for (const char *statement : {"", "encap vxlan", "encap none"})
        expect_flows_apart(statement);
}

INSTANTIATE_TEST_SUITE_P(All, QueueOfDevice, ::testing::ValuesIn(devices),
                         [](const auto &device) { return std::string(device.param.name); });

using CopiesInFlight = TopologyTest;

// More than there is memory set aside for, and once more when that has come back
TEST_F(CopiesInFlight, KeepTheirBytes) {
    constexpr unsigned count = 700;
    constexpr std::size_t size = 1400;
    net_.router.require(
        {"tc", "qdisc", "replace", "dev", "mon", "root", "netem", "delay", "2s", "limit", "5000"});
    net_.router.nft(ruleset(hook("netdev ingress"), "rmirror to 10.0.0.5 mtu truncate"));
    Injector injector(net_.sender, "eth0");
    Capture capture(net_.collector, "eth0");
    for (unsigned round = 0; round < 2; round++) {
        std::vector<test::Bytes> originals;
        for (unsigned i = 0; i < count; i++) {
            const auto fill = static_cast<std::uint8_t>(i * 31 + round);
            originals.push_back(
                test::PacketBuilder()
                    .eth(Topology::sender_mac, Topology::lan_mac)
                    .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
                    .udp(static_cast<std::uint16_t>(2000 + i), discard)
                    .payload(test::Bytes(i % 3 == 0 ? 20 : size, fill))
                    .build());
            injector.send(originals.back());
        }
        const std::vector<Frame> copies =
            capture.wait_for(count, has_ip_protocol(IPPROTO_GRE), std::chrono::seconds(20));
        ASSERT_EQ(copies.size(), count) << capture.lost() << " lost in the capture";
        constexpr std::size_t outer = 14 + 20 + 4;
        for (unsigned i = 0; i < count; i++)
            EXPECT_EQ(test::Bytes(copies[i].bytes.begin() + outer, copies[i].bytes.end()),
                      originals[i])
                << "round " << round << ", copy " << i;
    }
}

}  // namespace
}  // namespace rmirror::vm
