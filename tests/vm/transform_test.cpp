// SPDX-License-Identifier: GPL-2.0-only
//
// The kernel transforms the copy on its way out: IPsec, MPLS. It has to go through the kernel's own
// output then, not straight to the neighbour.
#include <gtest/gtest.h>

#include <set>

#include "support/hexdump.hpp"
#include "vm/support/command.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint16_t discard = 9;
constexpr std::uint8_t esp = 50;
constexpr std::uint16_t mpls = 0x8847;

class TransformTest : public TopologyTest {
protected:
    // The originals are compared as they were received: with checksums.
    TransformTest() { net_.sender.require({"ethtool", "-K", "eth0", "tx", "off"}); }

    // Sends originals, which arrive, and returns them as the router received them.
    std::vector<Frame> send(std::size_t count, std::size_t size = 100) {
        Capture originals(net_.router, "lan");
        for (std::size_t i = 0; i < count; i++)
            send_udp(net_.sender, "10.1.0.2", discard, test::Bytes(size, 0x5a));
        return originals.wait_for(count, has_ip_protocol(17));
    }

    // In any order: each packet may be received on a processor of its own.
    void expect_copies_of(const std::vector<Frame> &originals, const std::vector<Frame> &copies) {
        ASSERT_EQ(copies.size(), originals.size());
        std::multiset<test::Bytes> expected;
        std::multiset<test::Bytes> seen;
        for (std::size_t i = 0; i < copies.size(); i++) {
            expected.insert(originals[i].bytes);
            seen.insert(inner_frame(copies[i]).value_or(test::Bytes{}));
        }
        for (auto one = expected.begin(), other = seen.begin(); one != expected.end();
             ++one, ++other)
            EXPECT_TRUE(test::same_bytes(*one, *other));
    }

    Capture wire_{net_.collector, "eth0"};
};

// An ESP tunnel to the collector for the copies, in IPv4 or IPv6: the collector's stack decrypts
// them, and its device shows them a second time.
struct Addresses {
    const char *family;
    const char *router;
    const char *collector;
};

class IpsecTest : public TransformTest, public ::testing::WithParamInterface<Addresses> {
protected:
    std::string ends() const {
        return std::string("src ") + GetParam().router + " dst " + GetParam().collector;
    }

    void encrypt() {
        const std::string state =
            "xfrm state add " + ends() +
            " proto esp spi 0x1001 mode tunnel enc cbc(aes) 0x00112233445566778899aabbccddeeff"
            " auth hmac(sha1) 0x00112233445566778899aabbccddeeff00112233\n";
        const std::string policy = "xfrm policy add " + ends() + " proto gre dir ";
        const std::string tmpl = " tmpl " + ends() + " proto esp mode tunnel\n";
        net_.collector.ip(state + policy + "in" + tmpl);
        net_.router.ip(state + policy + "out" + tmpl);
    }
};

TEST_P(IpsecTest, CopiesAreEncryptedFromTheMomentThereIsAPolicy) {
    net_.router.nft(
        ruleset(hook("inet input"), std::string("udp dport 9 rmirror to ") + GetParam().collector));
    const auto plain = send(2);
    expect_copies_of(plain, wire_.wait_for(2, is_copy()));

    encrypt();
    const auto secret = send(3);
    EXPECT_EQ(wire_.wait_for(3, has_ip_protocol(esp)).size(), 3U);
    expect_copies_of(secret, wire_.wait_for(3, is_copy()));

    net_.router.ip("xfrm policy flush\n");
    net_.collector.ip("xfrm policy flush\n");
    const auto again = send(2);
    expect_copies_of(again, wire_.wait_for(2, is_copy()));
    EXPECT_TRUE(wire_.collect(has_ip_protocol(esp)).empty());
    EXPECT_TRUE(only_counters(net_.router).are({{"matched", 7}, {"sent", 7}}));
}

// What ESP adds is known to the route: `len` and what does not fit are judged by it.
TEST_P(IpsecTest, WhatDoesNotFitWithEspIsDroppedWithDrop) {
    encrypt();
    net_.router.nft(ruleset(hook("inet input"), std::string("udp dport 9 rmirror to ") +
                                                    GetParam().collector + " mtu drop"));
    // Without ESP this copy would fit into 1500 bytes, with it not.
    send(1, 1385);
    EXPECT_TRUE(wire_.collect(has_ip_protocol(esp)).empty());
    const auto small = send(1, 1000);
    expect_copies_of(small, wire_.wait_for(1, is_copy()));
    EXPECT_TRUE(only_counters(net_.router).are({{"matched", 2}, {"sent", 1}, {"too-big", 1}}));
}

INSTANTIATE_TEST_SUITE_P(Families, IpsecTest,
                         ::testing::Values(Addresses{"IPv4", "10.0.0.1", "10.0.0.5"},
                                           Addresses{"IPv6", "fd00::1", "fd00::5"}),
                         [](const auto &each) { return each.param.family; });

// A lightweight tunnel of the route: a label is pushed below the outer IP header.
TEST_F(TransformTest, ARouteWithALabelGivesTheCopiesOne) {
    if (run_command({"modprobe", "mpls_iptunnel"}).status != 0)
        GTEST_SKIP() << "this kernel has no mpls_iptunnel";
    net_.router.ip("route add 10.9.0.5 encap mpls 100 via inet 10.0.0.5 dev mon\n");
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to 10.9.0.5"));
    const auto originals = send(3);
    auto labelled = wire_.wait_for(3, has_ethertype(mpls));
    for (Frame &frame : labelled) {
        ASSERT_GT(frame.bytes.size(), 18U);
        // Label 100, bottom of the stack: RFC 3032, section 2.1
        EXPECT_EQ((frame.bytes[14] << 16 | frame.bytes[15] << 8 | frame.bytes[16]), 100 << 4 | 1);
        frame.bytes.erase(frame.bytes.begin() + 14, frame.bytes.begin() + 18);
        frame.bytes[12] = 0x08;
        frame.bytes[13] = 0x00;
    }
    expect_copies_of(originals, labelled);
    EXPECT_TRUE(only_counters(net_.router).are({{"matched", 3}, {"sent", 3}}));
}

}  // namespace
}  // namespace rmirror::vm
