// SPDX-License-Identifier: GPL-2.0-only
//
// Text to statement, in two steps as in nft: first the words are told apart, then, when the
// encapsulation is known, each value is read and checked in the order of the text.
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <algorithm>
#include <cctype>

#include "check.hpp"
#include "expression.hpp"
#include "lexer.hpp"
#include "nft_words.hpp"
#include "suggest.hpp"

namespace rmirror {

namespace {

using Failure = std::optional<Error>;

constexpr char quote = '\x22';

constexpr std::string_view expression_hint = " (maps and expressions are for rules that nft reads)";
constexpr std::string_view several_hint = " (for each collector write an 'rmirror to' of its own)";

// An option as it stands in the text.
struct Given {
    const Option *option;
    Token word;
    Token value;  // End for a flag
};

bool has_letter(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::isalpha(c) != 0; });
}

// What somebody who wrote this in place of an address had in mind, as far as it shows.
std::string_view address_hint(const Token &token) {
    const std::string_view text = token.text;
    if (text.starts_with('{'))
        return several_hint;
    if (text.starts_with('@'))
        return " (the collector of a map needs a key: 'ip saddr map @NAME')";
    if (starts_expression(token))
        return expression_hint;
    if (text.find('/') != std::string_view::npos)
        return " (a prefix is not an address)";
    if (text.find('%') != std::string_view::npos)
        return " (a scope is given with 'device')";
    if (has_letter(text) && text.find(':') == std::string_view::npos && !starts_nft_statement(text))
        return " (names are not resolved)";
    return {};
}

std::string_view number_hint(const Token &token) {
    const bool leading_zero = token.text.size() > 1 && token.text.front() == '0' &&
                              std::all_of(token.text.begin(), token.text.end(),
                                          [](unsigned char c) { return std::isdigit(c) != 0; });
    return leading_zero ? " (a leading zero, which nft takes for octal, is refused)" : "";
}

std::string value_hint(const Option &option, const Token &token) {
    if (option.kind == Kind::ADDR)
        return std::string(address_hint(token));
    if (option.kind == Kind::ENCAP || option.kind == Kind::MTU)
        return suggest_value(option, token.text);
    // `mark set 1` and `mark == 1` are nft's, but not behind `rmirror to ..`
    if (option.id == OptionId::MARK && token.is_word() &&
        (token.text == "set" || token.text == "=" || token.text == "!" || token.text == "{"))
        return " (for the mark of the packet itself write 'meta mark')";
    if (option.id == OptionId::KEY && starts_expression(token))
        return std::string(expression_hint);
    if (option.kind == Kind::NUM || option.kind == Kind::DSCP)
        return std::string(number_hint(token));
    if (option.kind == Kind::NAME)
        return " (a device has one name: no wildcards)";
    return {};
}

// An IPv6 address may stand in brackets (RFC 2732), nft reads that, too.
std::string_view without_brackets(const Token &token) {
    const std::string_view text = token.text;
    if (token.is_word() && text.size() > 2 && text.front() == '[' && text.back() == ']' &&
        text.find(':') != std::string_view::npos)
        return text.substr(1, text.size() - 2);
    return text;
}

class TextParser {
public:
    // in_rule: nft will read the text, too.
    TextParser(std::string_view text, std::size_t at, const Variables &variables, bool in_rule)
        : text_(text), lexer_(text, at), variables_(variables), in_rule_(in_rule) {}

    Result<Parsed> parse();

private:
    Failure read_head();
    Failure read_collector(const Token &to);
    Failure read_options();
    Failure read_option(const Option &option);
    Failure read_key_expression(Token &value);
    // The value of the word before it, from the text; not what it means.
    Failure read_value(const Token &word, Token &value);
    Failure resolve(Token &value) const;
    Failure interpret_collector();
    Failure interpret_options();
    Failure interpret(const Given &given);
    bool look_for_encap();
    bool goes_on_with_option(const Token &token) const;
    Token take();

    std::string_view text_;
    Lexer lexer_;
    const Variables &variables_;
    const bool in_rule_;
    Token start_;
    Token family_;  // `ip` or `ip6`, End when there is none
    Token collector_;
    Span collector_expression_;
    Span key_expression_;
    bool is_typed_ = false;
    Failure unknown_;
    std::vector<Given> given_;
    std::size_t end_ = 0;
    Statement statement_;
};

