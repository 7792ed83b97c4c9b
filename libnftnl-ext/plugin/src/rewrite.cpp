// SPDX-License-Identifier: GPL-2.0-only
//
// One pass: what is between two statements is copied, and positions are kept for messages.
#include "rewrite.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "assignment.hpp"
#include "include.hpp"

namespace rmirror::plugin {

namespace {

constexpr unsigned int include_depth_max = 16;  // MAX_INCLUDE_DEPTH of nft
}  // namespace

// Copies a text while it replaces parts of it, and keeps both positions.
class Builder {
public:
    // Reserves what is known to be needed: a text that grows leaves holes in the heap, among which
    // nft's own allocations get slower.
    explicit Builder(Source &source) : source_(source) {
        source.rewritten.reserve(source.original.size() + 1);
        source.places.reserve(source.found.items.size());
    }

    void replace(Place::Kind kind, Span span, std::string_view replacement) {
        copy_to(span.begin);
        Place place{kind, line_, {column(span.begin), 0}, {out_column(), 0}};
        std::string_view replaced = source_.text_at(span);
        place.original.end =
            place.original.begin + std::min(replaced.find("\\\n"), replaced.size());
        place.rewritten.end =
            place.rewritten.begin + std::min(replacement.find("\\\n"), replacement.size());
        source_.places.push_back(place);
        append(replacement);
        copied_ = span.end;
        count_lines(span.begin, span.end);
    }

    // Text that stands for the last character before it.
    void insert(Place::Kind kind, std::size_t at, std::string_view text) {
        copy_to(at);
        source_.places.push_back({kind,
                                  line_,
                                  {column(at) - 1, column(at)},
                                  {out_column(), out_column() + text.size()}});
        append(text);
    }

    // The same in blanks: there is nothing that nft should read.
    void blank(Span span) {
        copy_to(span.begin);
        for (std::size_t at = span.begin; at < span.end; at++) {
            std::string_view rest = std::string_view(source_.original).substr(at);
            const bool kept = rest[0] == '\n' || rest.starts_with("\\\n");
            append(kept ? rest.substr(0, 1) : " ");
        }
        copied_ = span.end;
        count_lines(span.begin, span.end);
    }

    void finish() { copy_to(source_.original.size()); }
    // Up to where the text has been dealt with
    std::size_t done() const { return copied_; }

private:
    void copy_to(std::size_t end) {
        append(std::string_view(source_.original).substr(copied_, end - copied_));
        count_lines(copied_, end);
        copied_ = end;
    }

    void append(std::string_view text) {
        std::size_t line_end = text.rfind('\n');
        if (line_end != text.npos)
            out_line_begin_ = source_.rewritten.size() + line_end + 1;
        source_.rewritten += text;
    }

    void count_lines(std::size_t begin, std::size_t end) {
        std::string_view text = std::string_view(source_.original).substr(0, end);
        for (std::size_t at = begin; (at = text.find('\n', at)) != text.npos;) {
            line_++;
            line_begin_ = ++at;
        }
    }

    std::size_t column(std::size_t offset) const { return offset - line_begin_; }
    std::size_t out_column() const { return source_.rewritten.size() - out_line_begin_; }

