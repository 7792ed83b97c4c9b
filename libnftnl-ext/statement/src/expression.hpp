// SPDX-License-Identifier: GPL-2.0-only
//
// An expression of nft in place of a collector or a key: where it ends, and of which family its
// value is. What its words mean is nft's to know.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lexer.hpp"
#include "rmirror/statement.hpp"

struct json_t;

namespace rmirror {

// Does an expression start here, and no address or number?
bool starts_expression(const Token &token);

struct Expression {
    Span span;
    std::uint32_t family;  // NFPROTO_IPV4 or NFPROTO_IPV6
};

// The expression that starts at text[at]: up to the end of the map in it, or else to the next word
// that is none of an expression. family: what the text says, or nothing; then the values of a map
// tell, as far as they show, and IPv4 is what is left.
Result<Expression> read_expression(std::string_view text, std::size_t at,
                                   std::optional<std::uint32_t> family, const Variables &variables);
// The same for a number. is_typed: of Parsed
struct NumberExpression {
    Span span;
    bool is_typed;
};
Result<NumberExpression> read_number_expression(std::string_view text, std::size_t at);

// nft knows them in place of an address, though it cannot evaluate or list them there.
inline constexpr const char *several_addresses =
    "invalid collector, expected one address: ranges, prefixes and sets are several";
// Is an expression of nft in JSON, or a value in its map, such a one?
bool has_several_values(const json_t *expression);

// The family of the values in an expression of nft in JSON.
std::uint32_t family_of_expression(const json_t *expression);

}  // namespace rmirror
