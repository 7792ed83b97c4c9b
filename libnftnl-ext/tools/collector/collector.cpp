// SPDX-License-Identifier: GPL-2.0-only
#include "collector.hpp"

#include <cstdio>
#include <span>
#include <string_view>

#include "options.hpp"
#include "session.hpp"
#include "setup.hpp"

namespace rmirror::tools {

namespace {

constexpr int failed = 1;
constexpr int wrong_usage = 2;

void complain(const Error &error) {
    std::fprintf(stderr, "rmirror collector: %s\n", error.message.c_str());
}

int receive(std::span<const char *const> words) {
    const auto options = collector::parse_options(words);
    if (!options) {
        complain(options.error());
        return wrong_usage;
    }
    if (options->help) {
        std::fputs(collector::usage_text(), stdout);
        return 0;
    }
    collector::Session session(*options);
    auto error = session.open();
    if (!error)
        error = session.run();
    if (!error)
        return 0;
    complain(*error);
    return failed;
}

}  // namespace

int collector_main(int argc, char **argv) {
    const std::span<const char *const> words(argv + 1, static_cast<std::size_t>(argc - 1));
    if (!words.empty() && std::string_view(words[0]) == "setup")
        return collector::setup_main(words.subspan(1));
    return receive(words);
}

}  // namespace rmirror::tools
