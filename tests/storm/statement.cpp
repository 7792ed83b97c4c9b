// SPDX-License-Identifier: GPL-2.0-only
#include "storm/statement.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <rmirror_tables.h>

#include <array>
#include <stdexcept>
#include <string_view>

#include "support/golden_netlink.hpp"

namespace rmirror::storm {
namespace {

// Collectors: behind the device, on it, this host's own, nobody's
constexpr std::array<std::array<std::uint8_t, 4>, 8> addresses4 = {{{192, 0, 2, 5},
                                                                    {192, 0, 2, 6},
                                                                    {10, 2, 0, 9},
                                                                    {10, 2, 0, 77},
                                                                    {10, 1, 0, 2},
                                                                    {127, 0, 0, 1},
                                                                    {224, 0, 0, 5},
                                                                    {0, 0, 0, 0}}};

Attribute address(Random &random, std::uint16_t type, bool ipv6) {
    const auto &four = addresses4[below(random, addresses4.size())];
    if (!ipv6)
        return {type, Bytes(four.begin(), four.end()), {}, {}};
    Bytes bytes(16);
    bytes[0] = once_in(random, 6) ? 0xfe : 0xfd;
    bytes[1] = bytes[0] == 0xfe ? 0x80 : 2;
    bytes[15] = four[3];
    return {type, bytes, {}, {}};
}

struct Row {
    std::uint16_t attribute;
    std::uint32_t min, max, encaps, flag;
};

constexpr Row rows[] = {
#define X(id, word, kind, min, max, encaps) \
    {RMIRROR_ATTR_OF_##kind(id), (min), (max), (encaps), RMIRROR_FLAG_OF_##kind(id)},
    RMIRROR_OPTION_TABLE(X)
#undef X
};

std::uint32_t key_max(std::uint32_t encap) {
    constexpr std::uint32_t all[] = {
#define X(id, word, max, port) (max),
        RMIRROR_ENCAP_TABLE(X)
#undef X
    };
    return all[encap];
}

std::uint32_t between(Random &random, std::uint32_t min, std::uint32_t max) {
    switch (below(random, 4)) {
        case 0:
            return min;
        case 1:
            return max;
        default:
            return static_cast<std::uint32_t>(min + random() % (std::uint64_t{max} - min + 1));
    }
}

Attribute counters(Random &random) {
    Attributes found;
    for (std::uint16_t type = 1; type <= NFTA_RMIRROR_COUNTER_MAX; type++)
        if (once_in(random, 3)) {
            Bytes value(8);
            for (std::uint8_t &byte : value)
                byte = static_cast<std::uint8_t>(random());
            found.push_back({type, value, {}, {}});
        }
    return nested(NFTA_RMIRROR_EXT_COUNTERS, found);
}

void put_collector(Random &random, Attributes &to, bool ipv6) {
    if (!once_in(random, 4)) {
        to.push_back(address(random, NFTA_RMIRROR_ADDR, ipv6));
        return;
    }
    to.push_back(number(NFTA_RMIRROR_SREG_ADDR, NFT_REG_1));
    to.push_back(number(NFTA_RMIRROR_FAMILY, ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4));
}

void put_option(Random &random, Attributes &to, const Row &row, std::uint32_t encap, bool ipv6) {
    switch (row.attribute) {
        case NFTA_RMIRROR_SADDR:
            to.push_back(address(random, row.attribute, ipv6));
            break;
        case NFTA_RMIRROR_OIFNAME: {
            constexpr std::string_view names[] = {"d0", "v0",   "br0",
                                                  "lo", "none", "0123456789abcde"};
            to.push_back(text(row.attribute, names[below(random, std::size(names))]));
            break;
        }
        case NFTA_RMIRROR_KEY:
            to.push_back(number(row.attribute, between(random, 0, key_max(encap))));
            break;
        default:
            to.push_back(number(row.attribute, between(random, row.min, row.max)));
    }
}

// What a table row allows, by chance
Attributes by_chance(Random &random) {
    Attributes made;
    const bool ipv6 = once_in(random, 2);
    const auto encap = static_cast<std::uint32_t>(below(random, __RMIRROR_ENCAP_MAX));
    put_collector(random, made, ipv6);
    made.push_back(number(NFTA_RMIRROR_ENCAP, encap));
    std::uint32_t flags = 0;
    bool has_key = false;
    for (const Row &row : rows) {
        const bool is_fit = (row.encaps >> encap & 1U) != 0;
        if (row.attribute == NFTA_RMIRROR_ENCAP || !is_fit || !once_in(random, 4))
            continue;
        if (row.attribute == NFTA_RMIRROR_FLAGS) {
            flags |= row.flag;
            continue;
        }
        has_key = has_key || row.attribute == NFTA_RMIRROR_KEY;
        put_option(random, made, row, encap, ipv6);
    }
    if (flags != 0)
        made.push_back(number(NFTA_RMIRROR_FLAGS, flags));
    Attributes newer;
    if (!has_key && key_max(encap) != 0 && once_in(random, 4))
        newer.push_back(number(NFTA_RMIRROR_EXT_SREG_KEY, NFT_REG_2));
    if (once_in(random, 4))
        newer.push_back(counters(random));
    if (!newer.empty())
        made.push_back(nested(NFTA_RMIRROR_EXT, newer));
    return made;
}

// What the registers hold: a collector of the packet's own choice in 1, a key in 2
Attributes registers(Random &random) {
    const std::uint32_t length = 16;
    return {expression("payload",
                       {number(NFTA_PAYLOAD_DREG, NFT_REG_1),
                        number(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER),
                        number(NFTA_PAYLOAD_OFFSET, static_cast<std::uint32_t>(below(random, 24))),
                        number(NFTA_PAYLOAD_LEN, length)}),
            expression("meta",
                       {number(NFTA_META_DREG, NFT_REG_2), number(NFTA_META_KEY, NFT_META_LEN)})};
}

}  // namespace

Attribute expression(std::string_view name, Attributes attributes) {
    return nested(NFTA_LIST_ELEM,
                  {text(NFTA_EXPR_NAME, name), nested(NFTA_EXPR_DATA, std::move(attributes))});
}

Statements::Statements() {
    for (const test::GoldenNetlink &golden : test::read_golden_netlink())
        golden_.push_back(parse(golden.bytes));
    if (golden_.empty())
        throw std::runtime_error("tests/golden/netlink has no file");
}

Attributes Statements::right(Random &random) const {
    return once_in(random, 3) ? golden_[below(random, golden_.size())] : by_chance(random);
}

Attributes Statements::make(Random &random) const {
    Attributes list;
    // What reads a register that nothing wrote is to be refused, too.
    if (!once_in(random, 8))
        list = registers(random);
    for (std::size_t left = 1 + (once_in(random, 10) ? below(random, 3) : 0); left > 0; left--) {
        Attributes attributes = right(random);
        for (std::size_t changes = below(random, 4); changes > 0; changes--)
            mutate(random, attributes);
        list.push_back(expression("rmirror", attributes));
    }
    // The list itself, and with it names and other expressions
    if (once_in(random, 12))
        mutate(random, list);
    return list;
}

}  // namespace rmirror::storm
