// SPDX-License-Identifier: GPL-2.0-only
//
// Copies are not mirrored again: there are never more of them than originals and rules, and ten
// seconds after the last original there is still not one more. A scene is played with several
// statements at once, each in a network of its own, so that these seconds pass once.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/encapsulation.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/tunnel.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint64_t originals = 10;
constexpr std::chrono::seconds quiet{10};

// The options that ask for each encapsulation
std::vector<std::string> encap_options() {
    std::vector<std::string> options;
    for (const Encapsulation &encap : encapsulations())
        options.push_back(std::string(" encap ") + encap.word);
    return options;
}

test::Bytes marker() {
    return test::from_hex("72 6d 69 72 72 6f 72 20 6c 6f 6f 70");
}

// Copies of the originals, or of their copies, not of what else is on the link
bool is_marked_copy(const Frame &frame) {
    const test::Bytes wanted = marker();
    return is_copy()(frame) && !std::ranges::search(frame.bytes, wanted).empty();
}

std::uint64_t sum(const NetNs &netns, const std::string &column) {
    std::uint64_t all = 0;
    for (const Counters &counters : read_counters(netns)) {
        EXPECT_TRUE(counters.add_up());
        all += counters[column];
    }
    return all;
}

// Every hook of inet that sees packets of either direction
std::string everything(const std::string &statement) {
    std::string rules;
    for (const char *chain : {"prerouting", "input", "forward", "output", "postrouting"})
        rules += std::string("chain ") + chain + " { type filter hook " + chain + " priority 0; " +
                 statement + "; }\n";
    return "table inet mirror {\n" + rules + "}\n";
}

// What devices send and receive
std::string both_ways(const std::vector<std::string> &devices, const std::string &statement) {
    std::string rules;
    for (const std::string &device : devices)
        for (const char *way : {"ingress", "egress"})
            rules += "chain " + device + "_" + way + " { type filter hook " + way + " device " +
                     device + " priority 0; " + statement + "; }\n";
    return "table netdev mirror {\n" + rules + "}\n";
}

class LoopTest : public ::testing::Test {
protected:
    struct Network {
        std::string variant;
        std::unique_ptr<Topology> topology;
        std::unique_ptr<Capture> there;  // what the router sends to the collector
        std::unique_ptr<Capture> back;
    };

    // Builds a network for each variant, which `prepare` gets with it, and sends the originals.
    template <typename Prepare>
    void play(const std::vector<std::string> &variants, Prepare &&prepare) {
        for (const std::string &variant : variants) {
            auto topology = std::make_unique<Topology>();
            prepare(*topology, variant);
            auto there = std::make_unique<Capture>(topology->collector, "eth0");
            auto back = std::make_unique<Capture>(topology->router, "mon");
            networks_.push_back({variant, std::move(topology), std::move(there), std::move(back)});
        }
        for (const Network &network : networks_)
            for (std::uint64_t i = 0; i < originals; i++)
                send_udp(network.topology->sender, "10.1.0.2", 9, marker());
        std::this_thread::sleep_for(quiet);
    }

    static std::size_t count(Capture &capture, const Capture::Predicate &predicate) {
        return capture.collect(predicate).size();
    }

    std::vector<Network> networks_;
};

// Prerouting and input see each original; the router's answer passes output and postrouting. The
// collector is dead: it answers each copy with an ICMP error.
TEST_F(LoopTest, MirrorOfEverythingToADeadCollector) {
    play(encap_options(), [](Topology &net, const std::string &options) {
        net.collector.sysctl("net.ipv4.icmp_ratelimit", "0");
        net.collector.sysctl("net.ipv4.icmp_msgs_per_sec", "10000");
        net.router.nft(everything("rmirror to 10.0.0.5" + options));
    });
    for (const Network &network : networks_) {
        SCOPED_TRACE(network.variant);
        const std::size_t copies = count(*network.there, is_marked_copy);
        EXPECT_GE(copies, 2 * originals);
        EXPECT_LE(copies, 4 * originals);
        EXPECT_EQ(sum(network.topology->router, "sent"), copies);
        // The errors, in prerouting and input
        EXPECT_GE(sum(network.topology->router, "loop"), 2 * originals);
    }
}

