// SPDX-License-Identifier: GPL-2.0-only
//
// Turns the text of the user into one that stock nft parses: statements become carriers, included
// files that hold statements become rewritten copies.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "carrier.hpp"
#include "source.hpp"

namespace rmirror::plugin {

// An error of ours, ready to be shown.
struct Refusal {
    const Source *source;
    Span span;  // in source->original
    std::string message;
};

// Where `include` searches, in order.
using IncludePaths = std::vector<std::string>;

class Rewriter {
public:
    Rewriter(Carriers &carriers, const IncludePaths &include_paths)
        : carriers_(carriers), include_paths_(include_paths) {}

    // The main text. name as in Source. Returns the first error.
    std::optional<Refusal> read(std::string name, std::string text);

    const Source &main() const { return sources_.front(); }
    // All texts that hold the word rmirror or include one that does, the main one first.
    const std::deque<Source> &sources() const { return sources_; }
    // The name by which nft knows the main text.
    void set_main_path(std::string path) { sources_.front().path = std::move(path); }

private:
    std::optional<Refusal> rewrite(Source &source, unsigned int depth);
    std::optional<Refusal> rewrite_include(Source &source, const Include &directive,
                                           unsigned int depth, std::string &replacement);
    std::optional<Refusal> include_file(const Source &parent, const Include &directive,
                                        const std::string &path, unsigned int depth,
                                        const Source *&included);
    std::optional<Refusal> choose_marker();

    Carriers &carriers_;
    const IncludePaths &include_paths_;
    std::deque<Source> sources_;
    std::vector<TextFile> files_;
};

}  // namespace rmirror::plugin
