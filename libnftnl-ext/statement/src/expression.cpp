// SPDX-License-Identifier: GPL-2.0-only
//
// nft's grammar has the expression end by itself; here the word `map` and the braces behind it
// tell, and without a map the first word that belongs to a statement or is an option of ours.
#include "expression.hpp"

#include <jansson.h>
#include <linux/netfilter.h>

#include <algorithm>
#include <utility>

#include "nft_words.hpp"
#include "tables.hpp"

namespace rmirror {

namespace {

using Family = std::optional<std::uint32_t>;

Family family_of_address(std::string_view word) {
    const auto address = Address::from_text(word);
    if (!address)
        return std::nullopt;
    return address->is_ipv4() ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

// The offset behind the brace that closes the one at text[at]; npos: there is none. Inside of
// braces lines may end, and comments may stand at their ends.
std::size_t behind_braces(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '"' || c == '#') {
            at = text.find(c == '"' ? '"' : '\n', at + 1);
            if (at == std::string_view::npos)
                return at;
        }
        depth += c == '{';
        if (c == '}' && --depth == 0)
            return at + 1;
    }
    return std::string_view::npos;
}

// A value follows a colon that is a word of its own, or ends a word that is no address.
Family family_of_value(std::string_view word) {
    if (const Family family = family_of_address(word))
        return family;
    const std::size_t colon = word.rfind(':');
    return colon == std::string_view::npos ? std::nullopt
                                           : family_of_address(word.substr(colon + 1));
}

bool is_range(std::string_view word) {
    return family_of_address(word.substr(0, word.find_first_of("/-"))).has_value();
}

// `10.0.0.0/24`, `10.0.0.1-10.0.0.9`, the end of `10.0.0.1 - 10.0.0.9`, with or without a key and a
// colon before it
bool is_several(std::string_view word, std::string_view before) {
    if (family_of_address(word))
        return before == "-";
    const std::string_view value = word.substr(word.rfind(':') + 1);
    return !family_of_address(value) && (is_range(word) || is_range(value));
}

// What the values of a map tell. body: `{ key : value, .. }`
struct Values {
    Family family;  // of the first one that is an address
    Span several;   // the first one that is no single address, `10.0.0.0/24`; empty: none is
};
Values look_at_values(std::string_view body, const Variables &variables) {
    Values found{};
    std::string_view last, before;
    for (std::size_t at = 0; at < body.size();) {
        const std::size_t end = std::min(body.find_first_of(" \t\r\n{},#", at), body.size());
        if (end > at)
            before = std::exchange(last, body.substr(at, end - at));
        const bool complete = end < body.size() && (body[end] == ',' || body[end] == '}');
        if (complete && is_several(last, before) && found.several.end == 0) {
            const auto begin = static_cast<std::size_t>(last.data() - body.data());
            found.several = {begin, begin + last.size()};
        }
        if (complete && last.starts_with('$') && variables)
            last = variables(last.substr(1)).value_or(std::string_view{});
        if (complete && !found.family)
            found.family = family_of_value(last);
        at = end < body.size() && body[end] == '#' ? std::min(body.find('\n', end), body.size())
                                                   : end + 1;
    }
    return found;
}

// `ip6 daddr`, without a map
bool names_ipv6(std::string_view expression) {
    Lexer words(expression, 0);
    for (Token word = words.next(); !word.is_end(); word = words.next())
        if (word.is_word("ip6") || word.is_word("icmpv6"))
            return true;
    return false;
}

struct Words {
    std::size_t end = 0;     // of the expression when it has no map
    Token map;               // End: there is none
    std::size_t behind = 0;  // `map`
};

// Looks for the map. `mark`, `ttl`, `mtu` and others are options of ours and words of expressions,
// too.
Words find_map(std::string_view text, std::size_t at) {
    Lexer words(text, at);
    Words found;
    std::size_t end = 0;  // of the expression, should there be no map
    bool ended = false, takes_key = false;
    for (Token word = words.next();; word = words.next()) {
        if (word.is_word("map")) {
            found.map = word;
            found.behind = word.span.end;
            return found;
        }
        // No expression has the word `key`: the map behind it is that of the key.
        const bool stop = word.is_end() || word.kind == Token::Kind::Unterminated ||
                          (word.is_word() && starts_nft_statement(word.text)) ||
                          (word.is_word("key") && end != 0);
        ended = ended || stop ||
                (word.is_word() && !takes_key && end != 0 && find_option(word.text) != nullptr);
        takes_key = word.is_word("meta") || word.is_word("ct") || word.is_word("socket") ||
                    word.is_word("ip") || word.is_word("ip6") || word.is_word("rt");
        if (!ended)
            end = word.span.end;
        if (stop)
            break;
    }
    found.end = end;
    return found;
}

// What is behind the word `map`: `{ .. }` or a name. value: what a key leads to, for a message
Result<Span> read_elements(std::string_view text, const Words &words, const std::string &value) {
    const Token mappings = Lexer(text, words.behind).next();
    if (mappings.is_word("{")) {
        const std::size_t end = behind_braces(text, mappings.span.begin);
        if (end == std::string_view::npos)
            return Error{"the map has no closing '}'", mappings.span};
        return Span{mappings.span.begin, end};
    }
    // nft 1.0.6 ends with a failed assertion
    if (mappings.is_word() && mappings.text.starts_with('$'))
        return Error{"a variable cannot be the map itself, only a key or a " + value + " in it",
                     mappings.span};
    if (!mappings.is_word() || !mappings.text.starts_with('@') || mappings.text.size() == 1)
        return Error{"expected '{ key : " + value + ", ... }' or '@name' after 'map'",
                     mappings.is_end() ? words.map.span : mappings.span};
    return mappings.span;
}

// `@th,16,16`, but not `@name`
bool starts_raw_payload(const Token &token) {
    return token.is_word("@ll") || token.is_word("@nh") || token.is_word("@th") ||
           token.is_word("@ih");
}

}  // namespace

