// SPDX-License-Identifier: GPL-2.0-only
//
// Finds the messages of nft in what it prints, and rewrites them.
#include "errors.hpp"

#include <algorithm>
#include <charconv>

#include "output.hpp"

namespace rmirror::plugin {

namespace {

constexpr std::string_view refused = "Could not process rule: ";
constexpr std::string_view unexpected = "unexpected quota";

// Reads a number and the byte that follows it.
bool take_number(std::string_view &text, char follower, std::size_t &number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end == text.data() + text.size() || *end != follower)
        return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return true;
}

std::string_view take_line(std::string_view &text) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

bool is_carets(std::string_view line) {
    // By hand: below a long line it is as long, and there may be one for each statement.
    const auto is_other = [](char c) { return c != ' ' && c != '^' && c != '~' && c != '\t'; };
    return line.find('^') != line.npos && std::none_of(line.begin(), line.end(), is_other);
}

Span caret_columns(std::string_view carets) {
    std::size_t begin = std::min(carets.find('^'), carets.size());
    return {begin, std::min(carets.find_first_not_of('^', begin), carets.size())};
}

}  // namespace

std::size_t ErrorFilter::lines(std::string_view text, std::string &out) {
    if (!text.ends_with('\n'))
        return 0;  // part of a line: the end is still to come
    std::size_t size = text.size();
    while (!text.empty()) {
        std::string_view at = text;
        std::string_view first = take_line(text);
        Head head;
        if (!read_head(first, head)) {
            other(first, out);
            continue;
        }
        if (!head.source) {  // JSON
            out.append(first.substr(0, first.size() - head.message.size()));
            out.append(message_for(head, nullptr, {})).append(1, '\n');
            continue;
        }
        Body body = read_body(head, text);
        if (body.is_incomplete)
            return size - at.size();
        if (body.marks.empty()) {
            other(first, out);
            continue;
        }
        record(head, body, out);
        text = body.after;
    }
    return size;
}

// Finds the line and the carets in the lines after a head.
ErrorFilter::Body ErrorFilter::read_body(const Head &head, std::string_view text) const {
    constexpr int explanation_max = 8;  // lines
    Body body;
    body.after = text;
    for (int i = 0; i <= explanation_max; i++) {
        std::string_view rest = body.after;
        std::string_view line = take_line(body.after);
        std::string_view marks = body.after.substr(0, body.after.find('\n'));
        if (body.after.find('\n') == body.after.npos) {
            body.is_incomplete = true;
            return body;
        }
        if (shows(head, line) && is_carets(marks)) {
            body.explanation = text.substr(0, text.size() - rest.size());
            body.line = line;
            body.marks = take_line(body.after);
            return body;
        }
        if (Head next; line.empty() || read_head(line, next))
            return body;
    }
    return body;
}

void ErrorFilter::rest(std::string_view text, std::string &out) {
    while (!text.empty()) {
        bool ended = text.find('\n') != text.npos;
        other(take_line(text), out);
        if (!ended)
            out.pop_back();
    }
}

ErrorFilter::Location ErrorFilter::read_location(std::string_view text) const {
    if (!rewriter_)
        return {};
    for (const Source &source : rewriter_->sources()) {
        if (source.path.empty() || !text.starts_with(source.path + ':'))
            continue;
        Location at{&source, 0, {}, 0};
        std::string_view rest = text.substr(source.path.size() + 1);
        if (!take_number(rest, ':', at.line) || !take_number(rest, '-', at.columns.begin) ||
            !take_number(rest, ':', at.columns.end))
            continue;
        at.line -= at.line > 0;
        at.columns.begin -= at.columns.begin > 0;
        at.length = text.size() - rest.size();
        return at;
    }
    return {};
}

bool ErrorFilter::read_head(std::string_view line, Head &head) const {
    constexpr std::string_view internal = "internal:0:0-0: ";
    if (json_ && line.starts_with(internal)) {
        line.remove_prefix(internal.size());
    } else if (Location at = read_location(line); at.source) {
        head.source = at.source;
        head.line = at.line;
        head.columns = at.columns;
        line.remove_prefix(at.length);
        line.remove_prefix(line.starts_with(' '));
    } else if (rewriter_ && rewriter_->main().path.empty()) {
        head.source = &rewriter_->main();
    }
    if (!json_ && !head.source)
        return false;
    for (std::string_view severity : {"Error: ", "Warning: "}) {
        if (!line.starts_with(severity))
            continue;
        head.severity = severity;
        head.message = line.substr(severity.size());
        return true;
    }
    return false;
}

// nft prints at most 1023 bytes of a line of a file, and of a command line always the first line.
bool ErrorFilter::shows(const Head &head, std::string_view line) const {
    std::string_view expected = head.source->rewritten_lines.line(head.line);
    return line.size() >= std::min<std::size_t>(expected.size(), 1023) &&
           expected.starts_with(line);
}

