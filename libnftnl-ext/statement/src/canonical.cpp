// SPDX-License-Identifier: GPL-2.0-only
//
// One form for each meaning: what equals its default is not there.
#include "rmirror/statement.hpp"
#include "tables.hpp"

namespace rmirror {

namespace {

void drop_if(std::optional<std::uint32_t> &member, std::uint32_t value) {
    if (member == value)
        member.reset();
}

}  // namespace

Statement canonical(Statement statement) {
    // Not a valid statement: there are no defaults to compare with.
    if (statement.encap > RMIRROR_ENCAP_MAX)
        return statement;

    if (!zero_key_is_a_key(statement.encap))
        drop_if(statement.key, 0);
    drop_if(statement.ttl, RMIRROR_TTL_DEFAULT);
    drop_if(statement.dscp, 0);
    drop_if(statement.mark, 0);
    drop_if(statement.port, default_port(statement.encap));
    if ((RMIRROR_E_SEQ_ALWAYS & (1U << statement.encap)) != 0)
        statement.flags &= ~std::uint32_t{RMIRROR_F_SEQ};
    return statement;
}

}  // namespace rmirror
