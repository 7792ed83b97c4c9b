// SPDX-License-Identifier: GPL-2.0-only
//
// Copies leave in the order of their originals, also those that wait for their neighbour, and their
// numbers go on when the rules are loaded again.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/command.hpp"
#include "vm/support/encapsulation.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/processor.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint16_t discard = 9;
const test::Bytes marker = test::from_hex("72 6d 6f 72 64 65 72");

// The number that stands behind the marker in a copy of an original of this test
std::optional<unsigned> number_of(const Frame &frame) {
    const auto found = std::ranges::search(frame.bytes, marker);
    if (found.empty() || frame.bytes.end() - found.end() < 2)
        return std::nullopt;
    return found.end()[0] << 8U | found.end()[1];
}

bool is_numbered(const Frame &frame) {
    return number_of(frame).has_value();
}

// The originals come from the sender, one after the other, to a rule of the router.
class OrderTest : public ::testing::Test {
protected:
    explicit OrderTest(bool static_neighbours = false)
        : net_({.static_neighbours = static_neighbours}) {
        // Neighbour discovery wants a link-local address of the one who asks.
        net_.router.ip("addr add fe80::1/64 dev mon nodad\n");
        send(1, {});
    }

    void mirror(const std::vector<std::string> &statements) {
        std::string rules;
        for (const std::string &statement : statements)
            rules += "iifname \"lan\" udp dport 9 rmirror to " + statement + "\n";
        net_.router.nft("flush ruleset\n" + ruleset(hook("inet input"), rules));
    }

    void send(unsigned count, std::chrono::microseconds pause = std::chrono::milliseconds(2)) {
        for (unsigned i = 0; i < count; i++) {
            test::Bytes payload = marker;
            payload.push_back(static_cast<std::uint8_t>(i >> 8U));
            payload.push_back(static_cast<std::uint8_t>(i));
            send_udp(net_.sender, "10.1.0.2", discard, payload);
            if (pause.count() != 0)
                std::this_thread::sleep_for(pause);
        }
    }

    void forget_neighbours() { net_.router.ip("neigh flush dev mon\n"); }

    // How many copies were sent after one of a later original
    static std::size_t late(const std::vector<Frame> &copies) {
        unsigned last = 0;
        std::size_t count = 0;
        for (const Frame &copy : copies) {
            const unsigned number = number_of(copy).value_or(0);
            count += number < last ? 1U : 0U;
            last = number;
        }
        return count;
    }

    void delay_answers(const std::string &time) {
        net_.collector.require({"sh", "-c", "tc qdisc replace dev eth0 root netem delay " + time});
    }

    const OneProcessor here_;
    Topology net_;
    Capture copies_{net_.collector, "eth0"};
};

TEST_F(OrderTest, AtFirstContact) {
    if (run_command({"modprobe", "sch_netem"}).status != 0)
        GTEST_SKIP() << "this kernel has no sch_netem";
    constexpr unsigned count = 40;
    struct Round {
        const char *answer;  // after this time: in the middle of the flow, or at once
        std::vector<std::string> statements;
    };
    const std::vector<Round> rounds = {
        {"25ms", {"10.0.0.5"}},
        {"25ms", {"10.0.0.5 encap none"}},
        {"25ms", {"fd00::5 encap vxlan"}},
        {"25ms", {"fd00::5 encap none"}},
        // One collector, whatever the encapsulation
        {"25ms", {"10.0.0.5 encap erspan", "10.0.0.5 encap tzsp"}},
        {"1ms", {"10.0.0.5"}},
        {"1ms", {"fd00::5"}},
    };
    for (const auto &[answer, statements] : rounds) {
        SCOPED_TRACE(statements.back() + ", answered after " + answer);
        delay_answers(answer);
        mirror(statements);
        forget_neighbours();
        send(count);
        const std::size_t expected = count * statements.size();
        const std::vector<Frame> copies = copies_.wait_for(expected, is_numbered);
        EXPECT_EQ(copies.size(), expected);
        EXPECT_EQ(late(copies), 0U);
    }
}