Token TextParser::take() {
    const Token token = lexer_.next();
    if (!token.is_end())
        end_ = token.span.end;
    return token;
}

Failure TextParser::read_value(const Token &word, Token &value) {
    value = lexer_.peek();
    const std::string name(word.text);
    if (value.kind == Token::Kind::Unterminated)
        return Error{"unterminated string", value.span};
    // `len key 7`: the value was forgotten. A device of such a name needs quotes.
    if (value.is_end() || (value.is_word() && find_option(value.text) != nullptr))
        return Error{"missing value after '" + name + "'", word.span};
    take();
    return resolve(value);
}

// A variable is replaced by its value; the place stays that of the variable.
Failure TextParser::resolve(Token &value) const {
    if (!value.is_word() || !value.text.starts_with('$'))
        return std::nullopt;
    const std::string_view name = value.text.substr(1);
    const auto known = variables_ ? variables_(name) : std::nullopt;
    if (!known)
        return Error{"unknown identifier '" + std::string(name) + "'", value.span};
    value.text = *known;
    if (known->size() > 1 && known->front() == quote && known->back() == quote) {
        value.kind = Token::Kind::String;
        value.text = known->substr(1, known->size() - 2);
    }
    return std::nullopt;
}

Failure TextParser::read_head() {
    start_ = take();
    if (!start_.is_word("rmirror"))
        return Error{"expected 'rmirror'", start_.span};

    Token before = start_;
    if (const Token next = lexer_.peek(); next.is_word("ip") || next.is_word("ip6"))
        before = family_ = take();

    const Token to = take();
    if (!to.is_word("to"))
        return Error{"expected 'to' and a collector after '" + std::string(before.text) + "'",
                     to.is_end() ? before.span : to.span};
    return read_collector(to);
}

Failure TextParser::read_collector(const Token &to) {
    if (!in_rule_ || !starts_expression(lexer_.peek()))
        return read_value(to, collector_);
    const auto family =
        family_.is_end()
            ? std::nullopt
            : std::optional<std::uint32_t>(family_.is_word("ip") ? NFPROTO_IPV4 : NFPROTO_IPV6);
    const auto expression = read_expression(text_, lexer_.peek().span.begin, family, variables_);
    if (!expression)
        return expression.error();
    collector_expression_ = collector_.span = expression->span;
    end_ = expression->span.end;
    lexer_ = Lexer(text_, end_);
    statement_.collector = Register{NFT_REG_1, expression->family};
    return std::nullopt;
}

// Whether the word belongs to the statement, if only as a mistake.
bool TextParser::goes_on_with_option(const Token &token) const {
    if (token.is_end())
        return false;
    return !token.is_word() || find_option(token.text) != nullptr ||
           !(starts_nft_statement(token.text) || starts_nft_expression(token.text));
}

Failure TextParser::read_options() {
    for (Token next = lexer_.peek(); goes_on_with_option(next); next = lexer_.peek()) {
        if (next.kind == Token::Kind::Unterminated)
            return Error{"unterminated string", next.span};
        if (next.is_word("to"))
            return Error{"repeated 'to', a statement has one collector", next.span};

        const Option *option = next.is_word() ? find_option(next.text) : nullptr;
        if (option == nullptr) {
            unknown_ = Error{
                "unknown option " + quoted(next.text) + ", expected one of " +
                    text_of(rmirror_text_options) + " or another statement" +
                    (next.text == "," ? std::string(several_hint) : suggest_option(next.text)),
                next.span};
            // A word may be one that nft knows; a sign (`10.0.0.5 . 80`) is none.
            return in_rule_ && has_letter(next.text.substr(0, 1)) ? std::nullopt : unknown_;
        }
        if (auto failure = read_option(*option))
            return failure;
    }
    return std::nullopt;
}

Failure TextParser::read_option(const Option &option) {
    Given given{&option, take(), {}};
    const bool repeated = std::any_of(given_.begin(), given_.end(), [&option](const Given &other) {
        return other.option == &option;
    });
    if (repeated)
        return Error{"repeated option '" + std::string(option.word) + "'", given.word.span};

    const bool is_expression =
        in_rule_ && option.id == OptionId::KEY && starts_expression(lexer_.peek());
    if (option.kind != Kind::FLAG)
        if (auto failure = is_expression ? read_key_expression(given.value)
                                         : read_value(given.word, given.value))
            return failure;
    given_.push_back(given);
    return std::nullopt;
}

