// SPDX-License-Identifier: GPL-2.0-only
#include "check.hpp"

#include <jansson.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <algorithm>
#include <memory>

namespace rmirror {

namespace {

constexpr std::size_t longest_quote = 64;

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

// The no-break space of Latin-1: white space for the kernel (lib/ctype.c), though names are in
// UTF-8
bool is_latin1_space(char c) {
    return static_cast<unsigned char>(c) == 0xa0;
}

bool is_not_ascii(char c) {
    return (static_cast<unsigned char>(c) & 0x80) != 0;
}

// The second or a later byte of a character in UTF-8
bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// JSON has no other strings.
bool is_utf8(std::string_view text) {
    const std::unique_ptr<json_t, decltype(&json_decref)> string(
        json_stringn(text.data(), text.size()), &json_decref);
    return string != nullptr;
}

// The kernel's own rule (dev_valid_name()), less what nft's quoted strings cannot hold, or take for
// a wildcard.
bool is_device_name(std::string_view name, Range length) {
    return length.contains(name.size()) && name != "." && name != ".." && !name.ends_with('*') &&
           name.find_first_of(" /:\"") == std::string_view::npos &&
           std::none_of(name.begin(), name.end(), is_control) &&
           std::none_of(name.begin(), name.end(), is_latin1_space) && is_utf8(name);
}

bool collector_is_ipv4(const Statement &statement) {
    if (const auto *reg = std::get_if<Register>(&statement.collector))
        return reg->family == NFPROTO_IPV4;
    return std::get<Address>(statement.collector).is_ipv4();
}

std::string range_text(const Option &option, rmirror_encap encap) {
    const Range range = range_of(option, encap);
    std::string text = std::to_string(range.min) + ".." + std::to_string(range.max);
    if (range != Range{option.min, option.max}) {
        text += " with encap ";
        text += encap_row(encap).word;
    }
    return text;
}

std::string expected(const Option &option, const Statement &statement) {
    switch (option.kind) {
        case Kind::ENCAP:
            return "one of " + encap_words();
        case Kind::MTU:
            return "one of " + mtu_words();
        case Kind::NUM:
            return range_text(option, statement.encap);
        case Kind::DSCP:
            return range_text(option, statement.encap) + " or a name such as cs1, af11, ef";
        case Kind::ADDR:
            return collector_is_ipv4(statement) ? "an IPv4 address, as the collector"
                                                : "an IPv6 address, as the collector";
        case Kind::NAME:
            return "a name of " + range_text(option, statement.encap) +
                   " bytes without white space, '/', ':' and '\"'";
        case Kind::FLAG:
            break;
    }
    return "no value";
}

bool is_in_range(const Option &option, const Statement &statement, const Value &value) {
    switch (option.kind) {
        case Kind::ADDR:
            return std::get<Address>(value).is_ipv4() == collector_is_ipv4(statement);
        case Kind::NAME:
            return is_device_name(std::get<std::string>(value), {option.min, option.max});
        case Kind::FLAG:
            return true;
        default:
            return range_of(option, statement.encap).contains(std::get<std::uint32_t>(value));
    }
}

// nf_tables has 4 registers of 16 bytes, also to be had as 16 of 4 bytes.
bool is_register(std::uint32_t number) {
    return (number >= NFT_REG_1 && number <= NFT_REG_4) ||
           (number >= NFT_REG32_00 && number <= NFT_REG32_15);
}

std::optional<std::string> check_register(const Register &reg) {
    if (!is_register(reg.number))
        return "invalid collector, there is no register " + std::to_string(reg.number);
    if (reg.family != NFPROTO_IPV4 && reg.family != NFPROTO_IPV6)
        return "invalid collector, family " + std::to_string(reg.family) +
               " is neither IPv4 nor IPv6";
    // The last of 4 bytes that three more follow
    if (reg.family == NFPROTO_IPV6 && reg.number > NFT_REG32_12)
        return "invalid collector, register " + std::to_string(reg.number) +
               " has no room for an IPv6 address";
    return std::nullopt;
}

// The first thing that is wrong with one option of a complete statement.
std::optional<std::string> check_option(const Option &option, const Statement &statement) {
    const Value value = get(statement, option.id);
    if (is_absent(value))
        return std::nullopt;
    if (auto message = check_belongs(option, statement.encap))
        return message;
    return check_value(option, statement, value);
}

}  // namespace

std::string quoted(std::string_view text) {
    std::size_t size = std::min(text.size(), longest_quote);
    while (size > 0 && size < text.size() && is_continuation(text[size]))
        --size;
    std::string shown(text.substr(0, size));
    std::replace_if(shown.begin(), shown.end(), is_control, '?');
    if (!is_utf8(shown))
        std::replace_if(shown.begin(), shown.end(), is_not_ascii, '?');
    if (size < text.size())
        shown += "...";
    return "'" + shown + "'";
}

std::string invalid_value(const Option &option, const Statement &statement,
                          std::string_view shown) {
    return "invalid " + std::string(option.word) + " " + quoted(shown) + ", expected " +
           expected(option, statement);
}

std::string invalid_collector(std::string_view shown) {
    return "invalid collector " + quoted(shown) + ", expected an IPv4 or IPv6 address";
}

std::optional<std::string> check_belongs(const Option &option, rmirror_encap encap) {
    if (option.takes(encap))
        return std::nullopt;
    return "'" + std::string(option.word) + "' does not belong to encap " +
           std::string(encap_row(encap).word) + ", only to " + encap_words(option.encaps);
}

std::optional<std::string> check_value(const Option &option, const Statement &statement,
                                       const Value &value) {
    if (!is_in_range(option, statement, value))
        return invalid_value(option, statement, word_from_value(option, value));

    const auto *address = std::get_if<Address>(&value);
    if (address != nullptr &&
        (address->is_unspecified() || address->is_multicast() || address->is_broadcast()))
        return "invalid " + std::string(option.word) + " " + quoted(address->to_text()) +
               ", expected a unicast address";
    return std::nullopt;
}

std::optional<std::string> check_collector(const Statement &statement) {
    if (const auto *reg = std::get_if<Register>(&statement.collector))
        return check_register(*reg);

    const auto &address = std::get<Address>(statement.collector);
    if (address.bytes().empty())
        return "missing collector, expected an IPv4 or IPv6 address";

    const std::string start = "invalid collector " + quoted(address.to_text()) + ", ";
    if (address.is_unspecified())
        return start + "the unspecified address is nobody's";
    if (address.is_broadcast())
        return start + "a copy is not broadcast";
    if (address.is_multicast() && statement.device.empty())
        return start + "a multicast address needs 'device'";
    if (address.is_link_local() && statement.device.empty())
        return start + "a link-local address needs 'device'";
    return std::nullopt;
}

std::optional<std::string> check_key_register(const Statement &statement) {
    if (!statement.key_register)
        return std::nullopt;
    if (auto message = check_belongs(option(OptionId::KEY), statement.encap))
        return message;
    if (statement.key)
        return "invalid key, there is one in register " + std::to_string(*statement.key_register);
    if (!is_register(*statement.key_register))
        return "invalid key, there is no register " + std::to_string(*statement.key_register);
    return std::nullopt;
}

std::optional<Error> validate(const Statement &statement) {
    // The other checks look the encapsulation up.
    if (statement.encap > RMIRROR_ENCAP_MAX)
        return Error{
            invalid_value(option(OptionId::ENCAP), Statement{}, std::to_string(statement.encap)),
            {}};
    if ((statement.flags & ~std::uint32_t{RMIRROR_F_MASK}) != 0)
        return Error{"unknown flags " + std::to_string(statement.flags), {}};

    for (const Option &each : options())
        if (auto message = check_option(each, statement))
            return Error{std::move(*message), {}};
    if (auto message = check_key_register(statement))
        return Error{std::move(*message), {}};
    if (auto message = check_collector(statement))
        return Error{std::move(*message), {}};
    return std::nullopt;
}

}  // namespace rmirror
