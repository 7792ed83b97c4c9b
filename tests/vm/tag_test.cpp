// SPDX-License-Identifier: GPL-2.0-only
//
// VLAN devices on other devices: whichever of them a rule is at, the copy is the frame of the wire,
// with each tag once.
#include <gtest/gtest.h>

#include "support/hexdump.hpp"
#include "vm/support/module.hpp"
#include "vm/support/points.hpp"
#include "vm/support/udp.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;

constexpr std::uint16_t service_tag = 0x88a8;  // 802.1ad

// Devices of the router on top of lan. The last one has the addresses 10.7.0.2 and fd00:7::2.
struct Stack {
    const char *name;
    const char *module;  // beside 8021q
    const char *batch;   // for `ip`
    std::vector<std::string> devices;
    std::vector<Tag> tags;  // on the wire
    test::MacAddress mac = Topology::lan_mac;
};

void PrintTo(const Stack &stack, std::ostream *out) {
    *out << stack.name;
}

const Stack stacks[] = {
    {"Vlan", nullptr, "link add link lan name v30 type vlan id 30\n", {"v30"}, {{30}}},
    {"VlanOnVlan",
     nullptr,
     "link add link lan name v100 type vlan id 100\n"
     "link add link v100 name v200 type vlan id 200\n",
     {"v100", "v200"},
     {{100}, {200}}},
    {"VlanOnServiceVlan",
     nullptr,
     "link add link lan name v100 type vlan id 100 protocol 802.1ad\n"
     "link add link v100 name v200 type vlan id 200\n",
     {"v100", "v200"},
     {{100, service_tag}, {200}}},
    {"ThreeVlans",
     nullptr,
     "link add link lan name v10 type vlan id 10 protocol 802.1ad\n"
     "link add link v10 name v20 type vlan id 20\n"
     "link add link v20 name v30 type vlan id 30\n",
     {"v10", "v20", "v30"},
     {{10, service_tag}, {20}, {30}}},
    {"VlanInLine",
     nullptr,
     "link add link lan name v30 type vlan id 30 reorder_hdr off\n",
     {"v30"},
     {{30}}},
    {"VlanInLineOnServiceVlan",
     nullptr,
     "link add link lan name v10 type vlan id 10 protocol 802.1ad\n"
     "link add link v10 name v20 type vlan id 20 reorder_hdr off\n",
     {"v10", "v20"},
     {{10, service_tag}, {20}}},
    {"MacvlanOnVlan",
     "macvlan",
     "link add link lan name v30 type vlan id 30\n"
     "link add link v30 name m0 address 02:00:00:00:01:03 type macvlan mode private\n",
     {"v30", "m0"},
     {{30}},
     {2, 0, 0, 0, 1, 3}},
    {"VlanOnMacvlan",
     "macvlan",
     "link add link lan name m0 address 02:00:00:00:01:03 type macvlan mode private\n"
     "link add link m0 name v30 type vlan id 30\n",
     {"m0", "v30"},
     {{30}},
     {2, 0, 0, 0, 1, 3}},
    {"VlanOnBond",
     "bonding",
     "link add bond0 address 02:00:00:00:01:02 type bond mode active-backup miimon 0\n"
     "link set lan down\nlink set lan master bond0\nlink set bond0 up\n"
     "link add link bond0 name v30 type vlan id 30\n",
     {"bond0", "v30"},
     {{30}}},
    {"VlanOnBridge",
     "bridge",
     "link add br0 address 02:00:00:00:01:02 type bridge\n"
     "link set lan master br0\nlink set br0 up\n"
     "link add link br0 name v30 type vlan id 30\n",
     {"br0", "v30"},
     {{30}}},
};

// Not what is said about one, which quotes it
bool is_probe(const Frame &frame) {
    return is_marked(frame) && has_ip_protocol(17)(frame);
}

class TagTest : public PointTest, public ::testing::WithParamInterface<Stack> {
protected:
    void SetUp() override {
        const Stack &stack = GetParam();
        for (const char *module : {"8021q", stack.module})
            if (module != nullptr && !has_module(module))
                GTEST_SKIP() << "this kernel has no " << module;
        std::string batch = stack.batch;
        for (const std::string &device : stack.devices)
            batch += "link set " + device + " up\n";
        const std::string &top = stack.devices.back();
        batch +=
            "addr add 10.7.0.2/24 dev " + top + "\naddr add fd00:7::2/64 dev " + top + " nodad\n";
        for (const char *address : {"10.7.0.1", "fd00:7::1"})
            batch += std::string("neigh replace ") + address +
                     " lladdr 02:00:00:00:01:01 nud permanent dev " + top + "\n";
        net_.router.ip(batch);
    }

