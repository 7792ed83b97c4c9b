// SPDX-License-Identifier: GPL-2.0-only
//
// Follows nft's scanner.l where a statement can meet it: blanks, a backslash before a line end,
// comments, quoted strings without escapes, operators that need no blank before them.
#include "lexer.hpp"

#include <algorithm>
#include <array>

namespace rmirror {

namespace {

constexpr std::string_view continuation = "\\\n";
// What ends a statement wherever it stands
constexpr std::string_view terminators = "\n;}#";
// What is a word of its own, so that `iifname!="lo"` starts with the word `iifname`
constexpr std::string_view operators = "{()=!<>&|^,";

// By byte: a ruleset has many statements, and each of them comes past here more than once.
enum class Class : unsigned char { other, blank, terminator, word_of_its_own };
constexpr std::array<Class, 256> classes = [] {
    std::array<Class, 256> all{};
    const auto set = [&all](std::string_view bytes, Class to) {
        for (const char c : bytes)
            all[static_cast<unsigned char>(c)] = to;
    };
    set(" \t", Class::blank);
    set(terminators, Class::terminator);
    set(operators, Class::word_of_its_own);
    return all;
}();

Class class_of(char c) {
    return classes[static_cast<unsigned char>(c)];
}

}  // namespace

Lexer::Lexer(std::string_view text, std::size_t at) : text_(text), at_(std::min(at, text.size())) {}

void Lexer::skip_blanks() {
    for (;;) {
        if (at_ < text_.size() && class_of(text_[at_]) == Class::blank)
            ++at_;
        else if (text_.substr(at_).starts_with(continuation))
            at_ += continuation.size();
        else
            return;
    }
}

bool Lexer::at_end() const {
    return at_ == text_.size() || class_of(text_[at_]) == Class::terminator ||
           (text_[at_] == '\r' && text_.substr(at_).starts_with("\r\n"));
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
    while (!end.at_end() && class_of(text_[end.at_]) == Class::other && text_[end.at_] != '"' &&
           !(text_[end.at_] == '\\' && text_.substr(end.at_).starts_with(continuation)));
    return take(Token::Kind::Word, end.at_);
}

Token Lexer::next() {
    skip_blanks();
    if (at_end())
        return take(Token::Kind::End, at_);
    if (text_[at_] == '"')
        return take_string();
    if (class_of(text_[at_]) == Class::word_of_its_own)
        return take(Token::Kind::Word, at_ + 1);
    return take_word();
}

}  // namespace rmirror
