// SPDX-License-Identifier: GPL-2.0-only
//
// Any text as the text of a statement, alone and as the head of a longer one.
#include "properties.hpp"

using namespace rmirror::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string text(reinterpret_cast<const char *>(data), size);
    const Err err(rmirror_err_alloc());
    std::size_t end = 0;
    const Stmt head(rmirror_stmt_parse(RMIRROR_FORMAT_TEXT, text.c_str(), &end, err.get()));
    if (!head) {
        check_refusal(err, size);
        return 0;
    }
    demand(end <= size, "it ends in the text", err);
    check_statement(head, err);

    // What was read is a statement by itself.
    const std::string alone = text.substr(0, end);
    const Stmt again(rmirror_stmt_parse(RMIRROR_FORMAT_TEXT, alone.c_str(), nullptr, err.get()));
    demand(again && rmirror_stmt_equal(head.get(), again.get()), "its own text says the same", err);

    const Stmt whole(rmirror_stmt_parse(RMIRROR_FORMAT_TEXT, text.c_str(), nullptr, err.get()));
    if (!whole)
        check_refusal(err, size);
    return 0;
}