    Source &source_;
    std::size_t copied_ = 0;
    std::size_t line_ = 0;
    std::size_t line_begin_ = 0;
    std::size_t out_line_begin_ = 0;
};

namespace {

std::string included_from(const Source &parent, Span directive) {
    Position at = parent.original_lines.position_of(directive.begin);
    // To nft, the line end or semicolon after it is part of the directive.
    std::size_t end = at.column + directive.end - directive.begin + 1;
    std::string line = std::to_string(at.line + 1) + ':' + std::to_string(at.column + 1) + '-' +
                       std::to_string(end) + ":\n";
    if (parent.included_from.empty())
        return "In file included from " + parent.name + ':' + line;
    std::string outer = parent.included_from;
    outer.replace(0, outer.find("from"), "                 ");
    return "In file included from " + parent.name + ':' + line + outer;
}

std::string padded(std::string text, std::size_t size) {
    if (text.size() < size)
        text.insert(text.find(' '), size - text.size(), ' ');
    return text;
}

}  // namespace

bool concerns_plugin(std::string_view text) {
    for (std::string_view word : {"rmirror", "include", "define"})
        if (text.find(word) != text.npos)
            return true;
    return false;
}

std::optional<Refusal> Rewriter::read(std::string name, std::string text) {
    Source &source = sources_.emplace_back(std::move(name), std::move(text));
    if (!carriers_.admit(source.original))
        return Refusal{&source, {0, 0}, "rmirror: the text contains every control character"};
    return rewrite(source, 1);
}

std::optional<Refusal> Rewriter::rewrite(Source &source, unsigned int depth) {
    Builder builder(source);
    for (const Item &item : source.found.items)
        if (auto refusal = rewrite_item(source, item, depth, builder))
            return refusal;
    builder.finish();
    return std::nullopt;
}

std::optional<Refusal> Rewriter::rewrite_item(Source &source, const Item &item, unsigned int depth,
                                              Builder &builder) {
    switch (item.kind) {
        case Item::Kind::statement:
            return rewrite_statement(source, item, builder);
        case Item::Kind::misplaced:
            return Refusal{&source, item.span,
                           "rmirror is a statement of a rule and cannot be used in a set"};
        case Item::Kind::include:
            return rewrite_include(source, item, depth, builder);
        case Item::Kind::define:
            variables_.define(source.text_at(item.span), source.text_at(item.value));
            break;
        case Item::Kind::undefine:
            variables_.undefine(source.text_at(item.span));
            break;
        case Item::Kind::open_scope:
            variables_.open_scope();
            break;
        case Item::Kind::close_scope:
            variables_.close_scope();
            break;
    }
    return std::nullopt;
}

std::optional<Refusal> Rewriter::rewrite_statement(Source &source, const Item &item,
                                                   Builder &builder) {
    if (item.span.begin < builder.done())
        return std::nullopt;  // a word of the statement before it
    Result<Parsed> parsed =
        parse_in_rule(source.joined, item.span.begin,
                      [this](std::string_view name) { return variables_.find(name); });
    if (!parsed)
        return Refusal{&source, parsed.error().span, parsed.error().message};
    if (parsed->unknown)
        source.unknown.push_back(*parsed->unknown);

    // An expression stays where it is, between what replaces the words before it and nothing.
    const Statement &statement = parsed->statement;
    const auto carry = [&](Place::Kind kind, Span words, const std::string &assigned) {
        // Between two expressions: the blank stays, but for that of a line that goes on.
        const char first = source.original[words.begin];
        words.begin += first == ' ' || first == '\t' ? 1 : 0;
        const auto carrier = carriers_.make(source.text_at(words), statement, assigned);
        if (carrier)
            builder.replace(kind, words, (first == '\\' ? " " : "") + *carrier);
        return carrier.has_value();
    };
    std::size_t done = item.span.begin;
    bool fits = true;
    if (const Span collector = parsed->collector_expression; collector.end != 0) {
        fits = carry(Place::Kind::head, {done, collector.begin},
                     std::string(field_for(item.family, statement).text) + " set ");
        done = collector.end;
    }
    if (const Span key = parsed->key_expression; fits && key.end != 0) {
        std::string assigned = std::string(key_field.text) + " set ";
        if (parsed->is_typed)
            assigned += hash_begin;
        fits = carry(Place::Kind::head_of_key, {done, key.begin}, assigned);
        if (fits && parsed->is_typed)
            builder.insert(Place::Kind::tail, key.end, hash_end);
        done = key.end;
    }
    if (fits && done == item.span.begin)
        fits = carry(Place::Kind::statement, parsed->span, {});
    else if (fits)
        builder.blank({done, parsed->span.end});
    if (!fits)
        return Refusal{&source, parsed->span,
                       "rmirror: too many different statements of this length"};
    return std::nullopt;
}

std::optional<Refusal> Rewriter::rewrite_include(Source &source, const Item &directive,
                                                 unsigned int depth, Builder &builder) {
    if (depth >= include_depth_max)
        return std::nullopt;
    Span span = directive.span;
    std::string_view text =
        std::string_view(source.joined).substr(span.begin, span.end - span.begin);
    std::size_t quote = text.find('"');
    std::string_view pattern = text.substr(quote + 1, text.size() - quote - 2);

    std::vector<std::string> paths;
    bool changed = false;
    for (const std::string &path : included_files(pattern, include_paths_)) {
        const Source *included = nullptr;
        if (auto refusal = include_file(source, directive, path, depth, included))
            return refusal;
        changed = changed || (included && included->changed());
        paths.push_back(included ? included->path : path);
    }
    if (!changed)
        return std::nullopt;
    std::string replacement;
    for (const std::string &path : paths)
        replacement += (replacement.empty() ? "include \"" : "; include \"") + path + '"';
    builder.replace(Place::Kind::include, span, padded(std::move(replacement), text.size()));
    return std::nullopt;
}

std::optional<Refusal> Rewriter::include_file(const Source &parent, const Item &directive,
                                              const std::string &path, unsigned int depth,
                                              const Source *&included) {
    if (std::error_code ignored; !std::filesystem::is_regular_file(path, ignored))
        return std::nullopt;  // nft's to refuse
    std::optional<std::string> text = read_text(path);
    if (!text || !concerns_plugin(*text))
        return std::nullopt;
    Source &source =
        sources_.emplace_back(path, std::move(*text),
                              directive.in_block ? std::optional(directive.family) : std::nullopt);
    source.path = path;
    source.included_from = included_from(parent, directive.span);
    if (!carriers_.admit(source.original))
        return Refusal{&parent, directive.span,
                       "rmirror: an included file contains a control character"};
    if (auto refusal = rewrite(source, depth + 1))
        return refusal;
    included = &source;
    if (!source.changed())
        return std::nullopt;
    TextFile &file = files_.emplace_back(source.rewritten);
    if (!file.ok())
        return Refusal{
            &parent, directive.span,
            "rmirror: what was read from this file cannot be handed to nft: " + file.error()};
    source.path = file.path();
    return std::nullopt;
}

}  // namespace rmirror::plugin
