// SPDX-License-Identifier: GPL-2.0-only
//
// Netlink messages under construction, and the expressions of a rule in one. Nothing here trusts a
// length inside a message; the length of the message itself is the caller's word.
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rmirror/attributes.hpp"
#include "rmirror/statement.hpp"

namespace rmirror::c {

constexpr const char *no_rule = "the message is no rule";
inline std::string no_statement(unsigned int n) {
    return "the rule has no rmirror statement " + std::to_string(n);
}
constexpr const char *no_room = "the message does not fit into its buffer";

// Bytes that can be added behind the last attribute.
std::size_t room(const nlmsghdr *nlh, std::size_t size);
// Counts bytes that were written there; a multiple of 4.
void grow(nlmsghdr *nlh, std::size_t bytes);

// Walks attributes in memory, as libmnl wants them; ends before the first that does not fit into
// what is left.
class Attributes {
public:
    Attributes() = default;
    // Those of a message behind `header` bytes of its payload.
    Attributes(const nlmsghdr *nlh, std::size_t header);
    // Those inside an attribute.
    explicit Attributes(const nlattr *nest);

    // nullptr: no more.
    const nlattr *next();
    // The next one of this type, from where the walk is.
    const nlattr *find(std::uint16_t type);
    // Goes to the end; whether that is where the attributes end.
    bool are_complete();

private:
    Bytes left_;
};

// Is it an NFT_MSG_NEWRULE or an NFT_MSG_DELRULE?
bool is_rule(const nlmsghdr *nlh);
// Whether the attributes of a rule, and the elements of its expressions, are all there.
bool is_well_formed(const nlmsghdr *nlh);
// NFTA_RULE_EXPRESSIONS of a rule, nullptr when there is none.
const nlattr *expressions_of(const nlmsghdr *nlh);
// The attribute of a rule's expression list is an rmirror expression.
bool is_rmirror(const nlattr *element);
// What is inside its NFTA_EXPR_DATA; empty when it has none.
std::span<const std::uint8_t> data_of(const nlattr *element);

// The n-th rmirror expression and its place among all of them; nullptr: there is none.
const nlattr *find_rmirror(const nlmsghdr *nlh, unsigned int n, std::uint32_t &index);
// A copy of the message, aligned as one, less its rmirror expressions.
std::vector<std::uint32_t> without_rmirror(const nlmsghdr *nlh);

// NFTA_LIST_ELEM with a whole expression. The statement is valid.
std::vector<std::uint8_t> build_element(const Statement &statement);

}  // namespace rmirror::c
