// SPDX-License-Identifier: GPL-2.0-only
//
// The tracepoint rmirror:rmirror_copy, and the reasons with which copies are dropped.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

const std::string tracing = "/sys/kernel/tracing/";

bool write_to(const std::string &file, const std::string &text) {
    std::ofstream out(tracing + file);
    out << text << std::flush;
    return static_cast<bool>(out);
}

std::string read_from(const std::string &file) {
    std::ostringstream text;
    text << std::ifstream(tracing + file).rdbuf();
    return text.str();
}

class TraceTest : public TopologyTest {
protected:
    void SetUp() override {
        if (mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, nullptr) != 0 && errno != EBUSY)
            GTEST_SKIP() << "this kernel has no tracefs";
        if (!std::ifstream(tracing + "events/rmirror/rmirror_copy/format"))
            GTEST_SKIP() << "this kernel has no tracepoints";
        write_to("trace", "");
    }
    void TearDown() override {
        write_to("events/rmirror/enable", "0");
        write_to("events/skb/kfree_skb/enable", "0");
        write_to("trace", "");
    }
};

TEST_F(TraceTest, SaysWhatBecameOfACopy) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 key 7"));
    ASSERT_TRUE(write_to("events/rmirror/rmirror_copy/enable", "1"));
    Capture copies(net_.collector, "eth0");
    net_.send_datagram(72);
    ASSERT_EQ(copies.wait_for(1, has_ip_protocol(47)).size(), 1U);
    EXPECT_NE(read_from("trace").find("rmirror_copy: inet mirror input collector=::ffff:10.0.0.5 "
                                      "encap=0 key=7 outcome=sent len=100 bytes=142"),
              std::string::npos)
        << read_from("trace");
}

TEST_F(TraceTest, SaysWhyNoneWasSent) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 mtu drop"));
    ASSERT_TRUE(write_to("events/rmirror/rmirror_copy/enable", "1"));
    net_.send_datagram(1472);
    for (int i = 0; i < 100 && only_counters(net_.router)["too-big"] == 0; i++)
        usleep(10'000);
    EXPECT_NE(read_from("trace").find("outcome=too-big len=1500 bytes=0"), std::string::npos)
        << read_from("trace");
}

// A neighbour that does not answer: the copy waits, and is dropped by the kernel's own reason.
TEST(DropReasonTest, NoNeighbour) {
    Topology net({.static_neighbours = false});
    if (mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, nullptr) != 0 && errno != EBUSY)
        GTEST_SKIP() << "this kernel has no tracefs";
    const std::string format = read_from("events/skb/kfree_skb/format");
    if (format.find("NEIGH_FAILED") == std::string::npos)
        GTEST_SKIP() << "this kernel has no drop reasons";
    net.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.77"));
    write_to("trace", "");
    ASSERT_TRUE(write_to("events/skb/kfree_skb/enable", "1"));
    net.sender.require({"ping", "-c", "1", "-W", "2", "10.1.0.2"});
    EXPECT_EQ(settled_counters(net.router)["no-neighbour"], 1U);
    write_to("events/skb/kfree_skb/enable", "0");
    const std::string trace = read_from("trace");
    EXPECT_NE(trace.find("reason: NEIGH_FAILED"), std::string::npos) << trace;
    if (format.find("location=%pS") != std::string::npos) {  // 6.1 has a number only
        EXPECT_NE(trace.find("[rmirror_core] reason: NEIGH_FAILED"), std::string::npos) << trace;
    }
}

}  // namespace
}  // namespace rmirror::vm