    // The hook of each device, the one closest to the wire first
    std::vector<Point> at_each_device(const std::string &way) const {
        std::vector<Point> points{{"netdev " + way + " lan"}};
        for (const std::string &device : GetParam().devices)
            points.push_back({"netdev " + way + " " + device});
        return points;
    }

    void expect_received_frames() {
        std::vector<Point> points = at_each_device("ingress");
        points.push_back({"inet prerouting", "udp dport 9"});
        points.push_back({"inet input", "udp dport 9"});
        mirror_at(points);
        const std::vector<Bytes> frames = {
            marked_datagram({.destination_mac = GetParam().mac,
                             .tags = GetParam().tags,
                             .source = "10.7.0.1",
                             .destination = "10.7.0.2"}),
            marked_datagram({.destination_mac = GetParam().mac,
                             .tags = GetParam().tags,
                             .source = "fd00:7::1",
                             .destination = "fd00:7::2"}),
        };
        Injector injector(net_.sender, "eth0");
        for (const Bytes &frame : frames)
            injector.send(frame);
        expect_at_each_point(frames);
    }

    void expect_sent_frames() {
        std::vector<Point> points = at_each_device("egress");
        points.push_back({"inet output", "udp dport 9"});
        points.push_back({"inet postrouting", "udp dport 9"});
        mirror_at(points);
        Capture wire(net_.sender, "eth0");
        for (const char *address : {"10.7.0.1", "fd00:7::1"})
            send_udp(net_.router, address, 9, marked_payload());
        std::vector<Bytes> frames;
        for (const Frame &frame : wire.wait_for(2, is_probe))
            frames.push_back(finished(frame));
        ASSERT_EQ(frames.size(), 2U);
        for (const Bytes &frame : frames)
            EXPECT_TRUE(
                test::same_bytes(ByteView(marked_datagram({.source_mac = GetParam().mac,
                                                           .destination_mac = Topology::sender_mac,
                                                           .tags = GetParam().tags,
                                                           .source = "10.7.0.2",
                                                           .destination = "10.7.0.1"}))
                                     .first(12 + 4 * GetParam().tags.size()),
                                 ByteView(frame).first(12 + 4 * GetParam().tags.size())));
        expect_at_each_point(frames);
    }
};

TEST_P(TagTest, AreInEachCopyOnce) {
    expect_received_frames();
    expect_sent_frames();
}

// Of a datagram without tags what its sender's stack does not make up: no number, flow label,
// source port, checksum
Bytes known(const Bytes &frame) {
    const bool ipv6 = frame[12] == 0x86;
    if (frame.size() != (ipv6 ? 62U : 42U) + marked_payload().size())
        return frame;
    const auto at = [&frame](std::size_t place) {
        return frame.begin() + static_cast<std::ptrdiff_t>(place);
    };
    Bytes all(frame.begin(), at(15));
    all.insert(all.end(), at(ipv6 ? 22 : 26), at(ipv6 ? 54 : 34));
    all.insert(all.end(), at(ipv6 ? 56 : 36), at(ipv6 ? 58 : 38));
    all.insert(all.end(), at(ipv6 ? 62 : 42), frame.end());
    return all;
}

// A bare copy is the IP packet, however many tags are in front of it.
using TagBareTest = TagTest;

TEST_P(TagBareTest, HasNoTags) {
    net_.router.nft(ruleset(hook("netdev egress"), "rmirror to 10.0.0.5 encap none"));
    Capture copies(net_.collector, "eth0");
    for (const char *address : {"10.7.0.1", "fd00:7::1"})
        send_udp(net_.router, address, 9, marked_payload());
    std::vector<Bytes> frames;
    for (const Frame &frame : copies.wait_for(2, is_probe, std::chrono::seconds(1)))
        frames.push_back(known(frame.bytes));
    EXPECT_TRUE(same_frames({known(marked_datagram({.source_mac = Topology::mon_mac,
                                                    .destination_mac = Topology::collector_mac,
                                                    .source = "10.7.0.2",
                                                    .destination = "10.7.0.1"})),
                             known(marked_datagram({.source_mac = Topology::mon_mac,
                                                    .destination_mac = Topology::collector_mac,
                                                    .source = "fd00:7::2",
                                                    .destination = "fd00:7::1"}))},
                            frames));
}

INSTANTIATE_TEST_SUITE_P(Stacks, TagTest, ::testing::ValuesIn(stacks),
                         [](const auto &stack) { return stack.param.name; });

std::vector<Stack> with_two_tags() {
    std::vector<Stack> all(std::begin(stacks), std::end(stacks));
    std::erase_if(all, [](const Stack &stack) { return stack.tags.size() != 2; });
    return all;
}

INSTANTIATE_TEST_SUITE_P(Stacks, TagBareTest, ::testing::ValuesIn(with_two_tags()),
                         [](const auto &stack) { return stack.param.name; });

}  // namespace
}  // namespace rmirror::vm
