// SPDX-License-Identifier: GPL-2.0-only
//
// Any text as the JSON of a statement.
#include "properties.hpp"

using namespace rmirror::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string text(reinterpret_cast<const char *>(data), size);
    const Err err(rmirror_err_alloc());
    std::size_t end = 0;
    const Stmt stmt(rmirror_stmt_parse(RMIRROR_FORMAT_JSON, text.c_str(), &end, err.get()));
    if (!stmt) {
        check_refusal(err, size);
        return 0;
    }
    demand(end <= size, "it ends in the text", err);
    check_statement(stmt, err);
    const std::string alone = text.substr(0, end);
    const Stmt again(rmirror_stmt_parse(RMIRROR_FORMAT_JSON, alone.c_str(), nullptr, err.get()));
    demand(again && rmirror_stmt_equal(stmt.get(), again.get()), "its own text says the same", err);
    return 0;
}
