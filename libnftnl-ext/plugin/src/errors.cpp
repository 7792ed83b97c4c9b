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

namespace {

bool is_about_words(std::string_view line) {
    return line.find("Error: syntax error") != line.npos ||
           line.ends_with("Error: No symbol type information");
}

// Does the line hold `rmiror to`, `mirror ip6 to`?
bool holds_near_miss(std::string_view line) {
    for (std::size_t to = 0; (to = line.find(" to ", to)) != line.npos; to++) {
        std::string_view before = line.substr(0, to);
        for (std::string_view family : {" ip", " ip6"})
            if (before.ends_with(family))
                before.remove_suffix(family.size());
        const std::size_t word = before.find_last_of(" \t;{") + 1;
        const std::string_view written = before.substr(word);
        if (is_near(written, "rmirror") || written == "RMIRROR")  // of iptables
            return true;
    }
    return false;
}

// The line that a message shows; next: the lines behind the message. Empty: it is still to come.
std::string_view shown_line(std::string_view next) {
    std::string_view line = take_line(next);
    return line.starts_with("expected any of: ") ? take_line(next) : line;  // nft 1.1.7
}

// A hint for the end of a message of nft's
std::string_view near_miss(std::string_view message, std::string_view line) {
    if (!is_about_words(message))
        return {};
    return holds_near_miss(line) ? " (did you mean 'rmirror'?)" : std::string_view{};
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
            const std::string_view shown = shown_line(text);
            if (is_about_words(first) && shown.empty())
                return size - at.size();
            other(first, out, near_miss(first, shown));
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
    if (place && place->is_ours())
        return place;
    if (!source.path.empty() || source.rewritten_lines.count() == 1)
        return nullptr;
    // A command of several lines: nft tells the column, but not in which line. The carets of a
    // carrier are under its name, which ends it.
    for (const Place &other_line : source.places)
        if (other_line.kind == Place::Kind::statement &&
            other_line.rewritten.begin < columns.begin && other_line.rewritten.end == columns.end)
            return &other_line;
    return nullptr;
}

namespace {

// The `~` below another place that a message is about, in the columns of the user
std::string other_marks(const Source &source, std::size_t line, std::string_view marks) {
    std::string moved;
    std::size_t end = 0;
    for (std::size_t begin; (begin = marks.find('~', end)) != marks.npos;) {
        end = std::min(marks.find_first_not_of('~', begin), marks.size());
        const Span columns = source.original_columns(line, {begin, end});
        moved.resize(std::max(moved.size(), columns.end), ' ');
        std::fill(moved.begin() + static_cast<std::ptrdiff_t>(columns.begin),
                  moved.begin() + static_cast<std::ptrdiff_t>(columns.end), '~');
    }
    return moved;
}

}  // namespace

void ErrorFilter::record(Head head, const Body &body, std::string &out) const {
    const Source &source = *head.source;
    Span columns = caret_columns(body.marks);
    if (stray(head, columns, out) || unknown_word(head, columns, out))
        return;
    const Place *place = place_of(head, columns);
    std::string message = message_for(head, place, columns);
    // Of the hash that carries a key
    if (constexpr std::string_view expected = ", expecting mod"; message.ends_with(expected))
        if (const Place *before = source.place_before(head.line, columns.begin + 1);
            before && before->kind == Place::Kind::head_of_key)
            message.resize(message.size() - expected.size());
    message += expression_hint(head, place, columns);
    if (is_about_words("Error: " + message) && holds_near_miss(body.line))
        message += " (did you mean 'rmirror'?)";
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
    const std::string marks = other_marks(source, head.line, body.marks);
    out.append(carets(shown.line, shown.columns,
                      std::string_view(marks).substr(std::min(shown.moved, marks.size()))))
        .append(1, '\n');
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

// nft does not know the word behind a statement, either, or what it takes for a match with it.
bool ErrorFilter::unknown_word(const Head &head, Span columns, std::string &out) const {
    const Source &source = *head.source;
    const bool about_words = head.message.starts_with("syntax error") ||
                             head.message == "No symbol type information" ||
                             head.message.starts_with("unknown raw payload base");
    if (!about_words || (source.path.empty() && source.original_lines.count() > 1))
        return false;
    const std::string_view line = source.original_lines.line(head.line);
    const auto begin = static_cast<std::size_t>(line.data() - source.original.data());
    const std::size_t at = begin + source.original_columns(head.line, columns).begin;
    const auto after = std::partition_point(source.unknown.begin(), source.unknown.end(),
                                            [at](const Error &e) { return e.span.begin <= at; });
    if (after == source.unknown.begin())
        return false;
    const Error &error = *(after - 1);
    const std::string_view between =
        source.text_at({error.span.begin, std::max(at, error.span.begin)});
    if (between.find_first_of("\n;}") != between.npos)
        return false;
    out += report_place({&source, error.span, error.message});
    return true;
}

// nft speaks of the assignment that carries the expression.
std::string ErrorFilter::expression_hint(const Head &head, const Place *place, Span columns) const {
    const Source &source = *head.source;
    if (!place)
        place = source.place_before(head.line, columns.begin + 1);
    if (place && place->kind == Place::Kind::head_of_key)
        return head.message.starts_with("datatype mismatch") ? " (the key is a number)" : "";
    if (!place || place->kind != Place::Kind::head)
        return {};
    // It is an expression to nft, but not one that it assigns.
    if (head.message.starts_with("syntax error, unexpected fib") ||
        head.message.starts_with("syntax error, unexpected map") ||
        head.message.starts_with("syntax error, unexpected vmap"))
        return " (a stock nft does not take the collector from this)";
    if (head.message.starts_with("datatype mismatch"))
        return " (the collector is an IPv4 address, or with 'rmirror ip6 to' an IPv6 address)";
    // "conflicting protocols specified", since 1.1 "conflicting link layer protocols specified"
    if (!head.message.starts_with("conflicting"))
        return {};
    return head.message.ends_with("vlan")
               ? " (a VLAN tag is no key for the collector with a stock nft: write a rule for each)"
               : " (a stock nft takes the collector from an expression with 'ip' only if it is an "
                 "IPv4 address, with 'ip6' only if it is an IPv6 address)";
}

// May an error at these columns, which are no statement's, be about one? Yes when they include one,
// as those of a whole command do, or when there are none.
bool ErrorFilter::may_concern(const Head &head, Span columns) const {
    if (!head.source)
        return json_;
    const Source &source = *head.source;
    const Place *place = source.place_before(head.line, columns.end);
    while (place && place->rewritten.begin >= columns.begin) {
        if (place->is_ours())
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
        // It expects more of what it has read, and has seen what is ours behind it.
        if (place->kind == Place::Kind::tail && message.starts_with("syntax error"))
            return "syntax error, the key is not complete";
        // Where nft expects no statement at all
        if (std::size_t at = message.find(unexpected); at != message.npos)
            return std::string(message.substr(0, at)) + "unexpected rmirror" +
                   std::string(message.substr(at + unexpected.size()));
    } else if (!bare && may_concern(head, columns)) {
        return std::string(refused) + hint(reason);
    }
    return std::string(message);
}

// Any other line: names of files and carriers only. hint: for its end
void ErrorFilter::other(std::string_view line, std::string &out, std::string_view hint) const {
    if (!violation_.empty() && line.starts_with("netlink: Error: "))
        return;  // what nft makes of a batch that is not sent
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
    out.append(original_line(line)).append(hint).append(1, '\n');
}

// Of the end of a file nft shows the first line.
std::string ErrorFilter::original_line(std::string_view line) const {
    if (rewriter_ && !line.empty())
        for (const Source &source : rewriter_->sources())
            if (source.rewritten_lines.line(0) == line)
                return std::string(source.original_lines.line(0));
    return without_carriers(line, carriers_);
}

}  // namespace rmirror::plugin
