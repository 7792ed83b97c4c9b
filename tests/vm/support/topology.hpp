// SPDX-License-Identifier: GPL-2.0-only
// The network most tests use.
#pragma once

#include <gtest/gtest.h>

#include "support/address.hpp"
#include "vm/support/capture.hpp"
#include "vm/support/link.hpp"
#include "vm/support/netns.hpp"

namespace rmirror::vm {

/**
 *   sender                      router                      collector
 *    eth0 ---------------- lan        mon ---------------- eth0
 *   10.1.0.1           10.1.0.2      10.0.0.1          10.0.0.5
 *   fd00:1::1          fd00:1::2     fd00::1           fd00::5
 *   02:00:00:00:01:01  ..:01:02      ..:00:01          ..:00:05
 *
 * IPv4 prefixes are /24, IPv6 /64. The router forwards; the others have it as default route. All
 * neighbours are known beforehand, so that the only frames are the test's.
 */
class Topology {
public:
    struct Options {
        bool static_neighbours = true;
        bool gro = true;
        unsigned mtu = 1500;            ///< of the link to the sender
        unsigned collector_mtu = 1500;  ///< of the link to the collector
    };

    explicit Topology(const Options &options);
    Topology() : Topology(Options{}) {}
    Topology(const Topology &) = delete;
    Topology &operator=(const Topology &) = delete;
    /** Whatever the test was about, the counters of its mirrors must add up. */
    ~Topology();

    /** A datagram with so many bytes from the sender to the router's port 9. */
    void send_datagram(std::size_t size = 64) const;

    static constexpr test::MacAddress sender_mac{2, 0, 0, 0, 1, 1};
    static constexpr test::MacAddress lan_mac{2, 0, 0, 0, 1, 2};
    static constexpr test::MacAddress mon_mac{2, 0, 0, 0, 0, 1};
    static constexpr test::MacAddress collector_mac{2, 0, 0, 0, 0, 5};

    static constexpr test::Ipv4Address sender_ipv4{10, 1, 0, 1};
    static constexpr test::Ipv4Address lan_ipv4{10, 1, 0, 2};
    static constexpr test::Ipv4Address mon_ipv4{10, 0, 0, 1};
    static constexpr test::Ipv4Address collector_ipv4{10, 0, 0, 5};

    static const test::Ipv6Address sender_ipv6;
    static const test::Ipv6Address lan_ipv6;
    static const test::Ipv6Address mon_ipv6;
    static const test::Ipv6Address collector_ipv6;

    NetNs sender{"sender"};
    NetNs router{"router"};
    NetNs collector{"collector"};
};

/** A test with a network of its own. */
class TopologyTest : public ::testing::Test {
protected:
    Topology net_;
};

}  // namespace rmirror::vm
