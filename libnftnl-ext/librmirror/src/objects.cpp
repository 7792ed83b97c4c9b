// SPDX-License-Identifier: GPL-2.0-only
//
// Life and death of the objects, and what is left to say of them.
#include "objects.hpp"

using namespace rmirror;

rmirror_err *rmirror_err_alloc() {
    return c::guarded<rmirror_err *>(nullptr, nullptr, [] { return new rmirror_err{}; });
}

void rmirror_err_free(rmirror_err *err) {
    delete err;
}

const char *rmirror_err_message(const rmirror_err *err) {
    return err->message.c_str();
}

std::size_t rmirror_err_begin(const rmirror_err *err) {
    return err->span.begin;
}

std::size_t rmirror_err_end(const rmirror_err *err) {
    return err->span.end;
}

rmirror_stmt *rmirror_stmt_alloc() {
    return c::guarded<rmirror_stmt *>(nullptr, nullptr, [] { return c::release({}); });
}

rmirror_stmt *rmirror_stmt_clone(const rmirror_stmt *stmt) {
    return c::guarded<rmirror_stmt *>(nullptr, nullptr,
                                      [stmt] { return c::release(stmt->statement); });
}

void rmirror_stmt_free(rmirror_stmt *stmt) {
    delete stmt;
}

bool rmirror_stmt_equal(const rmirror_stmt *a, const rmirror_stmt *b) {
    return c::guarded(false, nullptr,
                      [a, b] { return canonical(a->statement) == canonical(b->statement); });
}

int rmirror_stmt_validate(const rmirror_stmt *stmt, rmirror_err *err) {
    return c::guarded(-1, err, [stmt, err] { return c::is_valid(stmt, err) ? 0 : -1; });
}

const char *rmirror_version() {
    return RMIRROR_VERSION;
}
