// SPDX-License-Identifier: GPL-2.0-only
#include "corpus.hpp"

#include <sched.h>

#include <algorithm>
#include <regex>

#include "unit/statement_generator.hpp"

namespace rmirror::test {

namespace {

struct Corpus {
    std::string text;
    std::vector<std::string>
        listed;  // each statement in its canonical form, in the order of listings
};

// Statements alone, among others, behind sets and verdict maps, as a whole set of families.
Corpus make_corpus() {
    constexpr int rules_per_table = 400;
    const std::string before[] = {"", "counter ", "tcp dport { 22, 80-90 } ",
                                  "meta mark 0x7 counter ",
                                  "meta l4proto vmap { 6 : continue, 17 : drop } "};
    const std::string after[] = {"",
                                 " accept",
                                 " counter drop",
                                 " comment \"rmirror to 10.0.0.5\"",
                                 " log prefix \"rmirror to ::1 \" level info",
                                 " jump other"};
    Generator generator(20260101);
    Corpus corpus;
    int number = 0;
    for (const char *family : {"inet", "ip", "ip6", "bridge"}) {
        corpus.text.append("table ").append(family).append(
            " rmirror {\n\tchain other {\n\t}\n\tchain to {\n");
        for (int i = 0; i < rules_per_table; i++, number++) {
            const Statement statement = generator.statement();
            corpus.text += before[number % std::size(before)] +
                           generator.scrambled_text(statement) + after[number % std::size(after)] +
                           '\n';
            corpus.listed.push_back(to_text(canonical(statement)));
        }
        corpus.text += "\t}\n}\n";
    }
    return corpus;
}

struct Listings {
    std::string text;
    std::string json;
};

// The kernel's numbers follow the order in which an nft adds things, sets of a rule before all
// rules or not.
std::string without_handles(const std::string &json) {
    return std::regex_replace(json, std::regex(", \"handle\": [0-9]+"), "");
}

// What is listed after input was loaded in a new network namespace
Listings load_anew(const RunNft &nft, const std::vector<std::string> &options,
                   const std::string &input) {
    EXPECT_EQ(unshare(CLONE_NEWNET), 0);
    std::vector<std::string> arguments = options;
    arguments.insert(arguments.end(), {"-f", "-"});
    const Outcome loaded = nft(arguments, input);
    EXPECT_EQ(loaded.status, 0) << loaded.err.substr(0, 2000);
    return {nft({"list", "ruleset"}, {}).out,
            without_handles(nft({"-j", "list", "ruleset"}, {}).out)};
}

// The surroundings of the first difference; empty: there is none.
std::string difference(const std::string &now, const std::string &before) {
    if (now == before)
        return {};
    constexpr std::size_t context = 200;
    const std::size_t at = static_cast<std::size_t>(
        std::mismatch(now.begin(), now.end(), before.begin(), before.end()).first - now.begin());
    const std::size_t begin = at - std::min(at, context);
    return "now: " + now.substr(begin, 2 * context) +
           "\nbefore: " + before.substr(std::min(begin, before.size()), 2 * context);
}

}  // namespace

void expect_round_trip(const RunNft &nft) {
    const Corpus corpus = make_corpus();
    const Listings first = load_anew(nft, {}, corpus.text);
    std::size_t at = 0;
    for (const std::string &statement : corpus.listed) {
        at = first.text.find(statement, at);
        ASSERT_NE(at, std::string::npos) << statement;
        at += statement.size();
    }
    const Listings from_text = load_anew(nft, {}, first.text);
    EXPECT_EQ(difference(from_text.text, first.text), "");
    EXPECT_EQ(difference(from_text.json, first.json), "");
    const Listings from_json = load_anew(nft, {"-j"}, first.json);
    EXPECT_EQ(difference(from_json.text, first.text), "");
    EXPECT_EQ(difference(from_json.json, first.json), "");
}

}  // namespace rmirror::test
