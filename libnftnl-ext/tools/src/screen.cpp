// SPDX-License-Identifier: GPL-2.0-only
#include "screen.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>

namespace rmirror::tools {

namespace {

volatile std::sig_atomic_t ended = 0;
volatile std::sig_atomic_t stopped = 0;

void end(int /*signal*/) {
    ended = 1;
}

void stop(int /*signal*/) {
    stopped = 1;
}

// A new size ends the wait, so that the screen is drawn anew.
void resize(int /*signal*/) {}

// Each of them ends a wait, whatever the flags. What is being written goes on with SA_RESTART, and
// is cut off without: who ends the program does not wait for a pipe that nobody reads.
void catch_signal(int signal, void (*handler)(int), int flags = 0) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(signal, &action, nullptr);
}

}  // namespace

Screen::Screen(bool wanted)
    : is_terminal_(wanted && isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {
    catch_signal(SIGINT, end);
    catch_signal(SIGTERM, end);
    catch_signal(SIGHUP, end);
    is_terminal_ = is_terminal_ && tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!is_terminal_)
        return;
    catch_signal(SIGWINCH, resize, SA_RESTART);
    catch_signal(SIGTSTP, stop, SA_RESTART);
    enter();
}

void Screen::enter() {
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    std::fputs("\033[?1049h\033[?25l", stdout);
}

void Screen::leave() {
    if (!is_terminal_)
        return;
    std::fputs("\033[?25h\033[?1049l", stdout);
    std::fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

Screen::Size Screen::size() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return {.rows = 24, .columns = 80};
    return {.rows = size.ws_row, .columns = size.ws_col};
}

// Over what is there, so that nothing flickers. Behind the last line there is no line end: the
// screen would move up.
void Screen::draw(const std::vector<std::string> &lines) {
    const std::size_t columns = size().columns;
    std::string text = "\033[H";
    for (const std::string &line : lines)
        text += (&line == &lines.front() ? "" : "\n") + fitted(line, columns) + "\033[K";
    text += "\033[J";
    std::fputs(text.c_str(), stdout);
}

bool Screen::is_ended() {
    return ended != 0;
}

char Screen::wait_for_key(double seconds) {
    pollfd keyboard{STDIN_FILENO, POLLIN, 0};
    const int ready = poll(&keyboard, is_terminal_ ? 1 : 0, static_cast<int>(seconds * 1000));
    if (stopped != 0) {
        stopped = 0;
        leave();
        raise(SIGSTOP);
        enter();
    }
    if (ready <= 0)
        return 0;
    char key = 0;
    if (read(STDIN_FILENO, &key, 1) == 1)
        return key;
    ended = 1;  // the terminal is gone
    return 0;
}

std::string fitted(const std::string &text, std::size_t columns) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < text.size(); i++) {
        const bool continues = (static_cast<unsigned char>(text[i]) & 0xc0U) == 0x80;
        if (!continues && ++width > columns)
            return text.substr(0, i);
    }
    return text;
}

}  // namespace rmirror::tools
