// SPDX-License-Identifier: GPL-2.0-only
//
// Messages in the form nft gives its own: where, what, the line, and carets under the place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rewrite.hpp"

namespace rmirror::plugin {

// The line of carets below line: '^' under columns [begin, end), tabs kept, so that both lines are
// indented alike. '~' as in extra, an old line of carets that may be empty.
std::string carets(std::string_view line, Span columns, std::string_view extra = {});

// What is shown of a line: all of it, or of a long one as much as nft shows, around the columns.
struct Excerpt {
    std::string line;
    Span columns;
    std::size_t moved;  // to the left, by so many columns
};
Excerpt excerpt(std::string_view line, Span columns);

// file.nft:3:5-20:
std::string location(std::string_view name, std::size_t line, Span columns);

// The whole message of a refusal.
std::string report(const Refusal &refusal);
// The same without "In file included from ...", which nft has printed.
std::string report_place(const Refusal &refusal);

// A message without a place: JSON has none, and libnftables says so in these words.
std::string report_json(std::string_view message);

// What the errno with which the kernel refused an rmirror expression means, after
// "Could not process rule: "; reason is its text by strerror(3). Empty: nothing is known.
std::string explain(std::string_view reason);
// The same when it is not sure that the expression is meant.
std::string hint(std::string_view reason);

}  // namespace rmirror::plugin
