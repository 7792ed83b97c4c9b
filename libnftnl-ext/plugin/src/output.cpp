// SPDX-License-Identifier: GPL-2.0-only
//
// One pass over what nft prints, which costs a search where there is no mark.
#include "output.hpp"

#include <algorithm>

namespace rmirror::plugin {

namespace {

// What surrounds a mark where nft prints the statement that it is the name in.
struct Surroundings {
    std::string_view before;
    std::string_view after;
    std::string (*shown)(const Meaning &);
};

std::string text_of(const Meaning &meaning) {
    return meaning.text();
}
std::string json_of(const Meaning &meaning) {
    return meaning.json();
}
std::string text_in_json_of(const Meaning &meaning) {
    return meaning.text_in_json();
}
std::string dump_of(const Meaning &meaning) {
    return "[ " + meaning.text() + " ]";
}

constexpr Surroundings surroundings[] = {
    {"quota name \"", "\"", text_of},
    // An anonymous chain, `jump { .. }`: in JSON, nft prints all of it as one string.
    {"quota name \\\"", "\\\"", text_in_json_of},
    {"{\"quota\": \"", "\"}", json_of},
    {"{\"quota\":\"", "\"}", json_of},
    {"[ objref type 2 name ", " ]", dump_of},
};

// out ends where the mark begins, rest begins where it ends.
void show(const Meaning &meaning, bool json, std::string &out, std::string_view &rest) {
    for (const Surroundings &around : surroundings) {
        if (!out.ends_with(around.before) || !rest.starts_with(around.after))
            continue;
        out.resize(out.size() - around.before.size());
        out += around.shown(meaning);
        rest.remove_prefix(around.after.size());
        return;
    }
    // Somewhere unforeseen: not pretty, but not hidden either, and JSON all the same
    out += json ? meaning.text_in_json() : meaning.text();
}

}  // namespace

void OutputFilter::replace_marks(std::string_view text, std::string &out) const {
    std::size_t at;
    while ((at = text.find(Registry::stem())) != text.npos) {
        out += text.substr(0, at);
        text.remove_prefix(at);
        Registry::Found found = registry_.find(text);
        if (found.meaning) {
            text.remove_prefix(found.length);
            show(*found.meaning, json_, out, text);
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

std::size_t OutputFilter::lines(std::string_view text, std::string &out) {
    if (!text.ends_with('\n')) {
        // Part of a line. Neither a mark nor what belongs to it contains this.
        std::size_t cut = text.rfind(", ");
        if (cut == text.npos)
            return 0;
        text = text.substr(0, cut);
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
        }
        out += carried->raw;
    }
    out += text;
    return out;
}

}  // namespace rmirror::plugin
