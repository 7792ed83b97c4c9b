// SPDX-License-Identifier: GPL-2.0-only
//
// The objects of librmirror as the tests hold them.
#pragma once

#include <rmirror/rmirror.h>

#include <memory>
#include <string>

namespace rmirror::test {

struct Free {
    void operator()(rmirror_err *err) const { rmirror_err_free(err); }
    void operator()(rmirror_stmt *stmt) const { rmirror_stmt_free(stmt); }
};
using Err = std::unique_ptr<rmirror_err, Free>;
using Stmt = std::unique_ptr<rmirror_stmt, Free>;

inline Err make_err() {
    return Err(rmirror_err_alloc());
}

// Null when the text is refused.
inline Stmt parse(const char *text, const Err &err = nullptr) {
    return Stmt(rmirror_stmt_parse(RMIRROR_FORMAT_TEXT, text, nullptr, err.get()));
}

inline std::string written(const Stmt &stmt, rmirror_format format) {
    const int length = rmirror_stmt_snprintf(nullptr, 0, stmt.get(), format);
    std::string text(static_cast<std::size_t>(length) + 1, '\0');
    rmirror_stmt_snprintf(text.data(), text.size(), stmt.get(), format);
    text.pop_back();
    return text;
}

inline std::string text_of(const Stmt &stmt) {
    return written(stmt, RMIRROR_FORMAT_TEXT);
}

}  // namespace rmirror::test
