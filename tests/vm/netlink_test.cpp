// SPDX-License-Identifier: GPL-2.0-only
//
// The ABI as the kernel sees it: what it refuses, and what only netlink can say.
#include <gtest/gtest.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/rmirror.h>

#include <cerrno>
#include <memory>
#include <set>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/rule.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

const Attribute collector = bytes(NFTA_RMIRROR_ADDR, test::ipv4("10.0.0.5"));
const Attribute collector6 = bytes(NFTA_RMIRROR_ADDR, test::ipv6("fd00::5"));

struct Refused {
    const char *what;
    std::vector<Attribute> attributes;
    int error;
};

void PrintTo(const Refused &refused, std::ostream *out) {
    *out << refused.what;
}

class Refusal : public ::testing::TestWithParam<Refused> {
protected:
    NetNs netns_;
};

TEST_P(Refusal, HasItsErrno) {
    netns_.nft("table inet t { chain c { type filter hook input priority 0; }; }");
    EXPECT_EQ(append_rule(netns_, "t", "c", {{"rmirror", GetParam().attributes}}),
              GetParam().error);
    EXPECT_TRUE(read_counters(netns_).empty());
}

INSTANTIATE_TEST_SUITE_P(
    Attributes, Refusal,
    ::testing::Values(
        Refused{"no collector", {}, EINVAL},
        Refused{"two collectors", {collector, number(NFTA_RMIRROR_SREG_ADDR, 1)}, EINVAL},
        Refused{"a collector of 5 bytes",
                {bytes(NFTA_RMIRROR_ADDR, test::from_hex("0a 00 00 05 00"))},
                EINVAL},
        Refused{"an empty collector", {bytes(NFTA_RMIRROR_ADDR, {})}, EINVAL},
        Refused{"0.0.0.0", {bytes(NFTA_RMIRROR_ADDR, test::ipv4("0.0.0.0"))}, EADDRNOTAVAIL},
        Refused{
            "broadcast", {bytes(NFTA_RMIRROR_ADDR, test::ipv4("255.255.255.255"))}, EADDRNOTAVAIL},
        Refused{"a group", {bytes(NFTA_RMIRROR_ADDR, test::ipv4("224.0.0.1"))}, EADDRNOTAVAIL},
        Refused{"::", {bytes(NFTA_RMIRROR_ADDR, test::ipv6("::"))}, EADDRNOTAVAIL},
        Refused{"an IPv6 group", {bytes(NFTA_RMIRROR_ADDR, test::ipv6("ff02::1"))}, EADDRNOTAVAIL},
        Refused{"family of a constant", {collector, number(NFTA_RMIRROR_FAMILY, 2)}, EINVAL},
        Refused{"register without family", {number(NFTA_RMIRROR_SREG_ADDR, 1)}, EINVAL},
        Refused{"register of another family",
                {number(NFTA_RMIRROR_SREG_ADDR, 1), number(NFTA_RMIRROR_FAMILY, 7)},
                EAFNOSUPPORT},
        Refused{"unknown encapsulation",
                {collector, number(NFTA_RMIRROR_ENCAP, __RMIRROR_ENCAP_MAX)},
                ERANGE},
        Refused{"len 13", {collector, number(NFTA_RMIRROR_LEN, 13)}, ERANGE},
        Refused{"len 65536", {collector, number(NFTA_RMIRROR_LEN, 65536)}, ERANGE},
        Refused{"len 0", {collector, number(NFTA_RMIRROR_LEN, 0)}, ERANGE},
        Refused{"len of 2 bytes",
                {collector, bytes(NFTA_RMIRROR_LEN, test::from_hex("00 3c"))},
                ERANGE},
        Refused{"len 14 of a bare copy",
                {collector, number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_NONE),
                 number(NFTA_RMIRROR_LEN, 14)},
                ERANGE},
        Refused{"unknown policy", {collector, number(NFTA_RMIRROR_MTU, __RMIRROR_MTU_MAX)}, ERANGE},
        Refused{"ttl 0", {collector, number(NFTA_RMIRROR_TTL, 0)}, ERANGE},
        Refused{"ttl 256", {collector, number(NFTA_RMIRROR_TTL, 256)}, ERANGE},
        Refused{"dscp 64", {collector, number(NFTA_RMIRROR_DSCP, 64)}, ERANGE},
        Refused{"from of the other family",
                {collector, bytes(NFTA_RMIRROR_SADDR, test::ipv6("fd00::1"))},
                EAFNOSUPPORT},
        Refused{"from of the other family, IPv6",
                {collector6, bytes(NFTA_RMIRROR_SADDR, test::ipv4("10.0.0.1"))},
                EAFNOSUPPORT},
        Refused{"from 0.0.0.0",
                {collector, bytes(NFTA_RMIRROR_SADDR, test::ipv4("0.0.0.0"))},
                EADDRNOTAVAIL},
        Refused{"empty device", {collector, text(NFTA_RMIRROR_OIFNAME, "")}, EINVAL},
        Refused{"device of 16 bytes",
                {collector, text(NFTA_RMIRROR_OIFNAME, "0123456789abcdef")},
                ERANGE},
        Refused{"device with a slash", {collector, text(NFTA_RMIRROR_OIFNAME, "a/b")}, EINVAL},
        Refused{"port without UDP", {collector, number(NFTA_RMIRROR_PORT, 4789)}, EINVAL},
        Refused{"port 0",
                {collector, number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_VXLAN),
                 number(NFTA_RMIRROR_PORT, 0)},
                ERANGE},
        Refused{"port 65536",
                {collector, number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_VXLAN),
                 number(NFTA_RMIRROR_PORT, 65536)},
                ERANGE},
        Refused{"session id 1024",
                {collector, number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_ERSPAN),
                 number(NFTA_RMIRROR_KEY, 1024)},
                ERANGE},
        Refused{"VNI of 25 bits",
                {collector, number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_GENEVE),
                 number(NFTA_RMIRROR_KEY, 1U << 24)},
                ERANGE},
        Refused{"key of TZSP",
                {collector, number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_TZSP),
                 number(NFTA_RMIRROR_KEY, 1)},
                EINVAL},
        Refused{"key of ERSPAN I",
                {collector, number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_ERSPAN1),
                 number(NFTA_RMIRROR_KEY, 1)},
                EINVAL},
        Refused{"seq of VXLAN",
                {collector, number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_VXLAN),
                 number(NFTA_RMIRROR_FLAGS, RMIRROR_F_SEQ)},
                EINVAL},
        Refused{"platform of ERSPAN II",
                {collector, number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_ERSPAN),
                 number(NFTA_RMIRROR_FLAGS, RMIRROR_F_PLATFORM)},
                EINVAL},
        Refused{"ttl of a bare copy",
                {collector, number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_NONE),
                 number(NFTA_RMIRROR_TTL, 9)},
                EINVAL},
        Refused{
            "unknown flag", {collector, number(NFTA_RMIRROR_FLAGS, RMIRROR_F_MASK + 1)}, ERANGE}));

