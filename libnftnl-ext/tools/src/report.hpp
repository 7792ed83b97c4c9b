// SPDX-License-Identifier: GPL-2.0-only
//
// What several subcommands tell of a mirror, in words and as JSON.
#pragma once

#include <jansson.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mirror.hpp"

namespace rmirror::tools {

struct JsonDeleter {
    void operator()(json_t *value) const { json_decref(value); }
};
using Json = std::unique_ptr<json_t, JsonDeleter>;

// What a mirror has counted in a second
struct Rates {
    std::array<double, NFTA_RMIRROR_COUNTER_MAX> per_second{};

    double count(std::uint16_t counter) const { return per_second.at(counter - 1U); }
    std::string text() const;  // "12.0 packets/s, 1.2 Mbit/s"
    std::string loss() const;  // what goes wrong most; empty: nothing
};

// Of each of `now`; of one that was not there before, since it began.
std::vector<Rates> rates_between(const std::vector<Mirror> &before, const std::vector<Mirror> &now,
                                 double seconds);

// "4 no-neighbour: the next hop does not answer"
std::vector<std::string> losses(const Mirror &mirror);

// A new reference
json_t *to_json(const Mirror &mirror, const Rates *rates, const std::string &wrong);
bool print_json(const Json &value);

// Is there something that should have been read?
bool is_failure(const Gap &gap);

// Says what could not be read, and why; false: everything was.
bool complain(std::string_view command, const std::vector<Gap> &gaps);

}  // namespace rmirror::tools
