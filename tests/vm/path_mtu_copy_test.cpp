// SPDX-License-Identifier: GPL-2.0-only
//
// A router on the way answers copies over IPv6 with Packet Too Big. Nobody in the kernel waits for
// that: the mirror has to learn the path's MTU from it, and from nothing that anyone could make up.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/encapsulation.hpp"
#include "vm/support/icmp_error.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;

constexpr std::uint16_t path_mtu = 1300;
constexpr std::size_t ethernet = 14;
constexpr std::size_t least_mtu = 1280;  // RFC 8200 section 5
constexpr std::uint16_t first_port = 100;

// Every rule has a collector, and so a path, of its own.
class CopyPathMtu : public TopologyTest {
protected:
    static std::string collector(std::size_t i) { return "fd00::1:" + std::to_string(i); }

    void mirror(const std::vector<std::string> &options) {
        std::string rules;
        std::string neighbours;
        for (std::size_t i = 0; i < options.size(); i++) {
            rules += "udp dport " + std::to_string(first_port + i) + " rmirror to " + collector(i) +
                     options[i] + "\n";
            neighbours += "neigh replace " + collector(i) + " lladdr " +
                          test::to_string(Topology::collector_mac) + " nud permanent dev mon\n";
        }
        net_.router.ip(neighbours);
        net_.router.nft(ruleset(hook("inet input"), rules));
    }

    // The frames of the copy of a datagram that makes more than `path_mtu` bytes of it
    std::vector<Frame> copy(std::size_t i, std::size_t expected = 1) {
        send_udp(net_.sender, "10.1.0.2", static_cast<std::uint16_t>(first_port + i),
                 Bytes(path_mtu, 0x5a));
        const auto is_outer = [](const Frame &frame) {
            return is_copy()(frame) || has_ip_protocol(IPPROTO_FRAGMENT)(frame);
        };
        if (expected == 0)
            return copies_.collect(is_outer);
        return copies_.wait_for(expected, is_outer, std::chrono::milliseconds(500));
    }

    // From the collector's side to the router
    void answer(ByteView quoted, std::uint16_t mtu = path_mtu, unsigned checksum_error = 0) {
        const Ends ends = {true, "fd00::5", "fd00::1"};
        Bytes message = icmp_message(ends, too_big(true, mtu),
                                     quoted.first(std::min(quoted.size(), least_mtu - 48)));
        message[3] = static_cast<std::uint8_t>(message[3] ^ checksum_error);
        Injector(net_.collector, "eth0")
            .send(test::PacketBuilder()
                      .eth(Topology::collector_mac, Topology::mon_mac)
                      .ipv6({.source = test::ipv6(ends.source),
                             .destination = test::ipv6(ends.destination),
                             .next_header = std::uint8_t{IPPROTO_ICMPV6}})
                      .payload(message)
                      .build());
    }

    static Bytes packet_of(const Frame &frame) {
        return {frame.bytes.begin() + ethernet, frame.bytes.end()};
    }

    std::string route(const std::string &address) {
        return net_.router.require({"ip", "-6", "route", "get", address});
    }

    Capture copies_{net_.collector, "eth0"};
};

TEST_F(CopyPathMtu, IsLearntFromAnErrorAboutACopy) {
    struct Case {
        std::string options;
        std::string outcome;
        std::size_t frames;
    };
    std::vector<Case> cases;
    for (const Encapsulation &encap : encapsulations())
        cases.push_back({std::string(" encap ") + encap.word, "fragmented", 2});
    cases.push_back({" key 7 seq", "fragmented", 2});
    cases.push_back({" encap vxlan port 5555", "fragmented", 2});
    cases.push_back({" mtu truncate", "truncated", 1});
    cases.push_back({" encap geneve mtu drop", "too-big", 0});
    std::vector<std::string> options;
    options.reserve(cases.size());
    for (const Case &one : cases)
        options.push_back(one.options);
    mirror(options);
    for (std::size_t i = 0; i < cases.size(); i++) {
        SCOPED_TRACE(cases[i].options);
        const std::vector<Frame> whole = copy(i);
        ASSERT_EQ(whole.size(), 1U);
        ASSERT_GT(whole[0].bytes.size(), path_mtu + ethernet);
        answer(packet_of(whole[0]));
        const std::vector<Frame> fitting = copy(i, cases[i].frames);
        EXPECT_EQ(fitting.size(), cases[i].frames);
        for (const Frame &frame : fitting)
            EXPECT_LE(frame.bytes.size(), path_mtu + ethernet);
        EXPECT_EQ(read_counters(net_.router)[i][cases[i].outcome], 1U);
        EXPECT_EQ(read_counters(net_.router)[i]["sent"], 1U);
    }
}

TEST_F(CopyPathMtu, IsNotLearntFromWhatQuotesNoCopy) {
    struct Forgery {
        const char *what;
        std::size_t at;      // a byte of the quoted packet
        std::uint8_t value;  // what it is instead
        std::size_t length = least_mtu;
        unsigned checksum_error = 0;
    };
    const std::vector<Forgery> forgeries = {
        {"to another host", 39, 0x99},
        {"of another host", 11, 0x77},
        {"another protocol", 6, IPPROTO_TCP},
        {"another version", 0, 0x45},
        {"no copy in the GRE packet", 42, 0x08},
        {"no encapsulation any more", 0, 0x60, 40},
        {"half an encapsulation", 0, 0x60, 42},
        {"half an address", 0, 0x60, 30},
        {"nothing", 0, 0x60, 0},
        {"a wrong checksum", 0, 0x60, least_mtu, 1},
    };
    mirror(std::vector<std::string>(forgeries.size(), ""));
    for (std::size_t i = 0; i < forgeries.size(); i++) {
        const Forgery &forgery = forgeries[i];
        SCOPED_TRACE(forgery.what);
        const std::vector<Frame> whole = copy(i);
        ASSERT_EQ(whole.size(), 1U);
        Bytes quoted = packet_of(whole[0]);
        quoted.at(forgery.at) = forgery.value;
        quoted.resize(std::min(quoted.size(), forgery.length));
        answer(quoted, path_mtu, forgery.checksum_error);
        EXPECT_EQ(copy(i).size(), 1U);
        EXPECT_TRUE(read_counters(net_.router)[i].are({{"matched", 2}, {"sent", 2}}));
        EXPECT_EQ(route(collector(i)).find(" mtu "), std::string::npos);
    }
    EXPECT_EQ(route("fd00::99").find(" mtu "), std::string::npos);
}

// Neither a path that is smaller than IPv6 allows, nor one that is larger than the link
TEST_F(CopyPathMtu, StaysWithinItsBounds) {
    mirror({"", "", " encap vxlan"});
    for (const auto &[i, mtu] : {std::pair{0U, 68U}, std::pair{1U, 9000U}, std::pair{2U, 0U}}) {
        SCOPED_TRACE(mtu);
        const std::vector<Frame> whole = copy(i);
        ASSERT_EQ(whole.size(), 1U);
        answer(packet_of(whole[0]), static_cast<std::uint16_t>(mtu));
        const std::vector<Frame> next = copy(i);
        ASSERT_FALSE(next.empty());
        EXPECT_GE(next[0].bytes.size(), least_mtu + ethernet - 8);  // a fragment: of units of 8
        EXPECT_LE(next[0].bytes.size(), 1500U + ethernet);
        copies_.collect(any_frame());
    }
}

}  // namespace
}  // namespace rmirror::vm
