// SPDX-License-Identifier: GPL-2.0-only
//
// Rules and the lines of /proc/net/rmirror, put together.
#include "mirror.hpp"

#include <rmirror_tables.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <map>
#include <sstream>

#include "maps.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

// "a\040b" is how the kernel writes "a b"
std::string unescaped(std::string_view word) {
    std::string text;
    for (std::size_t i = 0; i < word.size(); i++) {
        unsigned value = 0;
        const char *digits = word.data() + i + 1;
        if (word[i] == '\\' && i + 3 < word.size() &&
            std::from_chars(digits, digits + 3, value, 8).ptr == digits + 3) {
            text += static_cast<char>(value);
            i += 3;
        } else {
            text += word[i];
        }
    }
    return text;
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    for (;;) {
        const auto begin = line.find_first_not_of(' ');
        if (begin == std::string_view::npos)
            return words;
        const auto end = std::min(line.find(' ', begin), line.size());
        words.push_back(line.substr(begin, end - begin));
        line.remove_prefix(end);
    }
}

void take_column(Mirror &mirror, std::string_view heading, std::string_view word) {
    if (heading == "family")
        mirror.family = unescaped(word);
    else if (heading == "table")
        mirror.table = unescaped(word);
    else if (heading == "chain")
        mirror.chain = unescaped(word);
    else if (heading == "collector")
        mirror.collector = word;
    else if (heading == "encap")
        mirror.encap = word;
    else if (heading == "key")
        mirror.key = word;
    const auto names = counter_names();
    const auto counter = std::find(names.begin(), names.end(), heading);
    if (counter != names.end())
        std::from_chars(word.data(), word.data() + word.size(),
                        mirror.counters.at(static_cast<std::size_t>(counter - names.begin())));
}

bool is_target(const Mirror &mirror) {
    return mirror.family.ends_with("tables");
}

// The chain is left out: of a target /proc knows the hooks only.
std::string identity(const Mirror &mirror) {
    return mirror.family + '\0' + mirror.table + '\0' + mirror.collector + '\0' + mirror.encap +
           '\0' + mirror.key;
}

/*
 * The targets of nft rules have no counters in their dump: their lines are found by what both
 * have, in the order in which they were made. What is left of the lines stands in legacy tables.
 */
void take_lines(std::vector<Mirror> &mirrors, const std::vector<Mirror> &lines) {
    std::multimap<std::string, Mirror *> targets;
    for (Mirror &mirror : mirrors)
        if (is_target(mirror))
            targets.emplace(identity(mirror), &mirror);
    std::vector<Mirror> legacy;
    for (const Mirror &line : lines) {
        if (!is_target(line))
            continue;
        if (const auto found = targets.find(identity(line)); found != targets.end()) {
            found->second->counters = line.counters;
            targets.erase(found);
        } else {
            legacy.push_back(line);
        }
    }
    mirrors.insert(mirrors.end(), legacy.begin(), legacy.end());
}

// A register's number says nothing: in its place, where its value is from.
void abridge(std::string &text, std::string_view before, const std::string &map) {
    const std::size_t at = text.find(std::string(before) + "reg ");
    if (at == std::string::npos)
        return;
    const std::size_t begin = at + before.size();
    const std::size_t end = std::min(text.find(' ', begin + 4), text.size());
    text.replace(
        begin, end - begin,
        map.empty() ? ".." : ".. map " + (is_anonymous(map) ? "{ .. }" : '@' + printable(map)));
}

bool is_named(const Mirror &mirror, const std::string &word) {
    return word == mirror.collector || word == mirror.table || word == mirror.comment ||
           word == mirror.table + '/' + mirror.chain;
}

}  // namespace

bool is_outcome(std::uint16_t counter) {
    static constexpr bool is_one[] = {
#define X(id, word, severity) (severity) >= 0,
        RMIRROR_COUNTER_TABLE(X)
#undef X
    };
    return is_one[counter - 1];
}

std::uint16_t outcome_of(const Counters &counters) {
    for (std::uint16_t counter = 1; counter <= NFTA_RMIRROR_COUNTER_MAX; counter++)
        if (is_outcome(counter) && counters.at(counter - 1U) != 0)
            return counter;
    return 0;
}

std::uint64_t Mirror::mirrored() const {
    return count(NFTA_RMIRROR_COUNTER_SENT) + count(NFTA_RMIRROR_COUNTER_RESEGMENTED) +
           count(NFTA_RMIRROR_COUNTER_FRAGMENTED) + count(NFTA_RMIRROR_COUNTER_TRUNCATED) +
           count(NFTA_RMIRROR_COUNTER_NESTED);
}

std::string Mirror::place() const {
    if (family.empty())
        return collector;
    std::string text = family + ' ' + printable(table) + ' ' + printable(chain);
    if (handle)
        text += " handle " + std::to_string(*handle);
    if (is_element)
        text += " to " + collector;
    return text;
}

std::string Mirror::text() const {
    if (statement) {
        std::string words = to_text(*statement);
        if (std::holds_alternative<Register>(statement->collector))
            abridge(words, " to ", collectors);
        if (statement->key_register)
            abridge(words, " key ", keys);
        return words;
    }
    std::string words = "rmirror to " + collector;
    if (encap != "gre")
        words += " encap " + encap;
    if (key != "-")
        words += " key " + key;
    return words;
}

std::vector<Mirror> parse_proc(std::string_view text) {
    std::vector<std::string_view> headings;
    std::vector<Mirror> mirrors;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto words = words_of(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (headings.empty()) {
            headings = words;
        } else if (words.size() == headings.size()) {
            Mirror &mirror = mirrors.emplace_back();
            for (std::size_t i = 0; i < words.size(); i++)
                take_column(mirror, headings[i], words[i]);
        }
    }
    return mirrors;
}

int read_proc(std::vector<Mirror> &mirrors) {
    errno = 0;
    std::ifstream file("/proc/net/rmirror");
    if (!file)
        return errno != 0 ? errno : ENOENT;
    std::ostringstream text;
    if (!(text << file.rdbuf()))
        return EACCES;  // it opens for all, and lets root read
    mirrors = parse_proc(text.view());
    return 0;
}

Mirrors read_mirrors() {
    Mirrors mirrors;
    std::vector<Mirror> lines;
    if (const int error = read_rules(mirrors.all))
        mirrors.gaps.push_back({error, "the rules of nf_tables"});
    if (const int error = read_proc(lines))
        mirrors.gaps.push_back({error, "/proc/net/rmirror"});
    take_lines(mirrors.all, lines);
    return mirrors;
}

std::vector<Mirror> select(std::vector<Mirror> mirrors, const std::vector<std::string> &words) {
    if (words.empty())
        return mirrors;
    std::erase_if(mirrors, [&words](const Mirror &mirror) {
        return std::none_of(words.begin(), words.end(),
                            [&mirror](const std::string &word) { return is_named(mirror, word); });
    });
    return mirrors;
}

}  // namespace rmirror::tools
