// SPDX-License-Identifier: GPL-2.0-only
//
// Any text as what a user of the plugin gives to nft, and any bytes as a rule from the kernel: what
// a carrier rests on. Files are not read: a text with an `include` is none of these.
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/rmirror.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "dumped_rule.hpp"
#include "errors.hpp"
#include "output.hpp"
#include "report.hpp"
#include "rewrite.hpp"

using namespace rmirror;
using namespace rmirror::plugin;

namespace {

void demand(bool property, const char *what) {
    if (property)
        return;
    std::fprintf(stderr, "property: %s\n", what);
    std::abort();
}

std::size_t count_lines(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string filtered(Filter &filter, const std::string &text) {
    std::string out;
    const std::size_t done = filter.lines(text, out);
    demand(done <= text.size(), "a filter deals with what it was given");
    filter.rest(std::string_view(text).substr(done), out);
    return out;
}

// nft and the user see the same lines, and the same columns but behind an expression's carrier.
void check_places(const Source &source) {
    demand(count_lines(source.original) == count_lines(source.rewritten), "lines stay lines");
    for (const Place &place : source.places) {
        const std::string_view line = source.rewritten_lines.line(place.line);
        demand(place.rewritten.end <= line.size(), "a place is in its line");
        demand(place.original.end <= source.original_lines.line(place.line).size(),
               "and in the user's");
        if (place.kind == Place::Kind::statement)
            demand(source.original_columns(place.line, place.rewritten) == place.original,
                   "its columns are the user's");
    }
}

// The kernel refuses a carrier: the message is about the user's text.
void check_errors(const Rewriter &rewriter, const Carriers &carriers) {
    const Source &source = rewriter.main();
    const std::string none;
    for (const Place &place : source.places) {
        ErrorFilter filter(&rewriter, carriers, false, none);
        std::string message = "Error: Could not process rule: Operation not supported\n";
        message += std::string(source.rewritten_lines.line(place.line)) + '\n';
        message += std::string(place.rewritten.begin, ' ') +
                   std::string(
                       std::max<std::size_t>(place.rewritten.end - place.rewritten.begin, 1), '^') +
                   '\n';
        const std::string shown = filtered(filter, message);
        demand(shown.find_first_of(carriers.marks()) == shown.npos, "a message shows no carrier");
    }
}

void check_output(const Carriers &carriers, const std::string &rewritten) {
    Registry registry;
    OutputFilter filter(registry, carriers, true, false);
    const std::string shown = filtered(filter, rewritten + '\n');
    demand(shown.find_first_of(carriers.marks()) == shown.npos, "what is printed holds no carrier");
}

void check_text(const std::string &text) {
    if (text.find("include") != text.npos || text.find('\0') != text.npos)
        return;
    Carriers carriers;
    rmirror::plugin::Variables variables;
    const IncludePaths paths;
    Rewriter rewriter(carriers, paths, variables);
    if (const auto refusal = rewriter.read("", text)) {
        demand(refusal->span.begin <= refusal->span.end && refusal->span.end <= text.size(),
               "a refusal has a place in the text");
        demand(report(*refusal).starts_with("Error: "), "and says so");
        return;
    }
    const Source &source = rewriter.main();
    demand(carriers.marks().empty() || text.find_first_of(carriers.marks()) == text.npos,
           "a mark is no byte of the text");
    check_places(source);
    const bool exact =
        text.find("\\\n") == text.npos &&
        std::none_of(source.places.begin(), source.places.end(), [](const Place &place) {
            return place.kind == Place::Kind::head || place.kind == Place::Kind::head_of_key;
        });
    if (exact) {
        demand(source.rewritten.size() == text.size(), "a carrier is as long as the statement");
        demand(without_carriers(source.rewritten, carriers) == text, "it stands for the words");
    }
    check_errors(rewriter, carriers);
    check_output(carriers, source.rewritten);
}

void check_rule(const std::uint8_t *data, std::size_t size) {
    constexpr std::size_t headers = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(nfgenmsg));
    std::vector<std::uint32_t> words((headers + size + 3) / 4);
    auto *message = reinterpret_cast<nlmsghdr *>(words.data());
    message->nlmsg_len = static_cast<std::uint32_t>(headers + size);
    message->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE;
    std::memcpy(reinterpret_cast<char *>(words.data()) + headers, data, size);

    Registry registry;
    const auto translated = translate_rule(*message, registry);
    if (!translated)
        return;
    const auto *again = reinterpret_cast<const nlmsghdr *>(translated->data());
    demand(again->nlmsg_len == translated->size(), "a message is as long as it says");
    Bytes expressions = find_attribute(attributes_of(*again), NFTA_RULE_EXPRESSIONS).payload;
    while (const Attribute element = take_attribute(expressions)) {
        demand(!find_attribute(element.payload, NFTA_EXPR_NAME).is(RMIRROR_NFT_EXPR),
               "no expression is left");
        const std::string_view name = object_name(element.payload);
        if (name.starts_with(Registry::stem()))
            demand(registry.find(name).length == name.size(), "a mark has a meaning");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    check_text(std::string(reinterpret_cast<const char *>(data), size));
    check_rule(data, size);
    return 0;
}
