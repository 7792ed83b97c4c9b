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
#include "variables.hpp"

namespace rmirror::plugin {

// An error of ours, ready to be shown.
struct Refusal {
    const Source *source;
    Span span;  // in source->original
    std::string message;
};

// Where `include` searches, in order.
using IncludePaths = std::vector<std::string>;

// Is there anything in the text that the plugin has to know? A quick look.
bool concerns_plugin(std::string_view text);

class Builder;

class Rewriter {
public:
    // variables: what is defined before the text; what is defined in it is added.
    Rewriter(Carriers &carriers, const IncludePaths &include_paths, plugin::Variables &variables)
        : carriers_(carriers), include_paths_(include_paths), variables_(variables) {}

    // The main text. name as in Source. Returns the first error.
    std::optional<Refusal> read(std::string name, std::string text);

    // The main text, already rewritten: JSON.
    void hold(std::string name, std::string text, std::string rewritten) {
        sources_.emplace_back(std::move(name), std::move(text), std::move(rewritten));
    }

    const Source &main() const { return sources_.front(); }
    // All texts that concern_plugin(), the main one first.
    const std::deque<Source> &sources() const { return sources_; }
    // The name by which nft knows the main text.
    void set_main_path(std::string path) { sources_.front().path = std::move(path); }

private:
    std::optional<Refusal> rewrite(Source &source, unsigned int depth);
    std::optional<Refusal> rewrite_item(Source &source, const Item &item, unsigned int depth,
                                        Builder &builder);
    std::optional<Refusal> rewrite_statement(Source &source, const Item &item, Builder &builder);
    std::optional<Refusal> rewrite_include(Source &source, const Item &directive,
                                           unsigned int depth, Builder &builder);
    std::optional<Refusal> include_file(const Source &parent, const Item &directive,
                                        const std::string &path, unsigned int depth,
                                        const Source *&included);

    Carriers &carriers_;
    const IncludePaths &include_paths_;
    plugin::Variables &variables_;
    std::deque<Source> sources_;
    std::vector<TextFile> files_;
};

}  // namespace rmirror::plugin
