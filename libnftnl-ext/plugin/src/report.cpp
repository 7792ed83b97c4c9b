// SPDX-License-Identifier: GPL-2.0-only
//
// The kernel tells an errno and the place, and nothing else: an nf_tables expression cannot give an
// extended-ack message. The UAPI header says what each errno of this expression stands for.
#include "report.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace rmirror::plugin {

namespace {

struct Explanation {
    int error;
    const char *text;
};

constexpr Explanation explanations[] = {
    {ENOENT, "the kernel has no rmirror expression: load its module with `modprobe nft_rmirror`"},
    {EINVAL,
     "the rmirror module found an attribute missing, malformed or not of this encapsulation"},
    {ERANGE, "the rmirror module found a number out of its range"},
    {EADDRNOTAVAIL,
     "rmirror cannot mirror to an unspecified or broadcast address, nor without device to a "
     "multicast or link-local one"},
    {EAFNOSUPPORT, "an address of rmirror is of a family that does not fit"},
    {EOPNOTSUPP,
     "this version of the rmirror module does not support the encapsulation, an option or the "
     "hook"},
};

const char *explanation_of(std::string_view reason) {
    for (const Explanation &explanation : explanations)
        if (reason.starts_with(std::strerror(explanation.error)))
            return explanation.text;
    return nullptr;
}

}  // namespace

std::string carets(std::string_view line, Span columns, std::string_view extra) {
    std::string out(std::max(columns.end, extra.size()), ' ');
    for (std::size_t i = 0; i < out.size(); i++) {
        if (i < line.size() && line[i] == '\t')
            out[i] = '\t';
        if (i < extra.size() && extra[i] == '~')
            out[i] = '~';
        if (i >= columns.begin && i < columns.end)
            out[i] = '^';
    }
    return out;
}

Excerpt excerpt(std::string_view line, Span columns) {
    constexpr std::size_t shown_max = 1023;  // bytes, of nft
    constexpr std::size_t before_max = 60;   // of what stands before the columns
    constexpr std::string_view left_out = "...";
    if (line.size() <= shown_max || columns.end <= shown_max)
        return {std::string(line.substr(0, shown_max)), columns, 0};
    std::size_t begin = columns.begin - std::min(columns.begin, before_max);
    begin = std::min(line.find(' ', begin), columns.begin);
    std::string shown(left_out);
    shown += line.substr(begin, shown_max);
    std::size_t moved = begin - std::min(begin, left_out.size());
    columns = {columns.begin - moved, std::min(columns.end - moved, shown.size())};
    return {std::move(shown), columns, moved};
}

std::string location(std::string_view name, std::size_t line, Span columns) {
    return std::string(name) + ':' + std::to_string(line + 1) + ':' +
           std::to_string(columns.begin + 1) + '-' + std::to_string(columns.end) + ": ";
}

std::string report(const Refusal &refusal) {
    return refusal.source->included_from + report_place(refusal);
}

std::string report_place(const Refusal &refusal) {
    const Source &source = *refusal.source;
    Position at = source.original_lines.position_of(refusal.span.begin);
    std::string_view line = source.original_lines.line(at.line);
    std::size_t length = std::max<std::size_t>(refusal.span.end - refusal.span.begin, 1);
    std::size_t end = std::min(at.column + length, std::max(line.size(), at.column + 1));
    Span columns{at.column, end};

    std::string out;
    if (!source.name.empty())
        out += location(source.name, at.line, columns);
    const Excerpt shown = excerpt(line, columns);
    out.append("Error: ").append(refusal.message).append(1, '\n');
    out.append(shown.line).append(1, '\n');
    out.append(carets(shown.line, shown.columns)).append(1, '\n');
    return out;
}

std::string report_json(std::string_view message) {
    return "internal:0:0-0: Error: " + std::string(message) + "\n\n";
}

std::string explain(std::string_view reason) {
    const char *text = explanation_of(reason);
    return text ? text : "";
}

std::string hint(std::string_view reason) {
    const char *text = explanation_of(reason);
    return text ? std::string(reason) + "; if it is about rmirror: " + text : std::string(reason);
}

}  // namespace rmirror::plugin
