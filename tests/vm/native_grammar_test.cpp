// SPDX-License-Identifier: GPL-2.0-only
//
// Rules that only an nft with the native grammar can write, and the packets that they send: each
// nft that tests/native/prepare has built.
#include <gtest/gtest.h>

#include <set>

#include "support/native_nft.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

class NativeGrammarTest : public TopologyTest, public testing::WithParamInterface<test::NativeNft> {
protected:
    NativeGrammarTest() {
        // A second collector beside the first
        net_.collector.ip("addr add 10.0.0.6/24 dev eth0\n");
        net_.router.ip("neigh add 10.0.0.6 lladdr 02:00:00:00:00:05 dev mon\n");
        capture_ = std::make_unique<Capture>(net_.collector, "eth0");
    }

    // The guest's programs have the plugin before what an nft has in its own directory.
    static std::vector<std::string> nft(const std::vector<std::string> &arguments) {
        std::vector<std::string> command{"env", "-u", "LD_LIBRARY_PATH", GetParam().path};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return command;
    }

    void load(const std::string &rule) const {
        net_.router.require(nft({"-f", "-"}), {.input = R"(
            table inet t {
                map by_source { type ipv4_addr : ipv4_addr; elements = { 10.1.0.1 : 10.0.0.5, 10.1.0.3 : 10.0.0.6 }; }
                map by_flow { typeof ip saddr . udp dport : ip daddr; elements = { 10.1.0.1 . 9 : 10.0.0.6 }; }
                chain c {
                    type filter hook prerouting priority 0;
                    )" + rule + "\n}\n}\n"});
    }

    std::string listed() const {
        return net_.router.require(nft({"list", "chain", "inet", "t", "c"}));
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

    // Where the next copy went: the destination of its outer header
    std::string next_collector() {
        const std::vector<Frame> copies = capture_->wait_for(1, is_copy());
        if (copies.empty())
            return "none";
        std::string text;
        for (std::size_t at = 30; at < 34; at++)
            text += (text.empty() ? "" : ".") + std::to_string(copies[0].bytes.at(at));
        return text;
    }

    // The GRE key of the next copy (RFC 2890 section 2), 0 if it has none
    std::uint32_t next_key() {
        const std::vector<Frame> copies = capture_->wait_for(1, is_copy());
        const bool has_key = !copies.empty() && (copies[0].bytes.at(34) & 0x20) != 0;
        std::uint32_t key = 0;
        for (std::size_t at = 38; has_key && at < 42; at++)
            key = key << 8 | copies[0].bytes.at(at);
        return key;
    }

    std::unique_ptr<Capture> capture_;
};

// By a map, by its name and by a typeof map of a concatenation
TEST_P(NativeGrammarTest, CollectorsByMap) {
    for (const char *rule :
         {"rmirror ip to ip saddr map { 10.1.0.1 : 10.0.0.5, 10.1.0.3 : 10.0.0.6 }",
          "rmirror ip to ip saddr map @by_source"}) {
        load(rule);
        EXPECT_NE(listed().find(std::string("\t\t") + rule + "\n"), std::string::npos) << listed();
        send("10.1.0.1", "10.1.0.2", 1000, 9);
        EXPECT_EQ(next_collector(), "10.0.0.5") << rule;
        send("10.1.0.3", "10.1.0.2", 1000, 9);
        EXPECT_EQ(next_collector(), "10.0.0.6") << rule;
        net_.router.require(nft({"flush", "ruleset"}));
    }
    load("rmirror to ip saddr . udp dport map @by_flow");
    send("10.1.0.1", "10.1.0.2", 1000, 9);
    EXPECT_EQ(next_collector(), "10.0.0.6");
}

// Both directions of a flow to one collector, and not all flows to the same
TEST_P(NativeGrammarTest, CollectorsByHash) {
    load("rmirror to symhash mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 }");
    std::set<std::string> seen;
    for (std::uint16_t port = 1000; port < 1016; port++) {
        send("10.1.0.1", "10.1.0.9", port, 9);
        const std::string there = next_collector();
        send("10.1.0.9", "10.1.0.1", 9, port);
        EXPECT_EQ(next_collector(), there) << "port " << port;
        seen.insert(there);
    }
    EXPECT_EQ(seen.size(), 2U);
}

TEST_P(NativeGrammarTest, CollectorsInTurn) {
    // Only what is sent here: the collector's ICMP errors about copies would take their turns, too.
    load("udp dport 9 rmirror to numgen inc mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 } len 60");
    send("10.1.0.1", "10.1.0.2", 1000, 9);
    const std::string first = next_collector();
    send("10.1.0.1", "10.1.0.2", 1000, 9);
    EXPECT_NE(next_collector(), first);
    send("10.1.0.1", "10.1.0.2", 1000, 9);
    EXPECT_EQ(next_collector(), first);
}

// Of 8, 16 and 32 bits, in host order or not; some bits of one or two bytes; looked up; computed
TEST_P(NativeGrammarTest, KeysOfThePacket) {
    struct Keyed {
        const char *expression;
        std::uint32_t key;
    };
    for (const Keyed &each :
         {Keyed{"udp dport", 0x1234}, Keyed{"ip saddr", 0x0a010001}, Keyed{"ip protocol", 17},
          Keyed{"meta l4proto", 17}, Keyed{"ip version", 4}, Keyed{"ip hdrlength", 5},
          Keyed{"@th,16,12", 0x123}, Keyed{"@th,20,12", 0x234}, Keyed{"udp dport & 0xff", 0x34},
          Keyed{"udp dport >> 8", 0x12}, Keyed{"udp dport map { 4660 : 70000 }", 70000},
          Keyed{"ip saddr . udp dport map { 10.1.0.1 . 4660 : 8 }", 8}}) {
        load(std::string("udp sport 1000 rmirror to 10.0.0.5 key ") + each.expression);
        send("10.1.0.1", "10.1.0.2", 1000, 0x1234);
        EXPECT_EQ(next_key(), each.key) << each.expression << '\n' << listed();
        net_.router.require(nft({"flush", "ruleset"}));
    }
}

TEST_P(NativeGrammarTest, CollectorAndKeyOfThePacket) {
    load("udp sport 1000 rmirror to ip saddr map @by_source key ip saddr map { 10.1.0.3 : 7 }");
    send("10.1.0.3", "10.1.0.2", 1000, 9);
    const std::vector<Frame> copies = capture_->wait_for(1, is_copy());
    ASSERT_EQ(copies.size(), 1U);
    EXPECT_EQ(copies[0].bytes.at(33), 6);  // of 10.0.0.6
    EXPECT_EQ(copies[0].bytes.at(41), 7);
    // A packet that has no key is not mirrored.
    send("10.1.0.1", "10.1.0.2", 1000, 9);
    EXPECT_EQ(only_counters(net_.router)["matched"], 1U);
}

// A constant, which the kernel gets as one
TEST_P(NativeGrammarTest, OneCollector) {
    load("rmirror to 10.0.0.5 encap gre key 7 mtu drop mark 5");
    EXPECT_NE(listed().find("\t\trmirror to 10.0.0.5 key 7 mtu drop mark 0x00000005\n"),
              std::string::npos)
        << listed();
    EXPECT_EQ(only_counters(net_.router).text("collector"), "10.0.0.5");
    send("10.1.0.1", "10.1.0.2", 1000, 9);
    EXPECT_EQ(next_collector(), "10.0.0.5");
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(NativeGrammarTest);
INSTANTIATE_TEST_SUITE_P(Built, NativeGrammarTest, testing::ValuesIn(test::native_nfts()),
                         [](const auto &each) { return test::native_test_name(each.param); });

TEST(NativeGrammarSources, AreThere) {
    if (test::native_nfts().empty())
        GTEST_SKIP() << test::why_no_native_nft();
}

}  // namespace
}  // namespace rmirror::vm
