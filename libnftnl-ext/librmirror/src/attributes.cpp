// SPDX-License-Identifier: GPL-2.0-only
//
// Setters and getters: an attribute by its number, a value by its type. Which attribute is what
// comes from the option table; only the collector and the flags are not options.
#include <linux/netfilter.h>

#include <algorithm>

#include "check.hpp"
#include "objects.hpp"

using namespace rmirror;

namespace {

// The option that the attribute carries; nullptr for the collector and the flags.
const Option *option_of(std::uint16_t attr) {
    const auto all = options();
    const auto found = std::find_if(all.begin(), all.end(), [attr](const Option &option) {
        return option.attribute == attr && option.kind != Kind::FLAG;
    });
    return found == all.end() ? nullptr : &*found;
}

bool is_number(const Option &option) {
    return option.kind != Kind::ADDR && option.kind != Kind::NAME;
}

int wrong_type(rmirror_err *err, std::uint16_t attr, const char *type) {
    c::fail(err, EINVAL, "attribute " + std::to_string(attr) + " is not " + type);
    return -1;
}

// What does not depend on the rest of the statement: the range of the table. An address is left to
// rmirror_stmt_validate(), for what it may be depends on the collector and the device.
int set_checked(Statement &statement, const Option &option, const Value &value, rmirror_err *err) {
    if (option.kind != Kind::ADDR) {
        if (auto message = check_value(option, Statement{}, value)) {
            c::fail(err, option.kind == Kind::NAME ? EINVAL : ERANGE, std::move(*message));
            return -1;
        }
    }
    set(statement, option.id, value);
    return 0;
}

int set_flags(Statement &statement, std::uint32_t flags, rmirror_err *err) {
    if ((flags & ~std::uint32_t{RMIRROR_F_MASK}) != 0) {
        c::fail(err, ERANGE, "unknown flags " + std::to_string(flags));
        return -1;
    }
    statement.flags = flags;
    return 0;
}

Register register_of(const Statement &statement) {
    const auto *reg = std::get_if<Register>(&statement.collector);
    return reg == nullptr ? Register{} : *reg;
}

int set_number(Statement &statement, std::uint16_t attr, std::uint32_t value, rmirror_err *err) {
    Register reg = register_of(statement);
    switch (attr) {
        case NFTA_RMIRROR_SREG_ADDR:
            reg.number = value;
            statement.collector = reg;
            return 0;
        case NFTA_RMIRROR_FAMILY:
            reg.family = value;
            statement.collector = reg;
            return 0;
        case NFTA_RMIRROR_FLAGS:
            return set_flags(statement, value, err);
        case RMIRROR_STMT_EXT(NFTA_RMIRROR_EXT_SREG_KEY):
            statement.key.reset();
            statement.key_register = value;
            return 0;
        case NFTA_RMIRROR_KEY:
            statement.key_register.reset();
            break;
        default:
            break;
    }
    const Option *option = option_of(attr);
    if (option == nullptr || !is_number(*option))
        return wrong_type(err, attr, "a number");
    return set_checked(statement, *option, value, err);
}

int set_word(Statement &statement, std::uint16_t attr, std::string_view word, rmirror_err *err) {
    if (attr == NFTA_RMIRROR_ADDR) {
        const auto address = Address::from_text(word);
        if (!address) {
            c::fail(err, {invalid_collector(word), {}});
            return -1;
        }
        statement.collector = *address;
        return 0;
    }
    const Option *option = option_of(attr);
    if (option == nullptr)
        return wrong_type(err, attr, "a word");
    if (option->id == OptionId::KEY)
        statement.key_register.reset();
    const auto value = value_from_word(*option, word);
    if (!value) {
        // The family that it must have may not be known yet.
        c::fail(err, EINVAL,
                option->kind == Kind::ADDR ? text_of(rmirror_text_invalid, option->word.data(),
                                                     word.data(), word.size(), RMIRROR_ANY_ADDRESS)
                                           : invalid_value(*option, statement, word));
        return -1;
    }
    return set_checked(statement, *option, *value, err);
}

// The number in force when none is set.
std::uint32_t default_number(const Statement &statement, const Option &option) {
    if (option.id == OptionId::TTL)
        return RMIRROR_TTL_DEFAULT;
    if (option.id == OptionId::PORT)
        return default_port(statement.encap);
    return 0;
}

const Address *address_of(const Statement &statement, std::uint16_t attr) {
    if (attr == NFTA_RMIRROR_ADDR)
        return std::get_if<Address>(&statement.collector);
    if (attr == NFTA_RMIRROR_SADDR && statement.from)
        return &*statement.from;
    return nullptr;
}

const char *word_in_force(const Statement &statement, std::uint16_t attr) {
    switch (attr) {
        case NFTA_RMIRROR_OIFNAME:
            return statement.device.empty() ? nullptr : statement.device.c_str();
        case NFTA_RMIRROR_ENCAP:
            return rmirror_value_word(RMIRROR_OPT_ENCAP, statement.encap);
        case NFTA_RMIRROR_MTU:
            return rmirror_value_word(RMIRROR_OPT_MTU, statement.mtu);
        default:
            return nullptr;
    }
}

}  // namespace

