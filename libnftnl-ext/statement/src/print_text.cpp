// SPDX-License-Identifier: GPL-2.0-only
//
// Statement to text.
#include <linux/netfilter.h>

#include <algorithm>

#include "value.hpp"

namespace rmirror {

namespace {

std::string head(const Register &reg) {
    return std::string("rmirror ") + (reg.family == NFPROTO_IPV4 ? "ip" : "ip6") + " to ";
}

// With the blank before each
std::string options_of(const Statement &printed) {
    std::string text;
    for (const Option &option : options()) {
        const Value value = get(printed, option.id);
        if (option.id == OptionId::KEY && printed.key_register)
            text += " key reg " + std::to_string(*printed.key_register);
        if (is_absent(value))
            continue;
        text += ' ';
        text += option.word;
        if (option.kind == Kind::NAME)
            text += " \"" + word_from_value(option, value) + '"';
        else if (option.kind != Kind::FLAG)
            text += ' ' + word_from_value(option, value);
    }
    return text;
}

}  // namespace

std::string to_text(const Statement &statement) {
    const Statement printed = canonical(statement);
    const auto *reg = std::get_if<Register>(&printed.collector);
    return (reg != nullptr ? head(*reg) + "reg " + std::to_string(reg->number)
                           : "rmirror to " + std::get<Address>(printed.collector).to_text()) +
           options_of(printed);
}

Around text_around(const Statement &statement) {
    const bool is_key = !std::holds_alternative<Register>(statement.collector);
    const std::string_view word = is_key ? " key reg " : " to reg ";
    const std::string text = to_text(statement);
    const std::size_t reg = text.find(word) + word.find("reg");
    const std::size_t number = text.find_first_of("0123456789", reg);
    return {text.substr(0, reg), text.substr(std::min(text.find(' ', number), text.size()))};
}

}  // namespace rmirror
