// SPDX-License-Identifier: GPL-2.0-only
//
// How a statement is written as a quota statement of the same length.
#include "carrier.hpp"

#include <algorithm>

#include "assignment.hpp"

namespace rmirror::plugin {

namespace {

constexpr std::string_view head = "quota";
constexpr std::string_view option = "name\"";
constexpr std::size_t fixed_size =
    head.size() + 1 + option.size() + 1 + 1;  // marker, closing quote
constexpr std::size_t id_max = 5;

// Bytes of an id: everything a quoted string of nft keeps as it is. Not `"`, which ends it, not
// `$`, which starts a variable, `*` and `\`, which mean something at the end of a string, and no
// control byte, which a marker could be.
const std::string &id_bytes() {
    static const std::string bytes = [] {
        std::string all;
        for (int c = 0x21; c <= 0xff; c++)
            if (c != '"' && c != '$' && c != '*' && c != '\\' && c != 0x7f)
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

std::string Carriers::control_bytes() {
    std::string bytes;
    for (char c = '\x1f'; c > '\0'; c--)
        if (c < '\t' || c > '\r')
            bytes += c;
    return bytes;
}

bool Carriers::admit(std::string_view text) {
    const auto is_control = [](unsigned char c) { return c < 0x20 && (c < '\t' || c > '\r'); };
    if (std::none_of(text.begin(), text.end(), is_control))
        return true;
    std::erase_if(free_, [text](char c) { return text.find(c) != text.npos; });
    return text.find_first_of(marks_) == text.npos && !(marks_.empty() && free_.empty());
}

std::optional<std::string> Carriers::new_name(std::size_t room) {
    std::size_t length = std::min(room, id_max);
    if (marks_.empty() || length == 0) {
        if (free_.empty())
            return std::nullopt;
        marks_ += free_.back();
        free_.pop_back();
        // The first one is the marker; if that was for this carrier, its own is still to come.
        return length == 0 && marks_.size() > 1 ? std::string(1, marks_.back()) : new_name(room);
    }
    std::optional<std::string> id = id_text(next_[length]++, length);
    return id ? std::optional(marks_.front() + *id) : std::nullopt;
}

std::optional<std::string> Carriers::name_for(std::string_view raw, std::size_t room,
                                              const Statement &statement,
                                              std::string_view assigned) {
    // Variables: equal texts may have different meanings.
    const std::vector<std::uint8_t> bytes = encode(statement);
    std::string key(raw);
    key.append(1, '\0').append(assigned).append(1, '\0').append(bytes.begin(), bytes.end());
    auto known = name_of_.find(key);
    if (known != name_of_.end())
        return known->second;
    std::optional<std::string> name = new_name(room);
    if (!name)
        return std::nullopt;
    carried_.emplace(*name,
                     Carried{std::string(raw), {statement, {}}, assigned.ends_with(hash_begin)});
    name_of_.emplace(std::move(key), *name);
    has_expressions_ = has_expressions_ || statement.has_expression();
    return name;
}

std::optional<std::string> Carriers::make(std::string_view raw, const Statement &statement,
                                          std::string_view assigned) {
    // The carrier is in the first line. Nothing but a backslash follows it there when the statement
    // goes on in the next line, so it may be longer than what it replaces.
    std::size_t first = raw.find("\\\n");
    bool continued = first != raw.npos;
    if (!continued)
        first = raw.size();
    const bool exact = !continued && assigned.empty();
    if (exact && first < fixed_size)
        return std::nullopt;
    std::optional<std::string> name =
        name_for(raw, exact ? first - fixed_size : id_max, statement, assigned);
    if (!name)
        return std::nullopt;
    std::size_t used = head.size() + option.size() + name->size() + 1;
    std::string carrier(head);
    carrier.append(first > used ? first - used : 1, ' ');
    carrier.append(option).append(*name).append(1, '"');
    if (!assigned.empty())
        carrier.append(1, ' ').append(assigned);
    for (std::size_t i = first; i < raw.size(); i++)
        carrier += raw[i] == '\n' || (raw[i] == '\\' && raw[i + 1] == '\n') ? raw[i] : ' ';
    return carrier;
}

const Carried *Carriers::find(std::string_view name) const {
    if (name.empty() || marks_.find(name.front()) == marks_.npos)
        return nullptr;
    auto found = carried_.find(std::string(name));
    return found == carried_.end() ? nullptr : &found->second;
}

}  // namespace rmirror::plugin
