// SPDX-License-Identifier: GPL-2.0-only
#include "setup.hpp"

#include <net/if.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdio>

#include "alias.hpp"
#include "descriptor.hpp"
#include "setup_plan.hpp"

namespace rmirror::collector {

namespace {

constexpr int failed = 1;
constexpr int wrong_usage = 2;

void complain(const std::string &text) {
    std::fprintf(stderr, "rmirror collector setup: %s\n", text.c_str());
}

// The program prints why it fails.
bool run(const Step &step) {
    std::vector<char *> argv;
    for (const std::string &word : step.command)
        argv.push_back(const_cast<char *>(word.c_str()));
    argv.push_back(nullptr);
    pid_t child = 0;
    const int error = posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ);
    if (error != 0) {
        complain(step.command[0] + ": " + std::strerror(error));
        return false;
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// What is half made goes again.
int up(const SetupOptions &options, const Plan &plan) {
    if (plan.is_made && if_nametoindex(options.name.c_str()) != 0) {
        complain(options.name +
                 " is there already: take it away with --down, or give another --name");
        return failed;
    }
    for (const Step &step : plan.up) {
        std::printf("%s\n", step.to_text().c_str());
        std::fflush(stdout);
        if (run(step))
            continue;
        complain("that failed");
        if (plan.is_made && if_nametoindex(options.name.c_str()) != 0)
            for (const Step &undo : plan.down)
                run(undo);
        return failed;
    }
    return 0;
}

int down(const SetupOptions &options, const Plan &plan) {
    if (plan.is_made && if_nametoindex(options.name.c_str()) == 0) {
        complain("there is no device " + options.name);
        return failed;
    }
    if (plan.is_made && alias_of(options.name) != setup_alias) {
        complain(options.name + " was not made by --up: it stays");
        return failed;
    }
    for (const Step &step : plan.down) {
        std::printf("%s\n", step.to_text().c_str());
        std::fflush(stdout);
        if (!run(step)) {
            complain("that failed");
            return failed;
        }
    }
    return 0;
}

}  // namespace

int setup_main(std::span<const char *const> words) {
    const auto options = parse_setup(words);
    if (!options) {
        complain(options.error().message);
        return wrong_usage;
    }
    if (options->help) {
        std::fputs(setup_usage(), stdout);
        return 0;
    }
    const auto plan = make_plan(*options);
    if (!plan) {
        complain(plan.error().message);
        return failed;
    }
    switch (options->action) {
        case Action::up:
            return up(*options, *plan);
        case Action::down:
            return down(*options, *plan);
        case Action::print:
            std::fputs(plan_text(*options, *plan).c_str(), stdout);
    }
    return 0;
}

}  // namespace rmirror::collector
