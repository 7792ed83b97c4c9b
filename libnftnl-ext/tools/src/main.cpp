// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror: finds the subcommand and calls it.
#include <algorithm>
#include <cstdio>
#include <span>
#include <string_view>

#include "commands.h"

namespace {

using namespace rmirror::tools;

struct Command {
    std::string_view name;
    int (*run)(int argc, char **argv);
    std::string_view help;
};

constexpr Command commands[] = {
    {"show", show_main, "what is mirrored, and what is lost"},
    {"watch", watch_main, "the same, live"},
    {"doctor", doctor_main, "why nothing arrives, and what to type"},
    {"metrics", metrics_main, "the counters, for Prometheus"},
    {"collector", collector_main, "receive copies, as files or for an IDS"},
    {"version", [](int, char **) { return std::puts("rmirror " RMIRROR_VERSION) < 0 ? 1 : 0; },
     "print the version"},
};

void print_usage(std::FILE *to) {
    std::fputs("Usage: rmirror COMMAND [OPTION]...\n\nCommands:\n", to);
    for (const Command &command : commands)
        std::fprintf(to, "  %-10s %s\n", command.name.data(), command.help.data());
    std::fputs("\n`rmirror COMMAND --help` tells more; the manual is rmirror(8).\n", to);
}

const Command *find(std::string_view name) {
    const auto *found =
        std::find_if(std::begin(commands), std::end(commands),
                     [name](const Command &command) { return command.name == name; });
    return found == std::end(commands) ? nullptr : found;
}

}  // namespace

int main(int argc, char **argv) {
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    const std::string_view word = argv[1];
    if (word == "help" || word == "--help" || word == "-h") {
        print_usage(stdout);
        return 0;
    }
    const Command *command = find(word == "--version" || word == "-V" ? "version" : word);
    if (command == nullptr) {
        std::fprintf(stderr, "rmirror: there is no command '%s', see `rmirror help`\n", argv[1]);
        return 2;
    }
    return command->run(argc - 1, argv + 1);
}
