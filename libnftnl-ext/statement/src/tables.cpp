// SPDX-License-Identifier: GPL-2.0-only
#include "tables.hpp"

#include <algorithm>
#include <array>

namespace rmirror {

namespace {

constexpr std::array encap_table = {
#define X(ID, word, key_max, port) EncapRow{RMIRROR_ENCAP_##ID, word, key_max, port},
    RMIRROR_ENCAP_TABLE(X)
#undef X
};

constexpr std::array mtu_table = {
#define X(ID, word) MtuRow{RMIRROR_MTU_##ID, word},
    RMIRROR_MTU_TABLE(X)
#undef X
};

constexpr std::array option_table = {
#define X(ATTR, word, KIND, min, max, encaps)                                       \
    Option{OptionId::ATTR,                                                          \
           RMIRROR_ATTR_OF_##KIND(ATTR),                                            \
           Kind::KIND == Kind::FLAG ? "NFTA_RMIRROR_FLAGS" : "NFTA_RMIRROR_" #ATTR, \
           RMIRROR_FLAG_OF_##KIND(ATTR),                                            \
           word,                                                                    \
           Kind::KIND,                                                              \
           min,                                                                     \
           max,                                                                     \
           encaps},
    RMIRROR_OPTION_TABLE(X)
#undef X
};

// A row's place is its number, so that encap_row() needs no search.
template <typename Table>
constexpr bool rows_are_in_order(const Table &table) {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (static_cast<std::size_t>(table[i].id) != i)
            return false;
    return true;
}
static_assert(encap_table.size() == __RMIRROR_ENCAP_MAX && rows_are_in_order(encap_table));
static_assert(mtu_table.size() == __RMIRROR_MTU_MAX && rows_are_in_order(mtu_table));

// encode() walks the options and must write the attributes in ascending order.
static_assert(std::is_sorted(option_table.begin(), option_table.end(),
                             [](const Option &a, const Option &b) {
                                 return a.attribute < b.attribute;
                             }));

// The columns of the encapsulations and the sets of the options say the same twice: they agree.
constexpr bool columns_agree_with_sets() {
    for (const EncapRow &row : encap_table) {
        const std::uint32_t bit = 1U << row.id;
        if ((row.key_max != 0) != ((RMIRROR_E_KEY & bit) != 0) ||
            (row.port != 0) != ((RMIRROR_E_UDP & bit) != 0))
            return false;
    }
    return true;
}
static_assert(columns_agree_with_sets());

template <typename Table>
auto find_word(const Table &table, std::string_view word) -> decltype(table.data()) {
    const auto *row = std::find_if(table.begin(), table.end(),
                                   [word](const auto &each) { return each.word == word; });
    return row == table.end() ? nullptr : row;
}

}  // namespace

std::span<const EncapRow> encap_rows() {
    return encap_table;
}
std::span<const MtuRow> mtu_rows() {
    return mtu_table;
}
std::span<const Option> options() {
    return option_table;
}

const EncapRow &encap_row(rmirror_encap encap) {
    return encap_table.at(encap);
}
const Option &option(OptionId id) {
    return option_table.at(static_cast<std::size_t>(id));
}

const EncapRow *find_encap(std::string_view word) {
    return find_word(encap_table, word);
}
const Option *find_option(std::string_view word) {
    return find_word(option_table, word);
}

}  // namespace rmirror
