// SPDX-License-Identifier: GPL-2.0-only
//
// Any bytes as the attributes of the expression.
#include "properties.hpp"

using namespace rmirror::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const Err err(rmirror_err_alloc());
    const Stmt stmt(rmirror_stmt_parse_payload(data, size, err.get()));
    if (stmt)
        check_statement(stmt, err);
    else
        check_refusal(err, 0);
    return 0;
}
