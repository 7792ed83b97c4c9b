// SPDX-License-Identifier: GPL-2.0-only
//
// Statement to JSON and back: the names of the text, strict about members and types.
#include <jansson.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <cstdlib>
#include <limits>
#include <memory>
#include <new>

#include "check.hpp"
#include "expression.hpp"

namespace rmirror {

namespace {

constexpr const char *collector_member = "to";
constexpr const char *family_member = "family";  // of an expression, or of a register
constexpr const char *key_member = "key";

std::string_view string_of(const json_t *string) {
    return {json_string_value(string), json_string_length(string)};
}

json_t *json_from_text(const std::string &text) {
    return json_stringn(text.data(), text.size());
}

const char *family_word(const Register &reg) {
    return reg.family == NFPROTO_IPV4 ? "ip" : "ip6";
}

json_t *json_from_collector(const Statement &statement) {
    if (const auto *reg = std::get_if<Register>(&statement.collector))
        return json_pack("{s:I, s:s}", "reg", json_int_t{reg->number}, family_member,
                         family_word(*reg));
    return json_from_text(std::get<Address>(statement.collector).to_text());
}

json_t *json_from_value(const Option &option, const Value &value) {
    const auto *number = std::get_if<std::uint32_t>(&value);
    const bool plain_number =
        option.kind == Kind::NUM ||
        (option.kind == Kind::DSCP && rmirror_value_word(option.row(), *number) == nullptr);
    if (option.kind == Kind::FLAG)
        return json_true();
    if (plain_number)
        return json_integer(*number);
    return json_from_text(word_from_value(option, value));
}

bool has_type(Kind kind, const json_t *json) {
    switch (kind) {
        case Kind::NUM:
            return json_is_integer(json);
        case Kind::DSCP:
            return json_is_integer(json) || json_is_string(json);
        case Kind::FLAG:
            return json_is_true(json);
        default:
            return json_is_string(json);
    }
}

// The type is right. Nothing when it does not say a value of the option.
std::optional<Value> value_from_json(const Option &option, const json_t *json) {
    if (json_is_true(json))
        return Value{1U};
    if (json_is_integer(json)) {
        const json_int_t number = json_integer_value(json);
        if (number < 0 || number > std::numeric_limits<std::uint32_t>::max())
            return std::nullopt;
        return Value{static_cast<std::uint32_t>(number)};
    }
    // A number in quotes is not a code point's name.
    std::uint32_t dscp = 0;
    if (option.kind == Kind::DSCP && !rmirror_dscp_find(json_string_value(json), &dscp))
        return std::nullopt;
    return value_from_word(option, string_of(json));
}

std::string shown(const json_t *json) {
    if (json_is_integer(json))
        return std::to_string(json_integer_value(json));
    return std::string(string_of(json));
}

std::optional<std::string> read_member(Statement &statement, const Option &option,
                                       const json_t *json) {
    if (auto message = check_belongs(option, statement.encap))
        return message;
    if (!has_type(option.kind, json))
        return "invalid " + std::string(option.word) + ", expected " +
               rmirror_json_type(option.row());

    const auto value = value_from_json(option, json);
    if (!value)
        return invalid_value(option, statement, shown(json));
    if (auto message = check_value(option, statement, *value))
        return message;
    set(statement, option.id, *value);
    return std::nullopt;
}

std::optional<std::string> read_collector(Statement &statement, const json_t *json) {
    if (json == nullptr)
        return "missing member '" + std::string(collector_member) + "'";
    if (!json_is_string(json))
        return "invalid collector, expected an IPv4 or IPv6 address as a string";
    const auto address = Address::from_text(string_of(json));
    if (!address)
        return invalid_collector(string_of(json));
    statement.collector = *address;
    return std::nullopt;
}

// {"to": {"map": ..}}, with or without {"family": "ip"}
std::optional<std::string> read_expression(Statement &statement, const json_t *object) {
    const json_t *expression = json_object_get(object, collector_member);
    if (has_several_values(expression))
        return several_addresses;
    const json_t *family = json_object_get(object, family_member);
    const std::string_view word = json_is_string(family) ? string_of(family) : std::string_view{};
    if (family == nullptr)
        statement.collector = Register{NFT_REG_1, family_of_expression(expression)};
    else if (word == "ip" || word == "ip6")
        statement.collector = Register{NFT_REG_1, word == "ip" ? NFPROTO_IPV4 : NFPROTO_IPV6};
    else
        return "invalid family, expected ip or ip6";
    return std::nullopt;
}

// {"key": {"meta": ..}}
std::optional<std::string> read_key_expression(Statement &statement, const Option &option) {
    if (auto message = check_belongs(option, statement.encap))
        return message;
    statement.key_register = NFT_REG_1;
    return std::nullopt;
}

std::optional<std::string> check_members(const json_t *object, bool in_rule) {
    // jansson's iterators want a mutable object, reading through them does not change it.
    auto *members = const_cast<json_t *>(object);
    for (void *at = json_object_iter(members); at != nullptr;
         at = json_object_iter_next(members, at)) {
        const std::string_view name = json_object_iter_key(at);
        const bool known = name == collector_member || find_option(name) != nullptr ||
                           (in_rule && name == family_member);
        if (!known)
            return "unknown member " + quoted(name) + ", expected " + collector_member + ", " +
                   text_of(rmirror_text_options);
    }
    return std::nullopt;
}

std::optional<std::string> read_object(Statement &statement, const json_t *object, bool in_rule) {
    if (!json_is_object(object))
        return "invalid rmirror, expected an object";
    const json_t *collector = json_object_get(object, collector_member);
    const bool is_expression = in_rule && json_is_object(collector);
    if (auto message = check_members(object, is_expression))
        return message;
    if (auto message = is_expression ? read_expression(statement, object)
                                     : read_collector(statement, collector))
        return message;

    // In table order: the encapsulation comes before what depends on it.
    for (const Option &option : options()) {
        const json_t *json = json_object_get(object, std::string(option.word).c_str());
        if (json == nullptr)
            continue;
        const bool is_key = in_rule && option.id == OptionId::KEY && json_is_object(json) &&
                            !has_several_values(json);
        if (auto message = is_key ? read_key_expression(statement, option)
                                  : read_member(statement, option, json))
            return message;
    }
    return check_collector(statement);
}

// The options, put into object, which may be null.
int set_options(json_t *object, const Statement &printed) {
    int failed = 0;
    if (printed.key_register)
        failed |= json_object_set_new(object, key_member,
                                      json_pack("{s:I}", "reg", json_int_t{*printed.key_register}));
    for (const Option &option : options()) {
        const Value value = get(printed, option.id);
        if (!is_absent(value))
            failed |= json_object_set_new(object, std::string(option.word).c_str(),
                                          json_from_value(option, value));
    }
    return failed;
}

Result<Statement> parse(const json_t *object, bool in_rule) {
    Statement statement;
    if (auto message = read_object(statement, object, in_rule))
        return Error{std::move(*message), {}};
    return canonical(std::move(statement));
}

}  // namespace

json_t *to_json(const Statement &statement) {
    const Statement printed = canonical(statement);
    json_t *object = json_object();
    // json_object_set_new() takes the value over and fails when it, or the object, is null.
    int failed = json_object_set_new(object, collector_member, json_from_collector(printed));
    failed |= set_options(object, printed);
    if (failed != 0) {
        json_decref(object);
        return nullptr;
    }
    return object;
}

// What is printed around the members of the expressions: their values are left out.
Around json_around(const Statement &statement) {
    constexpr std::string_view place = "null";
    const std::unique_ptr<json_t, decltype(&json_decref)> object(json_object(), &json_decref);
    int failed = 0;
    const auto *reg = std::get_if<Register>(&statement.collector);
    if (reg != nullptr)
        failed |= json_object_set_new(object.get(), family_member, json_string(family_word(*reg)));
    failed |= json_object_set_new(object.get(), collector_member,
                                  reg != nullptr ? json_null() : json_from_collector(statement));
    failed |= set_options(object.get(), canonical(statement));
    if (statement.key_register)
        failed |= json_object_set_new(object.get(), key_member, json_null());
    const std::unique_ptr<json_t, decltype(&json_decref)> root(
        json_pack("{s:O}", "rmirror", object.get()), &json_decref);
    const std::unique_ptr<char, decltype(&std::free)> dumped(
        failed != 0 || !root ? nullptr : json_dumps(root.get(), 0), &std::free);
    if (!dumped)
        throw std::bad_alloc();
    const std::string text(dumped.get());
    const std::size_t first = text.find(place), last = text.rfind(place);
    const std::size_t behind = first + place.size();
    return {text.substr(0, first), text.substr(behind, std::max(last, behind) - behind),
            text.substr(last + place.size())};
}

Result<Statement> parse_json(const json_t *object) {
    return parse(object, false);
}

Result<Statement> parse_json_in_rule(const json_t *object) {
    return parse(object, true);
}

}  // namespace rmirror
