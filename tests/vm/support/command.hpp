// SPDX-License-Identifier: GPL-2.0-only
// Runs a program and collects what it says.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace rmirror::vm {

struct CommandResult {
    int status = -1;  ///< exit status, 128 + signal when killed, 127 when it could not be started
    bool timed_out = false;
    std::string out;
    std::string err;
};

struct CommandOptions {
    std::string input{};  ///< what the program reads from its standard input
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
};

/** Runs `argv` (found in PATH) in the calling thread's network namespace; never throws for what the
 *  program does. After the timeout the program and its children are killed. */
CommandResult run_command(const std::vector<std::string> &argv, const CommandOptions &options = {});

/** Like run_command(), for steps that must succeed: returns the standard output, throws
 *  std::runtime_error with the command and its complaint for any other status than 0. */
std::string require_command(const std::vector<std::string> &argv,
                            const CommandOptions &options = {});

}  // namespace rmirror::vm