bool rmirror_stmt_is_set(const rmirror_stmt *stmt, std::uint16_t attr) {
    const Statement &statement = stmt->statement;
    return c::guarded(false, nullptr, [&statement, attr] {
        switch (attr) {
            case NFTA_RMIRROR_ADDR: {
                const auto *address = std::get_if<Address>(&statement.collector);
                return address != nullptr && !address->bytes().empty();
            }
            case NFTA_RMIRROR_SREG_ADDR:
            case NFTA_RMIRROR_FAMILY:
                return std::holds_alternative<Register>(statement.collector);
            case NFTA_RMIRROR_FLAGS:
                return statement.flags != 0;
            case RMIRROR_STMT_EXT(NFTA_RMIRROR_EXT_SREG_KEY):
                return statement.key_register.has_value();
            default:
                break;
        }
        const Option *option = option_of(attr);
        return option != nullptr && !is_absent(get(statement, option->id));
    });
}

void rmirror_stmt_unset(rmirror_stmt *stmt, std::uint16_t attr) {
    Statement &statement = stmt->statement;
    switch (attr) {
        case NFTA_RMIRROR_ADDR:
        case NFTA_RMIRROR_SREG_ADDR:
        case NFTA_RMIRROR_FAMILY:
            if (rmirror_stmt_is_set(stmt, attr))
                statement.collector = Address{};
            return;
        case NFTA_RMIRROR_FLAGS:
            statement.flags = 0;
            return;
        case RMIRROR_STMT_EXT(NFTA_RMIRROR_EXT_SREG_KEY):
            statement.key_register.reset();
            return;
        default:
            break;
    }
    if (const Option *option = option_of(attr))
        unset(statement, option->id);
}

int rmirror_stmt_set_u32(rmirror_stmt *stmt, std::uint16_t attr, std::uint32_t value,
                         rmirror_err *err) {
    return c::guarded(-1, err, [=] { return set_number(stmt->statement, attr, value, err); });
}

int rmirror_stmt_set_data(rmirror_stmt *stmt, std::uint16_t attr, const void *data,
                          std::size_t data_len, rmirror_err *err) {
    return c::guarded(-1, err, [=] {
        if (attr != NFTA_RMIRROR_ADDR && attr != NFTA_RMIRROR_SADDR)
            return wrong_type(err, attr, "an address");
        const auto address =
            Address::from_bytes({static_cast<const std::uint8_t *>(data), data_len});
        if (!address) {
            c::fail(err, EINVAL,
                    "invalid address, expected 4 or 16 bytes, got " + std::to_string(data_len));
            return -1;
        }
        if (attr == NFTA_RMIRROR_ADDR)
            stmt->statement.collector = *address;
        else
            stmt->statement.from = *address;
        return 0;
    });
}

int rmirror_stmt_set_str(rmirror_stmt *stmt, std::uint16_t attr, const char *word,
                         rmirror_err *err) {
    return c::guarded(-1, err, [=] { return set_word(stmt->statement, attr, word, err); });
}

std::uint32_t rmirror_stmt_get_u32(const rmirror_stmt *stmt, std::uint16_t attr) {
    const Statement &statement = stmt->statement;
    return c::guarded<std::uint32_t>(0, nullptr, [&statement, attr] {
        switch (attr) {
            case NFTA_RMIRROR_SREG_ADDR:
                return register_of(statement).number;
            case NFTA_RMIRROR_FAMILY:
                return register_of(statement).family;
            case NFTA_RMIRROR_FLAGS:
                return statement.flags;
            case RMIRROR_STMT_EXT(NFTA_RMIRROR_EXT_SREG_KEY):
                return statement.key_register.value_or(0);
            default:
                break;
        }
        const Option *option = option_of(attr);
        if (option == nullptr || !is_number(*option))
            return 0U;
        const Value value = get(statement, option->id);
        return is_absent(value) ? default_number(statement, *option)
                                : std::get<std::uint32_t>(value);
    });
}

const void *rmirror_stmt_get_data(const rmirror_stmt *stmt, std::uint16_t attr,
                                  std::size_t *data_len) {
    const Address *address = address_of(stmt->statement, attr);
    const std::size_t size = address == nullptr ? 0 : address->bytes().size();
    if (data_len != nullptr)
        *data_len = size;
    return size == 0 ? nullptr : address->bytes().data();
}

const char *rmirror_stmt_get_str(const rmirror_stmt *stmt, std::uint16_t attr) {
    return word_in_force(stmt->statement, attr);
}
