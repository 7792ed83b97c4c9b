// SPDX-License-Identifier: GPL-2.0-only
//
// Copies that leave by a card together: it is told of them once, and nobody who looks at packets on
// their way there, or at what is counted of them, sees anything else than without it.
#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>
#include <thread>

#include "vm/support/capture.hpp"
#include "vm/support/command.hpp"
#include "vm/support/flood.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/module.hpp"
#include "vm/support/processor.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

constexpr unsigned list_length = 64;
const std::string parameters = "/sys/module/rmirror_bench_nic/parameters/";

// The number in a copy of `rmirror ... seq`, behind Ethernet, IPv4 and the first half of GRE
std::uint32_t sequence_of(const Frame &copy) {
    constexpr std::size_t at = 14 + 20 + 4;
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; i++)
        number = number << 8U | copy.bytes.at(at + i);
    return number;
}

bool is_gre(const Frame &frame) {
    return has_ethertype(0x0800)(frame) && has_ip_protocol(47)(frame);
}

// The router has a card beside the topology's devices. Its driver counts how often it tells the
// card of packets, which go nowhere. One original makes many copies, one right after the other.
class BatchTest : public TopologyTest {
protected:
    BatchTest() {
        // What a processor has learnt of devices before is forgotten.
        for (const char *name : {"nft_rmirror", "xt_RMIRROR", "rmirror_core"})
            remove_module(name);
    }

    ~BatchTest() override { remove_card(); }

    static bool has_card() {
        const bool has = has_module("rmirror_bench_nic");
        remove_module("rmirror_bench_nic");
        return has;
    }

    void make_card(const std::string &qdisc, unsigned queues = 1) {
        require_command(
            {"modprobe", "rmirror_bench_nic", "name=card", "queues=" + std::to_string(queues)});
        require_command({"ip", "link", "set", "card", "netns", net_.router.name()});
        net_.router.sysctl("net.ipv6.conf.card.disable_ipv6", "1");
        bring_up();
        set_qdisc(qdisc);
    }

    void bring_up() const {
        net_.router.ip(
            "addr replace 10.9.0.1/24 dev card\nlink set card up\n"
            "neigh replace 10.9.0.5 lladdr 02:00:00:00:09:05 nud permanent dev card\n");
    }

    void set_qdisc(const std::string &qdisc) const {
        net_.router.require({"sh", "-c", "tc qdisc replace dev card root " + qdisc});
    }

    void remove_card() const {
        if (std::filesystem::exists(parameters)) {
            net_.router.exec({"ip", "link", "set", "card", "netns", "1"});
            remove_module("rmirror_bench_nic");
        }
    }

    // So many copies of each original
    void mirror(unsigned times, const std::vector<std::string> &statements,
                const std::string &hook = "input") {
        std::string rules = "flush ruleset\ntable inet batch {\n\tchain copy {\n";
        for (const std::string &statement : statements)
            rules += "\t\trmirror to " + statement + "\n";
        rules += "\t}\n\tchain base {\n\t\ttype filter hook " + hook + " priority 0\n";
        for (unsigned i = 0; i < times; i++)
            rules += "\t\tudp dport 9 jump copy\n";
        net_.router.nft(rules + "\t}\n}\n");
        copies_ = times * statements.size();
    }

    static unsigned long parameter(const std::string &name) {
        unsigned long value = 0;
        std::ifstream(parameters + name) >> value;
        return value;
    }

    static void make_room(unsigned packets) {
        std::ofstream(parameters + "room") << packets << std::flush;
    }

    std::uint64_t matched() const {
        std::uint64_t sum = 0;
        for (const Counters &counters : read_counters(net_.router))
            sum += counters["matched"];
        return sum;
    }

