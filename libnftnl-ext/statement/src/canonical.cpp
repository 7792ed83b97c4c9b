// SPDX-License-Identifier: GPL-2.0-only
//
// One form for each meaning: what equals its default is not there.
#include "value.hpp"

namespace rmirror {

Statement canonical(Statement statement) {
    // Not a valid statement: there are no defaults to compare with.
    if (statement.encap > RMIRROR_ENCAP_MAX)
        return statement;

    for (const Option &each : options()) {
        const Value value = get(statement, each.id);
        const auto *number = std::get_if<std::uint32_t>(&value);
        if (number != nullptr && rmirror_value_is_default(each.row(), statement.encap, *number))
            unset(statement, each.id);
    }
    return statement;
}

}  // namespace rmirror
