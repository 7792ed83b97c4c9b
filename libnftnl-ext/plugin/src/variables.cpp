// SPDX-License-Identifier: GPL-2.0-only
#include "variables.hpp"

namespace rmirror::plugin {

void Variables::open_scope() {
    scopes_.emplace_back();
}

// A brace too many is nft's to refuse.
void Variables::close_scope() {
    if (scopes_.size() > 1)
        scopes_.pop_back();
}

void Variables::define(std::string_view name, std::string_view value) {
    if (value.starts_with('$'))
        if (std::optional<std::string_view> other = find(value.substr(1)))
            value = *other;
    std::string copy(value);  // it may be that of the same name
    scopes_.back()[std::string(name)] = std::move(copy);
}

void Variables::undefine(std::string_view name) {
    scopes_.back().erase(std::string(name));
}

std::optional<std::string_view> Variables::find(std::string_view name) const {
    const std::string key(name);
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
        if (auto found = scope->find(key); found != scope->end())
            return found->second;
    return std::nullopt;
}

}  // namespace rmirror::plugin
