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

class ShapeSctp : public ShapeTest, public ::testing::WithParamInterface<const char *> {};

TEST_P(ShapeSctp, OutputIsCopiedAsThePacketsOnTheWire) {
    require_command({"modprobe", "sctp"});
    build({.gro = false, .collector_mtu = 1600});
    set_features(net_->router, "lan", segmentation, "off");
    const std::string options = GetParam();
    mirror({"inet output", "meta l4proto sctp", options});
    Capture wire(net_->sender, "eth0");
    const test::Bytes payload = test::PacketBuilder().payload(20000).build();
    EXPECT_EQ(send_stream({net_->router, net_->sender, "10.1.0.1", 2000, 132}, payload), payload);
    const std::vector<test::Bytes> frames = wire_bytes(drain(wire, has_ip_protocol(132)));
    EXPECT_GT(frames.size(), 14U);
    const std::uint64_t matched =
        expect_copies(frames, "sent", options == " len 60" ? std::optional(60) : std::nullopt);
    EXPECT_LT(matched, frames.size()) << "no superframe was among them";
}

INSTANTIATE_TEST_SUITE_P(Options, ShapeSctp,
                         ::testing::Values("", " len 60", " encap erspan", " encap vxlan"));

}  // namespace
}  // namespace rmirror::vm
