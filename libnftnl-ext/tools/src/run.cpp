// SPDX-License-Identifier: GPL-2.0-only
#include "run.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace rmirror::tools {

namespace {

// nft and iptables are in directories that a user's PATH may lack, as after `su`.
void add_system_directories() {
    const char *path = getenv("PATH");
    const std::string words = path != nullptr ? std::string(path) + ":" : "/usr/bin:/bin:";
    setenv("PATH", (words + "/usr/sbin:/sbin").c_str(), 1);
}

}  // namespace

std::string output_of(std::vector<std::string> words) {
    std::vector<char *> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return {};
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        add_system_directories();
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    close(ends[1]);
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t size = 0; (size = read(ends[0], buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(size));
    close(ends[0]);
    if (child > 0)
        waitpid(child, nullptr, 0);
    return text;
}

}  // namespace rmirror::tools