// Collectors that a map names: what the plugin cannot say.
class RegisterTest : public TopologyTest {
protected:
    RegisterTest() {
        // A second address of the collector's host, a second collector as far as rmirror knows
        net_.collector.ip("addr add 10.0.0.6/24 dev eth0\n");
        net_.router.ip("neigh replace 10.0.0.6 lladdr 02:00:00:00:00:05 nud permanent dev mon\n");
        net_.router.nft(R"(table inet t {
            map by_source { type ipv4_addr : ipv4_addr
                            elements = { 10.1.0.1 : 10.0.0.5, 10.1.0.3 : 10.0.0.6 } }
            map by_hash { type mark : ipv4_addr
                          elements = { 0 : 10.0.0.5, 1 : 10.0.0.6 } }
            chain c { type filter hook prerouting priority 0; }
        })");
        capture_ = std::make_unique<Capture>(net_.collector, "eth0");
    }

    static Expression lookup(const std::string &map) {
        return {"lookup",
                {text(NFTA_LOOKUP_SET, map), number(NFTA_LOOKUP_SREG, NFT_REG_1),
                 number(NFTA_LOOKUP_DREG, NFT_REG_1)}};
    }

    static Expression mirror_to_register() {
        return {
            "rmirror",
            {number(NFTA_RMIRROR_SREG_ADDR, NFT_REG_1), number(NFTA_RMIRROR_FAMILY, NFPROTO_IPV4)}};
    }

    void send(const char *source, const char *destination, std::uint16_t source_port,
              std::uint16_t destination_port) {
        Injector(net_.sender, "eth0")
            .send(test::PacketBuilder()
                      .eth(Topology::sender_mac, Topology::lan_mac)
                      .ipv4({.source = test::ipv4(source), .destination = test::ipv4(destination)})
                      .udp(source_port, destination_port)
                      .payload(20)
                      .build());
    }

    // Where the next copy went
    test::Bytes next_collector() {
        const std::vector<Frame> copies = capture_->wait_for(1, is_copy());
        if (copies.empty())
            return {};
        return {copies[0].bytes.begin() + 30, copies[0].bytes.begin() + 34};
    }

    std::unique_ptr<Capture> capture_;
};

