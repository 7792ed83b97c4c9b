// SPDX-License-Identifier: GPL-2.0-only
#include "storm/attributes.hpp"

#include <linux/netlink.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace rmirror::storm {
namespace {

constexpr std::size_t header = sizeof(nlattr);

// Where ranges end
constexpr std::array<std::uint32_t, 24> edges = {
    0,    1,     2,     3,        7,         8,          13,         14,
    19,   20,    63,    64,       255,       256,        1023,       1024,
    1500, 65535, 65536, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0xffffffff};

void mutate_value(Random &random, Bytes &value) {
    switch (below(random, 6)) {
        case 0:  // a bit
            if (!value.empty())
                value[below(random, value.size())] ^=
                    static_cast<std::uint8_t>(1U << below(random, 8));
            break;
        case 1:  // a byte
            if (!value.empty())
                value[below(random, value.size())] = static_cast<std::uint8_t>(random());
            break;
        case 2:  // a number at the end of a range
            value = number(0, edges[below(random, edges.size())]).value;
            break;
        case 3:  // shorter
            value.resize(below(random, value.size() + 1));
            break;
        case 4:  // longer
            value.resize(value.size() + 1 + below(random, once_in(random, 20) ? 4000 : 16),
                         static_cast<std::uint8_t>(random()));
            break;
        default:  // another one altogether
            value.resize(below(random, 24));
            for (std::uint8_t &byte : value)
                byte = static_cast<std::uint8_t>(random());
    }
}

void mutate_type(Random &random, Attribute &attribute) {
    if (once_in(random, 3))
        attribute.type = static_cast<std::uint16_t>(
            attribute.type ^ (once_in(random, 2) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER));
    else
        attribute.type = static_cast<std::uint16_t>(
            once_in(random, 8) ? random() : (attribute.type & ~0x1fU) | below(random, 20));
}

// A false length shifts all that follows.
void lie(Random &random, Attribute &attribute) {
    attribute.false_length = static_cast<std::uint16_t>(
        once_in(random, 4) ? random() : below(random, header + 2 * attribute.value.size() + 8));
}

Attribute deep(Random &random) {
    Attribute inner{static_cast<std::uint16_t>(below(random, 20)), Bytes(below(random, 9)), {}, {}};
    for (std::size_t depth = below(random, 30); depth > 0; depth--)
        inner = nested(static_cast<std::uint16_t>(below(random, 20)), {inner});
    return inner;
}

void mutate_order(Random &random, Attributes &attributes) {
    const std::size_t at = below(random, attributes.size());
    const auto place = attributes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(random, 4)) {
        case 0: {  // twice
            const Attribute again = *place;
            attributes.insert(
                attributes.begin() + static_cast<std::ptrdiff_t>(below(random, attributes.size())),
                again);
            break;
        }
        case 1:
            attributes.erase(place);
            break;
        case 2:
            std::shuffle(attributes.begin(), attributes.end(), random);
            break;
        default:
            attributes.insert(place, deep(random));
    }
}

void mutate_one(Random &random, Attribute &attribute) {
    switch (below(random, 8)) {
        case 0:
            mutate_type(random, attribute);
            break;
        case 1:
            lie(random, attribute);
            break;
        case 2:  // a nest where none is, and none where one is
            attribute = nested(attribute.type, {attribute});
            break;
        default:
            if (!attribute.children.empty()) {
                // As bytes, they need not be whole.
                attribute.value = bytes_of(attribute.children);
                attribute.children.clear();
            }
            mutate_value(random, attribute.value);
    }
}

}  // namespace

std::size_t below(Random &random, std::size_t end) {
    return static_cast<std::size_t>(random() % end);
}

bool once_in(Random &random, std::size_t times) {
    return below(random, times) == 0;
}

Attributes parse(std::span<const std::uint8_t> bytes) {
    Attributes found;
    while (bytes.size() >= header) {
        nlattr head{};
        std::memcpy(&head, bytes.data(), header);
        if (head.nla_len < header || head.nla_len > bytes.size())
            break;
        const auto value = bytes.subspan(header, head.nla_len - header);
        found.push_back({head.nla_type, Bytes(value.begin(), value.end()), {}, {}});
        bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), NLA_ALIGN(head.nla_len)));
    }
    return found;
}

void put(Bytes &to, const Attributes &attributes) {
    for (const Attribute &attribute : attributes) {
        const std::size_t start = to.size();
        to.resize(start + header);
        if (attribute.children.empty())
            to.insert(to.end(), attribute.value.begin(), attribute.value.end());
        else
            put(to, attribute.children);
        const nlattr head{.nla_len = attribute.false_length.value_or(
                              static_cast<std::uint16_t>(to.size() - start)),
                          .nla_type = attribute.type};
        std::memcpy(to.data() + start, &head, header);
        to.resize(NLA_ALIGN(to.size()));
    }
}

Bytes bytes_of(const Attributes &attributes) {
    Bytes bytes;
    put(bytes, attributes);
    return bytes;
}

Attribute number(std::uint16_t type, std::uint32_t value) {
    return {type,
            {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
             static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)},
            {},
            {}};
}

Attribute text(std::uint16_t type, std::string_view value) {
    Bytes bytes(value.begin(), value.end());
    bytes.push_back(0);
    return {type, std::move(bytes), {}, {}};
}

Attribute nested(std::uint16_t type, Attributes children) {
    return {static_cast<std::uint16_t>(type | NLA_F_NESTED), {}, std::move(children), {}};
}

const Attribute *find(const Attributes &attributes, std::uint16_t type) {
    for (const Attribute &attribute : attributes)
        if ((attribute.type & NLA_TYPE_MASK) == type)
            return &attribute;
    return nullptr;
}

void mutate(Random &random, Attributes &attributes) {
    if (attributes.empty()) {
        attributes.push_back(deep(random));
        return;
    }
    Attribute &one = attributes[below(random, attributes.size())];
    if (!one.children.empty() && !once_in(random, 4))
        mutate(random, one.children);
    else if (once_in(random, 3))
        mutate_order(random, attributes);
    else
        mutate_one(random, one);
}

}  // namespace rmirror::storm
