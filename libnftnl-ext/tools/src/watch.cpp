// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror watch: the mirrors, live, the busiest first.
#include <jansson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <optional>

#include "commands.h"
#include "maps.hpp"
#include "mirror.hpp"
#include "options.hpp"
#include "path.hpp"
#include "report.hpp"
#include "screen.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

constexpr const char *usage =
    "Usage: rmirror watch [-j] [-w SECONDS] [MIRROR]...\n"
    "\n"
    "Shows the mirrors live, the busiest first. `q` ends it. Without a terminal it\n"
    "writes plain lines.\n"
    "\n"
    "  MIRROR            a collector, a table, TABLE/CHAIN or a rule's comment\n"
    "  -j, --json        as JSON, an array a line\n"
    "  -w, --wait N      seconds between two looks (2)\n";

// Until the first rates
constexpr double first_look = 0.5;
constexpr double between_looks = 2;

// The rate first: what does not fit is the end of the statement.
std::string line_of(const Mirror &mirror, const Rates &rates, const std::string &wrong) {
    char columns[64];
    std::snprintf(columns, sizeof columns, "%9s %11s %c ",
                  with_unit(rates.count(NFTA_RMIRROR_COUNTER_MATCHED), "p/s").c_str(),
                  with_unit(8 * rates.count(NFTA_RMIRROR_COUNTER_BYTES), "bit/s").c_str(),
                  wrong.empty() ? ' ' : '*');
    std::string line = columns + mirror.place() + ": ";
    // "to 10.0.0.5 len 60"
    return line +
           (wrong.empty() ? mirror.text().substr(std::string_view("rmirror ").size()) : wrong);
}

struct Look {
    std::vector<Mirror> mirrors;
    std::vector<Rates> rates;
    std::vector<std::size_t> order;
};

std::string wrong_with(const Mirror &mirror, const Rates &rates, Paths &paths, Maps &maps) {
    const std::string wrong = obstacle_now(mirror, paths, maps);
    return wrong.empty() ? rates.loss() : wrong;
}

// "3 mirrors, 12.0 packets/s, 1.2 Mbit/s"
std::string summary(const Look &look) {
    Rates sum;
    for (const Rates &rates : look.rates)
        for (std::size_t i = 0; i < sum.per_second.size(); i++)
            sum.per_second[i] += rates.per_second[i];
    return counted(look.mirrors.size(), "mirror") + ", " + sum.text();
}

void print(const Look &look, const Screen &screen) {
    std::vector<std::string> lines;
    char heading[64];
    std::snprintf(heading, sizeof heading, "%9s %11s   %s", "matched", "sent", "mirror");
    lines.push_back(summary(look));
    lines.emplace_back(heading);
    std::size_t rows = lines.size() + look.order.size();
    if (screen.is_terminal())
        rows = std::min(rows, Screen::size().rows);
    Paths paths;
    Maps maps;
    for (std::size_t row = 0; lines.size() < rows; row++) {
        const Mirror &mirror = look.mirrors[look.order[row]];
        const Rates &rates = look.rates[look.order[row]];
        lines.push_back(line_of(mirror, rates, wrong_with(mirror, rates, paths, maps)));
    }
    if (screen.is_terminal())
        Screen::draw(lines);
    else
        for (const std::string &line : lines)
            std::puts(line.c_str());
    std::fflush(stdout);
}

// An array a line
void print_line_of_json(const Look &look) {
    Json list(json_array());
    Paths paths;
    Maps maps;
    for (const std::size_t i : look.order)
        json_array_append_new(list.get(),
                              to_json(look.mirrors[i], &look.rates[i],
                                      wrong_with(look.mirrors[i], look.rates[i], paths, maps)));
    json_dumpf(list.get(), stdout, JSON_COMPACT);
    std::puts("");
    std::fflush(stdout);
}

Look look_at(std::vector<Mirror> mirrors, const std::vector<Mirror> &before, double seconds) {
    Look look{std::move(mirrors), {}, {}};
    look.rates = rates_between(before, look.mirrors, seconds);
    look.order.resize(look.mirrors.size());
    std::iota(look.order.begin(), look.order.end(), 0U);
    std::stable_sort(look.order.begin(), look.order.end(), [&look](std::size_t a, std::size_t b) {
        return look.rates[a].count(NFTA_RMIRROR_COUNTER_MATCHED) >
               look.rates[b].count(NFTA_RMIRROR_COUNTER_MATCHED);
    });
    return look;
}

bool is_quit(char key) {
    return key == 'q' || key == 'Q';
}

}  // namespace

int watch_main(int argc, char **argv) {
    int status = 0;
    const auto options = parse_options(argc, argv, "jw", usage, status);
    if (!options)
        return status;
    Mirrors before = read_mirrors();
    if (complain(argv[0], before.gaps))
        return 2;
    std::optional<Screen> screen(std::in_place, !options->json);
    auto last = std::chrono::steady_clock::now();
    const double wait = options->wait.value_or(between_looks);
    for (double next = std::min(first_look, wait);
         !is_quit(screen->wait_for_key(next)) && !Screen::is_ended(); next = wait) {
        Mirrors now = read_mirrors();
        if (std::any_of(now.gaps.begin(), now.gaps.end(), is_failure)) {
            screen.reset();
            complain(argv[0], now.gaps);
            return 2;
        }
        const auto time = std::chrono::steady_clock::now();
        now.all = select(std::move(now.all), options->words);
        const double seconds = std::max(0.001, std::chrono::duration<double>(time - last).count());
        Look look = look_at(std::move(now.all), before.all, seconds);
        if (options->json)
            print_line_of_json(look);
        else
            print(look, *screen);
        if (std::ferror(stdout) != 0)
            return Screen::is_ended() ? 0 : 1;
        before.all = std::move(look.mirrors);
        last = time;
    }
    return 0;
}

}  // namespace rmirror::tools
