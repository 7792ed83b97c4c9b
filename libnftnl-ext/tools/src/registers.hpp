// SPDX-License-Identifier: GPL-2.0-only
//
// Which map a register of a rule was loaded from.
#pragma once

#include <libmnl/libmnl.h>

#include <cstdint>
#include <map>
#include <string>

namespace rmirror::tools {

// Of one rule, as its expressions are taken in their order.
class Registers {
public:
    // An expression, by its name and NFTA_EXPR_DATA.
    void take(const std::string &name, const nlattr *data);
    // The map that the value of a register (enum nft_registers) is from; empty: from none.
    std::string map_of(std::uint32_t number) const;

private:
    std::map<std::uint32_t, std::string> maps_;
};

}  // namespace rmirror::tools
