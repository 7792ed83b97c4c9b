// SPDX-License-Identifier: GPL-2.0-only
//
// The words that messages list, for tests that expect whole messages. They come from the table, and
// not from the code that writes the messages.
#pragma once

#include <rmirror_tables.h>

#include <cstdint>
#include <string>

namespace rmirror::test {

inline void append_listed(std::string &list, const char *word) {
    list += list.empty() ? "" : ", ";
    list += word;
}

// "gre, erspan1, ...": the encapsulations of a set RMIRROR_E_*
inline std::string listed_encaps(std::uint32_t encaps = RMIRROR_E_ALL) {
    std::string list;
#define X(id, word, key_max, port) \
    if (encaps & RMIRROR_E(id))    \
        append_listed(list, word);
    RMIRROR_ENCAP_TABLE(X)
#undef X
    return list;
}

// RMIRROR_E() of an encapsulation; 0: there is none of that word
inline std::uint32_t encap_bit(const std::string &wanted) {
#define X(id, word, key_max, port) \
    if (wanted == (word))          \
        return RMIRROR_E(id);
    RMIRROR_ENCAP_TABLE(X)
#undef X
    return 0;
}

// "encap, key, ...": all options
inline std::string listed_options() {
    std::string list;
#define X(attr, word, kind, min, max, encaps) append_listed(list, word);
    RMIRROR_OPTION_TABLE(X)
#undef X
    return list;
}

}  // namespace rmirror::test
