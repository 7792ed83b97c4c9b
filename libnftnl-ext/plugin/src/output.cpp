// SPDX-License-Identifier: GPL-2.0-only
//
// One pass over what nft prints, which costs a search where there is no mark.
#include "output.hpp"

#include <algorithm>

#include "assignment.hpp"

namespace rmirror::plugin {

namespace {

enum class Form { text, text_in_json, json, dump };

// What surrounds a mark where nft prints the statement that it is the name in.
struct Surroundings {
    std::string_view before;
    std::string_view after;
    Form form;
};

constexpr Surroundings surroundings[] = {
    {"quota name \"", "\"", Form::text},
    // An anonymous chain, `jump { .. }`: in JSON, nft prints all of it as one string.
    {"quota name \\\"", "\\\"", Form::text_in_json},
    {"{\"quota\": \"", "\"}", Form::json},
    {"{\"quota\":\"", "\"}", Form::json},
    {"[ objref type 2 name ", " ]", Form::dump},
};
constexpr std::size_t longest_before = 32;  // of these
// Behind the first mark and what nft matches for an expression, the expression is assigned.
struct Assigned {
    std::string_view begin;
    std::string_view end;
};
constexpr Assigned assigned_text{"meta mark", " set "};
constexpr Assigned assigned_json{"{\"mangle\": ", "\"value\": "};
constexpr std::string_view listed_json = "{\"mangle\": {\"key\": {\"meta\"";

std::string shown(const Meaning &meaning, Form form) {
    switch (form) {
        case Form::text_in_json:
            return in_json_string(meaning.text());
        case Form::json:
            return meaning.json();
        case Form::dump:
            return "[ " + meaning.text() + " ]";
        case Form::text:
            break;
    }
    return meaning.text();
}

Around around_expression(const Statement &statement, Form form) {
    if (form == Form::json)
        return json_around(statement);
    Around around = text_around(statement);
    if (form == Form::text_in_json) {
        around.between = in_json_string(around.between);
        around.after = in_json_string(around.after);
    }
    return around;
}

// What is shown of a statement with expressions, while its marks are met
struct Shown {
    std::size_t begin = 0;    // in the output
    bool is_matched = false;  // what comes is in a match
};

// Behind a mark an expression begins. false: it has nothing of one around it.
bool begin_expression(const Registry::Found &found, Form form, const std::string &words,
                      std::string &out, std::string_view &rest, Shown &shown) {
    // A blank, or a comma, is before and behind what was matched.
    const std::size_t joint = form == Form::json ? 2 : 1;
    if (found.part == Registry::Part::begin)
        shown.begin = out.size();
    shown.is_matched = form == Form::json &&
                       rest.substr(std::min(joint, rest.size())).starts_with(match_begin_json);
    if (shown.is_matched) {
        out.append(words);
        rest.remove_prefix(joint + match_begin_json.size());
        return true;
    }
    const Assigned &assigned = form == Form::json ? assigned_json : assigned_text;
    const std::size_t begin = rest.find(assigned.begin);
    const std::size_t end = rest.find(assigned.end, std::min(begin, rest.size()));
    if (end == rest.npos)
        return false;
    // In JSON that was read it is part of the carrier. It stands before the statement.
    const bool is_input = form == Form::json && !rest.substr(begin).starts_with(listed_json);
    const std::string_view matched =
        is_input ? std::string_view() : rest.substr(joint, begin - joint);
    out.insert(std::min(shown.begin, out.size()), matched);
    shown.begin += matched.size();
    out.append(words);
    rest.remove_prefix(end + assigned.end.size());
    return true;
}

// Before a mark an expression ends.
bool end_expression(Form form, std::string &out, const Shown &shown) {
    const std::string_view joint = form == Form::json ? "}}, " : " ";
    if (!out.ends_with(joint))
        return false;
    out.resize(out.size() - joint.size() - (shown.is_matched ? match_end_json.size() : 0));
    return true;
}

bool show_around_expression(const Registry::Found &found, Form form, std::string &out,
                            std::string_view &rest, Shown &shown) {
    const Around around = around_expression(*found.meaning->statement, form);
    if (found.part == Registry::Part::begin)
        return begin_expression(found, form, around.before, out, rest, shown);
    if (!end_expression(form, out, shown))
        return false;
    if (found.part == Registry::Part::middle)
        return begin_expression(found, form, around.between, out, rest, shown);
    out += around.after;
    return true;
}

// out ends where the mark begins, rest begins where it ends.
void show(const Registry::Found &found, bool json, std::string &out, std::string_view &rest,
          Shown &so_far) {
    const Meaning &meaning = *found.meaning;
    const bool is_expression = meaning.statement && meaning.statement->has_expression();
    for (const Surroundings &around : surroundings) {
        if (!out.ends_with(around.before) || !rest.starts_with(around.after))
            continue;
        out.resize(out.size() - around.before.size());
        rest.remove_prefix(around.after.size());
        if (!is_expression || around.form == Form::dump ||
            !show_around_expression(found, around.form, out, rest, so_far))
            out += shown(meaning, around.form);
        return;
    }
    // Somewhere unforeseen: not pretty, but not hidden either, and JSON all the same
    out += json ? in_json_string(meaning.text()) : meaning.text();
}

}  // namespace

void OutputFilter::replace_marks(std::string_view text, std::string &out) const {
    std::size_t at;
    Shown so_far;
    while ((at = text.find(Registry::stem())) != text.npos) {
        out += text.substr(0, at);
        text.remove_prefix(at);
        Registry::Found found = registry_.find(text);
        if (found.meaning) {
            text.remove_prefix(found.length);
            show(found, json_, out, text, so_far);
        } else {
            out += text.front();
            text.remove_prefix(1);
        }
    }
    out += text;
}

void OutputFilter::replace_carriers(std::string_view text, std::string &out) const {
    if (show_carriers_ && !carriers_.empty())
        replace_marks(without_carriers(text, carriers_), out);
    else
        replace_marks(text, out);
}

namespace {

// Where a part of a line may end: between two statements or elements, and not between a mark and
// what belongs to it.
std::size_t end_of_part(std::string_view text) {
    constexpr std::string_view quota = ", {\"quota\"";
    constexpr std::size_t assignment_max = 512;  // bytes, more than around any mark
    if (text.size() < assignment_max)
        return 0;
    // A statement is in one rule. In a string of JSON the quotes would be escaped. Without this, a
    // line with a mark in each rule would have no end before its own.
    for (const std::string_view rule : {", {\"rule\": ", ", {\"add\": {\"rule\": "})
        if (const std::size_t at = text.rfind(rule); at != text.npos && at > 0)
            return at;
    std::size_t cut = text.size() - longest_before;
    while ((cut = text.rfind(", ", cut)) != text.npos && cut > 0) {
        const std::size_t before = cut - std::min(cut, assignment_max);
        const std::size_t mark = text.substr(before, cut - before).find(Registry::stem());
        if (mark == text.npos && !text.substr(cut).starts_with(quota))
            return cut;
        cut = mark == text.npos ? cut - 1 : before + mark;
    }
    return 0;
}

}  // namespace

std::size_t OutputFilter::lines(std::string_view text, std::string &out) {
    if (!text.ends_with('\n')) {
        text = text.substr(0, end_of_part(text));
        if (text.empty())
            return 0;
    }
    replace_carriers(text, out);
    return text.size();
}

void OutputFilter::rest(std::string_view text, std::string &out) {
    replace_carriers(text, out);
}

std::string without_carriers(std::string_view text, const Carriers &carriers) {
    constexpr std::string_view dump = "objref type 2 name ";
    std::string out;
    std::size_t at;
    while ((at = text.find_first_of(carriers.marks())) != text.npos) {
        out += text.substr(0, at);
        text.remove_prefix(at);
        std::size_t end = std::min(text.find_first_of("\" \n"), text.size());
        const Carried *carried = carriers.find(text.substr(0, end));
        if (!carried) {
            out += text.front();
            text.remove_prefix(1);
            continue;
        }
        text.remove_prefix(end);
        if (out.ends_with(dump)) {
            out.resize(out.size() - dump.size());
            out += carried->meaning.text();
            continue;
        }
        if (out.ends_with("name \"") || out.ends_with("name\"") || out.ends_with("quota name ")) {
            out.resize(out.rfind("quota"));
            text.remove_prefix(text.starts_with('"'));
            const std::size_t set =
                carried->is_expression() ? text.find(assigned_text.end) : text.npos;
            if (set != text.npos)
                text.remove_prefix(set + assigned_text.end.size());
            if (carried->is_hashed && text.starts_with(hash_begin)) {
                text.remove_prefix(hash_begin.size());
                out += carried->raw;
                const std::size_t hash = std::min(text.find(hash_end), text.size());
                out += text.substr(0, hash);
                text.remove_prefix(std::min(hash + hash_end.size(), text.size()));
                continue;
            }
        }
        out += carried->raw;
    }
    out += text;
    return out;
}

}  // namespace rmirror::plugin
