// SPDX-License-Identifier: GPL-2.0-only
//
// The `define`s of nft, followed as nft's parser follows them, because a statement may use them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rmirror::plugin {

// Names are without the `$`. A value is what stands behind the `=`, quotes included; that of a
// variable defined by another one is looked up when it is defined, as nft does.
class Variables {
public:
    // A table or a chain begins, or ends: what is defined inside is not seen outside.
    void open_scope();
    void close_scope();

    // `define NAME = value` and `redefine`. nft refuses a second `define`, so both do the same
    // here.
    void define(std::string_view name, std::string_view value);
    void undefine(std::string_view name);
    std::optional<std::string_view> find(std::string_view name) const;

    bool operator==(const Variables &) const = default;

private:
    using Scope = std::unordered_map<std::string, std::string>;
    std::vector<Scope> scopes_{1};  // the outermost first
};

}  // namespace rmirror::plugin
