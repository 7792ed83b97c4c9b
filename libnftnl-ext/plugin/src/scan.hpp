// SPDX-License-Identifier: GPL-2.0-only
//
// Finds in a text for nft what concerns this plugin, by the lexical rules of nft's scanner:
// comments, quoted strings and names are skipped. One pass, linear.
//
// `rmirror` followed by `to`, or by `ip to` or `ip6 to`, begins a statement, except where a command
// names a table or a chain (`add rule inet rmirror to counter`: a chain called `to`). Chains, sets,
// defines and devices may be called rmirror.
//
// `rmirror` followed by anything else is left to nft, which may know it as a name. When nft refuses
// it and the word stands where a statement begins, the error is ours to word: `strays`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rmirror/statement.hpp>

namespace rmirror::plugin {

enum class TableFamily { ip, ip6, inet, arp, bridge, netdev };
// By the word of nft
std::optional<TableFamily> table_family(std::string_view word);

// What the plugin has to do with, in the order of the text.
struct Item {
    enum class Kind {
        statement,    // span: the word rmirror
        misplaced,    // the same, but where no rule is: in a set, among its elements
        include,      // span: `include "..."`, quotes included
        define,       // `define NAME = VALUE`, or redefine; span: the name
        undefine,     // span: the name
        open_scope,   // a table or a chain begins
        close_scope,  // and ends
    };
    Kind kind;
    Span span;
    Span value = {};  // of a define: behind the `=`, up to the end of the line or the command
    // Of a statement and an include: the family of the table it is in
    TableFamily family = TableFamily::ip;
    bool in_block = false;  // of an include: inside of a table or a chain
};

struct Scan {
    std::vector<Item> items;
    std::vector<std::size_t> strays;  // offsets of the word rmirror
};

// block: the text is included inside of a table of that family, or a chain in it.
Scan scan(std::string_view text, std::optional<TableFamily> block = std::nullopt);

// The text with each line continuation (backslash, line end) replaced by two blanks, for
// parse_text(), which knows lines only.
std::string join_lines(std::string_view text);

}  // namespace rmirror::plugin
