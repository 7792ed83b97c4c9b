// SPDX-License-Identifier: GPL-2.0-only
#include "statement_generator.hpp"

#include <rmirror_tables.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace rmirror::test {

namespace {

struct Limits {
    std::uint32_t key_max;
    std::uint32_t port;
};

constexpr std::array limits = {
#define X(ID, word, key_max, port) Limits{key_max, port},
    RMIRROR_ENCAP_TABLE(X)
#undef X
};

bool takes_value(const std::string &option) {
#define X(attr, word, kind, min, max, encaps) \
    if (option == (word))                     \
        return RMIRROR_FLAG_OF_##kind(attr) == 0;
    RMIRROR_OPTION_TABLE(X)
#undef X
    return false;
}

// The standard leaves the algorithms of its distributions open, so that they differ between
// libraries; the modulo's bias does not matter here.
std::uint32_t reduce(std::uint64_t random, std::uint32_t low, std::uint32_t high) {
    return static_cast<std::uint32_t>(low + random % (std::uint64_t{high} - low + 1));
}

template <typename Sequence>
void mutate(Sequence &sequence, std::mt19937_64 &random) {
    using Element = typename Sequence::value_type;
    const std::uint32_t changes = reduce(random(), 1, 4);
    for (std::uint32_t i = 0; i < changes && !sequence.empty(); ++i) {
        const auto size = static_cast<std::uint32_t>(sequence.size());
        const auto at = sequence.begin() + reduce(random(), 0, size - 1);
        switch (reduce(random(), 0, 4)) {
            case 0:
                *at = static_cast<Element>(random());
                break;
            case 1:
                *at = static_cast<Element>(*at ^ (1 << reduce(random(), 0, 7)));
                break;
            case 2:
                sequence.erase(at);
                break;
            case 3:
                sequence.insert(at, static_cast<Element>(random()));
                break;
            default: {
                const Sequence tail(at, sequence.end());
                sequence.insert(sequence.end(), tail.begin(), tail.end());
            }
        }
    }
}

}  // namespace

std::uint32_t Generator::between(std::uint32_t low, std::uint32_t high) {
    return reduce(random_(), low, high);
}

// The limits more often than chance has them.
std::uint32_t Generator::number(std::uint32_t low, std::uint32_t high) {
    if (one_in(4))
        return one_in(2) ? low : high;
    return between(low, one_in(2) ? std::min(high, low + 300) : high);
}

Address Generator::unicast(bool ipv4) {
    for (;;) {
        Bytes bytes(ipv4 ? 4 : 16);
        for (std::uint8_t &byte : bytes)
            byte = static_cast<std::uint8_t>(one_in(3) ? 0 : between(0, 255));
        const Address address = *Address::from_bytes(bytes);
        if (!address.is_unspecified() && !address.is_multicast() && !address.is_broadcast() &&
            !address.is_link_local())
            return address;
    }
}

std::string Generator::device() {
    constexpr std::string_view characters =
        "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789.-_@+*#$%&'()[]{}<>=!?;,\\^|~`";
    // Words that mean something elsewhere in a rule
    constexpr std::array names = {"lo", "len", "to", "accept", "rmirror", "10.0.0.5", "\xc3\xa9"};
    if (one_in(4))
        return names.at(between(0, names.size() - 1));
    std::string name;
    for (std::uint32_t length = between(1, 15); length > 0; --length)
        name += characters[between(0, static_cast<std::uint32_t>(characters.size() - 1))];
    if (name.ends_with('*'))  // nft's wildcard, which no device has for a name
        name.back() = 'x';
    return name == "." || name == ".." ? "dot" : name;
}

void Generator::add_options(Statement &statement, bool ipv4) {
    const std::uint32_t encap = 1U << statement.encap;
    const Limits &limit = limits.at(statement.encap);
    if ((RMIRROR_E_KEY & encap) != 0 && one_in(2))
        statement.key = number(0, limit.key_max);
    if (one_in(2))
        statement.len =
            number(statement.encap == RMIRROR_ENCAP_NONE ? RMIRROR_LEN_MIN_NONE : 14, 65535);
    statement.mtu = static_cast<rmirror_mtu>(one_in(2) ? 0 : between(0, RMIRROR_MTU_MAX));
    if (one_in(3))
        statement.device = device();
    if (one_in(3))
        statement.mark = number(0, 0xffffffff);
    if ((RMIRROR_E_UDP & encap) != 0 && one_in(2))
        statement.port = one_in(3) ? limit.port : number(1, 65535);
    if ((RMIRROR_E_SEQ & encap) != 0 && one_in(3))
        statement.flags |= RMIRROR_F_SEQ;
    if (statement.encap == RMIRROR_ENCAP_ERSPAN3 && one_in(2))
        statement.flags |= RMIRROR_F_PLATFORM;
    if (statement.encap == RMIRROR_ENCAP_GENEVE && one_in(2))
        statement.flags |= RMIRROR_F_METADATA;
    if ((RMIRROR_E_OUTER & encap) == 0)
        return;
    if (one_in(3))
        statement.ttl = number(1, 255);
    if (one_in(3))
        statement.dscp = number(0, 63);
    if (one_in(3))
        statement.from = unicast(ipv4);
}

Statement Generator::statement() {
    const bool ipv4 = one_in(2);
    Statement statement;
    statement.collector = unicast(ipv4);
    statement.encap = static_cast<rmirror_encap>(between(0, RMIRROR_ENCAP_MAX));
    add_options(statement, ipv4);
    // A multicast or link-local collector is valid with a device.
    if (!statement.device.empty() && one_in(4))
        statement.collector = *Address::from_text(ipv4        ? "239.1.2.3"
                                                  : one_in(2) ? "fe80::5"
                                                              : "ff0e::1");
    return statement;
}

Statement Generator::register_statement() {
    Statement made = statement();
    const bool ipv4 = std::get<Address>(made.collector).is_ipv4();
    const auto any = [this](std::uint32_t last) {
        return one_in(2) ? between(1, 4) : between(8, last);
    };
    // Four of 4 bytes hold an IPv6 address.
    made.collector = Register{any(ipv4 ? 23 : 20), ipv4 ? 2U : 10U};
    if ((RMIRROR_E_KEY & 1U << made.encap) != 0 && one_in(2)) {
        made.key.reset();
        made.key_register = any(23);
    }
    return made;
}

std::string Generator::blank() {
    constexpr std::array blanks = {" ", "  ", "\t", " \\\n", "\\\n", " \t "};
    return blanks.at(between(0, blanks.size() - 1));
}

// Takes the canonical words apart; names with a blank do not occur.
std::string Generator::scrambled_text(const Statement &statement) {
    std::istringstream words(to_text(statement));
    std::string word;
    std::string collector;
    words >> word >> word >> collector;

    std::vector<std::string> options;
    while (words >> word) {
        std::string option = word;
        if (takes_value(word) && words >> word) {
            const bool quote = !word.starts_with('"') && one_in(4);
            option += blank() + (quote ? '"' + word + '"' : word);
        }
        options.push_back(option);
    }
    std::shuffle(options.begin(), options.end(), random_);

    std::string text = "rmirror" + blank() + "to" + blank() + collector;
    for (const std::string &option : options)
        text += blank() + option;
    return text;
}

std::string Generator::mutated(std::string text) {
    mutate(text, random_);
    return text;
}

Bytes Generator::mutated(Bytes bytes) {
    mutate(bytes, random_);
    return bytes;
}

}  // namespace rmirror::test