Failure TextParser::read_key_expression(Token &value) {
    const Token first = lexer_.peek();
    const auto expression = read_number_expression(text_, first.span.begin);
    if (!expression)
        return expression.error();
    key_expression_ = value.span = expression->span;
    is_typed_ = expression->is_typed;
    end_ = expression->span.end;
    lexer_ = Lexer(text_, end_);
    statement_.key_register = NFT_REG_1;
    return std::nullopt;
}

Failure TextParser::interpret_collector() {
    if (collector_expression_.end != 0)
        return std::nullopt;
    const auto address = Address::from_text(without_brackets(collector_));
    if (!address)
        return Error{invalid_collector(collector_.text) + std::string(address_hint(collector_)),
                     collector_.span};
    if (family_.is_word() && address->is_ipv4() != family_.is_word("ip"))
        return Error{
            text_of(rmirror_text_other_family, collector_.text.data(), collector_.text.size(),
                    address->is_ipv4() ? NFPROTO_IPV6 : NFPROTO_IPV4),
            collector_.span};
    statement_.collector = *address;
    return std::nullopt;
}

Failure TextParser::interpret(const Given &given) {
    const Option &option = *given.option;
    if (auto message = check_belongs(option, statement_.encap))
        return Error{std::move(*message) + suggest_encap(option, given.value.text),
                     given.word.span};
    if (option.kind == Kind::FLAG) {
        set(statement_, option.id, 1U);
        return std::nullopt;
    }
    if (option.id == OptionId::KEY && statement_.key_register)
        return std::nullopt;

    // nft takes a `*` at the end for a wildcard in quotes, too.
    const bool wildcard =
        option.kind == Kind::NAME &&
        (given.value.is_word() ? given.value.text.find('*') != std::string_view::npos
                               : given.value.text.ends_with('*'));
    const auto value =
        wildcard ? std::nullopt
                 : value_from_word(option, option.kind == Kind::ADDR ? without_brackets(given.value)
                                                                     : given.value.text);
    if (!value)
        return Error{
            invalid_value(option, statement_, given.value.text) + value_hint(option, given.value),
            given.value.span};
    if (auto message = check_value(option, statement_, *value))
        return Error{std::move(*message), given.value.span};
    set(statement_, option.id, *value);
    return std::nullopt;
}

Failure TextParser::interpret_options() {
    // The encapsulation first: the others' ranges depend on it.
    std::stable_partition(given_.begin(), given_.end(),
                          [](const Given &given) { return given.option->kind == Kind::ENCAP; });
    for (const Given &given : given_)
        if (auto failure = interpret(given))
            return failure;
    return std::nullopt;
}

// Sets the encapsulation of a text that could not be read to its end. False: it cannot be told.
bool TextParser::look_for_encap() {
    Lexer words(text_, collector_.span.end);
    for (Token word = words.next(); !word.is_end(); word = words.next()) {
        if (!word.is_word(option(OptionId::ENCAP).word))
            continue;
        const EncapRow *row = find_encap(words.next().text);
        if (row != nullptr)
            statement_.encap = row->id;
        return row != nullptr;
    }
    return true;
}

Result<Parsed> TextParser::parse() {
    if (auto failure = read_head())
        return *failure;
    if (auto failure = interpret_collector())
        return *failure;

    // A wrong value comes before the word that could not be read because of it: `mark set 5`.
    const Failure unreadable = read_options();
    if (unreadable && !look_for_encap())
        return *unreadable;
    Failure failure = interpret_options();
    if (failure && unknown_ && look_for_encap()) {
        // It was about options of an encapsulation that stands behind the unknown word.
        failure = interpret_options();
        return failure ? *failure : *unknown_;
    }
    if (failure)
        return *failure;
    if (unreadable)
        return *unreadable;

    if (auto message = check_collector(statement_))
        return Error{std::move(*message), collector_.span};
    return Parsed{canonical(std::move(statement_)),
                  {start_.span.begin, end_},
                  collector_expression_,
                  key_expression_,
                  is_typed_,
                  unknown_};
}

}  // namespace

Result<Parsed> parse_text(std::string_view text, std::size_t at, const Variables &variables) {
    return TextParser(text, at, variables, false).parse();
}

Result<Parsed> parse_in_rule(std::string_view text, std::size_t at, const Variables &variables) {
    return TextParser(text, at, variables, true).parse();
}

}  // namespace rmirror