// The statement whose carrier begins where the carets do.
const Place *ErrorFilter::place_of(const Head &head, Span columns) const {
    const Source &source = *head.source;
    const Place *place = source.place_at(head.line, columns.begin);
    if (place && place->kind == Place::Kind::statement)
        return place;
    if (!source.path.empty() || source.rewritten_lines.count() == 1)
        return nullptr;
    // A command of several lines: nft tells the column, but not in which line. The carets of a
    // carrier are under its name, which ends it.
    for (const Place &other_line : source.places)
        if (other_line.rewritten.begin < columns.begin && other_line.rewritten.end == columns.end)
            return &other_line;
    return nullptr;
}

void ErrorFilter::record(Head head, const Body &body, std::string &out) const {
    const Source &source = *head.source;
    Span columns = caret_columns(body.marks);
    if (stray(head, columns, out))
        return;
    const Place *place = place_of(head, columns);
    std::string message = message_for(head, place, columns);
    if (place)
        head.line = place->line;
    columns = place ? place->original : source.original_columns(head.line, columns);
    std::string_view original = source.original_lines.line(head.line);
    bool cut = body.line.size() < source.rewritten_lines.line(head.line).size();
    const Excerpt shown =
        place ? excerpt(original, columns)
              : Excerpt{std::string(original.substr(0, cut ? body.line.size() : original.npos)),
                        columns, 0};

    if (!source.path.empty())
        out += location(source.name, head.line,
                        place ? columns : source.original_columns(head.line, head.columns));
    out.append(head.severity).append(message).append(1, '\n').append(body.explanation);
    out.append(shown.line).append(1, '\n');
    std::string_view marks = body.marks.substr(std::min(shown.moved, body.marks.size()));
    out.append(carets(shown.line, shown.columns, marks)).append(1, '\n');
}

// nft refused a line in which `rmirror` stands where a statement begins, at that word or after it.
bool ErrorFilter::stray(const Head &head, Span columns, std::string &out) const {
    const Source &source = *head.source;
    if (source.path.empty() && source.original_lines.count() > 1)
        return false;  // nft does not tell which line is meant
    bool syntax = head.message.starts_with("syntax error");
    std::string_view line = source.original_lines.line(head.line);
    std::size_t begin = static_cast<std::size_t>(line.data() - source.original.data());
    const std::vector<std::size_t> &strays = source.found.strays;
    const auto at =
        std::lower_bound(strays.begin(), strays.end(), syntax ? begin : begin + columns.begin);
    if (at == strays.end() || *at > begin + columns.begin || *at >= begin + line.size())
        return false;
    Result<Parsed> parsed = parse_text(source.joined, *at);
    if (parsed)
        return false;
    out += report_place({&source, parsed.error().span, parsed.error().message});
    return true;
}

// May an error at these columns, which are no statement's, be about one? Yes when they include one,
// as those of a whole command do, or when there are none.
bool ErrorFilter::may_concern(const Head &head, Span columns) const {
    if (!head.source)
        return json_;
    const Source &source = *head.source;
    const Place *place = source.place_before(head.line, columns.end);
    while (place && place->rewritten.begin >= columns.begin) {
        if (place->kind == Place::Kind::statement)
            return true;
        place = source.place_before(head.line, place->rewritten.begin);
    }
    return false;
}

std::string ErrorFilter::message_for(const Head &head, const Place *place, Span columns) const {
    std::string_view message = head.message;
    bool bare = !message.starts_with(refused);
    std::string_view reason = bare ? message : message.substr(refused.size());
    if (place) {
        std::string explanation = explain(reason);
        if (!explanation.empty())
            return std::string(refused) + explanation;
        // Where nft expects no statement at all
        if (std::size_t at = message.find(unexpected); at != message.npos)
            return std::string(message.substr(0, at)) + "unexpected rmirror" +
                   std::string(message.substr(at + unexpected.size()));
    } else if (!bare && may_concern(head, columns)) {
        return std::string(refused) + hint(reason);
    }
    return std::string(message);
}

// Any other line: names of files and carriers only.
void ErrorFilter::other(std::string_view line, std::string &out) const {
    if (std::size_t from = line.find("from "); from != line.npos) {
        if (Location at = read_location(line.substr(from + 5)); at.source) {
            std::string where = location(at.source->name, at.line,
                                         at.source->original_columns(at.line, at.columns));
            where.pop_back();
            out.append(line.substr(0, from + 5)).append(where).append(1, '\n');
            return;
        }
    }
    if (Location at = read_location(line); at.source) {
        out += location(at.source->name, at.line, at.source->original_columns(at.line, at.columns));
        line.remove_prefix(at.length);
        line.remove_prefix(line.starts_with(' '));
    }
    out.append(without_carriers(line, carriers_)).append(1, '\n');
}

}  // namespace rmirror::plugin
