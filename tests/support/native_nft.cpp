// SPDX-License-Identifier: GPL-2.0-only
#include "native_nft.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "support/paths.hpp"

namespace rmirror::test {

namespace {

const std::filesystem::path built = RMIRROR_BINARY_DIR "/native";

std::string first_line(const std::filesystem::path &path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

}  // namespace

void PrintTo(const NativeNft &nft, std::ostream *out) {
    *out << nft.version;
}

std::vector<NativeNft> native_nfts() {
    std::vector<NativeNft> all;
    if (!std::filesystem::exists(built))
        return all;
    for (const auto &entry : std::filesystem::directory_iterator(built)) {
        const auto program = entry.path() / "usr/sbin/nft";
        if (std::filesystem::exists(entry.path() / "complete") && std::filesystem::exists(program))
            all.push_back({first_line(entry.path() / "complete"), program.string(),
                           first_line(entry.path() / "nftables-tree"),
                           first_line(entry.path() / "libnftnl-tree")});
    }
    std::sort(all.begin(), all.end(), [](const NativeNft &a, const NativeNft &b) {
        return std::pair(a.version, a.path) < std::pair(b.version, b.path);
    });
    return all;
}

std::string why_no_native_nft() {
    const std::string why = first_line(built / "why-not");
    return (why.empty() ? "tests/native/prepare has not run" : why) +
           "; unpack nftables and libnftnl and run tests/run --nftables TREE --libnftnl TREE";
}

std::string native_test_name(const NativeNft &nft) {
    std::string name = "nft_" + nft.version + "_" +
                       std::filesystem::path(nft.path)
                           .parent_path()
                           .parent_path()
                           .parent_path()
                           .filename()
                           .string();
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
}

}  // namespace rmirror::test
