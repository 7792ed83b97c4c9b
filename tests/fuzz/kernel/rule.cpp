// SPDX-License-Identifier: GPL-2.0-only
//
// Any bytes as the attributes of the expression, for the kernel's code: what it takes, the library
// reads in the dump, and what is dumped makes the same rule again. What the library takes, the
// kernel takes, too.
#include "rule.h"

#include <linux/netfilter/rmirror.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <rmirror/statement.hpp>
#include <string_view>
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

// A device may have a name that no text of nft can hold: only a program gives one, and only the
// kernel takes it.
bool has_unprintable_name(const Bytes &dump) {
    std::size_t at = 0;
    while (at + NLA_HDRLEN <= dump.size()) {
        nlattr attribute{};
        std::memcpy(&attribute, &dump[at], sizeof attribute);
        const std::string_view payload(reinterpret_cast<const char *>(&dump[at]) + NLA_HDRLEN,
                                       attribute.nla_len - NLA_HDRLEN);
        if (attribute.nla_type == NFTA_RMIRROR_OIFNAME)
            return std::any_of(payload.begin(), payload.end() - 1, [](unsigned char c) {
                return c < 0x20 || c >= 0x7f || c == '"' || c == '*';
            });
        at += NLA_ALIGN(attribute.nla_len);
    }
    return false;
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
    if (made.error == 0)
        check_dump(made.dump);
    demand(made.error <= 0 && made.error > -4096, "a refusal is an errno");
    const auto statement = rmirror::decode({data, size});
    if (statement)
        demand(make(rmirror::encode(*statement)).error == 0,
               "the kernel takes what the library takes");
    return 0;
}
