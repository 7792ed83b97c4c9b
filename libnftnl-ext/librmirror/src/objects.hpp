// SPDX-License-Identifier: GPL-2.0-only
//
// What the opaque types of <rmirror/rmirror.h> are, and how its functions fail: no exception leaves
// them, errno and the error object say why.
#pragma once

#include <cerrno>
#include <new>
#include <string>
#include <utility>

#include "rmirror/rmirror.h"
#include "rmirror/statement.hpp"

struct rmirror_err {
    std::string message;
    rmirror::Span span;
};

struct rmirror_stmt {
    rmirror::Statement statement;
};

namespace rmirror::c {

// Fills in the error object, if there is one, and errno.
inline void fail(rmirror_err *err, int code, std::string message, Span span = {}) {
    if (err != nullptr) {
        err->message = std::move(message);
        err->span = span;
    }
    errno = code;
}

inline void fail(rmirror_err *err, Error error) {
    fail(err, EINVAL, std::move(error.message), error.span);
}

// Calls body(), which returns a T; `failed` when it throws, for want of memory.
template <typename T, typename Body>
T guarded(T failed, rmirror_err *err, Body body) noexcept {
    try {
        if (err != nullptr)
            *err = rmirror_err{};
        return body();
    } catch (const std::bad_alloc &) {
        fail(err, ENOMEM, "out of memory");  // short enough to need none
    } catch (...) {
        // A length that no container can have
        fail(err, EINVAL, "invalid input");
    }
    return failed;
}

// A statement of the caller's own.
inline rmirror_stmt *release(Statement statement) {
    return new rmirror_stmt{std::move(statement)};
}

// The statement's validity as the functions that write it want it: true, or an error.
inline bool is_valid(const rmirror_stmt *stmt, rmirror_err *err) {
    auto error = validate(stmt->statement);
    if (error)
        fail(err, std::move(*error));
    return !error;
}

}  // namespace rmirror::c
