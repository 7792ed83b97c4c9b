// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/shape.hpp"

#include <algorithm>
#include <cctype>

#include "vm/support/link.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {

const std::vector<std::string> segmentation = {
    "tx-tcp-segmentation",          "tx-tcp6-segmentation",     "tx-tcp-ecn-segmentation",
    "tx-tcp-mangleid-segmentation", "tx-udp-segmentation",      "tx-sctp-segmentation",
    "tx-gre-segmentation",          "tx-gre-csum-segmentation", "tx-ipxip4-segmentation",
    "tx-ipxip6-segmentation",       "tx-udp_tnl-segmentation",  "tx-udp_tnl-csum-segmentation"};

std::optional<std::size_t> Way::len() const {
    const std::string words = options;
    const std::size_t at = words.find(" len ");
    if (at == std::string::npos)
        return std::nullopt;
    return std::stoul(words.substr(at + 5));
}

std::string Way::name() const {
    std::string name = std::string(collector) + options + (tracked ? " tracked" : "");
    std::ranges::replace_if(
        name, [](unsigned char letter) { return std::isalnum(letter) == 0; }, '_');
    return name;
}

void PrintTo(const Way &way, std::ostream *out) {
    *out << way.name();
}

void ShapeTest::build(const Topology::Options &options) {
    net_ = std::make_unique<Topology>(options);
    set_features(net_->router, "mon", segmentation, "off");
    set_offload(net_->router, "mon", Offload::tx_checksum, false);
    set_offload(net_->collector, "eth0", Offload::gro, false);
    copies_ = std::make_unique<Capture>(net_->collector, "eth0");
}

void ShapeTest::track_connections() {
    net_->router.nft(
        "table inet track { chain in { type filter hook prerouting priority -10;"
        " ct state established counter; }; }");
}

void ShapeTest::mirror(const Rule &rule) {
    checker_ = std::make_unique<Checker>(net_->router, std::vector<std::string>{"lan"});
    net_->router.nft(
        ruleset(hook(rule.hook), rule.match + " rmirror to " + rule.collector + rule.options));
}

void ShapeTest::set_features(const NetNs &netns, const std::string &device,
                             const std::vector<std::string> &names, const std::string &state) {
    std::vector<std::string> command = {"ethtool", "-K", device};
    for (const std::string &name : names) {
        command.push_back(name);
        command.push_back(state);
    }
    netns.require(command);
}

std::uint64_t ShapeTest::expect_copies(std::vector<test::Bytes> frames, const std::string &outcome,
                                       std::optional<std::size_t> len) {
    if (len)
        for (test::Bytes &frame : frames)
            frame.resize(std::min(frame.size(), *len));
    const Counters counters = settled_counters(net_->router);
    EXPECT_TRUE(same_frames(frames, mirrored_frames(drain(*copies_, any_frame()))));
    EXPECT_TRUE(checker_->saw_no_change());
    const std::uint64_t matched = counters["matched"];
    EXPECT_TRUE(counters.are({{"matched", matched}, {outcome, matched}}));
    EXPECT_EQ(copies_->lost(), 0U);
    return matched;
}

std::vector<test::Bytes> wire_bytes(const std::vector<Frame> &frames) {
    std::vector<test::Bytes> all;
    std::ranges::transform(frames, std::back_inserter(all), finished);
    return all;
}

}  // namespace rmirror::vm