// More than may wait: some are lost, and the others are in order.
TEST_F(OrderTest, OfWhatWaitsInABoundedQueue) {
    if (run_command({"modprobe", "sch_netem"}).status != 0)
        GTEST_SKIP() << "this kernel has no sch_netem";
    delay_answers("400ms");
    for (const char *statement : {"10.0.0.5", "fd00::5", "10.0.0.5 encap none"}) {
        SCOPED_TRACE(statement);
        mirror({statement});
        forget_neighbours();
        send(600, {});
        std::this_thread::sleep_for(std::chrono::milliseconds(600));
        send(3);
        const Counters counters = settled_counters(net_.router);
        EXPECT_TRUE(counters.add_up());
        EXPECT_EQ(counters["matched"], 603U);
        EXPECT_GE(counters["sent"], 4U);
        EXPECT_EQ(counters["sent"] + counters["no-neighbour"], 603U);
        const std::vector<Frame> copies = copies_.collect(is_numbered);
        EXPECT_EQ(copies.size(), counters["sent"]);
        // The second round starts at 0 again.
        EXPECT_LE(late(copies), 1U);
    }
}

// Each original makes copies that carry GRE sequence numbers.
class SequenceTest : public OrderTest {
protected:
    SequenceTest() : OrderTest(true) {}

    static std::string rule(const std::string &statement) {
        return ruleset(hook("inet input"), "iifname \"lan\" udp dport 9 rmirror to " + statement);
    }

    // The sequence numbers of what arrives for so many originals
    std::vector<std::uint32_t> numbers(unsigned count, std::size_t mirrors = 1) {
        send(count, {});
        std::vector<std::uint32_t> all;
        for (const Frame &copy : copies_.wait_for(count * mirrors, is_numbered)) {
            const std::size_t gre = 14 + (copy.bytes[14] >> 4U == 6 ? 40 : 20);
            EXPECT_NE(copy.bytes[gre] & 0x10U, 0U) << "no sequence number";
            const std::size_t at = gre + 4 + ((copy.bytes[gre] & 0x20U) != 0 ? 4 : 0);
            std::uint32_t number = 0;
            for (std::size_t i = 0; i < 4; i++)
                number = number << 8U | copy.bytes[at + i];
            all.push_back(number);
        }
        EXPECT_EQ(all.size(), count * mirrors);
        return all;
    }
};

std::vector<std::string> numbered_statements() {
    std::vector<std::string> all;
    for (const Encapsulation &encap : encapsulations()) {
        const std::string words = std::string(" encap ") + encap.word;
        if ((RMIRROR_E_SEQ_ALWAYS & 1U << encap.id) != 0)
            all.push_back("10.0.0.5" + words + " key 9");
        else if ((RMIRROR_E_SEQ & 1U << encap.id) != 0)
            all.insert(all.end(), {"10.0.0.5 seq", "fd00::5 key 7 seq"});
    }
    return all;
}

// A receiver drops what is not newer than what it has had: Linux's erspan devices, and gretap ones
// with `iseq`.
TEST_F(SequenceTest, GoesOnAcrossReloads) {
    for (const std::string &statement : numbered_statements()) {
        SCOPED_TRACE(statement);
        net_.router.nft("flush ruleset\n" + rule(statement));
        std::vector<std::uint32_t> before = numbers(10);
        ASSERT_FALSE(before.empty());
        EXPECT_TRUE(std::ranges::is_sorted(before));
        const std::vector<std::pair<const char *, std::vector<std::string>>> reloads = {
            {"in one transaction", {"delete table inet mirror\n" + rule(statement)}},
            {"flushed, then loaded", {"flush ruleset", rule(statement)}},
            {"in another chain",
             {"delete table inet mirror\n" +
              ruleset(hook("inet prerouting"), "udp dport 9 rmirror to " + statement)}}};
        for (const auto &[how, steps] : reloads) {
            SCOPED_TRACE(how);
            for (const std::string &step : steps)
                net_.router.nft(step);
            const std::vector<std::uint32_t> after = numbers(5);
            ASSERT_FALSE(after.empty());
            EXPECT_GT(after.front(), before.back());
            EXPECT_TRUE(std::ranges::is_sorted(after));
            before = after;
        }
    }
}

// The receiver does not know rules: all of one collector, encapsulation and key count together.
TEST_F(SequenceTest, IsOneForAllRulesOfASession) {
    net_.router.nft(ruleset(hook("inet input"),
                            "iifname \"lan\" udp dport 9 rmirror to 10.0.0.5 encap erspan key 9\n"
                            "iifname \"lan\" udp dport 9 rmirror to 10.0.0.5 encap erspan key 9"));
    const std::vector<std::uint32_t> seen = numbers(10, 2);
    EXPECT_TRUE(std::ranges::is_sorted(seen));
    EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end()) << "a number was used twice";
    // Another session has its own.
    mirror({"10.0.0.5 encap erspan key 10"});
    EXPECT_LT(numbers(1).front(), seen.back());
}

}  // namespace
}  // namespace rmirror::vm
