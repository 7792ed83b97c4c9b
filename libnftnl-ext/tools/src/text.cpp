// SPDX-License-Identifier: GPL-2.0-only
#include "text.hpp"

#include <linux/netfilter/rmirror.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace rmirror::tools {

std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f) {
            out += c;
            continue;
        }
        std::array<char, 5> octal{};
        std::snprintf(octal.data(), octal.size(), "\\%03o", byte);
        out += octal.data();
    }
    return out;
}

std::string with_unit(double value, std::string_view unit) {
    constexpr std::string_view prefixes[] = {"", "k", "M", "G", "T", "P"};
    std::size_t prefix = 0;
    while (value >= 999.5 && prefix + 1 < std::size(prefixes)) {
        value /= 1000;
        prefix++;
    }
    std::array<char, 32> number{};
    std::snprintf(number.data(), number.size(), value < 99.95 ? "%.1f" : "%.0f", value);
    return std::string(number.data()) + ' ' + std::string(prefixes[prefix]) + std::string(unit);
}

std::string counted(std::uint64_t number, std::string_view word) {
    return std::to_string(number) + ' ' + std::string(word) + (number == 1 ? "" : "s");
}

std::string_view loss_words(std::uint16_t counter) {
    switch (counter) {
        case NFTA_RMIRROR_COUNTER_TRUNCATED:
            return "cut to fit the path";
        case NFTA_RMIRROR_COUNTER_TOO_BIG:
            return "too long for the path";
        case NFTA_RMIRROR_COUNTER_NO_ROUTE:
            return "no way to the collector";
        case NFTA_RMIRROR_COUNTER_NO_NEIGHBOUR:
            return "the next hop does not answer";
        case NFTA_RMIRROR_COUNTER_NO_MEMORY:
            return "no memory for the copy";
        case NFTA_RMIRROR_COUNTER_TX_DROP:
            return "the device or its queue was full";
        case NFTA_RMIRROR_COUNTER_LOOP:
            return "copies themselves";
        case NFTA_RMIRROR_COUNTER_LOCAL:
            return "the collector is this host";
        case NFTA_RMIRROR_COUNTER_NESTED:
            return "perhaps copies of copies, only their headers are sent";
        case NFTA_RMIRROR_COUNTER_CLEAR:
            return "in clear before encryption";
        case NFTA_RMIRROR_COUNTER_REFUSED:
            return "ICMP errors: the collector or the way to it refuses copies";
        default:
            return {};
    }
}

const Colours &colours() {
    static constexpr Colours none{};
    static constexpr Colours ansi{"\033[1;31m", "\033[32m", "\033[1m", "\033[0m"};
    static const bool wanted = [] {
        const char *terminal = std::getenv("TERM");
        return isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr &&
               terminal != nullptr && std::string_view(terminal) != "dumb";
    }();
    return wanted ? ansi : none;
}

}  // namespace rmirror::tools
