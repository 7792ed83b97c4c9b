// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror watch: the mirrors, live, the busiest first.
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <numeric>

#include "commands.h"
#include "mirror.hpp"
#include "options.hpp"
#include "path.hpp"
#include "report.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

constexpr const char *usage =
    "Usage: rmirror watch [-w SECONDS] [MIRROR]...\n"
    "\n"
    "Shows the mirrors live, the busiest first. `q` ends it. Without a terminal it\n"
    "writes plain lines.\n"
    "\n"
    "  MIRROR            a collector, a table, TABLE/CHAIN or a rule's comment\n"
    "  -w, --wait N      seconds between two looks (2)\n";

volatile std::sig_atomic_t resized = 0;
volatile std::sig_atomic_t ended = 0;

// Keys come at once and are not shown, as long as it lives; the screen is the other one.
class Screen {
public:
    Screen() : is_terminal_(isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {
        if (!is_terminal_ || tcgetattr(STDIN_FILENO, &before_) != 0) {
            is_terminal_ = false;
            return;
        }
        termios keys = before_;
        keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        tcsetattr(STDIN_FILENO, TCSANOW, &keys);
        std::fputs("\033[?1049h\033[?25l", stdout);
    }
    Screen(const Screen &) = delete;
    Screen &operator=(const Screen &) = delete;
    ~Screen() {
        if (!is_terminal_)
            return;
        std::fputs("\033[?25h\033[?1049l", stdout);
        std::fflush(stdout);
        tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }

    bool is_terminal() const { return is_terminal_; }
    static winsize size() {
        winsize size{};
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
            return {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
        return size;
    }

private:
    bool is_terminal_;
    termios before_{};
};

std::string fitted(const std::string &text, std::size_t width) {
    return text.size() <= width ? text : text.substr(0, width);
}

// The rate first: what does not fit is the end of the statement.
std::string line_of(const Mirror &mirror, const Rates &rates, const std::string &wrong) {
    char columns[64];
    std::snprintf(columns, sizeof columns, "%14s %13s %c ",
                  with_unit(rates.count(NFTA_RMIRROR_COUNTER_MATCHED), "p/s").c_str(),
                  with_unit(8 * rates.count(NFTA_RMIRROR_COUNTER_BYTES), "bit/s").c_str(),
                  wrong.empty() ? ' ' : '*');
    std::string line = columns + mirror.place() + ": ";
    return line + (wrong.empty() ? mirror.text() : wrong);
}

struct Look {
    std::vector<Mirror> mirrors;
    std::vector<Rates> rates;
    std::vector<std::size_t> order;
};

void print(const Look &look, const Screen &screen) {
    const winsize size = Screen::size();
    const std::size_t rows =
        screen.is_terminal() ? std::max(2, size.ws_row - 1) - 1U : look.order.size();
    if (screen.is_terminal())
        std::fputs("\033[H\033[2J", stdout);
    std::printf("%14s %13s   %s\n", "matched", "sent", "mirror");
    Paths paths;
    for (std::size_t row = 0; row < std::min(rows, look.order.size()); row++) {
        const Mirror &mirror = look.mirrors[look.order[row]];
        const Rates &rates = look.rates[look.order[row]];
        const Path *path = paths.find(mirror);
        std::string wrong = path == nullptr ? std::string() : obstacle(mirror, *path);
        if (wrong.empty())
            wrong = rates.loss();
        const std::string line = line_of(mirror, rates, wrong);
        std::puts(screen.is_terminal() ? fitted(line, size.ws_col).c_str() : line.c_str());
    }
    std::fflush(stdout);
}

// Returns false when it is to end.
bool pause(double seconds, const Screen &screen) {
    pollfd keyboard{STDIN_FILENO, POLLIN, 0};
    const int timeout = static_cast<int>(seconds * 1000);
    const int ready = poll(&keyboard, screen.is_terminal() ? 1 : 0, timeout);
    if (ended != 0)
        return false;
    if (ready <= 0)
        return true;
    char key = 0;
    return read(STDIN_FILENO, &key, 1) == 1 && key != 'q' && key != 'Q';
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

void catch_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { ended = 1; };
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    // It ends the pause, so that the screen is drawn anew.
    action.sa_handler = [](int) {};
    sigaction(SIGWINCH, &action, nullptr);
}

}  // namespace

int watch_main(int argc, char **argv) {
    int status = 0;
    const auto options = parse_options(argc, argv, "w", usage, status);
    if (!options)
        return status;
    Mirrors before = read_mirrors();
    if (complain(argv[0], before.gaps))
        return 2;
    catch_signals();
    const Screen screen;
    auto last = std::chrono::steady_clock::now();
    while (pause(options->wait.value_or(2), screen)) {
        Mirrors now = read_mirrors();
        const auto time = std::chrono::steady_clock::now();
        now.all = select(std::move(now.all), options->words);
        const double seconds = std::max(0.001, std::chrono::duration<double>(time - last).count());
        Look look = look_at(std::move(now.all), before.all, seconds);
        print(look, screen);
        if (std::ferror(stdout) != 0)
            return 1;
        before.all = std::move(look.mirrors);
        last = time;
    }
    return 0;
}

}  // namespace rmirror::tools
