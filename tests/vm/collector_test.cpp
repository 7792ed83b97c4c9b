// SPDX-License-Identifier: GPL-2.0-only
//
// The collector at the other end of real mirrors: every encapsulation over IPv4 and IPv6, into a
// file that tshark reads and out of a tap device; and the kernel's own devices, as `collector
// setup` makes them.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <sstream>

#include "support/hexdump.hpp"
#include "support/packet_builder.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/collector.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;

Bytes frame_of(std::size_t size) {
    return test::PacketBuilder()
        .eth(Topology::sender_mac, Topology::lan_mac)
        .ipv4({.source = Topology::sender_ipv4, .destination = Topology::lan_ipv4})
        .udp(1000, 9)
        .payload(size)
        .build();
}

struct Mirror {
    const char *options;
    const char *stream;  // as the collector calls it, behind the address
};

// Each with a key of its own, so that streams do not mix.
constexpr Mirror mirrors[] = {
    {"encap gre", "gre"},
    {"key 1", "gre key 1"},
    {"key 2 seq", "gre key 2"},
    {"key 3 len 60", "gre key 3"},
    {"encap erspan1", "erspan1"},
    {"encap erspan", "erspan session 0"},
    {"encap erspan key 4 len 60", "erspan session 4"},
    {"encap erspan3 key 5", "erspan3 session 5"},
    {"encap erspan3 key 6 platform", "erspan3 session 6"},
    {"encap vxlan key 7", "vxlan vni 7"},
    {"encap geneve key 8", "geneve vni 8"},
    {"encap geneve key 9 metadata len 60", "geneve vni 9"},
    {"encap tzsp len 60", "tzsp"},
};

std::string rules_to(const std::string &collector) {
    std::string rules;
    for (const Mirror &mirror : mirrors)
        rules +=
            "meta mark set 5 iifname \"lan\" rmirror to " + collector + " " + mirror.options + "\n";
    return rules;
}

std::uint64_t now_ns() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
}

bool is_cut(const Mirror &mirror) {
    return std::string(mirror.options).find("len 60") != std::string::npos;
}

class CollectorFamily : public TopologyTest, public ::testing::WithParamInterface<bool> {
protected:
    std::string collector_address() const { return GetParam() ? "fd00::5" : "10.0.0.5"; }
    std::string mirror_address() const { return GetParam() ? "fd00::1" : "10.0.0.1"; }
    void send(const Bytes &frame) { Injector(net_.sender, "eth0").send(frame); }
};

