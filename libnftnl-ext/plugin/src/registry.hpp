// SPDX-License-Identifier: GPL-2.0-only
//
// The marks that stand for rmirror statements inside libnftables, and what they mean.
//
// A mark is the name in a stock `quota name` statement. It holds a random number of this process,
// so that no rule in the kernel, no comment and no file can contain one by chance or by design.
//
// A mark lives as long as libnftables may show it: to the end of its command, and when it is of a
// rule that was dumped, as libnftables keeps those in its cache, until the rules have been dumped
// anew, which replaces the cache. A rule of an event is shown at once, and `nft monitor` never
// ends: of those only the latest marks are kept.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <rmirror/statement.hpp>

namespace rmirror::plugin {

// What a mark stands for: a statement, or an expression that could not be decoded.
struct Meaning {
    std::optional<Statement> statement;
    std::string reason;  // why there is none

    // What a listing shows. Without a statement it names the reason, and no nft loads it.
    std::string text() const;
    std::string json() const;  // {"rmirror": {...}}
};

// text as it stands inside of a JSON string, without the quotes around it
std::string in_json_string(const std::string &text);

class Registry {
public:
    // The mark of a statement. Equal statements have equal marks.
    const std::string &mark(const Statement &statement);
    // The mark of an expression from the kernel. dumped: it was asked for, and is no event.
    const std::string &mark(std::span<const std::uint8_t> bytes, bool dumped);

    // The same for one of which nft cannot show what is in a register, for that reason.
    const std::string &mark_unshown(std::span<const std::uint8_t> bytes, bool dumped,
                                    const char *reason);
    // Of a statement with expressions there are more marks: one before the first expression, one
    // between two, and one behind the last.
    static std::string middle_of(const std::string &mark);
    static std::string end_of(const std::string &mark);

    // The command is over.
    void release() noexcept;

    // The mark text begins with, or nothing.
    enum class Part { begin, middle, end };
    struct Found {
        const Meaning *meaning = nullptr;
        std::size_t length = 0;
        Part part = Part::begin;
    };
    Found find(std::string_view text) const;

    // What all marks of this process begin with.
    static const std::string &stem();

private:
    struct Row {
        std::string mark;
        Meaning meaning;
        const std::string *key;  // in row_of_
        std::size_t dump;        // the last one it was in, 0: none
        bool is_sent;            // or may be, by the command that runs
    };
    Row *find_row(const std::string &key);
    const std::string &mark_of_dump(Row &row, bool dumped);
    Row &add(std::string key, Meaning meaning);
    void add_event(std::size_t number);
    void erase(std::size_t number) noexcept;
    template <typename Condition>
    void erase_if(Condition condition) noexcept;

    std::unordered_map<std::size_t, Row> rows_;            // by number
    std::unordered_map<std::string, std::size_t> row_of_;  // by encoded bytes
    std::size_t next_ = 0;
    std::size_t dump_ = 0;  // the number of the last one
    // Of the command that runs
    bool has_dumped_ = false;
    bool has_added_ = false;  // rows that may be of no dump
    bool has_sent_ = false;
    std::deque<std::size_t> events_;  // the numbers of their rows, the oldest first
    // More than a rule can have expressions
    static constexpr std::size_t events_max = 1024;
    // So many rows are worth a look for those of older dumps.
    static constexpr std::size_t limit_min = 1024;
    std::size_t limit_ = limit_min;
};

}  // namespace rmirror::plugin
