// SPDX-License-Identifier: GPL-2.0-only
//
// Every allocation of the kernel fails in turn, while a rule is added and while a packet passes it:
// no report, the original goes on, the counter says what became of the copy, nothing leaks. Only
// kernels with fault injection can do that: tests/run --tier vm --debug-kernel.
#include <gtest/gtest.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/rmirror.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <sstream>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/command.hpp"
#include "vm/support/fault.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/rule.hpp"
#include "vm/support/tap.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;

// More allocations than anything here makes
constexpr unsigned many = 500;

struct Insertion {
    const char *name;
    std::vector<Expression> expressions;
    std::uint8_t family = 1;
};

void PrintTo(const Insertion &insertion, std::ostream *out) {
    *out << insertion.name;
}

class FaultyInsertion : public ::testing::TestWithParam<Insertion> {
protected:
    void SetUp() override {
        if (const std::string missing = Fault::missing(); !missing.empty())
            GTEST_SKIP() << missing;
        require_command({"modprobe", "nft_rmirror"});
        require_command({"modprobe", "xt_RMIRROR"});
        netns_.nft(
            "table inet t { chain c { type filter hook input priority 0; }; }\n"
            "table ip t { chain c { type filter hook input priority 0; }; }");
    }

    // In the namespace. 0 or an errno; nothing: even the answer had no memory.
    std::optional<int> append() {
        try {
            return append_rule_here("t", "c", GetParam().expressions, GetParam().family);
        } catch (const std::system_error &) {
            return std::nullopt;
        }
    }

    NetNs netns_;
};

TEST_P(FaultyInsertion, IsWholeOrNotAtAll) {
    const NetNs::Entered entered(netns_);
    ASSERT_EQ(append(), 0);  // what is allocated once, is
    netns_.nft("flush chain inet t c; flush chain ip t c");
    unsigned nth = 1, refused = 0;
    for (bool happened = true; happened && nth < many; nth++) {
        SCOPED_TRACE("allocation " + std::to_string(nth));
        Fault fault(nth);
        const std::optional<int> error = append();
        happened = fault.end();
        const std::size_t rows = read_counters(netns_).size();
        if (error) {
            EXPECT_TRUE(*error == 0 || *error == ENOMEM || *error == ENOBUFS) << *error;
            EXPECT_EQ(rows, *error == 0 ? 1U : 0U);
            refused += *error != 0 ? 1 : 0;
        }
        EXPECT_TRUE(happened || error == 0);
        netns_.nft("flush chain inet t c; flush chain ip t c");
        EXPECT_TRUE(read_counters(netns_).empty());
    }
    EXPECT_LT(nth, many);
    EXPECT_GT(refused, 3U);
}

Bytes target_of(bool is_first_revision) {
    const std::uint8_t collector[] = {10, 0, 0, 5};
    if (is_first_revision) {
        Bytes info(sizeof(xt_rmirror_tginfo));
        std::copy(std::begin(collector), std::end(collector), info.begin());
        return info;
    }
    xt_rmirror_tginfo_v1 info{};
    info.family = 2;
    std::copy(std::begin(collector), std::end(collector),
              reinterpret_cast<std::uint8_t *>(info.addr));
    const auto *begin = reinterpret_cast<const std::uint8_t *>(&info);
    return {begin, begin + sizeof(info)};
}

Insertion target(const char *name, std::uint32_t revision) {
    return {name,
            {{"target",
              {text(NFTA_TARGET_NAME, RMIRROR_XT_TARGET), number(NFTA_TARGET_REV, revision),
               bytes(NFTA_TARGET_INFO, target_of(revision == 0))}}},
            2};
}

INSTANTIATE_TEST_SUITE_P(
    Of, FaultyInsertion,
    ::testing::Values(
        Insertion{"statement", {{"rmirror", {bytes(NFTA_RMIRROR_ADDR, test::ipv4("10.0.0.5"))}}}},
        Insertion{"numbered",
                  {{"rmirror",
                    {bytes(NFTA_RMIRROR_ADDR, test::ipv6("fd00::5")),
                     number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_ERSPAN), number(NFTA_RMIRROR_KEY, 7),
                     text(NFTA_RMIRROR_OIFNAME, "lo")}}}},
        Insertion{
            "register",
            {{"immediate",
              {number(NFTA_IMMEDIATE_DREG, NFT_REG32_00),
               bytes(NFTA_IMMEDIATE_DATA | NLA_F_NESTED,
                     test::from_hex("08 00 01 00 0a 00 00 05"))}},
             {"rmirror",
              {number(NFTA_RMIRROR_SREG_ADDR, NFT_REG32_00), number(NFTA_RMIRROR_FAMILY, 2)}}}},
        target("target", 1), target("first_target", 0)),
    [](const auto &insertion) { return std::string(insertion.param.name); });

enum class Kind { small, full, superframe };

struct Passing {
    const char *name;
    const char *statement;
    Kind kind = Kind::small;
    bool is_neighbour_known = true;
};

void PrintTo(const Passing &passing, std::ostream *out) {
    *out << passing.name;
}

// A bare one, too
bool is_any_copy(const Frame &frame) {
    return is_copy()(frame) || has_ip_protocol(IPPROTO_TCP)(frame);
}

class FaultyPacket : public TopologyTest, public ::testing::WithParamInterface<Passing> {
protected:
    static constexpr test::MacAddress guest_mac{2, 0, 0, 0, 9, 1};

    void SetUp() override {
        if (const std::string missing = Fault::missing(); !missing.empty())
            GTEST_SKIP() << missing;
        guest_ = std::make_unique<Tap>(net_.router, "guest");
        net_.router.ip("link set guest address 02:00:00:00:09:01\n");
    }

