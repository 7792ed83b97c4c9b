// SPDX-License-Identifier: GPL-2.0-only
// The test network itself: what the other tests take for granted.
#include "vm/support/topology.hpp"

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"

namespace rmirror::vm {
namespace {

using test::PacketBuilder;

const Capture::Predicate is_udp = has_ip_protocol(17);

test::Bytes udp_frame() {
    return PacketBuilder()
        .eth(Topology::sender_mac, Topology::lan_mac)
        .ipv4({.source = Topology::sender_ipv4, .destination = Topology::collector_ipv4})
        .udp(1000, 9)
        .payload(100)
        .build();
}

TEST_F(TopologyTest, FrameArrivesAsSent) {
    Capture capture(net_.router, "lan");
    Injector(net_.sender, "eth0").send(udp_frame());
    const std::vector<Frame> frames = capture.wait_for(1, is_udp);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_TRUE(test::same_bytes(udp_frame(), frames[0].bytes));
    EXPECT_TRUE(capture.collect(is_udp).empty());
    EXPECT_EQ(capture.lost(), 0u);
}

TEST_F(TopologyTest, RouterForwards) {
    Capture capture(net_.collector, "eth0");
    Injector(net_.sender, "eth0").send(udp_frame());
    const std::vector<Frame> frames = capture.wait_for(1, is_udp);
    ASSERT_EQ(frames.size(), 1u);
    const test::Bytes expected = PacketBuilder()
                                     .eth(Topology::mon_mac, Topology::collector_mac)
                                     .ipv4({.source = Topology::sender_ipv4,
                                            .destination = Topology::collector_ipv4,
                                            .ttl = 63})
                                     .udp(1000, 9)
                                     .payload(100)
                                     .build();
    EXPECT_TRUE(test::same_bytes(expected, frames[0].bytes));
}

TEST_F(TopologyTest, IsQuiet) {
    Capture lan(net_.router, "lan", Direction::both);
    Capture mon(net_.router, "mon", Direction::both);
    for (Capture *capture : {&lan, &mon}) {
        for (const Frame &frame : capture->collect(any_frame(), std::chrono::seconds(2)))
            ADD_FAILURE() << "not sent by the test:\n" << test::hexdump(frame.bytes);
    }
}

TEST_F(TopologyTest, CaptureShowsVlanTagInLine) {
    const test::Bytes tagged =
        PacketBuilder()
            .eth(Topology::sender_mac, Topology::lan_mac)
            .vlan(7, 5)
            .ipv4({.source = Topology::sender_ipv4, .destination = Topology::collector_ipv4})
            .udp(1000, 9)
            .build();
    Capture capture(net_.router, "lan");
    Injector(net_.sender, "eth0").send(tagged);
    const std::vector<Frame> frames = capture.wait_for(1, is_udp);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_TRUE(test::same_bytes(tagged, frames[0].bytes));
}

TEST_F(TopologyTest, PingsOverBothFamilies) {
    for (const char *address : {"10.0.0.5", "fd00::5"}) {
        const CommandResult ping = net_.sender.exec({"ping", "-n", "-c", "1", "-W", "5", address});
        EXPECT_EQ(ping.status, 0) << ping.out << ping.err;
    }
}

TEST(NetNs, LeavesNoNameBehind) {
    std::string path;
    {
        NetNs netns;
        path = "/run/netns/" + netns.name();
        EXPECT_EQ(access(path.c_str(), F_OK), 0);
    }
    EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST(Command, KeepsOutputsApartAndPassesInputAndStatus) {
    const CommandResult result =
        run_command({"sh", "-c", "cat; echo bad >&2; exit 3"}, {.input = "good"});
    EXPECT_EQ(result.status, 3);
    EXPECT_EQ(result.out, "good");
    EXPECT_EQ(result.err, "bad\n");
}

TEST(Command, KillsAfterTheTimeout) {
    const CommandResult result =
        run_command({"sleep", "100"}, {.timeout = std::chrono::milliseconds(200)});
    EXPECT_TRUE(result.timed_out);
    EXPECT_EQ(result.status, 128 + 9);
}

TEST(Command, ReportsAProgramThatDoesNotExist) {
    EXPECT_EQ(run_command({"/nonexistent"}).status, 127);
}

}  // namespace
}  // namespace rmirror::vm
