// SPDX-License-Identifier: GPL-2.0-only
//
// What ICMP and ICMPv6 say about a copy: who refuses it, and why.
#pragma once

#include <cstdint>
#include <optional>
#include <rmirror/statement.hpp>
#include <span>
#include <string>

namespace rmirror::probe {

// An error, and what it quotes of the packet that it is about
struct Answer {
    Address from;
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    Address collector;                 // to which the packet went
    std::uint8_t protocol = 0;         // behind its IP header
    std::uint16_t port = 0;            // of UDP
    std::optional<std::uint32_t> key;  // of GRE

    // May it be about a copy that this statement made? As the module counts `refused`.
    bool is_about(const Statement &statement) const;
    // "port unreachable"
    std::string words() const;
};

// From the ICMP header on. nullopt: it is no error, or quotes too little.
std::optional<Answer> read_answer(const Address &from, std::span<const std::uint8_t> message);

}  // namespace rmirror::probe
