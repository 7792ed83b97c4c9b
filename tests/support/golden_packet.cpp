// SPDX-License-Identifier: GPL-2.0-only
#include "support/golden_packet.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace rmirror::test {

namespace {

void read_bytes(const std::string &line, Pattern &pattern) {
    std::istringstream words(line);
    for (std::string word; words >> word;) {
        if (word == "**")
            pattern.emplace_back();
        else
            pattern.emplace_back(static_cast<std::uint8_t>(std::stoul(word, nullptr, 16)));
    }
}

GoldenPacket read_golden(const std::filesystem::path &path) {
    GoldenPacket golden;
    golden.name = path.stem().string();
    std::ifstream file(path);
    Pattern *bytes = nullptr;
    for (std::string line; std::getline(file, line);) {
        line.erase(std::min(line.find('#'), line.size()));
        if (line.starts_with("chain: "))
            golden.chain = line.substr(7);
        else if (line.starts_with("statement: "))
            golden.statement = line.substr(11);
        else if (line == "send:")
            bytes = &golden.send;
        else if (line == "copy:")
            bytes = &golden.copy;
        else if (bytes != nullptr)
            read_bytes(line, *bytes);
        else if (!line.empty())
            throw std::runtime_error(path.string() + ": what is '" + line + "'?");
    }
    return golden;
}

}  // namespace

void PrintTo(const GoldenPacket &golden, std::ostream *out) {
    *out << golden.name;
}

std::vector<GoldenPacket> read_golden_packets() {
    std::vector<GoldenPacket> all;
    for (const auto &entry :
         std::filesystem::directory_iterator(RMIRROR_SOURCE_DIR "/tests/golden/packet"))
        all.push_back(read_golden(entry.path()));
    std::sort(all.begin(), all.end(),
              [](const GoldenPacket &a, const GoldenPacket &b) { return a.name < b.name; });
    return all;
}

Bytes fill(const Pattern &pattern, ByteView got) {
    Bytes bytes;
    for (std::size_t i = 0; i < pattern.size(); i++)
        bytes.push_back(pattern[i].value_or(i < got.size() ? got[i] : std::uint8_t{0}));
    return bytes;
}

}  // namespace rmirror::test
