// SPDX-License-Identifier: GPL-2.0-only
//
// What nft prints as errors: a message, the line, carets. nft read carriers and copies of files;
// the user sees the own text, the own file names, and the reason why the kernel refused a mirror.
#pragma once

#include "report.hpp"
#include "stream.hpp"

namespace rmirror::plugin {

class ErrorFilter : public Filter {
public:
    // json: the input was JSON with a statement in it. Its errors have neither line nor place.
    // violation: why nothing may be sent, said when the command is over; empty: there is no reason.
    ErrorFilter(const Rewriter *rewriter, const Carriers &carriers, bool json,
                const std::string &violation)
        : rewriter_(rewriter), carriers_(carriers), json_(json), violation_(violation) {}

    std::size_t lines(std::string_view text, std::string &out) override;
    void rest(std::string_view text, std::string &out) override;

private:
    // `path:3:5-20: Error: message`
    struct Head {
        const Source *source = nullptr;
        std::size_t line = 0;  // from 0
        Span columns;          // empty for a command line: nft prints none
        std::string_view severity;
        std::string_view message;
    };
    // What follows it: more lines of explanation (nft 1.1.7), the line, the carets.
    struct Body {
        std::string_view explanation;
        std::string_view line;
        std::string_view marks;  // empty: this is no such message
        std::string_view after;
        bool is_incomplete = false;
    };
    struct Location {
        const Source *source = nullptr;
        std::size_t line = 0;
        Span columns;
        std::size_t length = 0;  // bytes of the text it was read from
    };

    Location read_location(std::string_view text) const;
    bool read_head(std::string_view line, Head &head) const;
    bool shows(const Head &head, std::string_view line) const;
    Body read_body(const Head &head, std::string_view text) const;
    void record(Head head, const Body &body, std::string &out) const;
    bool stray(const Head &head, Span columns, std::string &out) const;
    bool unknown_word(const Head &head, Span columns, std::string &out) const;
    std::string expression_hint(const Head &head, const Place *place, Span columns) const;
    bool may_concern(const Head &head, Span columns) const;
    std::string message_for(const Head &head, const Place *place, Span columns) const;
    std::string original_line(std::string_view line) const;
    void other(std::string_view line, std::string &out, std::string_view hint = {}) const;
    const Place *place_of(const Head &head, Span columns) const;

    const Rewriter *rewriter_;  // null: no text of the user concerns us
    const Carriers &carriers_;
    bool json_;
    const std::string &violation_;
};

}  // namespace rmirror::plugin
