// SPDX-License-Identifier: GPL-2.0-only
//
// Two senders on one processor, of which one comes in between at any time: with PREEMPT_RT, which
// since 6.18 lets tasks with BHs off preempt each other, also while the other's copy is being made.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/processor.hpp"
#include "vm/support/tap.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

using test::ByteView;

constexpr std::size_t ethernet = 14;
constexpr std::size_t ip_header = 20;
constexpr std::uint8_t first_sender = 8;
constexpr std::uint8_t second_sender = 9;
constexpr std::uint8_t collectors[] = {5, 6, 7, 8, 9};

std::string address(unsigned last) {
    return "10.0.0." + std::to_string(last);
}

test::MacAddress mac(std::uint8_t last) {
    return {2, 0, 0, 0, 0, last};
}

test::Bytes frame_of(std::uint8_t sender) {
    return test::PacketBuilder()
        .eth(Topology::sender_mac, Topology::lan_mac)
        .ipv4({.source = {10, 1, 0, sender}, .destination = Topology::lan_ipv4})
        .udp(1000, 9)
        .payload(1400)
        .build();
}

class PreemptedTest : public ::testing::Test {
protected:
    // Each sender has a collector of its own, with encapsulation (5, 6) and without (8, 9), and one
    // that both have (7). No copy fits its path.
    PreemptedTest() {
        std::string neighbours;
        for (const std::uint8_t last : collectors)
            neighbours += "neigh replace " + address(last) + " lladdr " +
                          test::to_string(mac(last)) + " nud permanent dev mon\n";
        net_.router.ip(neighbours);
        net_.router.nft(
            "table netdev mirror {\n"
            "chain one { type filter hook ingress device one priority 0;\n"
            "rmirror to 10.0.0.5 mtu fragment; rmirror to 10.0.0.8 encap none mtu fragment; }\n"
            "chain two { type filter hook ingress device two priority 0;\n"
            "rmirror to 10.0.0.6 mtu fragment; rmirror to 10.0.0.9 encap none mtu fragment; }\n"
            "chain both { type filter hook ingress devices = { one, two } priority 1;\n"
            "rmirror to 10.0.0.7 mtu fragment; drop; }\n"
            "}\n");
    }

    // Each time the routing tables change, the next copy looks its way up again.
    void change_routes() {
        std::string batch;
        for (int i = 0; i < 20; i++)
            batch += "route add 192.0.2.0/24 via 10.0.0.5\nroute del 192.0.2.0/24 via 10.0.0.5\n";
        while (!ended_)
            net_.router.ip(batch);
    }

    void send(Tap &tap, std::uint8_t sender, std::chrono::microseconds pause) {
        const test::Bytes frame = frame_of(sender);
        while (!ended_) {
            tap.send(frame);
            if (pause.count() != 0)
                std::this_thread::sleep_for(pause);
        }
    }

    const OneProcessor here_;
    Topology net_{{.collector_mtu = 1280}};
    Tap one_{net_.router, "one"};
    Tap two_{net_.router, "two"};
    std::atomic<bool> ended_ = false;
};

// The next hop that an outer packet or a bare copy was meant for
std::uint8_t meant_for(ByteView frame) {
    const ByteView ip = frame.subspan(ethernet);
    const bool bare = ip[16] == 10 && ip[17] == 1;
    return bare ? ip[15] : ip[19];
}

bool is_sound(const Frame &frame) {
    const ByteView bytes = frame.bytes;
    return test::internet_checksum(bytes.subspan(ethernet, ip_header)) == 0 &&
           std::ranges::equal(bytes.first(6), mac(meant_for(bytes)));
}

TEST_F(PreemptedTest, EachFragmentGoesToItsOwnCollector) {
    Capture capture(net_.collector, "eth0");
    std::thread low([this] { send(one_, first_sender, {}); });
    std::thread high([this] {
        const sched_param priority{.sched_priority = 50};
        EXPECT_EQ(sched_setscheduler(0, SCHED_FIFO, &priority), 0);
        send(two_, second_sender, std::chrono::milliseconds(3));
    });
    std::thread routes([this] { change_routes(); });
    const auto is_ipv4 = has_ethertype(0x0800);
    std::map<std::uint8_t, std::size_t> seen;
    std::size_t wrong = 0;
    // In parts: they come for as long as somebody takes them.
    for (int part = 0; part < 4; part++) {
        for (const Frame &frame : capture.wait_for(500, is_ipv4)) {
            seen[meant_for(frame.bytes)]++;
            wrong += is_sound(frame) ? 0U : 1U;
        }
    }
    ended_ = true;
    for (std::thread *thread : {&low, &high, &routes})
        thread->join();

    EXPECT_EQ(wrong, 0U);
    for (const std::uint8_t last : collectors)
        EXPECT_GT(seen[last], 0U) << address(last);
    for (const Counters &counters : read_counters(net_.router)) {
        EXPECT_GT(counters["matched"], 0U);
        EXPECT_EQ(counters["fragmented"], counters["matched"]) << counters.text("collector");
    }
}

}  // namespace
}  // namespace rmirror::vm
