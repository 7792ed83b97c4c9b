// SPDX-License-Identifier: GPL-2.0-only
//
// SCTP: a checksum of its own, and superframes whose segments are the skbs of a list.
#include <gtest/gtest.h>

#include "support/packet_builder.hpp"
#include "vm/support/shape.hpp"
#include "vm/support/stream.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

struct SctpWay {
    const char *server;
    const char *options;
};

void PrintTo(const SctpWay &way, std::ostream *out) {
    *out << way.server << way.options;
}

class ShapeSctp : public ShapeTest, public ::testing::WithParamInterface<SctpWay> {};

TEST_P(ShapeSctp, OutputIsCopiedAsThePacketsOnTheWire) {
    require_command({"modprobe", "sctp"});
    build({.gro = false, .collector_mtu = 1600});
    set_features(net_->router, "lan", segmentation, "off");
    const std::string options = GetParam().options;
    mirror({"inet output", "meta l4proto sctp", options});
    Capture wire(net_->sender, "eth0");
    const test::Bytes payload = test::PacketBuilder().payload(20000).build();
    EXPECT_EQ(send_stream({net_->router, net_->sender, GetParam().server, 2000, 132}, payload),
              payload);
    const std::vector<test::Bytes> frames = wire_bytes(drain(wire, has_ip_protocol(132)));
    EXPECT_GT(frames.size(), 14U);
    const std::uint64_t matched =
        expect_copies(frames, "sent", options == " len 60" ? std::optional(60) : std::nullopt);
    EXPECT_LT(matched, frames.size()) << "no superframe was among them";
}

INSTANTIATE_TEST_SUITE_P(Options, ShapeSctp,
                         ::testing::Values(SctpWay{"10.1.0.1", ""}, SctpWay{"10.1.0.1", " len 60"},
                                           SctpWay{"10.1.0.1", " encap erspan"},
                                           SctpWay{"10.1.0.1", " encap vxlan"},
                                           SctpWay{"fd00:1::1", ""},
                                           SctpWay{"fd00:1::1", " len 60"},
                                           SctpWay{"fd00:1::1", " encap vxlan"}));

}  // namespace
}  // namespace rmirror::vm
