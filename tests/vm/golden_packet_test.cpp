// SPDX-License-Identifier: GPL-2.0-only
//
// tests/golden/packet: a frame into the router, the copy out of it, byte for byte. One file for
// each case, see tests/golden/README.md.
#include <gtest/gtest.h>
#include <rmirror_tables.h>

#include <algorithm>

#include "support/golden_packet.hpp"
#include "support/hexdump.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/link.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

class GoldenPacketTest : public ::testing::TestWithParam<test::GoldenPacket> {
protected:
    Topology net_;
};

TEST_P(GoldenPacketTest, IsOnTheWire) {
    const test::GoldenPacket &golden = GetParam();
    // What the collector answers, if it does, is not the packet under test.
    const std::string match = hook(golden.chain).family == "netdev" ? "" : "iifname \"lan\" ";
    net_.router.nft(ruleset(hook(golden.chain), match + golden.statement));
    set_offload(net_.router, "mon", Offload::tx_checksum, false);
    Capture capture(net_.collector, "eth0");
    Injector(net_.sender, "eth0").send(test::fill(golden.send, {}));

    const std::vector<Frame> copies = capture.wait_for(1, is_copy());
    ASSERT_EQ(copies.size(), 1U);
    const test::ByteView packet = test::ByteView(copies[0].bytes).subspan(14);
    EXPECT_TRUE(test::same_bytes(test::fill(golden.copy, packet), packet));
    EXPECT_TRUE(outer_checksums_hold(copies[0]));
    EXPECT_FALSE(copies[0].checksum_partial);

    const Counters counters = only_counters(net_.router);
    EXPECT_TRUE(counters.are({{"matched", 1}, {"sent", 1}}));
    EXPECT_EQ(counters["bytes"], golden.copy.size());
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenPacketTest, ::testing::ValuesIn(test::read_golden_packets()),
                         [](const auto &param_info) { return param_info.param.name; });

struct Covered {
    const char *encap;
    const char *option;
};

// What shows on the wire, encapsulation by encapsulation; of `gre`, the word is left out.
std::vector<Covered> what_shows() {
    std::vector<Covered> all;
    const auto add = [&all](unsigned encap, const char *word) {
        if (encap == RMIRROR_ENCAP_NONE)
            return;  // bare_copy_test.cpp
        all.push_back({word, ""});
#define X(attr, option, kind, min, max, encaps)                                             \
    if ((RMIRROR_ATTR_OF_##kind(attr) != NFTA_RMIRROR_ENCAP) && (((encaps) >> encap) & 1U)) \
        all.push_back({word, option});
        RMIRROR_OPTION_TABLE(X)
#undef X
    };
#define X(id, word, key_max, port) add(RMIRROR_ENCAP_##id, word);
    RMIRROR_ENCAP_TABLE(X)
#undef X
    // Of these the copy itself shows nothing: where it goes, or how many there are.
    std::erase_if(all, [](const Covered &one) {
        const std::string option = one.option;
        return option == "mtu" || option == "device" || option == "mark" ||
               (option == "seq" && std::string(one.encap) != "gre");
    });
    return all;
}

bool covers(const test::GoldenPacket &golden, const std::string &to, const Covered &wanted) {
    const std::string statement = golden.statement + ' ';
    const std::string encap = std::string(" encap ") + wanted.encap + ' ';
    const bool same_encap = std::string(wanted.encap) == "gre"
                                ? statement.find(" encap ") == std::string::npos
                                : statement.find(encap) != std::string::npos;
    return same_encap && statement.find(" to " + to + ' ') != std::string::npos &&
           statement.find(std::string(" ") + wanted.option) != std::string::npos;
}

// Every encapsulation and every option of it that shows has a golden packet, over IPv4 and IPv6.
TEST(GoldenPackets, CoverTheTables) {
    const std::vector<test::GoldenPacket> all = test::read_golden_packets();
    for (const char *to : {"10.0.0.5", "fd00::5"})
        for (const Covered &wanted : what_shows())
            EXPECT_TRUE(std::ranges::any_of(
                all, [&](const test::GoldenPacket &golden) { return covers(golden, to, wanted); }))
                << "to " << to << " encap " << wanted.encap << " " << wanted.option;
}

}  // namespace
}  // namespace rmirror::vm
