// SPDX-License-Identifier: GPL-2.0-only
//
// The counters in the dump of a rule: NFTA_RMIRROR_EXT, in it NFTA_RMIRROR_EXT_COUNTERS.
#include <linux/netlink.h>
#include <rmirror_tables.h>

#include <cstring>

#include "rmirror/statement.hpp"

namespace rmirror {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::array<std::string_view, NFTA_RMIRROR_COUNTER_MAX> names = {
#define X(id, word, severity) word,
    RMIRROR_COUNTER_TABLE(X)
#undef X
};

constexpr std::size_t header_size = NLA_HDRLEN;

// One attribute of a list; nothing of it may be aligned.
struct Attribute {
    std::uint16_t type = 0;
    Bytes whole;
    Bytes payload;
};

// Takes the first attribute off the list; false at its end, or where it is broken.
bool take(Bytes &list, Attribute &attribute) {
    nlattr header{};
    if (list.size() < header_size)
        return false;
    std::memcpy(&header, list.data(), sizeof header);
    if (header.nla_len < header_size || header.nla_len > list.size())
        return false;
    attribute.type = header.nla_type & NLA_TYPE_MASK;
    attribute.payload = list.subspan(header_size, header.nla_len - header_size);
    attribute.whole = list.first(std::min<std::size_t>(NLA_ALIGN(header.nla_len), list.size()));
    list = list.subspan(attribute.whole.size());
    return true;
}

std::optional<Bytes> find(Bytes list, std::uint16_t type) {
    Attribute attribute;
    while (take(list, attribute))
        if (attribute.type == type)
            return attribute.payload;
    return std::nullopt;
}

std::uint64_t big_endian(Bytes bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes)
        value = value << 8 | byte;
    return value;
}

void append(std::vector<std::uint8_t> &to, Bytes bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

// The extensions less the counters; nothing if there were no others.
void append_other_extensions(std::vector<std::uint8_t> &to, Bytes extensions) {
    std::vector<std::uint8_t> others;
    Attribute attribute;
    while (take(extensions, attribute))
        if (attribute.type != NFTA_RMIRROR_EXT_COUNTERS)
            append(others, attribute.whole);
    if (others.empty())
        return;
    const nlattr header{static_cast<std::uint16_t>(header_size + others.size()),
                        NFTA_RMIRROR_EXT | NLA_F_NESTED};
    append(to, {reinterpret_cast<const std::uint8_t *>(&header), sizeof header});
    append(to, others);
}

}  // namespace

std::span<const std::string_view> counter_names() {
    return names;
}

std::optional<Counters> decode_counters(Bytes attributes) {
    const auto extensions = find(attributes, NFTA_RMIRROR_EXT);
    if (!extensions)
        return std::nullopt;
    auto list = find(*extensions, NFTA_RMIRROR_EXT_COUNTERS);
    if (!list)
        return std::nullopt;
    Counters counters{};
    Attribute attribute;
    // A newer kernel may count more than is known here.
    while (take(*list, attribute))
        if (attribute.type > NFTA_RMIRROR_COUNTER_UNSPEC &&
            attribute.type <= NFTA_RMIRROR_COUNTER_MAX &&
            attribute.payload.size() == sizeof(std::uint64_t))
            counters.at(attribute.type - 1U) = big_endian(attribute.payload);
    return counters;
}

std::vector<std::uint8_t> without_counters(Bytes attributes) {
    std::vector<std::uint8_t> rest;
    Attribute attribute;
    while (take(attributes, attribute)) {
        if (attribute.type == NFTA_RMIRROR_EXT)
            append_other_extensions(rest, attribute.payload);
        else
            append(rest, attribute.whole);
    }
    append(rest, attributes);  // what is broken stays so
    return rest;
}

}  // namespace rmirror
