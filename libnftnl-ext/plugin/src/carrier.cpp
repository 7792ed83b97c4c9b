// SPDX-License-Identifier: GPL-2.0-only
//
// How a statement is written as a log statement of the same length.
#include "carrier.hpp"

#include <algorithm>

namespace rmirror::plugin {

namespace {

constexpr std::string_view head = "log";
constexpr std::string_view option = "prefix\"";
constexpr std::size_t fixed_size =
    head.size() + 1 + option.size() + 1 + 1;  // marker, closing quote
constexpr std::size_t id_max = 5;

// Bytes of an id: everything a quoted string of nft keeps as it is. Not `"`, which ends it, not
// `$`, which starts a variable, and no control byte, which a marker could be.
const std::string &id_bytes() {
    static const std::string bytes = [] {
        std::string all;
        for (int c = 0x21; c <= 0xff; c++)
            if (c != '"' && c != '$' && c != '\\' && c != 0x7f)
                all += static_cast<char>(c);
        return all;
    }();
    return bytes;
}

std::optional<std::string> id_text(std::size_t number, std::size_t length) {
    const std::string &bytes = id_bytes();
    std::string id(length, bytes[0]);
    for (char &c : id) {
        c = bytes[number % bytes.size()];
        number /= bytes.size();
    }
    if (number)
        return std::nullopt;
    return id;
}

}  // namespace

bool Carriers::choose_marker(std::string_view text) {
    for (char candidate = '\x01'; candidate < '\x20'; candidate++) {
        if (candidate >= '\t' && candidate <= '\r')
            continue;
        if (text.find(candidate) == text.npos) {
            marker_ = candidate;
            return true;
        }
    }
    return false;
}

std::optional<std::string> Carriers::prefix_for(std::string_view raw, std::size_t room,
                                                const Statement &statement) {
    auto known = prefix_of_.find(std::string(raw));
    if (known != prefix_of_.end())
        return known->second;
    std::size_t length = std::min(room, id_max);
    std::optional<std::string> id = id_text(next_[length]++, length);
    if (!id)
        return std::nullopt;
    std::string prefix = marker_ + *id;
    carried_.emplace(prefix, Carried{std::string(raw), {statement, {}}});
    prefix_of_.emplace(raw, prefix);
    return prefix;
}

std::optional<std::string> Carriers::make(std::string_view raw, const Statement &statement) {
    // The carrier is in the first line. Nothing but a backslash follows it there when the statement
    // goes on in the next line, so it may be longer than what it replaces.
    std::size_t first = raw.find("\\\n");
    bool continued = first != raw.npos;
    if (!continued)
        first = raw.size();
    std::size_t room = continued ? id_max : raw.size() - std::min(raw.size(), fixed_size);
    if (room == 0)
        return std::nullopt;

    std::optional<std::string> prefix = prefix_for(raw, room, statement);
    if (!prefix)
        return std::nullopt;
    std::size_t used = head.size() + option.size() + prefix->size() + 1;
    std::string carrier(head);
    carrier.append(first > used ? first - used : 1, ' ');
    carrier.append(option).append(*prefix).append(1, '"');
    for (std::size_t i = first; i < raw.size(); i++)
        carrier += raw[i] == '\n' || (raw[i] == '\\' && raw[i + 1] == '\n') ? raw[i] : ' ';
    return carrier;
}

const Carried *Carriers::find(std::string_view prefix) const {
    if (prefix.empty() || prefix.front() != marker_)
        return nullptr;
    auto found = carried_.find(std::string(prefix));
    return found == carried_.end() ? nullptr : &found->second;
}

}  // namespace rmirror::plugin
