// SPDX-License-Identifier: GPL-2.0-only
//
// The parts of the lexical rules of nft (src/scanner.l) that tell a statement from a name.
#include "scan.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace rmirror::plugin {

namespace {

// Every byte and every word of a ruleset comes past here: tables, and few comparisons.
constexpr std::array<bool, 256> word_bytes = [] {
    std::array<bool, 256> bytes{};
    for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789_.-/*$@\\"))
        bytes[static_cast<unsigned char>(c)] = true;
    return bytes;
}();

bool is_word_byte(char c) {
    return word_bytes[static_cast<unsigned char>(c)];
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

template <std::size_t N>
class Words {
public:
    constexpr Words(const std::string_view (&words)[N]) {
        for (std::size_t i = 0; i < N; i++) {
            words_[i] = words[i];
            first_ |= bit(words[i]);
        }
    }
    bool contains(std::string_view word) const {
        return (first_ & bit(word)) &&
               std::find(words_.begin(), words_.end(), word) != words_.end();
    }

private:
    // By its first letter
    static constexpr std::uint32_t bit(std::string_view word) {
        return word[0] >= 'a' && word[0] <= 'z' ? 1U << (word[0] - 'a') : 0;
    }
    std::array<std::string_view, N> words_;
    std::uint32_t first_ = 0;
};

template <std::size_t N>
bool one_of(std::string_view word, const Words<N> &words) {
    return words.contains(word);
}

constexpr Words verbs({"add", "create", "insert", "replace", "delete", "destroy", "list", "flush",
                       "reset", "rename", "get", "monitor", "export", "import", "describe"});
constexpr Words objects({"table", "chain", "rule", "set", "map", "element", "flowtable", "counter",
                         "quota", "limit", "secmark", "synproxy", "meter"});
// Words that are a whole statement, or the end of one: after them another statement may begin.
constexpr Words last_words({"accept", "drop", "continue", "return", "counter", "last", "notrack",
                            "log", "queue", "reject", "masquerade", "redirect", "rmirror"});

// What stands before the braces in which commands or rules are; a table and a chain also begin a
// scope. Other braces hold elements or properties.
constexpr Words scopes({"table", "chain"});
constexpr Words jumps({"jump", "goto"});
enum class Braces { scope, rules, other };

// Where the words of a command name things: `add rule inet TABLE CHAIN ...`. Only commands have
// this; inside of braces there are rules.
class Header {
public:
    void restart() {
        stage_ = Stage::verb;
        family_ = TableFamily::ip;  // what nft takes when a command says none
    }
    TableFamily family() const { return family_; }
    void set_family(TableFamily family) { family_ = family; }

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
            if (const std::optional<TableFamily> family = table_family(word)) {
                family_ = *family;
                return false;
            }
        }
        if (stage_ == Stage::body)
            return false;
        stage_ = stage_ == Stage::table ? Stage::chain : Stage::body;
        return true;
    }

private:
    enum class Stage { verb, object, family, table, chain, body };
    Stage stage_ = Stage::verb;
    TableFamily family_ = TableFamily::ip;
};

// Finds what may concern the plugin, or change how the text after it is read.
class Interesting {
public:
    explicit Interesting(std::string_view text) : text_(text) {}

    // The offset of the first such thing at or after at, which never decreases; the size of the
    // text: there is none.
    std::size_t next(std::size_t at) {
        std::size_t first = text_.size();
        for (Needle &needle : needles_) {
            if (!needle.found || needle.at < at)
                search(needle, at);
            first = std::min(first, needle.at);
        }
        return first;
    }

private:
    struct Needle {
        std::string_view text;
        std::size_t rare = 0;  // the place of its rarest letter in rules
        bool found = false;
        std::size_t at = 0;
    };

    void search(Needle &needle, std::size_t from) const {
        needle.found = true;
        needle.at = text_.size();
        for (std::size_t at = from + needle.rare;
             (at = text_.find(needle.text[needle.rare], at)) != text_.npos; at++) {
            if (!text_.substr(at - needle.rare).starts_with(needle.text))
                continue;
            needle.at = at - needle.rare;
            return;
        }
    }

    std::string_view text_;
    // `redefine` and `undefine` hold `define`.
    std::array<Needle, 8> needles_{
        {{"rmirror", 1}, {"include", 4}, {"define", 2}, {"{"}, {"}"}, {"\""}, {"#"}, {"\\"}}};
};

class Scanner {
public:
    Scanner(std::string_view text, std::optional<TableFamily> block) : text_(text) {
        if (block) {
            braces_.push_back(Braces::scope);
            header_.set_family(*block);
        }
    }

    Scan run() {
        while (skip_foreign_rules(), at_ < text_.size())
            step();
        return std::move(found_);
    }

private:
    // May a statement begin here, as far as the previous token tells?
    enum class Before { start, complete, other };

    // Most rules of a ruleset are none of ours: where a statement begins in a block, whole rules
    // without anything of interest need no look at their words. Only what is ahead is searched: a
    // line may be as long as the text.
    void skip_foreign_rules() {
        if (before_ != Before::start || braces_.empty() || braces_.back() == Braces::other)
            return;
        std::string_view foreign = text_.substr(at_, interesting_.next(at_) - at_);
        at_ += foreign.find_last_of("\n;") + 1;  // npos + 1 is 0
    }

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
            found_.items.push_back(
                {Item::Kind::include, {include_, end + 1}, {}, header_.family(), !braces_.empty()});
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
        if (before_ == Before::start && word.ends_with("define"))
            variable(word);
        include_ = word == "include" ? begin : text_.npos;
        if (before_ == Before::start && !is_name && !one_of(word, verbs))
            opens_ = one_of(word, scopes) ? Braces::scope : Braces::other;
        after_jump_ = one_of(word, jumps);
        if (is_name || (before_ == Before::start && one_of(word, verbs)))
            before_ = Before::start;
        else if ((word[0] >= '0' && word[0] <= '9') || one_of(word, last_words))
            before_ = Before::complete;
        else
            before_ = Before::other;
    }

    void rmirror_word(std::size_t begin) {
        if (is_statement())
            found_.items.push_back({in_rules() ? Item::Kind::statement : Item::Kind::misplaced,
                                    {begin, at_},
                                    {},
                                    header_.family()});
        else if (before_ != Before::other)
            found_.strays.push_back(begin);
    }

    bool in_rules() const { return braces_.empty() || braces_.back() != Braces::other; }

    // The word rmirror ends at at_. Is it followed by `[ip|ip6] to`?
    bool is_statement() const {
        std::size_t at = at_;
        std::string_view next = next_word(at);
        if (next == "ip" || next == "ip6")
            next = next_word(at);
        return next == "to";
    }

    // `define`, `redefine` or `undefine` ends at at_.
    void variable(std::string_view word) {
        if (word != "define" && word != "redefine" && word != "undefine")
            return;
        std::size_t at = at_;
        std::string_view name = next_word(at);
        if (word == "undefine") {
            found_.items.push_back({Item::Kind::undefine, {at - name.size(), at}});
            return;
        }
        Span span{at - name.size(), at};
        skip_blanks(at);
        if (at >= text_.size() || text_[at] != '=')
            return;  // nft's to refuse
        skip_blanks(++at);
        found_.items.push_back({Item::Kind::define, span, {at, value_end(at)}});
    }

    // Of a set or map that goes on in further lines the first one is enough: it shows the kind of
    // its elements.
    std::size_t value_end(std::size_t at) const {
        std::size_t begin = at, depth = 0;
        bool quoted = false;
        for (; at < text_.size() && text_[at] != '\n'; at++) {
            const char c = text_[at];
            if (c == '"')
                quoted = !quoted;
            else if (!quoted && (c == ';' || c == '#' || (c == '}' && depth == 0)))
                break;
            depth += !quoted && c == '{';
            depth -= !quoted && c == '}';
        }
        while (at > begin && is_blank(text_[at - 1]))
            at--;
        return at;
    }

    void skip_blanks(std::size_t &at) const {
        while (at < text_.size() && blank_at(at))
            at += blank_at(at);
    }

    std::string_view next_word(std::size_t &at) const {
        skip_blanks(at);
        std::size_t begin = at;
        at = word_end(at);
        return text_.substr(begin, at - begin);
    }

    void punctuation(char c) {
        before_ = Before::other;
        if (c == '{') {
            if (after_jump_)
                opens_ = Braces::rules;
            if (opens_ == Braces::scope)
                found_.items.push_back({Item::Kind::open_scope, {at_, at_ + 1}});
            braces_.push_back(opens_);
            begin_statement();
        } else if (c == '}') {
            close_brace();
        } else if (c == '\n' || c == ';') {
            begin_statement();
        }
        include_ = text_.npos;
        after_jump_ = false;
        at_++;
    }

    void close_brace() {
        before_ = Before::complete;
        if (braces_.empty())
            return;
        if (braces_.back() == Braces::scope)
            found_.items.push_back({Item::Kind::close_scope, {at_, at_ + 1}});
        braces_.pop_back();
    }

    // Inside of braces that are no block there are no statements.
    void begin_statement() {
        if (braces_.empty())
            header_.restart();
        else if (braces_.back() == Braces::other)
            return;
        opens_ = Braces::other;
        before_ = Before::start;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Interesting interesting_{text_};
    std::vector<Braces> braces_;
    Braces opens_ = Braces::other;  // what a brace would be that follows
    bool after_jump_ = false;
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

std::optional<TableFamily> table_family(std::string_view word) {
    constexpr std::string_view words[] = {"ip", "ip6", "inet", "arp", "bridge", "netdev"};
    for (std::size_t i = 0; i < std::size(words); i++)
        if (words[i] == word)
            return static_cast<TableFamily>(i);
    return std::nullopt;
}

Scan scan(std::string_view text, std::optional<TableFamily> block) {
    return Scanner(text, block).run();
}

}  // namespace rmirror::plugin
