// SPDX-License-Identifier: GPL-2.0-only
#include "suggest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace rmirror {

namespace {

struct Synonym {
    std::string_view word;
    std::string_view meant;
};

// What other tools call our options and encapsulations
constexpr Synonym option_synonyms[] = {
    {"vni", "key"},      {"id", "key"},         {"session", "key"},      {"dev", "device"},
    {"oif", "device"},   {"oifname", "device"}, {"interface", "device"}, {"length", "len"},
    {"snaplen", "len"},  {"size", "len"},       {"src", "from"},         {"saddr", "from"},
    {"source", "from"},  {"local", "from"},     {"tos", "dscp"},         {"dport", "port"},
    {"dstport", "port"}, {"fwmark", "mark"},    {"hoplimit", "ttl"},     {"type", "encap"},
};
constexpr Synonym value_synonyms[] = {
    {"gretap", "gre"},  {"gre-teb", "gre"}, {"tee", "none"},      {"erspan2", "erspan"},
    {"span", "erspan"}, {"raw", "none"},    {"frag", "fragment"},
};

// The number of letters to change, add, leave out or swap with their neighbour: the restricted
// edit distance of Damerau and Levenshtein.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = std::exchange(last, row);
    }
    return last[b.size()];
}

std::string did_you_mean(std::string_view word) {
    return " (did you mean '" + std::string(word) + "'?)";
}

template <typename Synonyms, typename Rows>
std::string suggest(std::string_view word, const Synonyms &synonyms, const Rows &rows) {
    for (const Synonym &synonym : synonyms)
        if (synonym.word == word)
            return did_you_mean(synonym.meant);
    for (const auto &row : rows)
        if (is_near(word, row.word))
            return did_you_mean(row.word);
    return {};
}

}  // namespace

bool is_near(std::string_view word, std::string_view other) {
    constexpr std::size_t short_word = 3, long_word = 6;
    if (word == other ||
        std::min(word.size(), other.size()) + 2 < std::max(word.size(), other.size()))
        return false;
    // Of three letters only swapped ones and one too many are a slip; others are another word.
    if (other.size() <= short_word && word.size() <= other.size())
        return std::is_permutation(word.begin(), word.end(), other.begin(), other.end());
    return distance(word, other) <= (other.size() >= long_word ? 2U : 1U);
}

std::string suggest_option(std::string_view word) {
    return suggest(word, option_synonyms, options());
}

std::string suggest_value(const Option &option, std::string_view word) {
    return option.kind == Kind::MTU ? suggest(word, value_synonyms, mtu_rows())
                                    : suggest(word, value_synonyms, encap_rows());
}

std::string suggest_encap(const Option &option, std::string_view value) {
    for (const EncapRow &row : encap_rows())
        if (option.id == OptionId::PORT && row.port != 0 && value == std::to_string(row.port))
            return did_you_mean("encap " + std::string(row.word));
    return {};
}

}  // namespace rmirror
