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
    const std::string text = to_text(statement);
    std::vector<std::string> parts;
    std::size_t end = 0;
    for (const std::string_view word : {" to reg ", " key reg "}) {
        const std::size_t at = text.find(word, end);
        if (at == text.npos)
            continue;
        const std::size_t reg = at + word.find("reg");
        parts.push_back(text.substr(end, reg - end));
        end = std::min(text.find(' ', reg + std::string_view("reg ").size()), text.size());
    }
    return {parts.front(), parts.size() > 1 ? parts.back() : std::string(), text.substr(end)};
}

}  // namespace rmirror
