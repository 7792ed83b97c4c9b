// SPDX-License-Identifier: GPL-2.0-only
//
// What holds for every statement that librmirror accepts, whatever it was read from. A property
// that does not hold ends the program, which libFuzzer reports with the input.
#pragma once

#include <linux/netlink.h>
#include <rmirror/rmirror.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace rmirror::fuzz {

struct Free {
    void operator()(rmirror_err *err) const { rmirror_err_free(err); }
    void operator()(rmirror_stmt *stmt) const { rmirror_stmt_free(stmt); }
};
using Err = std::unique_ptr<rmirror_err, Free>;
using Stmt = std::unique_ptr<rmirror_stmt, Free>;

inline void demand(bool property, const char *what, const Err &err) {
    if (property)
        return;
    std::fprintf(stderr, "property: %s (%s)\n", what, rmirror_err_message(err.get()));
    std::abort();
}

// A refusal says why, at a place that exists.
inline void check_refusal(const Err &err, std::size_t size) {
    demand(rmirror_err_message(err.get())[0] != '\0', "a refusal has a reason", err);
    demand(rmirror_err_begin(err.get()) <= rmirror_err_end(err.get()), "a place has an end", err);
    demand(rmirror_err_end(err.get()) <= size, "the place is in the text", err);
}

inline std::string written(const Stmt &stmt, rmirror_format format, const Err &err) {
    const int length = rmirror_stmt_snprintf(nullptr, 0, stmt.get(), format);
    demand(length >= 0, "a statement can be written", err);
    std::string text(static_cast<std::size_t>(length) + 1, '\0');
    demand(rmirror_stmt_snprintf(text.data(), text.size(), stmt.get(), format) == length,
           "it is as long as it was", err);
    text.pop_back();
    return text;
}

inline void check_format(const Stmt &stmt, rmirror_format format, const Err &err) {
    const std::string text = written(stmt, format, err);
    const Stmt again(rmirror_stmt_parse(format, text.c_str(), nullptr, err.get()));
    demand(again != nullptr, text.c_str(), err);
    demand(rmirror_stmt_equal(stmt.get(), again.get()), text.c_str(), err);
    demand(written(again, format, err) == text, "the canonical form is one", err);
}

// In a message and back.
inline void check_payload(const Stmt &stmt, const Err &err) {
    std::vector<std::uint32_t> words(256);
    auto *nlh = reinterpret_cast<nlmsghdr *>(words.data());
    nlh->nlmsg_len = NLMSG_HDRLEN;
    demand(rmirror_stmt_build_payload(nlh, words.size() * 4, stmt.get(), err.get()) == 0,
           "a statement can be sent", err);
    const Stmt again(rmirror_stmt_parse_payload(reinterpret_cast<const char *>(nlh) + NLMSG_HDRLEN,
                                                nlh->nlmsg_len - NLMSG_HDRLEN, err.get()));
    demand(again != nullptr && rmirror_stmt_equal(stmt.get(), again.get()),
           "what is sent is what is read", err);
}

// The statement is valid and survives every way out and back in.
inline void check_statement(const Stmt &stmt, const Err &err) {
    demand(rmirror_stmt_validate(stmt.get(), err.get()) == 0, "what was read is valid", err);
    // What is in a register, the collector or the key, has no text that loads.
    if (rmirror_stmt_is_set(stmt.get(), NFTA_RMIRROR_ADDR) &&
        !rmirror_stmt_is_set(stmt.get(), RMIRROR_STMT_EXT(NFTA_RMIRROR_EXT_SREG_KEY))) {
        check_format(stmt, RMIRROR_FORMAT_TEXT, err);
        check_format(stmt, RMIRROR_FORMAT_JSON, err);
    } else {
        written(stmt, RMIRROR_FORMAT_TEXT, err);
        written(stmt, RMIRROR_FORMAT_JSON, err);
    }
    check_payload(stmt, err);
}

}  // namespace rmirror::fuzz
