// SPDX-License-Identifier: GPL-2.0-only
//
// A table of nf_tables that belongs to a socket: the kernel removes it with this process, however
// that ends. Nobody else can change it, and `nft flush ruleset` leaves it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "netlink.hpp"

namespace rmirror::tools {

// Where a base chain stands; `device` only in the family netdev
struct Hook {
    std::uint32_t number;
    std::int32_t priority;
    std::string device;
};

class OwnTable {
public:
    // Puts the expressions of one rule, with the functions below.
    using Rule = std::function<void(Request &)>;

    OwnTable(std::uint8_t family, std::string name);
    OwnTable(const OwnTable &) = delete;
    OwnTable &operator=(const OwnTable &) = delete;
    ~OwnTable();

    // Makes the table with one chain, which accepts, and its rules; 0 or errno.
    int open(const Hook &hook, const std::vector<Rule> &rules);
    const std::string &name() const { return name_; }

private:
    Request request(int message, int flags) const;
    Request new_table() const;
    Request new_chain(const Hook &hook) const;
    Request new_rule(const Rule &rule) const;

    Netlink netlink_;
    std::uint8_t family_;
    std::string name_;
    bool is_open_ = false;
};

// A part of a header: NFT_PAYLOAD_.._HEADER, and bytes from there
struct Field {
    std::uint32_t base;
    std::uint32_t offset;
};

void put_field_is(Request &rule, const Field &field, const std::vector<std::uint8_t> &value);
void put_protocol_is(Request &rule, std::uint8_t protocol);  // the layer 4 one
void put_drop(Request &rule);
// An expression of that name with encoded attributes
void put_expression(Request &rule, const std::string &name,
                    const std::vector<std::uint8_t> &attributes);

}  // namespace rmirror::tools
