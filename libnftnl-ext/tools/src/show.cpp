// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror show: what is mirrored, a line or two for each mirror.
#include <jansson.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <thread>

#include "commands.h"
#include "maps.hpp"
#include "mirror.hpp"
#include "move.hpp"
#include "options.hpp"
#include "path.hpp"
#include "report.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

constexpr const char *usage =
    "Usage: rmirror show [-j] [-w SECONDS] [MIRROR]...\n"
    "       rmirror show -d [MIRROR]...\n"
    "\n"
    "Shows the mirrors of this network namespace: where each stands, what it has\n"
    "mirrored and lost. A * marks what cannot work now.\n"
    "\n"
    "  MIRROR            a collector, a table, TABLE/CHAIN or a rule's comment\n"
    "  -j, --json        as JSON\n"
    "  -d, --deletions   only the commands that delete their rules\n"
    "  -w, --wait N      measure for so many seconds, and show rates\n";

void print(const Mirror &mirror, const Rates *rates, const std::string &wrong) {
    const Colours &c = colours();
    std::printf("%s%s%s%s: %s", std::string(wrong.empty() ? "" : c.bad).c_str(),
                wrong.empty() ? "" : "* ", mirror.place().c_str(),
                std::string(wrong.empty() ? "" : c.off).c_str(), mirror.text().c_str());
    if (!mirror.comment.empty())
        std::printf("  # %s", printable(mirror.comment).c_str());
    std::printf("\n    %s matched, %llu mirrored, %s",
                counted(mirror.count(NFTA_RMIRROR_COUNTER_MATCHED), "packet").c_str(),
                static_cast<unsigned long long>(mirror.mirrored()),
                counted(mirror.count(NFTA_RMIRROR_COUNTER_BYTES), "byte").c_str());
    if (rates != nullptr)
        std::printf("; now %s", rates->text().c_str());
    std::puts("");
    for (const std::string &line : losses(mirror))
        std::printf("    %s\n", line.c_str());
    if (!wrong.empty())
        std::printf("    %s* %s%s\n", std::string(c.bad).c_str(), wrong.c_str(),
                    std::string(c.off).c_str());
}

// A rule may have several statements. What no command of nft deletes is a comment.
void print_deletions(const std::vector<Mirror> &mirrors) {
    std::set<std::string> told;
    for (const Mirror &mirror : mirrors) {
        std::string line = deletion_of(mirror);
        if (line.empty())
            line = "# " + mirror.place() + ": " + mirror.text();
        if (told.insert(line).second)
            std::puts(line.c_str());
    }
}

std::string wrong_with(const Mirror &mirror, const Rates *rates, Paths &paths, Maps &maps) {
    std::string wrong = obstacle_now(mirror, paths, maps);
    return wrong.empty() && rates != nullptr ? rates->loss() : wrong;
}

}  // namespace

int show_main(int argc, char **argv) {
    int status = 0;
    const auto options = parse_options(argc, argv, "jwd", usage, status);
    if (!options)
        return status;
    if (options->deletions && (options->json || options->wait)) {
        std::fprintf(stderr, "rmirror show: --deletions goes with no other option\n");
        return 2;
    }
    Mirrors now = read_mirrors();
    std::vector<Rates> rates;
    if (options->wait) {
        const Mirrors before = std::move(now);
        std::this_thread::sleep_for(std::chrono::duration<double>(*options->wait));
        now = read_mirrors();
        now.all = select(std::move(now.all), options->words);
        rates = rates_between(before.all, now.all, *options->wait);
    } else {
        now.all = select(std::move(now.all), options->words);
    }
    if (complain(argv[0], now.gaps))
        return 2;
    if (options->deletions) {
        print_deletions(now.all);
        return std::fflush(stdout) == 0 ? 0 : 1;
    }
    Paths paths;
    Maps maps;
    Json list(json_array());
    for (std::size_t i = 0; i < now.all.size(); i++) {
        const Rates *rate = options->wait ? &rates[i] : nullptr;
        const std::string wrong = wrong_with(now.all[i], rate, paths, maps);
        if (options->json)
            json_array_append_new(list.get(), to_json(now.all[i], rate, wrong));
        else
            print(now.all[i], rate, wrong);
    }
    if (options->json)
        return print_json(list) ? 0 : 1;
    if (now.all.empty())
        std::puts(options->words.empty() ? "nothing is mirrored in this network namespace"
                                         : "there is no such mirror");
    return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace rmirror::tools
