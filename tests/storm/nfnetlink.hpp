// SPDX-License-Identifier: GPL-2.0-only
// nf_tables over a raw socket.
#pragma once

#include <optional>
#include <string>

#include "storm/attributes.hpp"

namespace rmirror::storm {

/** A chain of the fuzzed namespace. */
struct Chain {
    std::uint8_t family;
    std::string name;
};

struct Answer {
    int error = 0;           ///< errno of the kernel; 0: accepted
    Attributes expressions;  ///< what the kernel shows of the rule
    std::uint64_t handle = 0;
};

class Nfnetlink {
public:
    Nfnetlink();
    Nfnetlink(const Nfnetlink &) = delete;
    Nfnetlink &operator=(const Nfnetlink &) = delete;
    ~Nfnetlink();

    /** Appends a rule to a chain of the table `t`, or replaces another one. std::runtime_error
     * without an answer. */
    Answer add_rule(const Chain &chain, const Attributes &expressions,
                    std::optional<std::uint64_t> replaced = std::nullopt);
    /** All rules of a chain, or one. Returns the errno. */
    int delete_rules(const Chain &chain, std::optional<std::uint64_t> handle = std::nullopt);
    /** How many rules a dump of a family's table has. */
    std::size_t dump(std::uint8_t family);

private:
    void send(const Bytes &message) const;
    Answer receive(std::uint32_t sequence);
    Answer batch(std::uint16_t type, std::uint16_t flags, std::uint8_t family,
                 const Attributes &attributes);

    int socket_;
    std::uint32_t sequence_ = 1;
    Bytes buffer_;
};

}  // namespace rmirror::storm