TEST_P(CollectorFamily, EveryEncapsulationIntoAFile) {
    net_.router.nft(ruleset(hook("inet input"), rules_to(collector_address())));
    const TemporaryFile file(".pcapng");
    const Bytes frame = frame_of(300);
    CollectorProcess collector(
        net_.collector, {"--pcapng", file.path(), "--count", std::to_string(std::size(mirrors))});
    send(frame);
    const CommandResult end = collector.stop(0);
    ASSERT_EQ(end.status, 0) << end.err;
    const std::vector<CapturedPacket> packets = read_pcapng(file.path());
    EXPECT_EQ(packets.size(), std::size(mirrors));
    for (const Mirror &mirror : mirrors) {
        const std::string name = mirror_address() + " " + mirror.stream;
        const auto packet =
            std::find_if(packets.begin(), packets.end(),
                         [&name](const CapturedPacket &one) { return one.interface == name; });
        ASSERT_NE(packet, packets.end()) << name;
        const std::size_t kept = is_cut(mirror) ? 60 : frame.size();
        EXPECT_TRUE(test::same_bytes(ByteView(frame).first(kept), packet->bytes)) << name;
        EXPECT_EQ(packet->length, frame.size()) << name;
        const bool metadata = std::string(mirror.options).find("metadata") != std::string::npos;
        const bool told = metadata || name.find("erspan3") != std::string::npos;
        EXPECT_EQ(packet->direction, told ? "0x00000001" : "") << name;
        const std::string lan = std::to_string(net_.router.interface_index("lan"));
        EXPECT_EQ(packet->comment, metadata ? "ip input in " + lan + " mark 5" : "") << name;
        const std::uint64_t age = now_ns() - packet->time_ns;
        EXPECT_LT(age, std::uint64_t{300} * 1'000'000'000) << name;
    }
    EXPECT_EQ(end.err.find("clock"), std::string::npos) << end.err;
}

TEST_P(CollectorFamily, EveryEncapsulationOutOfATap) {
    require_command({"modprobe", "tun"});
    net_.router.nft(ruleset(hook("inet input"), rules_to(collector_address())));
    const Bytes frame = frame_of(300);
    CollectorProcess collector(net_.collector, {"--tap", "mirror0"});
    Capture capture(net_.collector, "mirror0");
    send(frame);
    const std::vector<Frame> frames = capture.wait_for(std::size(mirrors), has_ip_protocol(17));
    ASSERT_EQ(frames.size(), std::size(mirrors));
    for (const Frame &got : frames)
        EXPECT_TRUE(test::same_bytes(ByteView(frame).first(got.bytes.size()), got.bytes));
    EXPECT_EQ(std::count_if(frames.begin(), frames.end(),
                            [&frame](const Frame &got) { return got.bytes == frame; }),
              std::count_if(std::begin(mirrors), std::end(mirrors),
                            [](const Mirror &mirror) { return !is_cut(mirror); }));
}

// Copies that do not fit leave in fragments.
TEST_P(CollectorFamily, FragmentedCopiesAreWhole) {
    net_.router.nft(ruleset(hook("inet input"),
                            "iifname \"lan\" rmirror to " + collector_address() +
                                " mtu fragment\niifname \"lan\" rmirror to " + collector_address() +
                                " encap geneve key 9 mtu fragment\n"));
    const TemporaryFile file(".pcapng");
    const Bytes frame = frame_of(1472);
    CollectorProcess collector(net_.collector, {"--pcapng", file.path(), "--count", "2"});
    send(frame);
    const CommandResult end = collector.stop(0);
    EXPECT_NE(end.out.find("4 fragments made 2 packets"), std::string::npos) << end.out;
    const std::vector<CapturedPacket> packets = read_pcapng(file.path());
    ASSERT_EQ(packets.size(), 2U);
    for (const CapturedPacket &packet : packets)
        EXPECT_TRUE(test::same_bytes(frame, packet.bytes));
}

TEST_P(CollectorFamily, BarePackets) {
    net_.router.nft(ruleset(hook("inet input"),
                            "iifname \"lan\" rmirror to " + collector_address() + " encap none\n"));
    const TemporaryFile file(".pcapng");
    const Bytes frame = frame_of(300);
    CollectorProcess collector(net_.collector, {"--encap", "none", "--device", "eth0", "--pcapng",
                                                file.path(), "--count", "1"});
    send(frame);
    ASSERT_EQ(collector.stop(0).status, 0);
    const std::vector<CapturedPacket> packets = read_pcapng(file.path());
    ASSERT_EQ(packets.size(), 1U);
    EXPECT_TRUE(test::same_bytes(ByteView(frame).subspan(14), packets[0].bytes));
}

INSTANTIATE_TEST_SUITE_P(Over, CollectorFamily, ::testing::Bool(),
                         [](const auto &param_info) { return param_info.param ? "Ipv6" : "Ipv4"; });

struct Device {
    const char *statement;
    const char *setup;
};

void PrintTo(const Device &device, std::ostream *out) {
    *out << device.setup;
}

class CollectorDevice : public TopologyTest, public ::testing::WithParamInterface<Device> {};

std::vector<std::string> setup_command(const std::string &options, const char *last) {
    std::vector<std::string> words{rmirror_program(), "collector", "setup"};
    std::istringstream stream(options);
    for (std::string word; stream >> word;)
        words.push_back(word);
    words.emplace_back(last);
    return words;
}

TEST_P(CollectorDevice, TakesTheCopies) {
    net_.router.nft(ruleset(hook("inet input"),
                            std::string("iifname \"lan\" rmirror to ") + GetParam().statement));
    net_.collector.require(setup_command(GetParam().setup, "--up"));
    Capture capture(net_.collector, "mirror0");
    Capture answers(net_.router, "mon");
    const Bytes frame = frame_of(300);
    for (int i = 0; i < 3; i++)
        Injector(net_.sender, "eth0").send(frame);
    const std::vector<Frame> frames = capture.wait_for(3, has_ip_protocol(17));
    ASSERT_EQ(frames.size(), 3U);
    for (const Frame &got : frames)
        EXPECT_TRUE(test::same_bytes(frame, got.bytes));
    EXPECT_TRUE(answers.collect(any_frame()).empty());
    net_.collector.require(setup_command(GetParam().setup, "--down"));
    EXPECT_NE(net_.collector.exec({"ip", "link", "show", "mirror0"}).status, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Linux, CollectorDevice,
    ::testing::Values(
        Device{"10.0.0.5", "--encap gre --local 10.0.0.5"},
        Device{"10.0.0.5 key 7 seq", "--encap gre --key 7 --local 10.0.0.5 --from 10.0.0.1"},
        Device{"fd00::5 key 7", "--encap gre --key 7 --local fd00::5"},
        Device{"10.0.0.5 encap erspan1", "--encap erspan1 --local 10.0.0.5"},
        Device{"10.0.0.5 encap erspan key 9", "--encap erspan --key 9 --local 10.0.0.5"},
        Device{"fd00::5 encap erspan key 9", "--encap erspan --key 9 --local fd00::5"},
        Device{"10.0.0.5 encap erspan3 key 9",
               "--encap erspan3 --key 9 --local 10.0.0.5 --from 10.0.0.1"},
        Device{"fd00::5 encap erspan3 key 9", "--encap erspan3 --key 9 --local fd00::5"},
        Device{"10.0.0.5 encap vxlan key 42", "--encap vxlan --key 42 --local 10.0.0.5"},
        Device{"fd00::5 encap vxlan key 42", "--encap vxlan --key 42 --local fd00::5"},
        Device{"10.0.0.5 encap geneve key 42", "--encap geneve --key 42 --from 10.0.0.1"},
        Device{"fd00::5 encap geneve key 42", "--encap geneve --key 42 --from fd00::1"}));

}  // namespace
}  // namespace rmirror::vm
