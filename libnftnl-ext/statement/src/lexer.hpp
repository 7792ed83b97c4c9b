// SPDX-License-Identifier: GPL-2.0-only
//
// The words of one statement in a text of nft.
#pragma once

#include <string_view>

#include "rmirror/statement.hpp"

namespace rmirror {

struct Token {
    enum class Kind {
        Word,
        String,        // "..": text is what the quotes hold, span covers them
        Unterminated,  // a quote that nothing closes
        End,           // end of text, line end, `;`, `}`, comment: the span is empty
    };

    Kind kind = Kind::End;
    std::string_view text;
    Span span;

    bool is_end() const { return kind == Kind::End; }
    bool is_word() const { return kind == Kind::Word; }
    bool is_word(std::string_view word) const { return is_word() && text == word; }
};

class Lexer {
public:
    // The tokens point into the text.
    Lexer(std::string_view text, std::size_t at);

    // Takes a token. After the last one it is End for ever.
    Token next();

    // What next() would return.
    Token peek() const { return Lexer(*this).next(); }

private:
    void skip_blanks();
    bool at_end() const;
    Token take(Token::Kind kind, std::size_t end);
    Token take_string();
    Token take_word();

    std::string_view text_;
    std::size_t at_;
};

}  // namespace rmirror
