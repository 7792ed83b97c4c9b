// SPDX-License-Identifier: GPL-2.0-only
//
// Carriers: stock `quota name` statements that take the place of rmirror statements in the text nft
// reads.
//
//   rmirror to 10.0.0.5 len 60
//   quota          name"MABCDE"     M: the marker byte, ABCDE: an id
//
// A carrier is exactly as long as the text it replaces, so that every column nft computes is right.
// The shortest literal there is, `rmirror to ::1`, leaves room for an id of one byte: equal texts
// share an id, and there are fewer valid texts of that length than ids. `rmirror to $c` leaves room
// for none; its mark is a control byte of its own.
//
// When collector or key is an expression, the carrier stands for what is before it, and is followed
// by an assignment: assignment.hpp. It may be longer than that: columns behind it are counted back.
//
// The marker byte, as every other control byte used, is one that the text of the user does not
// contain: a quota whose name starts with it is ours. There is no such quota, so that the kernel
// refuses a carrier which, by whatever accident, would reach it, and with it the whole batch.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "registry.hpp"

namespace rmirror::plugin {

struct Carried {
    std::string raw;  // the text of the user, up to an expression
    Meaning meaning;
    bool is_hashed;  // assigned ends with hash_begin

    bool is_expression() const { return meaning.statement->has_expression(); }
};

class Carriers {
public:
    // Makes sure that no control byte of text is used, before or after; false: it is too late.
    bool admit(std::string_view text);
    // The bytes with which a name of ours may start.
    std::string_view marks() const { return marks_; }
    bool empty() const { return carried_.empty(); }
    // Is the collector or the key of any statement an expression?
    bool has_expressions() const { return has_expressions_; }

    // The carrier for raw, which may hold line continuations. assigned: what stands before the
    // expression behind raw, empty when raw is the whole statement. Of two expressions each has a
    // carrier. nullopt: no id is left.
    std::optional<std::string> make(std::string_view raw, const Statement &statement,
                                    std::string_view assigned = {});

    // What the name of a quota stands for; null: it is not one of ours.
    const Carried *find(std::string_view name) const;

private:
    std::optional<std::string> name_for(std::string_view raw, std::size_t room,
                                        const Statement &statement, std::string_view assigned);
    std::optional<std::string> new_name(std::size_t room);

    std::string free_ = control_bytes();  // what no text contains, the next one last
    std::string marks_;  // the marker, if there is one yet, and the other bytes used
    static std::string control_bytes();

    std::unordered_map<std::string, Carried> carried_;      // by name
    std::unordered_map<std::string, std::string> name_of_;  // by raw text and meaning
    std::unordered_map<std::size_t, std::size_t> next_;     // by length of the id
    bool has_expressions_ = false;
};

}  // namespace rmirror::plugin
