// SPDX-License-Identifier: GPL-2.0-only
//
// The tables of rmirror_tables.h at run time: every word, range and attribute comes from here.
#pragma once

#include "../../rules/rmirror_rules.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rmirror {

struct EncapRow {
    rmirror_encap id;
    std::string_view word;
    std::uint32_t key_max;
    std::uint32_t port;
};

struct MtuRow {
    rmirror_mtu id;
    std::string_view word;
};

// The options, in table order.
enum class OptionId {
#define X(ATTR, word, KIND, min, max, encaps) ATTR,
    RMIRROR_OPTION_TABLE(X)
#undef X
};

enum class Kind { ENCAP, MTU, NUM, DSCP, ADDR, NAME, FLAG };

struct Option {
    OptionId id;
    std::uint16_t attribute;          // NFTA_RMIRROR_*; all flags share one
    std::string_view attribute_name;  // as in the UAPI header
    std::uint32_t flag;               // RMIRROR_F_*, 0 when it is not a flag
    std::string_view word;
    Kind kind;
    std::uint32_t min;
    std::uint32_t max;
    std::uint32_t encaps;

    rmirror_option row() const { return static_cast<rmirror_option>(id); }
    bool takes(rmirror_encap encap) const { return (encaps & (1U << encap)) != 0; }
};

std::span<const EncapRow> encap_rows();
std::span<const MtuRow> mtu_rows();
std::span<const Option> options();

const EncapRow &encap_row(rmirror_encap encap);
const Option &option(OptionId id);

// By word; nullptr when there is no such row.
const EncapRow *find_encap(std::string_view word);
const Option *find_option(std::string_view word);

// The UDP destination when `port` is absent; 0: not over UDP.
inline std::uint32_t default_port(rmirror_encap encap) {
    return rmirror_encap_udp_port(encap);
}

// Whether a key of 0 is something else than no key. Only a GRE header can be without one.
inline bool zero_key_is_a_key(rmirror_encap encap) {
    return (RMIRROR_E_GRE_KEY >> encap & 1U) != 0;
}

// What a function of rmirror_rules.h writes.
template <typename... Parameters, typename... Arguments>
std::string text_of(void (*write)(char *, Parameters...), const Arguments &...arguments) {
    std::array<char, RMIRROR_TEXT_MAX> text;
    write(text.data(), arguments...);
    return text.data();
}

}  // namespace rmirror
