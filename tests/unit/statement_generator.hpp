// SPDX-License-Identifier: GPL-2.0-only
//
// Random statements, texts and bytes; the same ones in every run.
#pragma once

#include <random>

#include "statement_support.hpp"

namespace rmirror::test {

class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    // A valid one, defaults spelled out now and then. The collector is an address.
    Statement statement();
    // The same statement with a collector in a register.
    Statement register_statement();
    // The words of a statement in random order, with random white space and quotes.
    std::string scrambled_text(const Statement &statement);
    // A few bytes changed, removed, inserted or repeated.
    std::string mutated(std::string text);
    Bytes mutated(Bytes bytes);

private:
    std::uint32_t between(std::uint32_t low, std::uint32_t high);
    std::uint32_t number(std::uint32_t low, std::uint32_t high);
    bool one_in(std::uint32_t n) { return between(1, n) == 1; }
    Address unicast(bool ipv4);
    std::string device();
    std::string blank();
    void add_options(Statement &statement, bool ipv4);

    std::mt19937_64 random_;
};

}  // namespace rmirror::test
