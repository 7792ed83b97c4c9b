// SPDX-License-Identifier: GPL-2.0-only
//
// Any bytes as the attributes of the expression, for the kernel's code: what it takes, the library
// reads in the dump, and what is dumped makes the same rule again. What the library takes, the
// kernel takes, too.
#include "rule.h"

#include <linux/if.h>
#include <linux/netfilter/rmirror.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <rmirror/statement.hpp>
#include <vector>

namespace {

using Bytes = std::vector<std::uint8_t>;

void demand(bool property, const char *what) {
    if (property)
        return;
    std::fprintf(stderr, "property: %s\n", what);
    std::abort();
}

struct Made {
    int error = 0;
    Bytes dump;
};

Made make(std::span<const std::uint8_t> attributes) {
    constexpr std::size_t room = 1024;
    Made made{0, Bytes(room)};
    std::size_t size = room;
    made.error = kernel_rule(attributes.data(), attributes.size(), made.dump.data(), &size);
    made.dump.resize(made.error == 0 ? size : 0);
    return made;
}

using Payloads = std::map<int, std::span<const std::uint8_t>>;

// Of repeated attributes the last one counts; what ends in the middle, and all behind it, does not.
Payloads split(std::span<const std::uint8_t> attributes) {
    Payloads payloads;
    nlattr attribute{};
    while (attributes.size() >= sizeof attribute) {
        std::memcpy(&attribute, attributes.data(), sizeof attribute);
        const std::size_t size = attribute.nla_len;
        if (size < sizeof attribute || size > attributes.size())
            break;
        payloads[attribute.nla_type & NLA_TYPE_MASK] =
            attributes.subspan(sizeof attribute, size - sizeof attribute);
        attributes = attributes.subspan(std::min<std::size_t>(NLA_ALIGN(size), attributes.size()));
    }
    return payloads;
}

// The kernel's own parser is content with more than a number.
void check_lengths(const Payloads &payloads) {
    for (const auto &[type, payload] : payloads) {
        if (type == NFTA_RMIRROR_ADDR || type == NFTA_RMIRROR_SADDR)
            demand(payload.size() == 4 || payload.size() == 16, "an address is a whole one");
        else if (type == NFTA_RMIRROR_OIFNAME)
            demand(payload.size() <= IFNAMSIZ, "a name is no longer than one");
        else if (type > NFTA_RMIRROR_UNSPEC && type < NFTA_RMIRROR_EXT)
            demand(payload.size() == 4, "a number is a number and nothing else");
    }
}

// A device may have a name that no text of nft can hold: only a program gives one, and only the
// kernel takes it.
bool has_unprintable_name(const Bytes &dump) {
    const auto name = split(dump)[NFTA_RMIRROR_OIFNAME];
    return !name.empty() && std::any_of(name.begin(), name.end() - 1, [](unsigned char c) {
        return c < 0x20 || c >= 0x7f || c == '"' || c == '*';
    });
}

void check_dump(const Bytes &dump) {
    const auto statement = rmirror::decode(dump);
    if (!statement && has_unprintable_name(dump))
        return;
    demand(static_cast<bool>(statement), "the library reads what the kernel dumps");
    demand(rmirror::decode_counters(dump).has_value(), "a dump has counters");
    demand(rmirror::encode(*statement) == rmirror::without_counters(dump),
           "the library writes what the kernel dumps");
    const Made again = make(dump);
    demand(again.error == 0 && again.dump == dump, "a dump makes the rule that it is of");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const Made made = make({data, size});
    if (made.error == 0) {
        check_lengths(split({data, size}));
        check_dump(made.dump);
    }
    demand(made.error <= 0 && made.error > -4096, "a refusal is an errno");
    const auto statement = rmirror::decode({data, size});
    if (statement)
        demand(make(rmirror::encode(*statement)).error == 0,
               "the kernel takes what the library takes");
    return 0;
}