TEST_F(LoopTest, MirrorOfTheDeviceTheCopiesLeaveBy) {
    play(encap_options(), [](Topology &net, const std::string &options) {
        net.router.nft(both_ways({"mon"}, "rmirror to 10.0.0.5" + options) +
                       "table netdev lan { chain in { type filter hook ingress device lan "
                       "priority 0; rmirror to 10.0.0.5" +
                       options + "; }\n}\n");
    });
    for (const Network &network : networks_) {
        SCOPED_TRACE(network.variant);
        EXPECT_EQ(count(*network.there, is_marked_copy), originals);
        EXPECT_GE(sum(network.topology->router, "loop"), originals);
    }
}

// The collector is a router with a mirror of its own, back to us.
TEST_F(LoopTest, TwoThatMirrorToEachOther) {
    play(encap_options(), [](Topology &net, const std::string &options) {
        net.router.nft(everything("rmirror to 10.0.0.5" + options));
        net.collector.nft(everything("rmirror to 10.0.0.1" + options));
    });
    for (const Network &network : networks_) {
        SCOPED_TRACE(network.variant);
        const std::size_t copies = count(*network.there, is_marked_copy);
        EXPECT_GE(copies, 2 * originals);
        EXPECT_LE(copies, 4 * originals);
        // The other side may mirror what it answers, and nothing else.
        EXPECT_LE(count(*network.back, is_marked_copy), 4 * originals);
    }
}

// Each has an encapsulation of its own.
TEST_F(LoopTest, TwoThatMirrorInputAndOutputDifferently) {
    play(encap_options(), [](Topology &net, const std::string &options) {
        const auto rules = [](const std::string &statement) {
            return "table inet mirror { chain in { type filter hook input priority 0; " +
                   statement + "; }\nchain out { type filter hook output priority 0; " + statement +
                   "; }\n}\n";
        };
        net.router.nft(rules("rmirror to 10.0.0.5" + options));
        net.collector.nft(rules("rmirror to 10.0.0.1"));
    });
    for (const Network &network : networks_) {
        SCOPED_TRACE(network.variant);
        // Each original and its answer; the other side mirrors what it answers to our copies.
        EXPECT_GE(sum(network.topology->router, "sent"), originals);
        EXPECT_LE(sum(network.topology->router, "sent"), 2 * originals);
        EXPECT_LE(sum(network.topology->collector, "sent"), 2 * originals);
    }
}

TEST_F(LoopTest, CollectorOnThisHost) {
    play({"10.0.0.1", "10.1.0.2", "127.0.0.1", "10.0.0.1 encap vxlan", "::1",
          "fd00::1 encap erspan"},
         [](Topology &net, const std::string &collector) {
             net.router.nft(everything("rmirror to " + collector) +
                            both_ways({"lan", "mon", "lo"}, "rmirror to " + collector));
         });
    for (const Network &network : networks_) {
        SCOPED_TRACE(network.variant);
        EXPECT_EQ(sum(network.topology->router, "sent"), 0U);
        EXPECT_GE(sum(network.topology->router, "local"), 2 * originals);
        EXPECT_EQ(count(*network.there, is_marked_copy), 0U);
    }
}

// The copies travel in a tunnel the packets of which the rules match, too. WireGuard encrypts in a
// kernel thread: only the hash that rmirror_loop_tag() leaves tells its packets from others, and
// without it each makes three more until the host has no memory left.
TEST_F(LoopTest, CollectorBehindAMirroredTunnel) {
    play({"ipip", "gre", "gretap", "vxlan", "wireguard"}, [](Topology &net,
                                                             const std::string &kind) {
        join_by_tunnel(kind, {net.router, "10.0.0.1", "10.8.0.1"},
                       {net.collector, "10.0.0.5", "10.8.0.5"});
        // The collector listens.
        net.collector.nft(ruleset(hook("inet input"), "ip daddr 10.8.0.5 ip protocol gre drop"));
        net.router.nft(everything("rmirror to 10.8.0.5") +
                       both_ways({"lan", "mon"}, "rmirror to 10.8.0.5"));
    });
    for (const Network &network : networks_) {
        SCOPED_TRACE(network.variant);
        const std::uint64_t sent = sum(network.topology->router, "sent");
        EXPECT_GE(sent, 3 * originals);
        // lan's ingress, prerouting, input; of the answer output, postrouting, lan's egress; and
        // what the tunnel has to say for itself
        constexpr std::uint64_t handshake = 40;
        EXPECT_LE(sent, 6 * originals + handshake);
        EXPECT_GE(sum(network.topology->router, "loop"), 3 * originals);
        const std::size_t on_the_wire = count(*network.there, any_frame());
        EXPECT_GE(on_the_wire, 3 * originals);
        EXPECT_LE(on_the_wire, sent + handshake);
    }
}

}  // namespace
}  // namespace rmirror::vm
