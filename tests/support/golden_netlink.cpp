// SPDX-License-Identifier: GPL-2.0-only
#include "support/golden_netlink.hpp"

#include <algorithm>
#include <bit>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rmirror::test {
namespace {

constexpr const char *directory = RMIRROR_SOURCE_DIR "/tests/golden/netlink";

// The files hold little-endian headers; needed by a big-endian machine.
[[maybe_unused]] void swap_headers(std::vector<std::uint8_t> &bytes) {
    for (std::size_t at = 0; at + 4 <= bytes.size();) {
        const std::size_t length = bytes[at] + 256U * bytes[at + 1];
        std::swap(bytes[at], bytes[at + 1]);
        std::swap(bytes[at + 2], bytes[at + 3]);
        at += std::max<std::size_t>(4, (length + 3) / 4 * 4);
    }
}

GoldenNetlink read_file(const std::filesystem::path &path) {
    GoldenNetlink golden{path.stem().string(), {}, {}, {}, {}};
    std::ifstream file(path);
    bool in_bytes = false;
    for (std::string line; std::getline(file, line);) {
        line.erase(std::min(line.find('#'), line.size()));
        if (line.starts_with("text: "))
            golden.text = line.substr(6);
        else if (line.starts_with("prints: "))
            golden.prints = line.substr(8);
        else if (line.starts_with("json: "))
            golden.json = line.substr(6);
        else if (line == "bytes:")
            in_bytes = true;
        else if (in_bytes) {
            std::istringstream words(line);
            for (std::string word; words >> word;)
                golden.bytes.push_back(static_cast<std::uint8_t>(std::stoul(word, nullptr, 16)));
        }
    }
    if (golden.prints.empty())
        golden.prints = golden.text;
    if constexpr (std::endian::native == std::endian::big)
        swap_headers(golden.bytes);
    return golden;
}

}  // namespace

void PrintTo(const GoldenNetlink &golden, std::ostream *out) {
    *out << golden.name;
}

std::vector<GoldenNetlink> read_golden_netlink() {
    std::vector<GoldenNetlink> all;
    std::error_code missing;
    for (const auto &entry : std::filesystem::directory_iterator(directory, missing))
        if (entry.path().extension() == ".txt")
            all.push_back(read_file(entry.path()));
    std::sort(all.begin(), all.end(),
              [](const GoldenNetlink &a, const GoldenNetlink &b) { return a.name < b.name; });
    return all;
}

}  // namespace rmirror::test
