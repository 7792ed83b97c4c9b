// SPDX-License-Identifier: GPL-2.0-only
//
// Follows nft's scanner.l where a statement can meet it: blanks, a backslash before a line end,
// comments, quoted strings without escapes, operators that need no blank before them.
#include "lexer.hpp"

#include <algorithm>

namespace rmirror {

namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view continuation = "\\\n";
// What ends a statement wherever it stands
constexpr std::string_view terminators = "\n;}#";
// What is a word of its own, so that `iifname!="lo"` starts with the word `iifname`
constexpr std::string_view operators = "{()=!<>&|^,";

bool is_one_of(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}

}  // namespace

Lexer::Lexer(std::string_view text, std::size_t at) : text_(text), at_(std::min(at, text.size())) {}

void Lexer::skip_blanks() {
    for (;;) {
        if (at_ < text_.size() && is_one_of(text_[at_], blanks))
            ++at_;
        else if (text_.substr(at_).starts_with(continuation))
            at_ += continuation.size();
        else
            return;
    }
}

bool Lexer::at_end() const {
    const std::string_view rest = text_.substr(at_);
    return rest.empty() || is_one_of(rest.front(), terminators) || rest.starts_with("\r\n");
}

Token Lexer::take(Token::Kind kind, std::size_t end) {
    const Token token{kind, text_.substr(at_, end - at_), {at_, end}};
    at_ = end;
    return token;
}

Token Lexer::take_string() {
    const std::size_t close = text_.find('"', at_ + 1);
    if (close == std::string_view::npos)
        return take(Token::Kind::Unterminated, std::min(text_.find('\n', at_), text_.size()));

    Token token = take(Token::Kind::String, close + 1);
    token.text = token.text.substr(1, token.text.size() - 2);
    return token;
}

Token Lexer::take_word() {
    Lexer end = *this;
    do
        ++end.at_;
    while (!end.at_end() && !is_one_of(text_[end.at_], blanks) &&
           !is_one_of(text_[end.at_], operators) && text_[end.at_] != '"' &&
           !text_.substr(end.at_).starts_with(continuation));
    return take(Token::Kind::Word, end.at_);
}

Token Lexer::next() {
    skip_blanks();
    if (at_end())
        return take(Token::Kind::End, at_);
    if (text_[at_] == '"')
        return take_string();
    if (is_one_of(text_[at_], operators))
        return take(Token::Kind::Word, at_ + 1);
    return take_word();
}

}  // namespace rmirror
