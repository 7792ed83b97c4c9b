// SPDX-License-Identifier: GPL-2.0-only
#include "options.hpp"

#include <cstdio>
#include <cstdlib>

namespace rmirror::tools {

namespace {

constexpr int usage_error = 2;
constexpr double longest_wait = 86400;

struct Row {
    char letter;
    std::string_view longer;
    bool has_value;
};

constexpr Row rows[] = {
    {'j', "--json", false},  {'w', "--wait", true},       {'p', "--probe", false},
    {'o', "--output", true}, {'d', "--deletions", false},
};

const Row *find(std::string_view word, std::string_view accepted) {
    for (const Row &row : rows) {
        const bool is_it =
            word == row.longer || (word.size() == 2 && word[0] == '-' && word[1] == row.letter);
        if (is_it && accepted.find(row.letter) != std::string_view::npos)
            return &row;
    }
    return nullptr;
}

std::optional<double> seconds_of(const char *text) {
    char *end = nullptr;
    const double value = std::strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0.1) || value > longest_wait)
        return std::nullopt;
    return value;
}

}  // namespace

std::optional<Options> parse_options(int argc, char **argv, std::string_view accepted,
                                     const char *usage, int &status) {
    Options options;
    const auto refuse = [&status, argv](const std::string &why) {
        std::fprintf(stderr, "rmirror %s: %s, see `rmirror %s --help`\n", argv[0], why.c_str(),
                     argv[0]);
        status = usage_error;
        return std::nullopt;
    };
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        const std::string word = argv[i];
        if (only_words || word.size() < 2 || word[0] != '-') {
            options.words.push_back(word);
            continue;
        }
        if (word == "--") {
            only_words = true;
            continue;
        }
        if (word == "--help" || word == "-h" || word == "help") {
            std::fputs(usage, stdout);
            status = 0;
            return std::nullopt;
        }
        const Row *row = find(word, accepted);
        if (row == nullptr)
            return refuse("unknown option '" + word + "'");
        if (row->has_value && ++i == argc)
            return refuse("missing value after '" + word + "'");
        if (row->letter == 'j')
            options.json = true;
        else if (row->letter == 'p')
            options.probe = true;
        else if (row->letter == 'd')
            options.deletions = true;
        else if (row->letter == 'o')
            options.file = argv[i];
        else if (!(options.wait = seconds_of(argv[i])))
            return refuse("invalid number of seconds '" + std::string(argv[i]) +
                          "', expected 0.1..86400");
    }
    return options;
}

}  // namespace rmirror::tools
