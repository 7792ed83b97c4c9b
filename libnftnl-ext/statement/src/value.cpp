// SPDX-License-Identifier: GPL-2.0-only
#include "value.hpp"

#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdio>

#include "dscp.hpp"

namespace rmirror {

namespace {

// The member of an option of kind NUM or DSCP.
template <typename AnyStatement>
auto &number_member(AnyStatement &statement, OptionId id) {
    switch (id) {
        case OptionId::KEY:
            return statement.key;
        case OptionId::LEN:
            return statement.len;
        case OptionId::TTL:
            return statement.ttl;
        case OptionId::DSCP:
            return statement.dscp;
        case OptionId::MARK:
            return statement.mark;
        case OptionId::PORT:
            return statement.port;
        default:
            break;
    }
    // Reached only by a row of a number kind that was added without its member.
    __builtin_unreachable();
}

Value nonzero(std::uint32_t number) {
    return number == 0 ? Value{} : Value{number};
}

template <typename T>
Value present(const std::optional<T> &member) {
    return member ? Value{*member} : Value{};
}

// Decimal or 0x.. as nft writes them. Not octal: nft reads `010` as 8, so a leading zero is refused
// rather than read in one of two ways.
std::optional<Value> number_from_word(std::string_view word) {
    int base = 10;
    if (word.starts_with("0x") || word.starts_with("0X")) {
        word.remove_prefix(2);
        base = 16;
    } else if (word.size() > 1 && word.front() == '0') {
        return std::nullopt;
    }

    std::uint32_t number = 0;
    const char *end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, number, base);
    if (error != std::errc{} || stop != end)
        return std::nullopt;
    return number;
}

// As nft lists marks.
std::string mark_text(std::uint32_t mark) {
    std::array<char, sizeof "0x00000000"> text{};
    std::snprintf(text.data(), text.size(), "0x%08" PRIx32, mark);
    return text.data();
}

template <typename Row>
std::optional<Value> id_of(const Row *row) {
    return row == nullptr ? std::nullopt : std::optional<Value>(std::uint32_t{row->id});
}

}  // namespace

Value get(const Statement &statement, OptionId id) {
    const Option &row = option(id);
    switch (row.kind) {
        case Kind::ENCAP:
            return nonzero(statement.encap);
        case Kind::MTU:
            return nonzero(statement.mtu);
        case Kind::NUM:
        case Kind::DSCP:
            return present(number_member(statement, id));
        case Kind::ADDR:
            return present(statement.from);
        case Kind::NAME:
            return statement.device.empty() ? Value{} : Value{statement.device};
        case Kind::FLAG:
            return (statement.flags & row.flag) != 0 ? Value{1U} : Value{};
    }
    return {};
}

void set(Statement &statement, OptionId id, const Value &value) {
    const Option &row = option(id);
    switch (row.kind) {
        case Kind::ENCAP:
            statement.encap = static_cast<rmirror_encap>(std::get<std::uint32_t>(value));
            break;
        case Kind::MTU:
            statement.mtu = static_cast<rmirror_mtu>(std::get<std::uint32_t>(value));
            break;
        case Kind::NUM:
        case Kind::DSCP:
            number_member(statement, id) = std::get<std::uint32_t>(value);
            break;
        case Kind::ADDR:
            statement.from = std::get<Address>(value);
            break;
        case Kind::NAME:
            statement.device = std::get<std::string>(value);
            break;
        case Kind::FLAG:
            statement.flags |= row.flag;
            break;
    }
}

void unset(Statement &statement, OptionId id) {
    const Statement defaults;
    const Option &row = option(id);
    switch (row.kind) {
        case Kind::ENCAP:
            statement.encap = defaults.encap;
            break;
        case Kind::MTU:
            statement.mtu = defaults.mtu;
            break;
        case Kind::NUM:
        case Kind::DSCP:
            number_member(statement, id).reset();
            break;
        case Kind::ADDR:
            statement.from.reset();
            break;
        case Kind::NAME:
            statement.device.clear();
            break;
        case Kind::FLAG:
            statement.flags &= ~row.flag;
            break;
    }
}

std::optional<Value> value_from_word(const Option &option, std::string_view word) {
    switch (option.kind) {
        case Kind::ENCAP:
            return id_of(find_encap(word));
        case Kind::MTU:
            return id_of(find_mtu(word));
        case Kind::NUM:
            return number_from_word(word);
        case Kind::DSCP:
            if (const auto dscp = dscp_from_name(word))
                return *dscp;
            return number_from_word(word);
        case Kind::ADDR:
            if (const auto address = Address::from_text(word))
                return *address;
            return std::nullopt;
        case Kind::NAME:
            return std::string(word);
        case Kind::FLAG:
            break;
    }
    return std::nullopt;
}

std::string word_from_value(const Option &option, const Value &value) {
    if (const auto *address = std::get_if<Address>(&value))
        return address->to_text();
    if (const auto *name = std::get_if<std::string>(&value))
        return *name;

    const auto number = std::get<std::uint32_t>(value);
    if (option.kind == Kind::ENCAP && number <= RMIRROR_ENCAP_MAX)
        return std::string(encap_row(static_cast<rmirror_encap>(number)).word);
    if (option.kind == Kind::MTU && number <= RMIRROR_MTU_MAX)
        return std::string(mtu_row(static_cast<rmirror_mtu>(number)).word);
    if (option.kind == Kind::DSCP && !dscp_name(number).empty())
        return std::string(dscp_name(number));
    if (option.id == OptionId::MARK)
        return mark_text(number);
    return std::to_string(number);
}

}  // namespace rmirror
