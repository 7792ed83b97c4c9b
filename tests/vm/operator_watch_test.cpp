// SPDX-License-Identifier: GPL-2.0-only
//
// `rmirror watch` and the other screens in a terminal of 80 columns: what it draws, a new size,
// keys, and what is left behind.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <sstream>

#include "vm/support/mirror.hpp"
#include "vm/support/operator.hpp"

namespace rmirror::vm {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char *enter = "\033[?25l";
constexpr const char *leave = "\033[?25h\033[?1049l";
constexpr const char *home = "\033[H";

// A program on a terminal of its own
class Terminal {
public:
    Terminal(const NetNs &netns, std::vector<std::string> words, unsigned short rows,
             unsigned short columns) {
        winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        int fd = -1;
        pid_ = forkpty(&fd, nullptr, nullptr, &size);
        if (pid_ == 0) {
            const NetNs::Entered entered(netns);
            setenv("TERM", "xterm", 1);
            std::vector<char *> argv;
            for (std::string &word : words)
                argv.push_back(word.data());
            argv.push_back(nullptr);
            execv(argv[0], argv.data());
            _exit(127);
        }
        master_ = FileDescriptor(fd);
    }
    Terminal(const Terminal &) = delete;
    Terminal &operator=(const Terminal &) = delete;
    ~Terminal() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
    }

    void type(char key) { ASSERT_EQ(write(master_.get(), &key, 1), 1); }
    void resize(unsigned short rows, unsigned short columns) {
        const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        ASSERT_EQ(ioctl(master_.get(), TIOCSWINSZ, &size), 0);
    }
    void stop(int signal) { kill(pid_, signal); }
    bool is_stopped() const {
        int status = 0;
        for (int i = 0; i < 200; i++, usleep(20'000))
            if (waitpid(pid_, &status, WUNTRACED | WNOHANG) == pid_)
                return WIFSTOPPED(status);
        return false;
    }
    // Everything until the text has come `count` times more
    std::string read_until(const std::string &text, int count = 1) {
        std::string all;
        const auto end = steady_clock::now() + milliseconds(10'000);
        while (steady_clock::now() < end) {
            std::size_t at = 0;
            int seen = 0;
            for (; (at = all.find(text, at)) != std::string::npos; at++)
                seen++;
            if (seen >= count)
                return all;
            pollfd ready{master_.get(), POLLIN, 0};
            char buffer[4096];
            if (poll(&ready, 1, 100) <= 0)
                continue;
            const ssize_t size = read(master_.get(), buffer, sizeof buffer);
            if (size <= 0)
                break;
            all.append(buffer, static_cast<std::size_t>(size));
        }
        return all;
    }
    int wait() {
        int status = 0;
        waitpid(pid_, &status, 0);
        pid_ = -1;
        return status;
    }

private:
    pid_t pid_ = -1;
    FileDescriptor master_;
};

// The lines of the last whole screen
std::vector<std::string> last_screen(const std::string &output) {
    const std::size_t end = output.rfind(home);
    const std::size_t begin = output.rfind(home, end - 1);
    if (begin == std::string::npos || end == std::string::npos)
        return {};
    std::string text = output.substr(begin + std::string(home).size(), end - begin);
    text = text.substr(0, text.find("\033[J"));
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line.substr(0, line.find('\033')));
    return lines;
}

class WatchTest : public OperatorTest {
protected:
    void SetUp() override {
        std::string rules;
        for (int i = 0; i < 30; i++)
            rules += "udp dport " + std::to_string(1000 + i) +
                     " rmirror to 10.0.0.5 encap vxlan "
                     "key " +
                     std::to_string(i) + " len 128 mtu truncate dscp ef\n";
        net_.router.nft(ruleset(hook("inet input"), rules + "udp dport 9 rmirror to 10.0.0.5\n"));
    }
};

TEST_F(WatchTest, DrawsFitsAndEnds) {
    Terminal terminal(net_.router, {rmirror_program(), "watch", "-w", "1"}, 24, 80);
    terminal.read_until(enter);
    for (int i = 0; i < 5; i++)
        send();
    auto lines = last_screen(terminal.read_until(home, 2));
    ASSERT_EQ(lines.size(), 24U);
    EXPECT_TRUE(lines[0].starts_with("31 mirrors, ")) << lines[0];
    EXPECT_EQ(lines[1], "  matched        sent   mirror");
    EXPECT_NE(lines[2].find(" inet mirror input handle 32: "), std::string::npos)
        << lines[2] << ": the busiest is not first";
    for (const std::string &line : lines)
        EXPECT_LE(line.size(), 80U) << line;

    terminal.resize(10, 40);
    lines = last_screen(terminal.read_until(home, 3));
    EXPECT_EQ(lines.size(), 10U);
    for (const std::string &line : lines)
        EXPECT_LE(line.size(), 40U) << line;

    terminal.type('x');
    terminal.type('q');
    EXPECT_NE(terminal.read_until(leave).find(leave), std::string::npos);
    EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(WatchTest, GivesTheTerminalBackWhenItIsStopped) {
    Terminal terminal(net_.router, {rmirror_program(), "watch", "-w", "1"}, 24, 80);
    terminal.read_until(home, 1);
    terminal.type('\032');
    EXPECT_TRUE(terminal.is_stopped());
    EXPECT_NE(terminal.read_until(leave).find(leave), std::string::npos);
    terminal.stop(SIGCONT);
    EXPECT_NE(terminal.read_until(home).find(enter), std::string::npos);
    terminal.type('\003');
    EXPECT_NE(terminal.read_until(leave).find(leave), std::string::npos);
    EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(WatchTest, AsJson) {
    const CommandResult result =
        net_.router.exec({"timeout", "3", rmirror_program(), "watch", "-j", "-w", "0.5"});
    std::istringstream stream(result.out);
    std::string line;
    ASSERT_TRUE(std::getline(stream, line)) << result.err;
    EXPECT_TRUE(line.starts_with("[{\"family\":\"inet\",\"table\":\"mirror\"")) << line;
    EXPECT_NE(line.find("\"per-second\":{"), std::string::npos);
    EXPECT_TRUE(std::getline(stream, line));
}

}  // namespace
}  // namespace rmirror::vm
