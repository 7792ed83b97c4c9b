// SPDX-License-Identifier: GPL-2.0-only
//
// JSON for nft: {"rmirror": {...}} in the expressions of a rule becomes a quota statement with a
// mark as its name. Echo prints its input, so there the mark turns back into {"rmirror": ...}.
#pragma once

#include <optional>
#include <string>

#include "registry.hpp"

namespace rmirror::plugin {

struct JsonInput {
    std::string text;  // for nft
    std::size_t statements = 0;
    std::optional<std::string> error;
};

// nullopt: it is no JSON, or holds no statement of ours; nft gets it as it is.
std::optional<JsonInput> rewrite_json(const std::string &text, Registry &registry);

}  // namespace rmirror::plugin
