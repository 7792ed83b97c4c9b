// SPDX-License-Identifier: GPL-2.0-only
//
// Nobody hides from a mirror: what other hosts say to each other is mirrored, even if its bytes
// look like those of a copy, or quote one. The guard against loops must not be used against the
// mirror.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <tuple>

#include "vm/support/capture.hpp"
#include "vm/support/encapsulation.hpp"
#include "vm/support/icmp_error.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/peer.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;
using test::ByteView;

constexpr std::chrono::milliseconds patience{500};

// Where the router mirrors what it forwards from the sender to the peer
struct Place {
    const char *name;
    const char *hook;
    const char *device;  // of a netdev chain
    const char *match;
};

void PrintTo(const Place &place, std::ostream *out) {
    *out << place.name;
}

const Place forward = {"forward", "inet forward", "", "iifname \"lan\" "};
const std::vector<Place> places = {
    {"ingress", "netdev ingress", "lan", ""},
    forward,
    {"egress", "netdev egress", "out", ""},
};

// The addresses of a packet and the first bytes behind them: what a header copy has, too
Bytes fingerprint(const Bytes &frame) {
    const bool ipv6 = frame[14] >> 4U == 6;
    return {frame.begin() + 14 + (ipv6 ? 8 : 12), frame.begin() + 14 + (ipv6 ? 40 : 20) + 4};
}

Capture::Predicate holds(const Bytes &bytes) {
    return [bytes](const Frame &frame) { return !std::ranges::search(frame.bytes, bytes).empty(); };
}

ByteView without_ethernet(const Bytes &frame) {
    return ByteView(frame).subspan(14);
}

class Hiding : public ::testing::Test {
protected:
    void start(const Place &place, bool ipv6, const std::vector<Encapsulation> &encaps) {
        ipv6_ = ipv6;
        count_ = encaps.size();
        std::string rules;
        for (const Encapsulation &encap : encaps)
            rules += std::string("\t\t") + place.match + "rmirror to " + collector() + " encap " +
                     encap.word + "\n";
        net_.router.nft("flush ruleset\n" + ruleset(hook(place.hook), rules, place.device));
    }

    std::string collector() const { return ipv6_ ? "fd00::5" : "10.0.0.5"; }
    std::string router() const { return ipv6_ ? "fd00::1" : "10.0.0.1"; }
    Ends between(const std::string &source, const std::string &destination) const {
        return {ipv6_, source, destination};
    }
    Ends to_the_peer() const {
        return ipv6_ ? between("fd00:1::1", Peer::ipv6) : between("10.1.0.1", Peer::ipv4);
    }
    Ends spoofed() const { return between(collector(), to_the_peer().destination); }

    static Bytes lookalike(const Ends &ends, const Encapsulation &encap) {
        test::PacketBuilder builder = from_sender(ends);
        return add_encapsulation(builder, encap).payload(secret).build();
    }

    // A fragment behind a first one that nobody has seen
    Bytes later_fragment(std::uint8_t protocol, const Ends &ends) const {
        test::PacketBuilder builder;
        if (ipv6_) {
            // RFC 8200 section 4.5: an offset of 8 units of 8 bytes, the last
            const Bytes header = {protocol, 0, 0, 0x40, 0, 0, 0, 1};
            builder = from_sender(ends, std::uint8_t{IPPROTO_FRAGMENT});
            builder.payload(header);
        } else {
            builder.eth(Topology::sender_mac, Topology::lan_mac)
                .ipv4({.source = test::ipv4(ends.source),
                       .destination = test::ipv4(ends.destination),
                       .id = 1,
                       .fragment_offset = 8,
                       .protocol = protocol});
        }
        return builder.payload(secret).build();
    }

    // Every rule has mirrored each, which the peer got.
    void expect_seen(const Bytes &frame, std::size_t times = 1) {
        Injector injector(net_.sender, "eth0");
        for (std::size_t i = 0; i < times; i++)
            injector.send(frame);
        EXPECT_EQ(originals_.wait_for(times, holds(fingerprint(frame))).size(), times);
        expect_copies(frame, times);
    }

    void expect_copies(const Bytes &frame, std::size_t times) {
        const auto is_wanted = [wanted = fingerprint(frame)](const Frame &copy) {
            return is_copy()(copy) && holds(wanted)(copy);
        };
        const std::size_t expected = times * count_;
        EXPECT_EQ(copies_.wait_for(expected, is_wanted, patience).size(), expected);
    }

    // Nothing was taken for a copy, but for what is known as one by its nesting.
    void expect_none_held_back() {
        for (const Counters &counters : read_counters(net_.router))
            EXPECT_EQ(counters["loop"], 0U) << "encap " << counters.text("encap");
    }

    static constexpr std::size_t secret = 300;
    Topology net_;
    Peer peer_{net_};
    Capture copies_{net_.collector, "eth0"};
    Capture originals_{peer_.netns, "eth0"};
    bool ipv6_ = false;
    std::size_t count_ = 0;
};

// The whole set of rules, one for each encapsulation, at a place and of a family
class HidingPlace : public Hiding, public ::testing::WithParamInterface<std::tuple<Place, bool>> {
protected:
    HidingPlace() { start(std::get<Place>(GetParam()), std::get<bool>(GetParam()), all_); }

