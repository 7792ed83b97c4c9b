// SPDX-License-Identifier: GPL-2.0-only
//
// Frames that cannot be parsed: a mirror at layer 2 sends what came, to the byte.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;

struct Shape {
    const char *name;
    Bytes rest;  // behind the addresses
};

// `count` tags with the identifiers of `id`, and then `end`
Bytes tagged(std::size_t count, const Bytes &id, const Bytes &end) {
    Bytes all;
    for (std::size_t i = 0; i < count; i++) {
        all.insert(all.end(), {0x81, 0x00});
        all.insert(all.end(), id.begin(), id.end());
    }
    all.insert(all.end(), end.begin(), end.end());
    return all;
}

const Shape shapes[] = {
    {"TagCutInItsType", tagged(2, {0x00, 0x01}, {0x81})},
    {"TagCutInItsNumber", tagged(2, {0x00, 0x01}, {0x81, 0x00, 0x00})},
    {"NothingBehindTheTag", tagged(2, {0x00, 0x01}, {})},
    {"ServiceTagCut", test::from_hex("88 a8 00 01 88 a8 00 02 88")},
    {"TagsOfData", tagged(300, {'S', 'E'}, {})},
    {"TagsOfDataInService", tagged(300, {'S', 'E'}, test::from_hex("88 a8 53"))},
    {"TagsAndAPacket", tagged(12, {0x00, 0x02}, test::from_hex("08 00 45 00 00 14"))},
    {"PppoeCut", test::from_hex("88 64 11 00 00 01 00")},
    {"PppoeOfNothing", test::from_hex("88 64 11 00 00 01 00 02 00 21")},
    {"Ipv4Cut", test::from_hex("08 00 45 00 00 54 00 00 40")},
    {"Ipv6Cut", test::from_hex("86 dd 60 00 00 00 00 40 11")},
    {"Ipv4OfVersion15", test::from_hex("08 00 f5 00 00 14 00 00 00 00 40 11 00 00 0a 01 00 01"
                                       "0a 01 00 02")},
    {"Ipv4HeaderOfFourBytes", test::from_hex("08 00 41 00 00 14 00 00 00 00 40 11 00 00 0a 01 00 01"
                                             "0a 01 00 02")},
    {"Length", test::from_hex("00 03 aa aa 03")},
    {"MplsCut", test::from_hex("88 47 00 06")},
};

Bytes frame(const Shape &shape) {
    return test::PacketBuilder()
        .payload(Topology::lan_mac)
        .payload(Topology::sender_mac)
        .payload(shape.rest)
        .build();
}

struct Statement {
    const char *name;
    const char *options;
    std::size_t keep = 0;  // 0: all
};

void PrintTo(const Statement &statement, std::ostream *out) {
    *out << statement.name;
}

class RawFrameTest : public ::testing::Test {
protected:
    RawFrameTest() {
        for (const char *device : {"lan", "mon"})
            set_offload(net_.router, device, Offload::tx_checksum, false);
    }

    void mirror(const std::string &way, const std::string &options) {
        net_.router.nft(ruleset(hook("netdev " + way), "rmirror to 10.0.0.5" + options));
    }

    // Sends all shapes out of a device.
    static std::vector<Bytes> send(const NetNs &netns, const std::string &device) {
        Injector injector(netns, device);
        std::vector<Bytes> all;
        for (const Shape &shape : shapes) {
            all.push_back(frame(shape));
            injector.send(all.back());
        }
        return all;
    }

    // In the frame of a copy there are the addresses of the originals.
    std::vector<Bytes> copies(std::size_t count) {
        const auto ours = [](const Frame &outer) {
            return !std::ranges::search(outer.bytes, Bytes{2, 0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 1})
                        .empty();
        };
        std::vector<Frame> outers = capture_.wait_for(count, ours, std::chrono::seconds(1));
        std::ranges::move(capture_.collect(ours), std::back_inserter(outers));
        return mirrored_frames(outers);
    }

    Topology net_{Topology::Options{.gro = false}};
    Capture capture_{net_.collector, "eth0"};
};

class RawFrameStatement : public RawFrameTest, public ::testing::WithParamInterface<Statement> {};

TEST_P(RawFrameStatement, IngressCopiesTheBytesThatCame) {
    mirror("ingress", GetParam().options);
    std::vector<Bytes> frames = send(net_.sender, "eth0");
    if (GetParam().keep != 0)
        for (Bytes &each : frames)
            each.resize(std::min(each.size(), GetParam().keep));
    EXPECT_TRUE(same_frames(frames, copies(frames.size())));
    const Counters counters = only_counters(net_.router);
    EXPECT_EQ(counters["sent"], counters["matched"]);
    EXPECT_GE(counters["matched"], frames.size());
}

INSTANTIATE_TEST_SUITE_P(
    Statements, RawFrameStatement,
    ::testing::Values(Statement{"Gre", ""}, Statement{"Erspan", " encap erspan"},
                      Statement{"Erspan3", " encap erspan3"}, Statement{"Vxlan", " encap vxlan"},
                      Statement{"Geneve", " encap geneve"}, Statement{"Cut", " len 20", 20}),
    [](const auto &statement) { return statement.param.name; });

TEST_F(RawFrameTest, EgressCopiesTheBytesThatLeave) {
    mirror("egress", "");
    Capture wire(net_.sender, "eth0");
    const std::vector<Bytes> frames = send(net_.router, "lan");
    EXPECT_EQ(wire.wait_for(frames.size(), any_frame()).size(), frames.size());
    EXPECT_TRUE(same_frames(frames, copies(frames.size())));
}

// There is no packet that a bare copy could be. What such frames become is not said, only that it
// is counted and does no harm.
TEST_F(RawFrameTest, BareCopiesOfThemDoNoHarm) {
    for (const char *way : {"ingress", "egress"})
        mirror(way, " encap none");
    send(net_.sender, "eth0");
    send(net_.router, "lan");
    std::uint64_t matched = 0;
    for (const Counters &counters : read_counters(net_.router)) {
        EXPECT_TRUE(counters.add_up());
        matched += counters["matched"];
    }
    EXPECT_GE(matched, 2 * std::size(shapes));
}

}  // namespace
}  // namespace rmirror::vm
