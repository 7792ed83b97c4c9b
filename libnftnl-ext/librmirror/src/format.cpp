// SPDX-License-Identifier: GPL-2.0-only
//
// A statement as text and as JSON.
#include <jansson.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "objects.hpp"

using namespace rmirror;

namespace {

// The name of the statement, which is the one member of its object
constexpr const char *statement_member = "rmirror";
constexpr std::string_view blanks = " \t\r\n";

using Json = std::unique_ptr<json_t, decltype(&json_decref)>;

// What was read, and where it ends.
struct Found {
    Statement statement;
    std::size_t end;
};

Result<Found> read_text(std::string_view text) {
    const std::size_t start = std::min(text.find_first_not_of(blanks), text.size());
    auto parsed = parse_text(text, start);
    if (!parsed)
        return parsed.error();
    return Found{std::move(parsed->statement), parsed->span.end};
}

Result<Found> read_json(std::string_view text) {
    json_error_t error;
    const Json json(json_loadb(text.data(), text.size(),
                               JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error),
                    &json_decref);
    const auto position = static_cast<std::size_t>(std::max(error.position, 0));
    if (!json && json_error_code(&error) == json_error_out_of_memory)
        throw std::bad_alloc();
    if (!json)
        return Error{std::string("invalid JSON: ") + error.text,
                     {std::min(position, text.size()), std::min(position, text.size())}};

    const json_t *object = json_object_get(json.get(), statement_member);
    if (object == nullptr || json_object_size(json.get()) != 1)
        return Error{"invalid statement, expected an object with the one member 'rmirror'", {}};
    auto parsed = parse_json(object);
    if (!parsed)
        return parsed.error();
    return Found{std::move(*parsed), position};
}

// Nothing but blanks may follow.
std::optional<Error> check_end(std::string_view text, std::size_t end) {
    const std::size_t more = text.find_first_not_of(blanks, end);
    if (more == std::string_view::npos)
        return std::nullopt;
    return Error{"unexpected text after the statement", {more, text.size()}};
}

std::string json_text(const Statement &statement) {
    const Json json(json_pack("{s:o}", statement_member, to_json(statement)), &json_decref);
    const std::unique_ptr<char, decltype(&std::free)> text(
        json ? json_dumps(json.get(), 0) : nullptr, &std::free);
    if (!text)
        throw std::bad_alloc();
    return text.get();
}

}  // namespace

rmirror_stmt *rmirror_stmt_parse(rmirror_format format, const char *text, std::size_t *end,
                                 rmirror_err *err) {
    return c::guarded<rmirror_stmt *>(nullptr, err, [=]() -> rmirror_stmt * {
        auto found = format == RMIRROR_FORMAT_JSON ? read_json(text) : read_text(text);
        if (!found) {
            c::fail(err, found.error());
            return nullptr;
        }
        if (end != nullptr) {
            *end = found->end;
        } else if (auto error = check_end(text, found->end)) {
            c::fail(err, std::move(*error));
            return nullptr;
        }
        return c::release(std::move(found->statement));
    });
}

int rmirror_stmt_snprintf(char *buf, std::size_t size, const rmirror_stmt *stmt,
                          rmirror_format format) {
    return c::guarded(-1, nullptr, [=] {
        const std::string text =
            format == RMIRROR_FORMAT_JSON ? json_text(stmt->statement) : to_text(stmt->statement);
        if (size > 0) {
            const std::size_t kept = std::min(text.size(), size - 1);
            std::memcpy(buf, text.data(), kept);
            buf[kept] = '\0';
        }
        return static_cast<int>(text.size());
    });
}
