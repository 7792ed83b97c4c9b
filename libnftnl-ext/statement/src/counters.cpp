// SPDX-License-Identifier: GPL-2.0-only
//
// The counters in the dump of a rule: NFTA_RMIRROR_EXT, in it NFTA_RMIRROR_EXT_COUNTERS.
#include <rmirror_tables.h>

#include "rmirror/attributes.hpp"
#include "rmirror/statement.hpp"

namespace rmirror {

namespace {

constexpr std::array<std::string_view, NFTA_RMIRROR_COUNTER_MAX> names = {
#define X(id, word, severity) word,
    RMIRROR_COUNTER_TABLE(X)
#undef X
};

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
    while (const Attribute attribute = take_attribute(extensions))
        if (attribute.type != NFTA_RMIRROR_EXT_COUNTERS)
            append(others, attribute.whole);
    if (others.empty())
        return;
    const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + others.size()),
                        NFTA_RMIRROR_EXT | NLA_F_NESTED};
    append(to, {reinterpret_cast<const std::uint8_t *>(&header), sizeof header});
    append(to, others);
}

}  // namespace

std::span<const std::string_view> counter_names() {
    return names;
}

std::optional<Counters> decode_counters(Bytes attributes) {
    const Attribute extensions = find_attribute(attributes, NFTA_RMIRROR_EXT);
    const Attribute found = find_attribute(extensions.payload, NFTA_RMIRROR_EXT_COUNTERS);
    if (!found)
        return std::nullopt;
    Bytes list = found.payload;
    Counters counters{};
    // A newer kernel may count more than is known here.
    while (const Attribute attribute = take_attribute(list))
        if (attribute.type > NFTA_RMIRROR_COUNTER_UNSPEC &&
            attribute.type <= NFTA_RMIRROR_COUNTER_MAX &&
            attribute.payload.size() == sizeof(std::uint64_t))
            counters.at(attribute.type - 1U) = big_endian(attribute.payload);
    return counters;
}

std::vector<std::uint8_t> without_counters(Bytes attributes) {
    std::vector<std::uint8_t> rest;
    while (const Attribute attribute = take_attribute(attributes)) {
        if (attribute.type == NFTA_RMIRROR_EXT)
            append_other_extensions(rest, attribute.payload);
        else
            append(rest, attribute.whole);
    }
    append(rest, attributes);  // what is broken stays so
    return rest;
}

}  // namespace rmirror
