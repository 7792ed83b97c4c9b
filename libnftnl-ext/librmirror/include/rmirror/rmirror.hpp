// SPDX-License-Identifier: GPL-2.0-only
//
// librmirror for C++17 and later: the functions of <rmirror/rmirror.h> with values instead of
// pointers. All of it is in this header, so that it adds nothing to the library's ABI. The manual
// is librmirror(3).
//
//   auto statement = rmirror::Statement::parse("rmirror to 10.0.0.5 len 60");
//   if (!statement)
//       std::cerr << statement.error().message << '\n';
//   else if (auto error = statement->insert(nlh, sizeof buffer))
//       std::cerr << error->message << '\n';
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <rmirror/rmirror.h>

namespace rmirror {
inline namespace librmirror1 {

// What was wrong. `begin` and `end` are a place in the text that was parsed, 0 when there was none.
struct Error {
    int code = 0;  // errno
    std::string message;
    std::size_t begin = 0;
    std::size_t end = 0;
};

// A value or the reason why there is none.
template <typename T>
class Result {
public:
    Result(T value) : state_(std::move(value)) {}
    Result(Error error) : state_(std::move(error)) {}

    explicit operator bool() const { return std::holds_alternative<T>(state_); }
    T &operator*() { return std::get<T>(state_); }
    const T &operator*() const { return std::get<T>(state_); }
    T *operator->() { return &std::get<T>(state_); }
    const T *operator->() const { return &std::get<T>(state_); }
    const Error &error() const { return std::get<Error>(state_); }

private:
    std::variant<T, Error> state_;
};

namespace detail {

template <auto function>
struct Deleter {
    template <typename T>
    void operator()(T *object) const {
        function(object);
    }
};

using Err = std::unique_ptr<rmirror_err, Deleter<rmirror_err_free>>;

// std::bad_alloc, as from anything else that allocates.
template <typename T>
T *checked(T *object) {
    if (object == nullptr)
        throw std::bad_alloc();
    return object;
}

inline Error error_of(const Err &err) {
    const int code = errno;
    return {code, rmirror_err_message(err.get()), rmirror_err_begin(err.get()),
            rmirror_err_end(err.get())};
}

}  // namespace detail

// A statement, of which one may have copies. Members throw std::bad_alloc and nothing else; one
// that was moved from can only be assigned to or destroyed.
class Statement {
public:
    Statement() : stmt_(detail::checked(rmirror_stmt_alloc())) {}
    Statement(const Statement &other)
        : stmt_(detail::checked(rmirror_stmt_clone(other.stmt_.get()))) {}
    Statement(Statement &&) noexcept = default;
    Statement &operator=(const Statement &other) { return *this = Statement(other); }
    Statement &operator=(Statement &&) noexcept = default;
    ~Statement() = default;

    // rmirror_stmt_parse(), rmirror_stmt_parse_payload()
    static Result<Statement> parse(const std::string &text, std::size_t *end = nullptr) {
        return parse_as(RMIRROR_FORMAT_TEXT, text, end);
    }
    static Result<Statement> parse_json(const std::string &text, std::size_t *end = nullptr) {
        return parse_as(RMIRROR_FORMAT_JSON, text, end);
    }
    static Result<Statement> parse_payload(const void *data, std::size_t size) {
        const detail::Err err(detail::checked(rmirror_err_alloc()));
        return take(rmirror_stmt_parse_payload(data, size, err.get()), err);
    }
    // rmirror_rule_nlmsg_get(): code ENOENT says that there are no more than n.
    static Result<Statement> from_rule(const nlmsghdr *nlh, unsigned int n,
                                       std::uint32_t *index = nullptr) {
        const detail::Err err(detail::checked(rmirror_err_alloc()));
        return take(rmirror_rule_nlmsg_get(nlh, n, index, err.get()), err);
    }

    std::string to_text() const { return written_as(RMIRROR_FORMAT_TEXT); }
    std::string to_json() const { return written_as(RMIRROR_FORMAT_JSON); }

    // rmirror_stmt_set_u32(), .._set_str(), .._set_data(): the error, if there is one.
    [[nodiscard]] std::optional<Error> set(std::uint16_t attr, std::uint32_t value) {
        return call(
            [&](rmirror_err *err) { return rmirror_stmt_set_u32(stmt_.get(), attr, value, err); });
    }
    [[nodiscard]] std::optional<Error> set(std::uint16_t attr, const std::string &word) {
        if (word.find('\0') != std::string::npos)
            return Error{EINVAL, "unexpected NUL"};
        return call([&](rmirror_err *err) {
            return rmirror_stmt_set_str(stmt_.get(), attr, word.c_str(), err);
        });
    }
    [[nodiscard]] std::optional<Error> set(std::uint16_t attr, const void *data, std::size_t size) {
        return call([&](rmirror_err *err) {
            return rmirror_stmt_set_data(stmt_.get(), attr, data, size, err);
        });
    }
    void unset(std::uint16_t attr) { rmirror_stmt_unset(stmt_.get(), attr); }

    bool is_set(std::uint16_t attr) const { return rmirror_stmt_is_set(stmt_.get(), attr); }
    std::uint32_t number(std::uint16_t attr) const {
        return rmirror_stmt_get_u32(stmt_.get(), attr);
    }
    // Empty when it is not set.
    std::string word(std::uint16_t attr) const {
        const char *text = rmirror_stmt_get_str(stmt_.get(), attr);
        return text == nullptr ? std::string() : std::string(text);
    }
    // 4 or 16 bytes in network byte order, or none.
    std::string address(std::uint16_t attr) const {
        std::size_t size = 0;
        const void *data = rmirror_stmt_get_data(stmt_.get(), attr, &size);
        return size == 0 ? std::string() : std::string(static_cast<const char *>(data), size);
    }

    [[nodiscard]] std::optional<Error> validate() const {
        return call([this](rmirror_err *err) { return rmirror_stmt_validate(stmt_.get(), err); });
    }
    // rmirror_rule_nlmsg_insert(), rmirror_stmt_build_payload()
    [[nodiscard]] std::optional<Error> insert(nlmsghdr *nlh, std::size_t size,
                                              std::uint32_t index = RMIRROR_INDEX_END) const {
        return call([&](rmirror_err *err) {
            return rmirror_rule_nlmsg_insert(nlh, size, index, stmt_.get(), err);
        });
    }
    [[nodiscard]] std::optional<Error> build_payload(nlmsghdr *nlh, std::size_t size) const {
        return call([&](rmirror_err *err) {
            return rmirror_stmt_build_payload(nlh, size, stmt_.get(), err);
        });
    }

    const rmirror_stmt *get() const { return stmt_.get(); }
    rmirror_stmt *get() { return stmt_.get(); }

    friend bool operator==(const Statement &a, const Statement &b) {
        return rmirror_stmt_equal(a.get(), b.get());
    }
    friend bool operator!=(const Statement &a, const Statement &b) { return !(a == b); }

private:
    explicit Statement(rmirror_stmt *stmt) : stmt_(stmt) {}

    static Result<Statement> take(rmirror_stmt *stmt, const detail::Err &err) {
        if (stmt == nullptr)
            return detail::error_of(err);
        return Statement(stmt);
    }

    static Result<Statement> parse_as(rmirror_format format, const std::string &text,
                                      std::size_t *end) {
        // To a function in C the text would end there.
        if (const std::size_t nul = text.find('\0'); nul != std::string::npos)
            return Error{EINVAL, "unexpected NUL", nul, nul + 1};
        const detail::Err err(detail::checked(rmirror_err_alloc()));
        return take(rmirror_stmt_parse(format, text.c_str(), end, err.get()), err);
    }

    std::string written_as(rmirror_format format) const {
        const int length = rmirror_stmt_snprintf(nullptr, 0, stmt_.get(), format);
        if (length < 0)
            throw std::bad_alloc();
        std::string text(static_cast<std::size_t>(length) + 1, '\0');
        rmirror_stmt_snprintf(text.data(), text.size(), stmt_.get(), format);
        text.pop_back();
        return text;
    }

    template <typename Function>
    static std::optional<Error> call(Function function) {
        const detail::Err err(detail::checked(rmirror_err_alloc()));
        if (function(err.get()) == 0)
            return std::nullopt;
        return detail::error_of(err);
    }

    std::unique_ptr<rmirror_stmt, detail::Deleter<rmirror_stmt_free>> stmt_;
};

}  // namespace librmirror1
}  // namespace rmirror
