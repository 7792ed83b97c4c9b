// SPDX-License-Identifier: GPL-2.0-only
// Expressions `rmirror` that are made up: right ones, and what becomes of them.
#pragma once

#include "storm/attributes.hpp"

namespace rmirror::storm {

/** A rule's expressions: `rmirror`, what fills the registers that it reads, its attributes as they
 * are in tests/golden/netlink or by chance, some changed. */
class Statements {
public:
    Statements();
    Attributes make(Random &random) const;

private:
    Attributes right(Random &random) const;

    std::vector<Attributes> golden_;
};

/** An expression as an element of a rule's list. */
Attribute expression(std::string_view name, Attributes attributes);

}  // namespace rmirror::storm
