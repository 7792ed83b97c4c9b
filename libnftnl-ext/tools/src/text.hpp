// SPDX-License-Identifier: GPL-2.0-only
//
// How things are written for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rmirror::tools {

// Control characters, which a terminal would obey, as \ooo.
std::string printable(std::string_view text);

// "12.3 kbit", "1.0 Gbit": three digits, powers of 1000.
std::string with_unit(double value, std::string_view unit);

// "1 packet", "2 packets"
std::string counted(std::uint64_t number, std::string_view word);

// What a counter means in words; empty: it is no loss.
std::string_view loss_words(std::uint16_t counter);

// Escape sequences, if standard output is a terminal that wants them.
struct Colours {
    std::string_view bad;
    std::string_view good;
    std::string_view strong;
    std::string_view off;
};
const Colours &colours();

}  // namespace rmirror::tools
