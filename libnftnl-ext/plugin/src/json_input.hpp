// SPDX-License-Identifier: GPL-2.0-only
//
// JSON for nft: {"rmirror": {...}} in the expressions of a rule becomes a quota statement with a
// mark as its name, or what an expression needs: assignment.hpp. Echo prints its input, so there
// the mark turns back into {"rmirror": ...}.
#pragma once

#include <optional>
#include <string>

#include "registry.hpp"

namespace rmirror::plugin {

struct JsonInput {
    std::size_t statements = 0;
    bool has_expressions = false;  // as collectors or keys
    std::string text;              // for nft, if there are statements
    std::optional<std::string> error;
};

// nullopt: it is no JSON, so that nft reads it as text.
std::optional<JsonInput> rewrite_json(const std::string &text, Registry &registry);

}  // namespace rmirror::plugin