    // An original, and its copies. Where ksoftirqd is at work, they are made after the sender
    // returns.
    void send_and_wait(std::size_t size) const {
        const std::uint64_t expected = matched() + copies_;
        net_.send_datagram(size);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (matched() < expected && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ASSERT_EQ(matched(), expected);
        ASSERT_TRUE(all_add_up(net_.router));
    }

    // How often the card is told of the copies of so many originals. A list that lasts longer than
    // a jiffy is sent in two, and the first copy of all finds no link header yet.
    unsigned long doorbells(unsigned originals) const {
        const unsigned long before = parameter("doorbells");
        for (unsigned i = 0; i < originals; i++)
            send_and_wait(sizes_.at(i % sizes_.size()));
        return parameter("doorbells") - before;
    }

    // What the root discipline says that it has sent
    unsigned long packets_of_qdisc() const {
        std::istringstream text(net_.router.require({"tc", "-s", "qdisc", "show", "dev", "card"}));
        std::string word, previous;
        unsigned long packets = 0;
        while (text >> word) {
            if (word == "pkt" || word == "pkts") {
                packets = std::stoul(previous);
                break;
            }
            previous = word;
        }
        return packets;
    }

    // All copies, in their order; the originals come one after the other
    static void expect_in_order(const std::vector<Frame> &copies, std::size_t count) {
        ASSERT_EQ(copies.size(), count);
        for (std::size_t i = 1; i < count; i++)
            ASSERT_EQ(sequence_of(copies[i]), sequence_of(copies[i - 1]) + 1) << "copy " << i;
    }

    // Fewer than `most` for so many copies: as many with PREEMPT_RT, which has no lists
    static void expect_doorbells(std::uint64_t told, std::uint64_t copies, std::uint64_t most) {
        utsname kernel{};
        ASSERT_EQ(uname(&kernel), 0);
        if (std::string_view(kernel.version).find("PREEMPT_RT") != std::string_view::npos)
            EXPECT_EQ(told, copies);
        else
            EXPECT_LT(told, most);
    }

    const OneProcessor here_;
    const std::vector<std::size_t> sizes_ = {64, 1400, 1, 700, 300};
    std::uint64_t copies_ = 0;  // of each original
};

#define SKIP_WITHOUT_CARD() \
    if (!has_card())        \
    GTEST_SKIP() << "there is no rmirror_bench_nic"

class BatchQdisc : public BatchTest, public ::testing::WithParamInterface<const char *> {};

TEST_P(BatchQdisc, TellsTheCardOnce) {
    SKIP_WITHOUT_CARD();
    make_card(GetParam());
    mirror(list_length, {"10.9.0.5"});
    expect_doorbells(doorbells(10), 10U * list_length, 5U * list_length / 2);
    EXPECT_EQ(packets_of_qdisc(), 10U * list_length);
    const Counters counters = settled_counters(net_.router);
    EXPECT_EQ(counters["matched"], 10U * list_length);
    EXPECT_EQ(counters["sent"], 10U * list_length);
    // Outer headers without the link's, and the original's frame
    std::size_t bytes = 0;
    for (unsigned i = 0; i < 10; i++)
        bytes += list_length * (24 + 14 + 28 + sizes_.at(i % sizes_.size()));
    EXPECT_EQ(counters["bytes"], bytes);
}

INSTANTIATE_TEST_SUITE_P(All, BatchQdisc, ::testing::Values("pfifo_fast", "pfifo", "fq_codel"),
                         [](const auto &qdisc) { return std::string(qdisc.param); });

TEST_F(BatchTest, IsSeenByTaps) {
    SKIP_WITHOUT_CARD();
    make_card("pfifo_fast");
    mirror(list_length, {"10.9.0.5 seq"});
    Capture capture(net_.router, "card", Direction::outgoing);
    expect_doorbells(doorbells(10), 10U * list_length, 5U * list_length / 2);
    expect_in_order(capture.wait_for(10 * list_length, is_gre), 10 * list_length);
}

// More rules than a list knows, and lists that are not full
TEST_F(BatchTest, OfManyRules) {
    SKIP_WITHOUT_CARD();
    make_card("pfifo_fast");
    mirror(1, std::vector<std::string>(13, "10.9.0.5 seq"));
    Capture capture(net_.router, "card", Direction::outgoing);
    expect_doorbells(doorbells(10), 130, 65);
    expect_in_order(capture.wait_for(130, is_gre), 130);
    for (const Counters &counters : read_counters(net_.router))
        EXPECT_EQ(counters["sent"], 10U);
}

TEST_F(BatchTest, OneCopyAPacketIsNotKept) {
    SKIP_WITHOUT_CARD();
    make_card("pfifo_fast");
    mirror(1, {"10.9.0.5"});
    EXPECT_EQ(doorbells(200), 200U);
    EXPECT_EQ(settled_counters(net_.router)["sent"], 200U);
}

TEST_F(BatchTest, TheRestOfAFullRingWaitsInOrder) {
    SKIP_WITHOUT_CARD();
    for (const char *qdisc : {"pfifo_fast", "pfifo"}) {
        SCOPED_TRACE(qdisc);
        make_card(qdisc);
        mirror(list_length, {"10.9.0.5 seq"});
        Capture capture(net_.router, "card", Direction::outgoing);
        doorbells(1);
        EXPECT_EQ(capture.wait_for(list_length, is_gre).size(), list_length);
        make_room(10);
        doorbells(3);
        EXPECT_EQ(capture.collect(is_gre).size(), 10U);
        EXPECT_EQ(settled_counters(net_.router)["sent"], 4U * list_length);
        make_room(0);
        const std::vector<Frame> rest = capture.wait_for(3 * list_length - 10, is_gre);
        expect_in_order(rest, 3 * list_length - 10);
        EXPECT_EQ(packets_of_qdisc(), 4U * list_length);
        remove_card();
    }
}

TEST_F(BatchTest, WhatTheQueueDoesNotTakeIsCounted) {
    SKIP_WITHOUT_CARD();
    make_card("pfifo limit 20");
    mirror(list_length, {"10.9.0.5"});
    doorbells(1);
    mirror(list_length, {"10.9.0.5"});
    make_room(10);
    doorbells(1);
    const Counters counters = settled_counters(net_.router);
    EXPECT_EQ(counters["matched"], list_length);
    EXPECT_EQ(counters["sent"], 30U);
    EXPECT_EQ(counters["tx-drop"], list_length - 30U);
    EXPECT_EQ(counters["bytes"], 30U * (24 + 14 + 28 + 64));
    make_room(0);
}

TEST_F(BatchTest, PassesByNoFilter) {
    SKIP_WITHOUT_CARD();
    if (!missing_modules({"sch_ingress", "cls_matchall", "act_gact"}).empty())
        GTEST_SKIP() << "there is no tc filter";
    make_card("pfifo_fast");
    mirror(list_length, {"10.9.0.5 seq"});
    doorbells(2);
    net_.router.require({"tc", "qdisc", "add", "dev", "card", "clsact"});
    net_.router.require(
        {"tc", "filter", "add", "dev", "card", "egress", "matchall", "action", "drop"});
    Capture capture(net_.router, "card", Direction::outgoing);
    EXPECT_EQ(doorbells(2), 0U);
    EXPECT_TRUE(capture.collect(is_gre).empty());
    EXPECT_EQ(settled_counters(net_.router)["tx-drop"], 2U * list_length);
    net_.router.require({"tc", "qdisc", "del", "dev", "card", "clsact"});
    EXPECT_GT(doorbells(2), 0U);
    EXPECT_EQ(capture.wait_for(2 * list_length, is_gre).size(), 2U * list_length);
}

TEST_F(BatchTest, PassesByNoEgressHook) {
    SKIP_WITHOUT_CARD();
    make_card("pfifo_fast");
    mirror(list_length, {"10.9.0.5"});
    doorbells(2);
    const CommandResult added =
        net_.router.exec({"nft",
                          "add table netdev t; add chain netdev t e { type filter hook "
                          "egress device card priority 0; }; add rule netdev t e counter "
                          "drop"});
    if (added.status != 0)
        GTEST_SKIP() << "there is no egress hook: " << added.err;
    EXPECT_EQ(doorbells(2), 0U);
    EXPECT_NE(net_.router.require({"nft", "list", "table", "netdev", "t"})
                  .find("packets " + std::to_string(2 * list_length) + " "),
              std::string::npos);
    EXPECT_EQ(settled_counters(net_.router)["tx-drop"], 2U * list_length);
}

// Disciplines that delay, sort or drop, and none at all
TEST_F(BatchTest, PassesByNoDiscipline) {
    SKIP_WITHOUT_CARD();
    make_card("pfifo_fast");
    for (const char *qdisc : {"noqueue", "tbf rate 1gbit burst 100kb latency 1s", "prio",
                              "stab overhead 10 mtu 2048 tsize 512 pfifo limit 1000"}) {
        SCOPED_TRACE(qdisc);
        if (net_.router.exec({"sh", "-c", std::string("tc qdisc replace dev card root ") + qdisc})
                .status != 0)
            continue;
        mirror(list_length, {"10.9.0.5 seq"});
        Capture capture(net_.router, "card", Direction::outgoing);
        doorbells(3);
        expect_in_order(capture.wait_for(3 * list_length, is_gre), 3 * list_length);
        if (qdisc != std::string("noqueue")) {
            EXPECT_EQ(packets_of_qdisc(), 3U * list_length);
        }
    }
}

TEST_F(BatchTest, KeepsTheOrderAmongOtherCopies) {
    SKIP_WITHOUT_CARD();
    make_card("pfifo_fast", 4);
    // The large ones become fragments, and those of output hooks have BHs on
    mirror(20, {"10.9.0.5 seq mtu fragment", "10.0.0.5", "10.9.0.5 seq mtu fragment"});
    Capture capture(net_.router, "card", Direction::outgoing);
    for (unsigned i = 0; i < 10; i++)
        net_.send_datagram(i % 2 == 0 ? 100 : 1472);
    const std::vector<Frame> frames = capture.wait_for(10 * 40 + 5 * 40, is_gre);
    ASSERT_EQ(frames.size(), 10U * 40 + 5 * 40);
    std::vector<Frame> copies;
    for (const Frame &frame : frames) {
        // Not the second of two fragments
        if ((frame.bytes[20] & 0x1fU) == 0 && frame.bytes[21] == 0)
            copies.push_back(frame);
    }
    // All of one flow: one queue
    expect_in_order(copies, 400);
}

TEST_F(BatchTest, IsSeenByTracers) {
    SKIP_WITHOUT_CARD();
    make_card("pfifo_fast");
    mirror(list_length, {"10.9.0.5"});
    doorbells(2);
    const std::string tracefs = "/sys/kernel/tracing/";
    if (!std::filesystem::exists(tracefs + "events"))
        run_command({"mount", "-t", "tracefs", "tracefs", tracefs});
    if (!std::filesystem::exists(tracefs + "events/net/net_dev_xmit"))
        GTEST_SKIP() << "there is no tracepoint net:net_dev_xmit";
    for (const std::string event : {"net/net_dev_xmit", "rmirror/rmirror_copy"}) {
        SCOPED_TRACE(event);
        std::ofstream(tracefs + "trace") << "" << std::flush;
        std::ofstream(tracefs + "events/" + event + "/enable") << "1" << std::flush;
        doorbells(1);
        std::ofstream(tracefs + "events/" + event + "/enable") << "0" << std::flush;
        std::ifstream trace(tracefs + "trace");
        std::string line;
        unsigned seen = 0;
        const std::string sign = event == "net/net_dev_xmit" ? "dev=card" : "outcome=sent";
        while (std::getline(trace, line))
            seen += line.find(sign) != std::string::npos ? 1U : 0U;
        EXPECT_EQ(seen, list_length);
    }
    EXPECT_EQ(settled_counters(net_.router)["sent"], 4U * list_length);
}

// Originals from the sender
class SenderFlood : public Flood {
public:
    explicit SenderFlood(const Topology &net) : Flood([&net] { net.send_datagram(200); }) {}
};

void wait_a_little() {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

TEST_F(BatchTest, TheDeviceGoesDownAndAway) {
    SKIP_WITHOUT_CARD();
    mirror(list_length + 7, {"10.9.0.5"});
    const SenderFlood flood(net_);
    for (int i = 0; i < 3; i++) {
        make_card("pfifo_fast");
        for (int j = 0; j < 3; j++) {
            wait_a_little();
            net_.router.ip("link set card down\n");
            bring_up();
            set_qdisc(j % 2 == 0 ? "fq_codel" : "pfifo_fast");
        }
        remove_card();
    }
}

TEST_F(BatchTest, RulesAndModulesGo) {
    SKIP_WITHOUT_CARD();
    make_card("pfifo_fast");
    const SenderFlood flood(net_);
    for (int i = 0; i < 4; i++) {
        mirror(list_length + 7, {"10.9.0.5"});
        wait_a_little();
        EXPECT_GT(settled_counters(net_.router)["sent"], 0U);
        net_.router.nft("flush ruleset");
        for (const char *name : {"nft_rmirror", "xt_RMIRROR", "rmirror_core"})
            remove_module(name);
    }
}

TEST(Batch, TheNamespaceGoes) {
    if (!has_module("rmirror_bench_nic"))
        GTEST_SKIP() << "there is no rmirror_bench_nic";
    for (int i = 0; i < 3; i++) {
        remove_module("rmirror_bench_nic");
        require_command({"modprobe", "rmirror_bench_nic", "name=card"});
        Topology net;
        require_command({"ip", "link", "set", "card", "netns", net.router.name()});
        net.router.ip(
            "addr add 10.9.0.1/24 dev card\nlink set card up\n"
            "neigh replace 10.9.0.5 lladdr 02:00:00:00:09:05 nud permanent dev card\n");
        net.router.nft(ruleset(hook("inet input"),
                               "rmirror to 10.9.0.5 key 1\n"
                               "rmirror to 10.9.0.5 key 2\n"
                               "rmirror to 10.9.0.5 key 3\n"
                               "rmirror to 10.9.0.5 key 4\n"));
        const SenderFlood flood(net);
        wait_a_little();
    }
    // The card comes back to where it was made.
    remove_module("rmirror_bench_nic");
}

}  // namespace
}  // namespace rmirror::vm
