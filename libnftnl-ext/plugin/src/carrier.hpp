// SPDX-License-Identifier: GPL-2.0-only
//
// Carriers: stock `log` statements that take the place of rmirror statements in the text nft reads.
//
//   rmirror to 10.0.0.5 len 60
//   log          prefix"MABCDE"     M: the marker byte, ABCDE: an id
//
// A carrier is exactly as long as the text it replaces, so that every column nft computes is right.
// The shortest statement there is, `rmirror to ::1`, leaves room for an id of one byte: equal texts
// share an id, and there are fewer valid texts of that length than ids.
//
// The marker byte is one that the text of the user does not contain: a log prefix that starts with
// it is ours.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "registry.hpp"

namespace rmirror::plugin {

struct Carried {
    std::string raw;  // the text of the user
    Meaning meaning;
};

class Carriers {
public:
    // Chooses a marker byte none of the texts contains; false: there is none.
    bool choose_marker(std::string_view text);
    char marker() const { return marker_; }
    bool empty() const { return carried_.empty(); }

    // The carrier for raw, which may hold line continuations. nullopt: no id is left.
    std::optional<std::string> make(std::string_view raw, const Statement &statement);

    // What a log prefix stands for; null: it is not one of ours.
    const Carried *find(std::string_view prefix) const;

private:
    std::optional<std::string> prefix_for(std::string_view raw, std::size_t room,
                                          const Statement &statement);

    char marker_ = '\x01';
    std::unordered_map<std::string, Carried> carried_;        // by prefix
    std::unordered_map<std::string, std::string> prefix_of_;  // by raw text
    std::unordered_map<std::size_t, std::size_t> next_;       // by length of the id
};

}  // namespace rmirror::plugin
