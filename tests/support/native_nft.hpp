// SPDX-License-Identifier: GPL-2.0-only
// The nfts with the native grammar that tests/native/prepare has built.
#pragma once

#include <string>
#include <vector>

namespace rmirror::test {

struct NativeNft {
    std::string version;  // of the nftables that it was built from
    std::string path;     // of the program

    // The trees that it was built from, as they were given
    std::string nftables_tree;
    std::string libnftnl_tree;
};

void PrintTo(const NativeNft &nft, std::ostream *out);

// By version; none if there are no sources to build from.
std::vector<NativeNft> native_nfts();

// Why there are none, for the skip
std::string why_no_native_nft();

// A version as part of a test's name
std::string native_test_name(const NativeNft &nft);

}  // namespace rmirror::test
