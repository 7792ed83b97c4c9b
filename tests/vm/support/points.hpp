// SPDX-License-Identifier: GPL-2.0-only
// Rules at several hooks at once: the GRE key of a copy tells at which of them it was made.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/topology.hpp"

namespace rmirror::vm {

/** A hook of the router and what is mirrored there. */
struct Point {
    std::string hook;     ///< "inet input", or "netdev egress lan" with a device
    std::string match{};  ///< "udp dport 9"; empty: everything
};

/** One payload for all originals, by which they and their copies are found again. */
test::Bytes marked_payload();
bool is_marked(const Frame &frame);

struct Tag {
    std::uint16_t id;
    std::uint16_t tpid = 0x8100;
};

/** Who sends a datagram, to whom, and what is around it. */
struct Route {
    test::MacAddress source_mac = Topology::sender_mac;
    test::MacAddress destination_mac = Topology::lan_mac;
    std::vector<Tag> tags{};  ///< outermost first
    std::string source{};     ///< with a colon: IPv6
    std::string destination{};
};

/** A frame with a datagram to port 9 that has the marked payload. */
test::Bytes marked_datagram(const Route &route);

/** A test with a network of its own and rules at several points of its router. */
class PointTest : public TopologyTest {
protected:
    /** Loads the rules, beside those that there are: the key of the first ever is 1. */
    void mirror_at(const std::vector<Point> &points);
    /** The marked frames that were mirrored, by key: `count`, and those that come with them. */
    std::map<std::uint32_t, std::vector<test::Bytes>> mirrored(std::size_t count);
    /** At each point of the last mirror_at() these frames were mirrored, once each; whatever any
     *  rule has matched was sent. */
    void expect_at_each_point(const std::vector<test::Bytes> &frames);
    /** Whatever a rule has matched was sent. */
    void expect_all_sent();

    /** What is said of a point that fails. */
    std::string name(std::uint32_t key) const;

private:
    std::vector<Point> points_;
    std::size_t last_ = 0;  // how many of them are older than the last mirror_at()
    Capture copies_{net_.collector, "eth0"};
};

}  // namespace rmirror::vm
