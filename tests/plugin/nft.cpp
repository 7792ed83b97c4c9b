// SPDX-License-Identifier: GPL-2.0-only
#include "nft.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace rmirror::test {

namespace {

// A file without a name that takes what a child prints: no pipe to fill, nothing to poll.
class Capture {
public:
    Capture() : file_(std::tmpfile()) {
        if (!file_)
            throw std::runtime_error("tmpfile");
    }
    ~Capture() { std::fclose(file_); }
    Capture(const Capture &) = delete;
    int fd() const { return fileno(file_); }
    void fill(const std::string &text) {
        std::fwrite(text.data(), 1, text.size(), file_);
        std::rewind(file_);
    }
    std::string text() {
        std::string text;
        char buffer[4096];
        std::rewind(file_);
        while (std::size_t got = std::fread(buffer, 1, sizeof buffer, file_))
            text.append(buffer, got);
        return text;
    }

private:
    FILE *file_;
};

void set_environment(const How &how) {
    std::string preload = RMIRROR_TEST_PRELOAD;
    if (how.kernel_double)
        preload += std::string(preload.empty() ? "" : ":") + RMIRROR_DOUBLE;
    if (!preload.empty())
        setenv("LD_PRELOAD", preload.c_str(), 1);
    if (how.plugin)
        setenv("LD_LIBRARY_PATH",
               (how.plugin_dir.empty() ? RMIRROR_PLUGIN_DIR : how.plugin_dir.c_str()), 1);
    else
        unsetenv("LD_LIBRARY_PATH");
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // nft's own
    setenv("LC_ALL", "C.UTF-8", 1);
    for (const auto &[name, value] : how.environment)
        setenv(name.c_str(), value.c_str(), 1);
}

[[noreturn]] void become(const std::vector<std::string> &arguments, const How &how, int in, int out,
                         int err) {
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    set_environment(how);
    std::vector<char *> argv;
    for (const std::string &argument : arguments)
        argv.push_back(const_cast<char *>(argument.c_str()));
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
}

}  // namespace

Outcome run(const std::vector<std::string> &arguments, const How &how) {
    Capture in, out, err;
    in.fill(how.input);
    pid_t child = fork();
    if (child == 0)
        become(arguments, how, in.fd(), out.fd(), err.fd());
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        throw std::runtime_error("cannot run " + arguments[0]);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out.text(),
            err.text()};
}

Directory::Directory() {
    char name[] = "/tmp/rmirror-test-XXXXXX";
    if (!mkdtemp(name))
        throw std::runtime_error("mkdtemp");
    path_ = name;
}

Directory::~Directory() {
    std::filesystem::remove_all(path_);
}

std::string Directory::path(const std::string &name) const {
    return path_ + '/' + name;
}

std::string Directory::file(const std::string &name, const std::string &text) const {
    std::ofstream(path(name)) << text;
    return path(name);
}

std::string without_expectations(std::string messages) {
    for (std::size_t at; (at = messages.find("expected any of: ")) != messages.npos;)
        messages.erase(at, messages.find('\n', at) + 1 - at);
    return messages;
}

std::string read_file(const std::string &path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

void NftTest::SetUp() {
    if (unshare(CLONE_NEWNET) < 0)
        GTEST_SKIP() << "needs a network namespace of its own: run as root";
    How plain{.plugin = false, .kernel_double = false};
    if (nft("list ruleset", plain).status != 0)
        GTEST_SKIP() << "needs nft (package nftables) and a kernel with nf_tables";
}

void NftTest::add_chain() {
    How how{.input = "add table inet filter\nadd chain inet filter input\n"};
    ASSERT_EQ(run({"nft", "-f", "-"}, how).status, 0);
}

Outcome NftTest::nft(const std::string &command, const How &how) {
    // Options come first; the rest is one argument.
    std::vector<std::string> arguments{"nft"};
    std::istringstream words(command);
    std::string word;
    while (words >> std::ws && words.peek() == '-' && words >> word) {
        arguments.push_back(word);
        if (word == "-f" && words >> word)
            arguments.push_back(word);
    }
    std::string rest;
    std::getline(words, rest, '\0');
    if (!rest.empty())
        arguments.push_back(rest);
    return run(arguments, how);
}

Outcome NftTest::nft_file(const std::string &path, const How &how) {
    return run({"nft", "-f", path}, how);
}

std::string NftTest::ruleset(const How &how) {
    Outcome listed = nft("list ruleset", how);
    EXPECT_EQ(listed.status, 0) << listed.err;
    return listed.out;
}

How without_module() {
    return {.kernel_double = false};
}

}  // namespace rmirror::test
