// SPDX-License-Identifier: GPL-2.0-only
#include "value.hpp"

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
    std::uint32_t number = 0;
    switch (option.kind) {
        case Kind::ADDR:
            if (const auto address = Address::from_text(word))
                return *address;
            return std::nullopt;
        case Kind::NAME:
            return std::string(word);
        case Kind::FLAG:
            return std::nullopt;
        default:
            // A string of C ends at a NUL.
            if (word.find('\0') == word.npos &&
                rmirror_value_read(option.row(), std::string(word).c_str(), &number))
                return number;
            return std::nullopt;
    }
}

std::string word_from_value(const Option &option, const Value &value) {
    if (const auto *address = std::get_if<Address>(&value))
        return address->to_text();
    if (const auto *name = std::get_if<std::string>(&value))
        return *name;
    return text_of(rmirror_text_value, option.row(), std::get<std::uint32_t>(value));
}

}  // namespace rmirror
