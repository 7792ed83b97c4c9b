// SPDX-License-Identifier: GPL-2.0-only
//
// A large ruleset of random statements, the same in every run, through an nft in and out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nft.hpp"

namespace rmirror::test {

// Runs an nft with these arguments and this standard input.
using RunNft = std::function<Outcome(const std::vector<std::string> &, const std::string &)>;

// Loads the ruleset, lists it in text and in JSON, and loads each listing in a network namespace of
// its own: both listings have to be the same bytes again, handles in JSON aside. The last namespace
// stays.
void expect_round_trip(const RunNft &nft);

}  // namespace rmirror::test