test::Bytes address(const char *text_of_it) {
    const test::Ipv4Address bytes_of_it = test::ipv4(text_of_it);
    return {bytes_of_it.begin(), bytes_of_it.end()};
}

TEST_F(RegisterTest, CollectorsByMap) {
    const Expression source = {"payload",
                               {number(NFTA_PAYLOAD_DREG, NFT_REG_1),
                                number(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER),
                                number(NFTA_PAYLOAD_OFFSET, 12), number(NFTA_PAYLOAD_LEN, 4)}};
    ASSERT_EQ(
        append_rule(net_.router, "t", "c", {source, lookup("by_source"), mirror_to_register()}), 0);
    for (int round = 0; round < 3; round++) {
        send("10.1.0.1", "10.1.0.2", 1000, 9);
        EXPECT_EQ(next_collector(), address("10.0.0.5"));
        send("10.1.0.3", "10.1.0.2", 1000, 9);
        EXPECT_EQ(next_collector(), address("10.0.0.6"));
    }
    const Counters counters = only_counters(net_.router);
    EXPECT_EQ(counters.text("collector"), "register");
    EXPECT_EQ(counters["sent"], 6U);
    EXPECT_TRUE(counters.add_up());
}

// Both directions of a flow to one collector, and not all flows to the same
TEST_F(RegisterTest, CollectorsByHash) {
    const Expression symhash = {"hash",
                                {number(NFTA_HASH_DREG, NFT_REG_1), number(NFTA_HASH_MODULUS, 2),
                                 number(NFTA_HASH_TYPE, NFT_HASH_SYM)}};
    ASSERT_EQ(
        append_rule(net_.router, "t", "c", {symhash, lookup("by_hash"), mirror_to_register()}), 0);
    std::set<test::Bytes> seen;
    for (std::uint16_t port = 1000; port < 1020; port++) {
        send("10.1.0.1", "10.1.0.9", port, 9);
        const test::Bytes there = next_collector();
        send("10.1.0.9", "10.1.0.1", 9, port);
        EXPECT_EQ(next_collector(), there) << "port " << port;
        seen.insert(there);
    }
    EXPECT_EQ(seen.size(), 2U);
}

// What packets say is not to be trusted with more than an address to send to.
TEST_F(RegisterTest, AnyAddressAtAll) {
    const Expression payload = {"payload",
                                {number(NFTA_PAYLOAD_DREG, NFT_REG_1),
                                 number(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER),
                                 number(NFTA_PAYLOAD_OFFSET, 8), number(NFTA_PAYLOAD_LEN, 4)}};
    ASSERT_EQ(append_rule(net_.router, "t", "c", {payload, mirror_to_register()}), 0);
    Injector injector(net_.sender, "eth0");
    const auto name = [&injector](const test::Ipv4Address &collector_address) {
        injector.send(
            test::PacketBuilder()
                .eth(Topology::sender_mac, Topology::lan_mac)
                .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
                .udp(1000, 9)
                .payload(collector_address)
                .build());
    };
    for (const char *local : {"0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.1", "10.0.0.1"})
        name(test::ipv4(local));
    // More collectors than are remembered
    constexpr unsigned many = 1200;
    for (unsigned i = 0; i < many; i++)
        name({192, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
    name(test::ipv4("10.0.0.5"));
    EXPECT_EQ(next_collector(), address("10.0.0.5"));
    const Counters counters = settled_counters(net_.router);
    EXPECT_TRUE(counters.add_up());
    // The kernel has no route to some of the local ones either; none of them gets a copy.
    EXPECT_EQ(counters["no-route"] + counters["local"], many + 5U);
    EXPECT_EQ(counters["sent"], 1U);
}

}  // namespace
}  // namespace rmirror::vm