    // The originals are counted behind the mirror.
    void load(const std::string &mirror) {
        net_.router.nft(
            "flush ruleset\n"
            "table netdev mirror { chain in { type filter hook ingress device guest priority 0; " +
            mirror +
            "; }; }\n"
            "table ip after { chain pre { type filter hook prerouting priority -300; iifname guest "
            "counter drop; }; }\n");
        if (!GetParam().is_neighbour_known)
            net_.router.ip("neigh flush dev mon\n");
    }

    static Bytes frame() {
        const std::size_t payload = GetParam().kind == Kind::small  ? 40
                                    : GetParam().kind == Kind::full ? 1460
                                                                    : 4000;
        return test::PacketBuilder()
            .eth(Topology::sender_mac, guest_mac)
            .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
            .tcp({.source = 1000, .destination = 2000})
            .payload(payload)
            .build();
    }

    static GsoRequest request() {
        if (GetParam().kind != Kind::superframe)
            return {};
        return {.type = GsoType::tcp_ipv4,
                .segment_size = 1000,
                .header_length = 54,
                .checksum_start = 34,
                .checksum_offset = 16};
    }

    // Whether an allocation failed
    bool send(unsigned nth) {
        Fault fault(nth);
        try {
            guest_->send(frame(), request());
            taken_++;
        } catch (const std::system_error &) {
            // the device had no memory for it
        }
        return fault.end();
    }

    // Those that the device and the stack make for a packet that is not mirrored
    unsigned allocations_without_mirror() {
        load("counter");
        unsigned nth = 1;
        while (nth < many && send(nth))
            nth++;
        return nth - 1;
    }

    std::uint64_t originals() const {
        std::istringstream text(net_.router.require({"nft", "list", "table", "ip", "after"}));
        std::string word;
        while (text >> word && word != "packets") {
        }
        std::uint64_t packets = 0;
        text >> packets;
        return packets;
    }

    std::unique_ptr<Tap> guest_;
    unsigned taken_ = 0;
};

// The device's allocations come first: what fails is the first one of the mirror, then the second,
// and so on. Most packets have none, for memory is kept: so there are many of each.
TEST_P(FaultyPacket, GoesOnAndTheCounterTells) {
    constexpr unsigned packets = 40;  // the kernel gets the heads of 32 at once
    const unsigned of_others = allocations_without_mirror();
    Capture copies(net_.collector, "eth0");
    unsigned failed = 0, not_sent = 0;
    bool happened = true;
    for (unsigned nth = 1; happened && nth < many; nth++) {
        SCOPED_TRACE("allocation " + std::to_string(nth) + " of the mirror");
        load(std::string("rmirror to ") + GetParam().statement);
        happened = false;
        taken_ = 0;
        for (unsigned i = 0; i < packets; i++) {
            const unsigned before = taken_;
            const bool has_failed = send(of_others + nth) && taken_ != before;
            happened = happened || has_failed;
            failed += has_failed ? 1 : 0;
        }
        EXPECT_EQ(originals(), taken_);
        const Counters counters = settled_counters(net_.router);
        EXPECT_TRUE(counters.add_up());
        EXPECT_EQ(counters["matched"], taken_);
        std::uint64_t left = 0;
        for (const char *outcome : {"sent", "resegmented", "fragmented", "truncated"})
            left += counters[outcome];
        not_sent += taken_ - static_cast<unsigned>(left);
        const std::size_t arrived = drain(copies, is_any_copy).size();
        if (GetParam().kind == Kind::small) {
            EXPECT_EQ(arrived, left);
        } else if (counters["fragmented"] == 0) {  // most fragments do not show whose they are
            EXPECT_EQ(arrived == 0, left == 0);
        }
    }
    EXPECT_FALSE(happened);
    std::printf("%s: %u allocations failed, %u of the copies were not sent\n", GetParam().name,
                failed, not_sent);
    EXPECT_GT(failed, 0U);
    EXPECT_LE(not_sent, failed);
}

INSTANTIATE_TEST_SUITE_P(
    With, FaultyPacket,
    ::testing::Values(
        Passing{"gre", "10.0.0.5"}, Passing{"gre_over_ipv6", "fd00::5 key 7"},
        Passing{"cut", "10.0.0.5 len 60", Kind::full}, Passing{"numbered", "10.0.0.5 key 7 seq"},
        Passing{"erspan", "10.0.0.5 encap erspan key 7"},
        Passing{"erspan3", "fd00::5 encap erspan3 key 7 platform"},
        Passing{"vxlan", "10.0.0.5 encap vxlan key 7"},
        Passing{"geneve", "fd00::5 encap geneve key 7 metadata"},
        Passing{"tzsp", "10.0.0.5 encap tzsp"}, Passing{"none", "10.0.0.5 encap none"},
        Passing{"resegmented", "10.0.0.5", Kind::full},
        Passing{"fragmented", "10.0.0.5 mtu fragment", Kind::full},
        Passing{"fragmented_over_ipv6", "fd00::5 mtu fragment", Kind::full},
        Passing{"truncated", "10.0.0.5 mtu truncate", Kind::full},
        Passing{"superframe", "10.0.0.5", Kind::superframe},
        Passing{"superframe_cut", "10.0.0.5 len 60", Kind::superframe},
        Passing{"superframe_numbered", "fd00::5 encap erspan key 7", Kind::superframe},
        Passing{"neighbour", "10.0.0.5", Kind::small, false},
        Passing{"neighbour_superframe", "fd00::5 seq", Kind::superframe, false}),
    [](const auto &passing) { return std::string(passing.param.name); });

}  // namespace
}  // namespace rmirror::vm
