// SPDX-License-Identifier: GPL-2.0-only
// Options of a command line, by a table: `--name VALUE`, `--name=VALUE`, flags without a value.
#pragma once

#include <functional>
#include <optional>
#include <rmirror/statement.hpp>
#include <span>
#include <string>
#include <string_view>

namespace rmirror::collector {

struct Word {
    std::string_view name;   // with its dashes
    std::string_view brief;  // one letter with its dash, or empty
    bool has_value;
    // Takes the value; an error if it is not one of those that it may be
    std::function<std::optional<Error>(std::string_view)> take;
};

// Each option at most once; nothing but options.
std::optional<Error> read_words(std::span<const char *const> words, std::span<const Word> table);

// "invalid --key '1024', expected 0..1023 with encap erspan"
Error invalid(std::string_view option, std::string_view value, std::string_view expected);

// A decimal or 0x number of the range, which `expected` describes
Result<std::uint64_t> read_number(std::string_view option, std::string_view value,
                                  std::uint64_t least, std::uint64_t most,
                                  std::string_view suffix = "");
Result<rmirror_encap> read_encap(std::string_view value);
Result<Address> read_address(std::string_view option, std::string_view value);
Result<std::string> read_device(std::string_view option, std::string_view value);

// "gre, erspan1, .."
std::string all_encap_words();

// Do key and port belong to the encapsulation, and are they in its range? nullopt: of any
// encapsulation.
std::optional<Error> check_key_and_port(std::optional<rmirror_encap> encap,
                                        std::optional<std::uint32_t> key,
                                        std::optional<std::uint16_t> port);

}  // namespace rmirror::collector
