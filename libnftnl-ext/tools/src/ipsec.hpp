// SPDX-License-Identifier: GPL-2.0-only
//
// IPsec policies that are about copies: is there the security association that they want?
#pragma once

#include <linux/xfrm.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rmirror/statement.hpp"

namespace rmirror::tools {

struct IpsecPolicy {
    xfrm_selector selector{};
    std::uint32_t priority = 0;
    bool blocks = false;
    std::uint32_t mark = 0;
    std::uint32_t mark_mask = 0;
    std::vector<xfrm_user_tmpl> templates;
};

struct IpsecState {
    xfrm_id id{};
    std::uint32_t reqid = 0;
    std::uint8_t mode = 0;
    std::uint16_t family = 0;
};

// What selectors ask for of a copy
struct IpsecFlow {
    Address source;
    Address destination;
    std::uint8_t protocol = 0;
    std::uint16_t source_port = 0;
    std::uint16_t port = 0;  // of GRE, both are halves of the key
    std::uint32_t mark = 0;
    std::uint32_t ifindex = 0;
};

struct IpsecLack {
    std::string what;
    std::string remedy;
};

// The flow of a statement's copies, as the module looks it up.
IpsecFlow flow_of(const Statement &statement, const Address &source, std::uint32_t ifindex);

// The policy that counts for a flow; nullptr: none is about it.
const IpsecPolicy *find_policy(const std::vector<IpsecPolicy> &policies, const IpsecFlow &flow);

// Reads the policies and states of the network namespace when they are asked for first.
class Ipsec {
public:
    // nullopt: nothing is missing.
    std::optional<IpsecLack> lack(const Statement &statement, const Address &source,
                                  std::uint32_t ifindex);

private:
    void read();

    bool is_read_ = false;
    std::vector<IpsecPolicy> policies_;
    std::vector<IpsecState> states_;
};

}  // namespace rmirror::tools
