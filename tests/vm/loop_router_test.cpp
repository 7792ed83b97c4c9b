// SPDX-License-Identifier: GPL-2.0-only
//
// Routers that mirror what they forward to collectors behind each other: none knows the others'
// collectors, and each sees the others' copies. An original makes few copies at each, and then
// there is silence.
#include <gtest/gtest.h>

#include <memory>

#include "support/packet_builder.hpp"
#include "vm/support/encapsulation.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/quiet.hpp"
#include "vm/support/ring.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

constexpr std::uint64_t originals = 2;
constexpr std::uint64_t bound = 20;  // copies of an original at a router

struct Variant {
    std::vector<std::string> options{};  ///< of the routers' rules, by turns
    std::size_t size = 2;
    bool ipv6 = false;
    bool answering = false;

    std::string name() const {
        std::string words = std::to_string(size) + (ipv6 ? " routers, IPv6" : " routers, IPv4");
        for (const std::string &one : options)
            words += "," + (one.empty() ? " defaults" : one);
        return words + (answering ? ", collectors that answer" : "");
    }
};

class LoopRouters : public ::testing::Test {
protected:
    struct Network {
        Variant variant;
        std::unique_ptr<Ring> ring;
    };

    // Router i's collector is behind the one before it, and so its copies go round past all others.
    static void mirror(const Ring &ring, const Variant &variant) {
        for (std::size_t i = 0; i < ring.size(); i++)
            ring.router(i).nft(
                ruleset(hook("inet forward"),
                        "rmirror to " +
                            Ring::address((i + ring.size() - 1) % ring.size(), variant.ipv6, 5) +
                            variant.options[i % variant.options.size()]));
    }

    void play(const std::vector<Variant> &variants) {
        std::vector<Network> networks;
        networks.reserve(variants.size());
        for (const Variant &variant : variants)
            networks.push_back({variant, std::make_unique<Ring>(variant.size, variant.answering)});
        std::vector<Watched> watched;
        // Rules last, and originals right behind: no loop delays what is still to be built.
        for (const Network &network : networks)
            mirror(*network.ring, network.variant);
        for (const auto &[variant, ring] : networks) {
            for (std::uint64_t i = 0; i < originals; i++)
                send_udp(ring->edge(0), Ring::address(ring->size() - 1, variant.ipv6, 1), 9,
                         test::Bytes(200, 0x5a));
            // Each error about a copy is an original, too.
            Watched one{
                variant.name(), {}, originals, originals * bound * (variant.answering ? 2 : 1)};
            for (std::size_t i = 0; i < ring->size(); i++)
                one.hosts.push_back(&ring->router(i));
            watched.push_back(one);
        }
        expect_end(watched);
    }
};

std::string word(const Encapsulation &encap) {
    return std::string(" encap ") + encap.word;
}

// However little of a frame is kept (of 14 bytes nothing behind the Ethernet header is left), and
// whatever the others' copies look like, which none can know beforehand.
TEST_F(LoopRouters, HaveDifferentCollectors) {
    const std::vector<std::string> lengths = {" len 14", " len 60", " len 128"};
    std::vector<Variant> variants;
    for (const Encapsulation &encap : encapsulations()) {
        variants.push_back({.options = {word(encap)}});
        variants.push_back(
            {.options = {word(encap) + lengths[encap.id % lengths.size()]}, .ipv6 = true});
        if (encap.port != 0)
            variants.push_back(
                {.options = {word(encap) + " port 5555", word(encap) + " port 777"}});
    }
    for (const std::string &length : lengths)
        variants.push_back({.options = {length}});
    variants.push_back({.options = {" encap vxlan len 14"}});
    variants.push_back({.options = {"", " encap vxlan"}});
    variants.push_back({.options = {" key 7 seq", " encap erspan3 len 60"}});
    for (const char *options : {"", " len 14", " encap vxlan len 60"})
        variants.push_back({.options = {options}, .size = 3});
    variants.push_back({.options = {" encap erspan", " encap geneve", " len 128"}, .size = 3});
    variants.push_back({.options = {""}, .size = 3, .ipv6 = true});
    play(variants);
}

// Each copy is answered by an error, which the routers forward and mirror, too.
TEST_F(LoopRouters, HaveCollectorsThatAnswer) {
    play({{.options = {""}, .answering = true},
          {.options = {" len 60"}, .answering = true},
          {.options = {" encap vxlan"}, .answering = true},
          {.options = {" encap tzsp"}, .ipv6 = true, .answering = true},
          {.options = {"", " encap erspan"}, .size = 3, .answering = true}});
}

}  // namespace
}  // namespace rmirror::vm
