// SPDX-License-Identifier: GPL-2.0-only
//
// Keys from a register: the mark of a packet tells the collector whose it is. Rules as netlink
// attributes, so that the kernel alone is tested.
#include <gtest/gtest.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/rmirror.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "support/packet_builder.hpp"
#include "vm/support/encapsulation.hpp"
#include "vm/support/file_descriptor.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/outer.hpp"
#include "vm/support/rule.hpp"
#include "vm/support/topology.hpp"
#include "vm/support/udp.hpp"

namespace rmirror::vm {
namespace {

using test::Bytes;

constexpr std::size_t outer_ipv4 = 14;
constexpr std::size_t encapsulation = outer_ipv4 + 20;

std::uint32_t big_endian(const Bytes &bytes, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; i++)
        value = value << 8 | bytes.at(at + i);
    return value;
}

struct Keyed {
    rmirror_encap id;
    const char *word;
    std::uint32_t mask;  // of the keys
};

void PrintTo(const Keyed &each, std::ostream *out) {
    *out << each.word;
}

// Every row that has a key
std::vector<Keyed> keyed() {
    std::vector<Keyed> rows;
#define X(id, word, key_max, port) \
    if ((key_max) != 0)            \
        rows.push_back({RMIRROR_ENCAP_##id, word, key_max});
    RMIRROR_ENCAP_TABLE(X)
#undef X
    return rows;
}

bool is_erspan(rmirror_encap id) {
    return id == RMIRROR_ENCAP_ERSPAN || id == RMIRROR_ENCAP_ERSPAN3;
}

// RFC 2890 section 2; draft-foschiano-erspan-03 section 4; RFC 7348 section 5; RFC 8926 section 3
std::uint32_t key_of(const Frame &copy, rmirror_encap id) {
    switch (id) {
        case RMIRROR_ENCAP_GRE:
            return big_endian(copy.bytes, encapsulation + 4, 4);
        case RMIRROR_ENCAP_ERSPAN:
        case RMIRROR_ENCAP_ERSPAN3:
            return big_endian(copy.bytes, encapsulation + 10, 2) & 0x3ffU;
        case RMIRROR_ENCAP_VXLAN:
        case RMIRROR_ENCAP_GENEVE:
            return big_endian(copy.bytes, encapsulation + 8 + 4, 3);
        case RMIRROR_ENCAP_ERSPAN1:
        case RMIRROR_ENCAP_TZSP:
        case RMIRROR_ENCAP_NONE:
        case __RMIRROR_ENCAP_MAX:
            break;
    }
    throw std::invalid_argument("an encapsulation without a key");
}

std::uint32_t sequence_of(const Frame &copy, rmirror_encap id) {
    return big_endian(copy.bytes, encapsulation + (is_erspan(id) ? 4 : 8), 4);
}

// `meta mark` to register 1
Expression mark_to_register() {
    return {"meta", {number(NFTA_META_DREG, NFT_REG_1), number(NFTA_META_KEY, NFT_META_MARK)}};
}

Attribute extension(const std::vector<Attribute> &inner) {
    Bytes all;
    for (const Attribute &attribute : inner) {
        // In the order of the machine, as netlink has it
        const auto put16 = [&all](std::uint16_t value) {
            const auto *bytes_of_it = reinterpret_cast<const std::uint8_t *>(&value);
            all.insert(all.end(), bytes_of_it, bytes_of_it + sizeof(value));
        };
        put16(static_cast<std::uint16_t>(NLA_HDRLEN + attribute.value.size()));
        put16(attribute.type);
        all.insert(all.end(), attribute.value.begin(), attribute.value.end());
    }
    return bytes(NFTA_RMIRROR_EXT | NLA_F_NESTED, all);
}

Attribute key_register(std::uint32_t reg) {
    return extension({number(NFTA_RMIRROR_EXT_SREG_KEY, reg)});
}

class KeyRegister : public TopologyTest {
protected:
    KeyRegister() {
        // The destination port becomes the mark, with a bit that not every key has room for.
        net_.router.nft(R"(table inet t {
            chain marks {
                type filter hook prerouting priority -10
                udp dport 1 meta mark set 0x80000001
                udp dport 2 meta mark set 0x80000002
                udp dport 3 meta mark set 3
            }
            chain c { type filter hook prerouting priority 0; }
        })");
    }

    int add(std::vector<Attribute> attributes) {
        attributes.push_back(bytes(NFTA_RMIRROR_ADDR, Topology::collector_ipv4));
        return append_rule(net_.router, "t", "c", {mark_to_register(), {"rmirror", attributes}});
    }

    Frame next(std::uint16_t port) {
        send_udp(net_.sender, "10.1.0.2", port, Bytes(20, 1));
        const std::vector<Frame> copies = copies_.wait_for(1, is_copy());
        if (copies.size() != 1)
            throw std::runtime_error("no copy");
        return copies[0];
    }

    Capture copies_{net_.collector, "eth0"};
};

class KeyRegisterOf : public KeyRegister, public ::testing::WithParamInterface<Keyed> {};

TEST_P(KeyRegisterOf, IsInTheHeader) {
    const auto [id, word, mask] = GetParam();
    ASSERT_EQ(add({number(NFTA_RMIRROR_ENCAP, id), key_register(NFT_REG_1)}), 0);
    for (int round = 0; round < 2; round++) {
        EXPECT_EQ(key_of(next(1), id), 0x80000001U & mask);
        EXPECT_EQ(key_of(next(2), id), 0x80000002U & mask);
        EXPECT_EQ(key_of(next(3), id), 3U);
    }
    const Counters counters = only_counters(net_.router);
    EXPECT_EQ(counters.text("key"), "register");
    EXPECT_EQ(counters["sent"], 6U);
}

INSTANTIATE_TEST_SUITE_P(Encapsulations, KeyRegisterOf, ::testing::ValuesIn(keyed()),
                         [](const auto &each) {
                             std::string name = each.param.word;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

// A receiver counts what it lost of a key by the gaps: each key has its own numbers.
TEST_F(KeyRegister, CountsEachKeyOnItsOwn) {
    const std::vector<std::vector<Attribute>> numbered = {
        {number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_ERSPAN)},
        {number(NFTA_RMIRROR_FLAGS, RMIRROR_F_SEQ)},
    };
    for (const std::vector<Attribute> &options : numbered) {
        const rmirror_encap id =
            options[0].type == NFTA_RMIRROR_ENCAP ? RMIRROR_ENCAP_ERSPAN : RMIRROR_ENCAP_GRE;
        SCOPED_TRACE(id);
        net_.router.nft("flush chain inet t c");
        std::vector<Attribute> all = options;
        all.push_back(key_register(NFT_REG_1));
        ASSERT_EQ(add(all), 0);
        const std::uint32_t first = sequence_of(next(1), id);
        const std::uint32_t second = sequence_of(next(2), id);
        EXPECT_EQ(sequence_of(next(1), id), first + 1);
        EXPECT_EQ(sequence_of(next(1), id), first + 2);
        EXPECT_EQ(sequence_of(next(2), id), second + 1);
    }
}

// What no key or another one stands beside, and registers that are none or hold nothing
TEST_F(KeyRegister, IsRefusedWhereItMeansNothing) {
    EXPECT_EQ(add({key_register(NFT_REG_1), number(NFTA_RMIRROR_KEY, 7)}), EINVAL);
    for (const std::uint32_t id : {RMIRROR_ENCAP_NONE, RMIRROR_ENCAP_TZSP, RMIRROR_ENCAP_ERSPAN1})
        EXPECT_EQ(add({key_register(NFT_REG_1), number(NFTA_RMIRROR_ENCAP, id)}), EINVAL);
    for (const std::uint32_t reg : {std::uint32_t{NFT_REG_VERDICT}, std::uint32_t{5},
                                    std::uint32_t{NFT_REG32_15 + 1}, std::uint32_t{0xffffffff}})
        EXPECT_NE(add({key_register(reg)}), 0) << reg;
    for (const std::size_t size : {0U, 2U, 3U, 5U, 8U}) {
        Attribute reg = number(NFTA_RMIRROR_EXT_SREG_KEY, NFT_REG_1);
        reg.value.resize(size);
        EXPECT_NE(add({extension({reg})}), 0) << size << " bytes";
    }
    EXPECT_NE(add({extension({number(NFTA_RMIRROR_EXT_MAX + 1, 0)})}), 0);
    EXPECT_TRUE(read_counters(net_.router).empty());
}

// More keys than are remembered. What this host says to another in a mirror's encapsulation is no
// copy for that: the one collector is known.
TEST_F(KeyRegister, MayBeMoreThanAreRemembered) {
    constexpr unsigned many = 1100;
    net_.router.nft("add rule inet t marks udp dport 4 meta mark set numgen inc mod 4096");
    ASSERT_EQ(add({number(NFTA_RMIRROR_FLAGS, RMIRROR_F_SEQ), key_register(NFT_REG_1)}), 0);
    for (unsigned i = 0; i < many; i++)
        send_udp(net_.sender, "10.1.0.2", 4, Bytes(20, 1));
    EXPECT_EQ(copies_.wait_for(many, is_copy()).size(), many);

    net_.router.nft(ruleset(hook("inet output"),
                            "ip protocol gre ip daddr 10.1.0.1 "
                            "rmirror to 10.0.0.5"));
    const Bytes frame = test::PacketBuilder()
                            .eth(Topology::sender_mac, Topology::lan_mac)
                            .ipv4({.source = Topology::sender_ipv4})
                            .udp(1000, 9)
                            .payload(20)
                            .build();
    Bytes packet = test::from_hex("00 00 65 58");
    packet.insert(packet.end(), frame.begin(), frame.end());
    net_.router.run([&packet] {
        const FileDescriptor socket(
            check_errno(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_GRE), "socket"));
        sockaddr_in to{};
        to.sin_family = AF_INET;
        std::memcpy(&to.sin_addr, Topology::sender_ipv4.data(), sizeof to.sin_addr);
        check_errno(static_cast<int>(sendto(socket.get(), packet.data(), packet.size(), 0,
                                            reinterpret_cast<const sockaddr *>(&to), sizeof to)),
                    "sendto");
    });
    EXPECT_TRUE(read_counters(net_.router).at(1).are({{"matched", 1}, {"sent", 1}}));
}

// With a collector that a register names, too
TEST_F(KeyRegister, GoesWithACollectorFromARegister) {
    const Expression collector = {
        "immediate",
        {number(NFTA_IMMEDIATE_DREG, NFT_REG_2),
         bytes(NFTA_IMMEDIATE_DATA | NLA_F_NESTED, test::from_hex("08 00 01 00 0a 00 00 05"))}};
    const Expression mirror = {
        "rmirror",
        {number(NFTA_RMIRROR_SREG_ADDR, NFT_REG_2), number(NFTA_RMIRROR_FAMILY, NFPROTO_IPV4),
         number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_ERSPAN), key_register(NFT_REG_1)}};
    ASSERT_EQ(append_rule(net_.router, "t", "c", {collector, mark_to_register(), mirror}), 0);
    for (const std::uint16_t port : std::vector<std::uint16_t>{1, 2, 1, 3}) {
        const Frame copy = next(port);
        EXPECT_EQ(key_of(copy, RMIRROR_ENCAP_ERSPAN), port);
    }
    const Counters counters = only_counters(net_.router);
    EXPECT_EQ(counters.text("collector"), "register");
    EXPECT_EQ(counters.text("key"), "register");
}

}  // namespace
}  // namespace rmirror::vm
