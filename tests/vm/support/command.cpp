// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "vm/support/file_descriptor.hpp"
#include "vm/support/time_scale.hpp"

namespace rmirror::vm {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    FileDescriptor read;
    FileDescriptor write;
};

Pipe make_pipe() {
    int fds[2];
    check_errno(pipe2(fds, O_CLOEXEC), "pipe");
    return {FileDescriptor(fds[0]), FileDescriptor(fds[1])};
}

[[noreturn]] void start(const std::vector<std::string> &argv, int in, int out, int err) {
    std::vector<char *> pointers;
    for (const std::string &word : argv)
        pointers.push_back(const_cast<char *>(word.c_str()));
    pointers.push_back(nullptr);
    setpgid(0, 0);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execvp(pointers[0], pointers.data());
    dprintf(STDERR_FILENO, "cannot start %s\n", pointers[0]);
    _exit(127);
}

/** Moves what is there to read from `fd` to `text`; closes it at its end. */
void read_some(FileDescriptor &fd, std::string &text) {
    std::array<char, 16384> buffer;
    const ssize_t size = read(fd.get(), buffer.data(), buffer.size());
    if (size > 0)
        text.append(buffer.data(), static_cast<std::size_t>(size));
    else if (size == 0 || errno != EAGAIN)
        fd.reset();
}

/** Writes as much of `text` as goes; closes `fd` when it is all, or nobody reads it. */
void write_some(FileDescriptor &fd, std::string &text) {
    const ssize_t size = write(fd.get(), text.data(), text.size());
    if (size >= 0)
        text.erase(0, static_cast<std::size_t>(size));
    else if (errno != EAGAIN)
        text.clear();
    if (text.empty())
        fd.reset();
}

/** Serves the three pipes until the program has closed both outputs or the deadline passes. */
bool talk(FileDescriptor in, FileDescriptor out, FileDescriptor err, std::string input,
          CommandResult &result, Clock::time_point deadline) {
    fcntl(in.get(), F_SETFL, O_NONBLOCK);
    if (input.empty())
        in.reset();
    while (out || err) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0)
            return false;
        std::array<pollfd, 3> polled{pollfd{in.get(), POLLOUT, 0}, pollfd{out.get(), POLLIN, 0},
                                     pollfd{err.get(), POLLIN, 0}};
        poll(polled.data(), polled.size(), static_cast<int>(left));
        if (polled[0].revents)
            write_some(in, input);
        if (polled[1].revents)
            read_some(out, result.out);
        if (polled[2].revents)
            read_some(err, result.err);
    }
    return true;
}

int exit_status(int wait_status) {
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

}  // namespace

CommandResult run_command(const std::vector<std::string> &argv, const CommandOptions &options) {
    CommandResult result;
    Pipe in = make_pipe(), out = make_pipe(), err = make_pipe();
    const pid_t child = check_errno(fork(), "fork");
    if (child == 0)
        start(argv, in.read.get(), out.write.get(), err.write.get());
    in.read.reset();
    out.write.reset();
    err.write.reset();
    // A program that ends without reading its input is no reason to end.
    struct sigaction ignore = {}, previous = {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, &previous);
    result.timed_out = !talk(std::move(in.write), std::move(out.read), std::move(err.read),
                             options.input, result, Clock::now() + scaled(options.timeout));
    sigaction(SIGPIPE, &previous, nullptr);
    if (result.timed_out)
        kill(-child, SIGKILL);
    int wait_status = 0;
    check_errno(waitpid(child, &wait_status, 0), "waitpid");
    result.status = exit_status(wait_status);
    return result;
}

std::string require_command(const std::vector<std::string> &argv, const CommandOptions &options) {
    const CommandResult result = run_command(argv, options);
    if (result.status == 0)
        return result.out;
    std::string line;
    for (const std::string &word : argv)
        line += word + " ";
    throw std::runtime_error(line + "failed with status " + std::to_string(result.status) +
                             (result.timed_out ? " (timed out)" : "") + ": " + result.err);
}

}  // namespace rmirror::vm
