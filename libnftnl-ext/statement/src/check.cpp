// SPDX-License-Identifier: GPL-2.0-only
#include "check.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

namespace rmirror {

namespace {

std::uint32_t family_of(const Statement &statement) {
    if (const auto *reg = std::get_if<Register>(&statement.collector))
        return reg->family;
    return std::get<Address>(statement.collector).is_ipv4() ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

bool is_in_range(const Option &option, const Statement &statement, const Value &value) {
    switch (option.kind) {
        case Kind::ADDR:
            return std::get<Address>(value).is_ipv4() == (family_of(statement) == NFPROTO_IPV4);
        case Kind::NAME: {
            const auto &name = std::get<std::string>(value);
            return rmirror_device_fits(name.data(), name.size());
        }
        case Kind::FLAG:
            return true;
        default:
            return rmirror_value_fits(option.row(), statement.encap,
                                      std::get<std::uint32_t>(value));
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
    return text_of(rmirror_text_quoted, text.data(), text.size());
}

std::string invalid_value(const Option &option, const Statement &statement,
                          std::string_view shown) {
    return text_of(rmirror_text_bad_value, option.row(), statement.encap, family_of(statement),
                   shown.data(), shown.size());
}

std::string invalid_collector(std::string_view shown) {
    return text_of(rmirror_text_invalid, "collector", shown.data(), shown.size(),
                   RMIRROR_ANY_ADDRESS);
}

std::optional<std::string> check_belongs(const Option &option, rmirror_encap encap) {
    if (option.takes(encap))
        return std::nullopt;
    return text_of(rmirror_text_foreign, option.row(), encap);
}

std::optional<std::string> check_value(const Option &option, const Statement &statement,
                                       const Value &value) {
    if (!is_in_range(option, statement, value))
        return invalid_value(option, statement, word_from_value(option, value));

    const auto *address = std::get_if<Address>(&value);
    const char *why = address == nullptr ? nullptr
                                         : rmirror_source_refused(address->bytes().data(),
                                                                  address->bytes().size());
    if (why == nullptr)
        return std::nullopt;
    const std::string text = address->to_text();
    return text_of(rmirror_text_invalid, option.word.data(), text.data(), text.size(), why);
}

std::optional<std::string> check_collector(const Statement &statement) {
    if (const auto *reg = std::get_if<Register>(&statement.collector))
        return check_register(*reg);

    const auto &address = std::get<Address>(statement.collector);
    if (address.bytes().empty())
        return "missing collector, " RMIRROR_ANY_ADDRESS;
    const char *why = rmirror_collector_refused(address.bytes().data(), address.bytes().size(),
                                                !statement.device.empty());
    if (why == nullptr)
        return std::nullopt;
    const std::string text = address.to_text();
    return text_of(rmirror_text_invalid, "collector", text.data(), text.size(), why);
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
