// SPDX-License-Identifier: GPL-2.0-only
//
// The marks that stand for rmirror statements inside libnftables, and what they mean.
//
// A mark is the name in a stock `quota name` statement. It holds a random number of this process,
// so that no rule in the kernel, no comment and no file can contain one by chance or by design.
// libnftables keeps rules in its cache between two commands, hence marks live as long as the
// context.
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
    // text() as it stands inside of a JSON string, without the quotes around it
    std::string text_in_json() const;
};

class Registry {
public:
    // The mark of a statement. Equal statements have equal marks.
    const std::string &mark(const Statement &statement);
    // The mark of an expression as the kernel dumped it.
    const std::string &mark(std::span<const std::uint8_t> bytes);

    // The mark text begins with, or nothing.
    struct Found {
        const Meaning *meaning = nullptr;
        std::size_t length = 0;
    };
    Found find(std::string_view text) const;

    // What all marks of this process begin with.
    static const std::string &stem();

private:
    struct Row {
        std::string mark;
        Meaning meaning;
    };
    const std::string &add(std::string key, Meaning meaning);

    std::deque<Row> rows_;
    std::unordered_map<std::string, std::size_t> row_of_;  // by encoded bytes
};

}  // namespace rmirror::plugin
