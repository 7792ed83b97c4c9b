// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/points.hpp"

#include <algorithm>
#include <chrono>
#include <sstream>

#include "support/packet_builder.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/wire.hpp"

namespace rmirror::vm {
namespace {

constexpr std::size_t gre = 14 + 20;  // behind Ethernet and IPv4
constexpr std::uint8_t key_present = 0x20;

std::uint32_t key_of(const Frame &copy) {
    const test::Bytes &bytes = copy.bytes;
    if (bytes.size() < gre + 8 || (bytes[gre] & key_present) == 0)
        return 0;
    std::uint32_t key = 0;
    for (std::size_t i = 0; i < 4; i++)
        key = key << 8U | bytes[gre + 4 + i];
    return key;
}

std::string table(const Point &point, std::size_t key) {
    std::istringstream words(point.hook);
    std::string family, chain, device;
    words >> family >> chain >> device;
    const std::string on = device.empty() ? "" : " device \"" + device + "\"";
    return "table " + family + " p" + std::to_string(key) +
           " {\n\tchain c {\n\t\ttype filter hook " + chain + on +
           " priority 0; policy accept;\n\t\t" + point.match + " rmirror to 10.0.0.5 key " +
           std::to_string(key) + "\n\t}\n}\n";
}

}  // namespace

test::Bytes marked_payload() {
    return test::PacketBuilder().payload(48).build();
}

bool is_marked(const Frame &frame) {
    return !std::ranges::search(frame.bytes, marked_payload()).empty();
}

test::Bytes marked_datagram(const Route &route) {
    test::PacketBuilder builder;
    builder.eth(route.source_mac, route.destination_mac);
    for (const Tag &tag : route.tags)
        builder.vlan(tag.id, 0, tag.tpid);
    if (route.source.find(':') != std::string::npos)
        builder.ipv6(
            {.source = test::ipv6(route.source), .destination = test::ipv6(route.destination)});
    else
        builder.ipv4(
            {.source = test::ipv4(route.source), .destination = test::ipv4(route.destination)});
    return builder.udp(1000, 9).payload(marked_payload()).build();
}

void PointTest::mirror_at(const std::vector<Point> &points) {
    std::string rules;
    last_ = points_.size();
    for (const Point &point : points) {
        points_.push_back(point);
        rules += table(point, points_.size());
    }
    net_.router.nft(rules);
}

std::map<std::uint32_t, std::vector<test::Bytes>> PointTest::mirrored(std::size_t count) {
    const auto marked_copy = [](const Frame &frame) {
        return is_copy()(frame) && is_marked(frame);
    };
    std::vector<Frame> all = copies_.wait_for(count, marked_copy, std::chrono::seconds(1));
    std::ranges::move(copies_.collect(marked_copy, std::chrono::milliseconds(50)),
                      std::back_inserter(all));
    std::map<std::uint32_t, std::vector<test::Bytes>> frames;
    for (const Frame &copy : all)
        frames[key_of(copy)].push_back(inner_frame(copy).value_or(test::Bytes{}));
    return frames;
}

void PointTest::expect_at_each_point(const std::vector<test::Bytes> &frames) {
    auto copies = mirrored(frames.size() * (points_.size() - last_));
    for (auto key = static_cast<std::uint32_t>(last_ + 1); key <= points_.size(); key++)
        EXPECT_TRUE(same_frames(frames, copies[key])) << "at " << name(key);
    expect_all_sent();
}

void PointTest::expect_all_sent() {
    for (const Counters &counters : read_counters(net_.router))
        EXPECT_EQ(counters["matched"], counters["sent"]) << "with key " << counters.text("key");
}

std::string PointTest::name(std::uint32_t key) const {
    return points_.at(key - 1).hook;
}

}  // namespace rmirror::vm