    const std::vector<Encapsulation> all_ = encapsulations();
};

// In what seems to come from the collector, whole or a later fragment, and in errors that quote
// what the peer or this router would have sent to the collector
TEST_P(HidingPlace, SeesWhatLooksLikeCopies) {
    expect_seen(from_sender(to_the_peer()).udp(1000, 9).payload(secret).build());
    for (const Encapsulation &encap : all_) {
        SCOPED_TRACE(encap.word);
        expect_seen(lookalike(spoofed(), encap));
        for (const std::string &source : {to_the_peer().destination, router()})
            expect_seen(
                icmp_error(to_the_peer(), unreachable(ipv6_),
                           without_ethernet(lookalike(between(source, collector()), encap))));
    }
    for (const std::uint8_t protocol : {std::uint8_t{IPPROTO_GRE}, std::uint8_t{IPPROTO_UDP}}) {
        SCOPED_TRACE("fragment of protocol " + std::to_string(protocol));
        expect_seen(later_fragment(protocol, spoofed()));
    }
    expect_none_held_back();
}

INSTANTIATE_TEST_SUITE_P(Places, HidingPlace,
                         ::testing::Combine(::testing::ValuesIn(places), ::testing::Bool()),
                         [](const auto &each) {
                             return std::string(std::get<Place>(each.param).name) +
                                    (std::get<bool>(each.param) ? "_IPv6" : "_IPv4");
                         });

class HidingFamily : public Hiding, public ::testing::WithParamInterface<bool> {
protected:
    const std::vector<Encapsulation> all_ = encapsulations();
};

// Another router's copy of our copy looks like this, and so does what a host makes up. The first
// few are seen by their headers at least; how often is bounded, as it could be a loop.
TEST_P(HidingFamily, SeesCopiesOfCopies) {
    for (const Encapsulation &encap : all_) {
        SCOPED_TRACE(encap.word);
        start(forward, GetParam(), {encap});
        send_udp(net_.sender, to_the_peer().destination, 9, Bytes(20, 1));
        const std::vector<Frame> own = copies_.wait_for(1, is_copy());
        ASSERT_EQ(own.size(), 1U);
        test::PacketBuilder nested = from_sender(to_the_peer());
        expect_seen(add_encapsulation(nested, encap).payload(own[0].bytes).build(), 2);
        // With another packet in it, it is an original.
        const Bytes inner = from_sender(to_the_peer()).udp(1000, 9).payload(secret).build();
        test::PacketBuilder ordinary = from_sender(to_the_peer());
        expect_seen(add_encapsulation(ordinary, encap).payload(inner).build(), 3);
        EXPECT_TRUE(
            settled_counters(net_.router).are({{"matched", 6}, {"sent", 4}, {"nested", 2}}));
    }
}

// To the router itself, and not about a copy of its own
TEST_P(HidingFamily, SeesErrorsToThisHost) {
    start({"input", "inet input", "", "iifname \"lan\" "}, GetParam(), all_);
    const std::string here = ipv6_ ? "fd00:1::2" : "10.1.0.2";
    Injector injector(net_.sender, "eth0");
    for (const Encapsulation &encap : all_) {
        SCOPED_TRACE(encap.word);
        const Ends quoted = between(to_the_peer().destination, collector());
        const Bytes frame = icmp_error(between(to_the_peer().source, here), unreachable(ipv6_),
                                       without_ethernet(lookalike(quoted, encap)));
        injector.send(frame);
        expect_copies(frame, 1);
    }
    expect_none_held_back();
}

// A collector's host that is in touch with this one by more than copies: large datagrams, of which
// only the first fragment says what they are
TEST_P(HidingFamily, SeesTheFragmentsOfTheCollector) {
    start({"ingress", "netdev ingress", "mon", ""}, GetParam(), all_);
    // Nor does it answer the copies.
    net_.collector.nft(ruleset(hook("inet input"), "drop"));
    send_udp(net_.collector, router(), 9, Bytes(4000, 0x77));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    for (const Counters &counters : read_counters(net_.router)) {
        SCOPED_TRACE(counters.text("encap"));
        EXPECT_EQ(counters["matched"], 3U);
        EXPECT_EQ(counters["loop"], 0U);
    }
}

// What another host's mirror sends to the same collector, in fragments: only the first has the
// header that tells.
TEST_P(HidingFamily, KnowsTheFragmentsOfAnothersCopies) {
    start(forward, GetParam(), {{RMIRROR_ENCAP_GRE, "gre", 0}});
    const Bytes frame = later_fragment(IPPROTO_GRE, between(to_the_peer().source, collector()));
    Injector(net_.sender, "eth0").send(frame);
    EXPECT_EQ(copies_.wait_for(1, holds(fingerprint(frame))).size(), 1U);
    EXPECT_TRUE(settled_counters(net_.router).are({{"matched", 1}, {"loop", 1}}));
}

INSTANTIATE_TEST_SUITE_P(Families, HidingFamily, ::testing::Bool(),
                         [](const auto &ipv6) { return ipv6.param ? "IPv6" : "IPv4"; });

}  // namespace
}  // namespace rmirror::vm
