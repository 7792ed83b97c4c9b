// SPDX-License-Identifier: GPL-2.0-only
//
// The parts of the lexical rules of nft (src/scanner.l) that tell a statement from a name.
#include "scan.hpp"

#include <algorithm>
#include <iterator>

namespace rmirror::plugin {

namespace {

bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '/' || c == '*' || c == '$' || c == '@' || c == '\\';
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

template <std::size_t N>
bool one_of(std::string_view word, const std::string_view (&words)[N]) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

constexpr std::string_view verbs[] = {"add",     "create",  "insert", "replace", "delete",
                                      "destroy", "list",    "flush",  "reset",   "rename",
                                      "get",     "monitor", "export", "import",  "describe"};
constexpr std::string_view objects[] = {"table",   "chain",     "rule",    "set",   "map",
                                        "element", "flowtable", "counter", "quota", "limit",
                                        "secmark", "synproxy",  "meter"};
constexpr std::string_view families[] = {"ip", "ip6", "inet", "arp", "bridge", "netdev"};
// Words that are a whole statement, or the end of one: after them another statement may begin.
constexpr std::string_view last_words[] = {
    "accept", "drop",  "continue", "return",     "counter",  "last",   "notrack",
    "log",    "queue", "reject",   "masquerade", "redirect", "rmirror"};

// The blocks in which rules are. Other braces hold elements or properties.
constexpr std::string_view blocks[] = {"table", "chain"};

// Where the words of a command name things: `add rule inet TABLE CHAIN ...`. Only commands have
// this; inside of braces there are rules.
class Header {
public:
    void restart() { stage_ = Stage::verb; }

    // Takes the next word; true: it names a table or a chain.
    bool names(std::string_view word) {
        if (stage_ == Stage::verb) {
            stage_ = Stage::object;
            if (one_of(word, verbs))
                return false;
        }
        if (stage_ == Stage::object) {
            stage_ = Stage::family;
            if (one_of(word, objects))
                return false;
        }
        if (stage_ == Stage::family) {
            stage_ = Stage::table;
            if (one_of(word, families))
                return false;
        }
        if (stage_ == Stage::body)
            return false;
        stage_ = stage_ == Stage::table ? Stage::chain : Stage::body;
        return true;
    }

private:
    enum class Stage { verb, object, family, table, chain, body };
    Stage stage_ = Stage::verb;
};

class Scanner {
public:
    Scanner(std::string_view text, bool in_block) : text_(text) {
        if (in_block)
            braces_.push_back(true);
    }

    Scan run() {
        while (at_ < text_.size())
            step();
        return std::move(found_);
    }

private:
    // May a statement begin here, as far as the previous token tells?
    enum class Before { start, complete, other };

    void step() {
        char c = text_[at_];
        if (std::size_t blank = blank_at(at_))
            at_ += blank;
        else if (c == '#')
            at_ = std::min(text_.find('\n', at_), text_.size());
        else if (c == '"')
            quoted();
        else if (is_word_byte(c))
            word();
        else
            punctuation(c);
    }

    // The length of the blank at that offset, 0: there is none. A continued line is one.
    std::size_t blank_at(std::size_t at) const {
        if (text_[at] == '\\' && at + 1 < text_.size() && text_[at + 1] == '\n')
            return 2;
        return is_blank(text_[at]);
    }

    std::size_t word_end(std::size_t at) const {
        while (at < text_.size() && is_word_byte(text_[at]) && !blank_at(at))
            at++;
        return at;
    }

    void quoted() {
        std::size_t end = unbalanced_ ? text_.npos : text_.find('"', at_ + 1);
        if (end == text_.npos) {
            unbalanced_ = true;  // no further quote: do not search again
            end = at_;
        }
        if (include_ != text_.npos && end != at_)
            found_.includes.push_back({{include_, end + 1}, !braces_.empty()});
        include_ = text_.npos;
        before_ = Before::complete;
        at_ = end + 1;
    }

    void word() {
        std::size_t begin = at_;
        at_ = word_end(at_);
        std::string_view word = text_.substr(begin, at_ - begin);
        bool is_name = braces_.empty() && header_.names(word);
        if (word == "rmirror" && !is_name)
            rmirror_word(begin);
        include_ = word == "include" ? begin : text_.npos;
        if (before_ == Before::start && !is_name && !one_of(word, verbs))
            opens_block_ = one_of(word, blocks);
        if (is_name || (before_ == Before::start && one_of(word, verbs)))
            before_ = Before::start;
        else if ((word[0] >= '0' && word[0] <= '9') || one_of(word, last_words))
            before_ = Before::complete;
        else
            before_ = Before::other;
    }

    void rmirror_word(std::size_t begin) {
        if (is_statement())
            found_.statements.push_back(begin);
        else if (before_ != Before::other)
            found_.strays.push_back(begin);
    }

    // The word rmirror ends at at_. Is it followed by `[ip|ip6] to`?
    bool is_statement() const {
        std::size_t at = at_;
        std::string_view next = next_word(at);
        if (next == "ip" || next == "ip6")
            next = next_word(at);
        return next == "to";
    }

    std::string_view next_word(std::size_t &at) const {
        while (at < text_.size() && blank_at(at))
            at += blank_at(at);
        std::size_t begin = at;
        at = word_end(at);
        return text_.substr(begin, at - begin);
    }

    void punctuation(char c) {
        before_ = Before::other;
        if (c == '{') {
            braces_.push_back(opens_block_);
            begin_statement();
        } else if (c == '}') {
            if (!braces_.empty())
                braces_.pop_back();
            before_ = Before::complete;
        } else if (c == '\n' || c == ';') {
            begin_statement();
        }
        include_ = text_.npos;
        at_++;
    }

    // Inside of braces that are no block there are no statements.
    void begin_statement() {
        if (braces_.empty())
            header_.restart();
        else if (!braces_.back())
            return;
        opens_block_ = false;
        before_ = Before::start;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<bool> braces_;  // true: a block
    bool opens_block_ = false;
    std::size_t include_ = std::string_view::npos;
    bool unbalanced_ = false;
    Before before_ = Before::start;
    Header header_;
    Scan found_;
};

}  // namespace

std::string join_lines(std::string_view text) {
    std::string joined(text);
    for (std::size_t at = 0; (at = joined.find("\\\n", at)) != joined.npos; at += 2)
        joined.replace(at, 2, 2, ' ');
    return joined;
}

Scan scan(std::string_view text, bool in_block) {
    return Scanner(text, in_block).run();
}

}  // namespace rmirror::plugin
