// SPDX-License-Identifier: GPL-2.0-only
//
// Marks are numbered; equal expressions share one.
#include "registry.hpp"

#include <jansson.h>
#include <sys/random.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <new>

namespace rmirror::plugin {

namespace {

constexpr std::string_view signs = ";,.";  // by Part

struct JsonDeleter {
    void operator()(json_t *value) const { json_decref(value); }
};
using Json = std::unique_ptr<json_t, JsonDeleter>;

std::string make_stem() {
    std::uint8_t random[12];
    if (getrandom(random, sizeof random, 0) != ssize_t{sizeof random})
        std::abort();  // cannot happen for so few bytes
    std::string stem = "rmirror-";
    for (std::uint8_t byte : random) {
        stem += "0123456789abcdef"[byte >> 4];
        stem += "0123456789abcdef"[byte & 15];
    }
    return stem + ':';
}

std::string json_line(Json value) {
    std::unique_ptr<char, decltype(&std::free)> line(
        value ? json_dumps(value.get(), JSON_ENCODE_ANY) : nullptr, &std::free);
    if (!line)
        throw std::bad_alloc();
    return line.get();
}

std::string key_of(std::span<const std::uint8_t> bytes) {
    return std::string(bytes.begin(), bytes.end());
}

}  // namespace

// It must be seen, it must name the reason, and loading it must fail: `?` is no address.
std::string Meaning::text() const {
    return statement ? to_text(*statement) : "rmirror to ? \"" + reason + '"';
}

std::string Meaning::json() const {
    return json_line(Json(statement
                              ? json_pack("{s:o}", "rmirror", to_json(*statement))
                              : json_pack("{s:{s:s}}", "rmirror", "unknown", reason.c_str())));
}

std::string in_json_string(const std::string &text) {
    const std::string string = json_line(Json(json_stringn(text.data(), text.size())));
    return string.substr(1, string.size() - 2);
}

const std::string &Registry::stem() {
    static const std::string stem = make_stem();
    return stem;
}

Registry::Row *Registry::find_row(const std::string &key) {
    auto known = row_of_.find(key);
    return known == row_of_.end() ? nullptr : &rows_.at(known->second);
}

Registry::Row &Registry::add(std::string key, Meaning meaning) {
    has_added_ = true;
    const std::size_t number = next_++;
    std::string mark = stem() + std::to_string(number) + signs.front();
    auto place = row_of_.emplace(std::move(key), number).first;
    return rows_.emplace(number, Row{std::move(mark), std::move(meaning), &place->first, 0, false})
        .first->second;
}

const std::string &Registry::mark(const Statement &statement) {
    std::string key = key_of(encode(statement));
    Row *known = find_row(key);
    Row &row = known ? *known : add(std::move(key), {statement, {}});
    row.is_sent = has_sent_ = true;
    return row.mark;
}

const std::string &Registry::mark(std::span<const std::uint8_t> bytes, bool dumped) {
    std::string key = key_of(without_counters(bytes));
    Row *row = find_row(key);
    if (!row) {
        Result<Statement> statement = decode(bytes);
        row = &add(std::move(key), statement ? Meaning{std::move(*statement), {}}
                                             : Meaning{std::nullopt, statement.error().message});
        if (!dumped)
            add_event(next_ - 1);
    }
    return mark_of_dump(*row, dumped);
}

const std::string &Registry::mark_unshown(std::span<const std::uint8_t> bytes, bool dumped,
                                          const char *reason) {
    std::string key = key_of(without_counters(bytes)) + reason;  // no attribute
    Row *row = find_row(key);
    if (!row) {
        row = &add(std::move(key), {std::nullopt, reason});
        if (!dumped)
            add_event(next_ - 1);
    }
    return mark_of_dump(*row, dumped);
}

const std::string &Registry::mark_of_dump(Row &row, bool dumped) {
    if (dumped) {
        dump_ += !has_dumped_;
        has_dumped_ = true;
        row.dump = dump_;
    }
    return row.mark;
}

std::string Registry::middle_of(const std::string &mark) {
    return mark.substr(0, mark.size() - 1) + signs[static_cast<std::size_t>(Part::middle)];
}

std::string Registry::end_of(const std::string &mark) {
    return mark.substr(0, mark.size() - 1) + signs[static_cast<std::size_t>(Part::end)];
}

void Registry::add_event(std::size_t number) {
    events_.push_back(number);
    if (events_.size() <= events_max)
        return;
    erase(events_.front());
    events_.pop_front();
}

// Unless there is another reason to keep it
void Registry::erase(std::size_t number) noexcept {
    auto row = rows_.find(number);
    if (row == rows_.end() || row->second.dump || row->second.is_sent)
        return;
    row_of_.erase(row_of_.find(*row->second.key));
    rows_.erase(row);
}

template <typename Condition>
void Registry::erase_if(Condition condition) noexcept {
    for (auto row = rows_.begin(); row != rows_.end();) {
        if (!condition(row->second)) {
            ++row;
            continue;
        }
        row_of_.erase(row_of_.find(*row->second.key));
        row = rows_.erase(row);
    }
}

void Registry::release() noexcept {
    if (has_added_)
        erase_if([](const Row &row) { return row.dump == 0; });
    if (has_dumped_ && rows_.size() > limit_) {
        erase_if([this](const Row &row) { return row.dump < dump_; });
        limit_ = std::max(limit_min, 2 * rows_.size());
    }
    if (has_sent_)
        for (auto &[number, row] : rows_)
            row.is_sent = false;
    events_.clear();
    has_added_ = has_dumped_ = has_sent_ = false;
}

Registry::Found Registry::find(std::string_view text) const {
    if (!text.starts_with(stem()))
        return {};
    const char *begin = text.data() + stem().size();
    const char *end = text.data() + text.size();
    std::size_t number = 0;
    auto [last, error] = std::from_chars(begin, end, number);
    const std::size_t part = last == end ? signs.npos : signs.find(*last);
    if (error != std::errc{} || part == signs.npos)
        return {};
    auto row = rows_.find(number);
    if (row == rows_.end())
        return {};
    return {&row->second.meaning, static_cast<std::size_t>(last + 1 - text.data()),
            static_cast<Part>(part)};
}

}  // namespace rmirror::plugin
