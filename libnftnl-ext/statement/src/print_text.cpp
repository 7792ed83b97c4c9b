// SPDX-License-Identifier: GPL-2.0-only
//
// Statement to text.
#include <linux/netfilter.h>

#include "value.hpp"

namespace rmirror {

namespace {

std::string head(const Statement &statement) {
    if (const auto *reg = std::get_if<Register>(&statement.collector))
        return std::string("rmirror ") + (reg->family == NFPROTO_IPV4 ? "ip" : "ip6") + " to reg " +
               std::to_string(reg->number);
    return "rmirror to " + std::get<Address>(statement.collector).to_text();
}

}  // namespace

std::string to_text(const Statement &statement) {
    const Statement printed = canonical(statement);
    std::string text = head(printed);
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

}  // namespace rmirror
