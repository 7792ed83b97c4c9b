// SPDX-License-Identifier: GPL-2.0-only
#include "words.hpp"

#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "../../rules/rmirror_rules.h"
#include "decode.hpp"

namespace rmirror::collector {

namespace {

// A word of the user's in a message, without what a terminal would act upon
std::string quoted(std::string_view text) {
    char shown[RMIRROR_TEXT_MAX];
    rmirror_text_quoted(shown, text.data(), text.size());
    return shown;
}

const Word *find(std::span<const Word> table, std::string_view name) {
    const auto found = std::find_if(table.begin(), table.end(), [name](const Word &word) {
        return word.name == name || (!word.brief.empty() && word.brief == name);
    });
    return found == table.end() ? nullptr : &*found;
}

std::string names(std::span<const Word> table) {
    std::string text;
    for (const Word &word : table)
        text += (text.empty() ? "" : ", ") + std::string(word.name);
    return text;
}

// Not as strict as the statement is: a device may have a name that nft cannot say. The kernel takes
// % in the name of a new one for a pattern.
bool is_device_name(std::string_view name) {
    return !name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".." &&
           std::none_of(name.begin(), name.end(), [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte <= 0x20 || byte == 0x7f || c == '/' || c == ':' || c == '%';
           });
}

}  // namespace

Error invalid(std::string_view option, std::string_view value, std::string_view expected) {
    return {"invalid " + std::string(option) + " " + quoted(value) + ", expected " +
                std::string(expected),
            {}};
}

std::optional<Error> read_words(std::span<const char *const> words, std::span<const Word> table) {
    std::vector<const Word *> given;
    for (std::size_t i = 0; i < words.size(); i++) {
        const std::string_view text(words[i]);
        const std::size_t equals = text.starts_with("--") ? text.find('=') : std::string::npos;
        const Word *word = find(table, text.substr(0, equals));
        if (word == nullptr)
            return Error{"unknown option " + quoted(text) + ", expected one of " + names(table),
                         {}};
        if (std::find(given.begin(), given.end(), word) != given.end())
            return Error{"repeated option " + std::string(word->name), {}};
        given.push_back(word);
        std::string_view value;
        if (equals != std::string::npos) {
            if (!word->has_value)
                return Error{std::string(word->name) + " takes no value", {}};
            value = text.substr(equals + 1);
        } else if (word->has_value) {
            if (++i == words.size())
                return Error{"missing value after " + std::string(word->name), {}};
            value = words[i];
        }
        if (auto error = word->take(value))
            return error;
    }
    return std::nullopt;
}

Result<std::uint64_t> read_number(std::string_view option, std::string_view value,
                                  std::uint64_t least, std::uint64_t most,
                                  std::string_view suffix) {
    const bool hex = value.starts_with("0x");
    const std::string_view digits = hex ? value.substr(2) : value;
    std::uint64_t number = 0;
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, hex ? 16 : 10);
    if (failure != std::errc() || end != digits.data() + digits.size() || number < least ||
        number > most)
        return invalid(option, value,
                       std::to_string(least) + ".." + std::to_string(most) + std::string(suffix));
    return number;
}

std::string all_encap_words() {
    std::string text;
    for (unsigned i = 0; i < __RMIRROR_ENCAP_MAX; i++)
        text += (i == 0 ? "" : ", ") + std::string(encap_word(static_cast<rmirror_encap>(i)));
    return text;
}

Result<rmirror_encap> read_encap(std::string_view value) {
    for (unsigned i = 0; i < __RMIRROR_ENCAP_MAX; i++)
        if (encap_word(static_cast<rmirror_encap>(i)) == value)
            return static_cast<rmirror_encap>(i);
    return invalid("--encap", value, "one of " + all_encap_words());
}

Result<Address> read_address(std::string_view option, std::string_view value) {
    const auto address = Address::from_text(value);
    if (!address)
        return invalid(option, value, "an IPv4 or IPv6 address");
    return *address;
}

Result<std::string> read_device(std::string_view option, std::string_view value) {
    if (!is_device_name(value))
        return invalid(option, value,
                       "a name of 1..15 bytes without white space, '/', ':' and '%'");
    return std::string(value);
}

std::optional<Error> check_key_and_port(std::optional<rmirror_encap> encap,
                                        std::optional<std::uint32_t> key,
                                        std::optional<std::uint16_t> port) {
    if (port && !encap)
        return Error{"--port needs --encap: which encapsulation has the port?", {}};
    if (!encap)
        return std::nullopt;
    const std::string with = " with encap " + std::string(encap_word(*encap));
    if (port && default_ports()[*encap] == 0)
        return Error{"--port has no meaning" + with, {}};
    if (key && encap_key_max(*encap) == 0)
        return Error{"--key has no meaning" + with, {}};
    if (key && *key > encap_key_max(*encap))
        return invalid("--key", std::to_string(*key),
                       "0.." + std::to_string(encap_key_max(*encap)) + with);
    return std::nullopt;
}

}  // namespace rmirror::collector
