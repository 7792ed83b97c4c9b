// SPDX-License-Identifier: GPL-2.0-only
//
// The terminal of a command that draws: keys come at once and are not shown, and what was there
// before comes back at the end. Standard input and output may also be no terminal.
#pragma once

#include <termios.h>

#include <cstddef>
#include <string>
#include <vector>

namespace rmirror::tools {

class Screen {
public:
    // `wanted`: draw if there is a terminal; else lines are written in any case.
    explicit Screen(bool wanted);
    Screen(const Screen &) = delete;
    Screen &operator=(const Screen &) = delete;
    ~Screen() { leave(); }

    bool is_terminal() const { return is_terminal_; }

    struct Size {
        std::size_t rows;
        std::size_t columns;
    };
    static Size size();
    // No more lines than it has rows; what does not fit is cut.
    static void draw(const std::vector<std::string> &lines);

    // Waits for a key: that, or 0 if none came in time or a signal did. A stop from the keyboard
    // gives the terminal back for as long as it lasts.
    char wait_for_key(double seconds);
    // A signal has asked for the end.
    static bool is_ended();

private:
    void enter();
    void leave();

    bool is_terminal_;
    termios before_{};
};

// So much of a line as has room, in characters of UTF-8.
std::string fitted(const std::string &text, std::size_t columns);

}  // namespace rmirror::tools