bool starts_expression(const Token &token) {
    return starts_raw_payload(token) ||
           (token.is_word() && !token.text.starts_with('@') && starts_nft_expression(token.text));
}

Result<Expression> read_expression(std::string_view text, std::size_t at, Family family,
                                   const Variables &variables) {
    const Words words = find_map(text, at);
    if (words.map.is_end()) {
        const std::string_view expression = text.substr(at, words.end - at);
        return Expression{{at, words.end},
                          family.value_or(names_ipv6(expression) ? NFPROTO_IPV6 : NFPROTO_IPV4)};
    }
    const Result<Span> elements = read_elements(text, words, "collector");
    if (!elements)
        return elements.error();
    const Values values =
        look_at_values(text.substr(elements->begin, elements->end - elements->begin), variables);
    if (values.several.end != 0)
        return Error{
            several_addresses,
            {elements->begin + values.several.begin, elements->begin + values.several.end}};
    return Expression{{at, elements->end}, family.value_or(values.family.value_or(NFPROTO_IPV4))};
}

Result<NumberExpression> read_number_expression(std::string_view text, std::size_t at) {
    const Words words = find_map(text, at);
    if (words.map.is_end()) {
        const Token first = Lexer(text, at).next();
        const bool is_made =
            first.is_word("numgen") || first.is_word("jhash") || first.is_word("symhash");
        return NumberExpression{{at, words.end}, !is_made};
    }
    const Result<Span> elements = read_elements(text, words, "number");
    if (!elements)
        return elements.error();
    return NumberExpression{{at, elements->end}, false};
}

namespace {

// {"prefix": ..} and the like: no single value, and no expression that nft evaluates
bool is_several(const json_t *expression) {
    for (const char *name : {"prefix", "range", "set", "elem", "concat"})
        if (json_object_get(expression, name) != nullptr)
            return true;
    return false;
}

// The elements of an anonymous map are {"set": [[key, value], ..]}, those of others not here.
const json_t *elements_of(const json_t *expression) {
    return json_object_get(json_object_get(json_object_get(expression, "map"), "data"), "set");
}

const json_t *value_of(const json_t *elements, std::size_t index) {
    return json_array_get(json_array_get(elements, index), 1);
}

}  // namespace

bool has_several_values(const json_t *expression) {
    const json_t *elements = elements_of(expression);
    for (std::size_t i = 0; i < json_array_size(elements); ++i)
        if (is_several(value_of(elements, i)))
            return true;
    return is_several(expression);
}

std::uint32_t family_of_expression(const json_t *expression) {
    const json_t *elements = elements_of(expression);
    for (std::size_t i = 0; i < json_array_size(elements); ++i) {
        const json_t *value = value_of(elements, i);
        if (const Family family =
                json_is_string(value) ? family_of_address(json_string_value(value)) : std::nullopt)
            return *family;
    }
    const json_t *payload = json_object_get(expression, "payload");
    const char *protocol = json_string_value(json_object_get(payload, "protocol"));
    return protocol != nullptr && std::string_view(protocol) == "ip6" ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

}  // namespace rmirror
