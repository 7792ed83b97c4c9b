// SPDX-License-Identifier: GPL-2.0-only
//
// How copies get to a collector, as the kernel's routes, devices and neighbours have it now.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "ipsec.hpp"
#include "mirror.hpp"

namespace rmirror::tools {

enum class Neighbour { not_needed, not_asked, answers, silent };

struct Device {
    std::string name;
    std::string kind;  // "vlan", "tun", "vrf"; empty: a real one
    std::uint32_t mtu = 0;
    bool is_up = false;
    bool has_carrier = false;
    bool is_loopback = false;
};

struct Path {
    int error = 0;          // of the look-up: ENETUNREACH, ..
    std::uint8_t type = 0;  // RTN_*
    std::uint32_t ifindex = 0;
    Device device;
    std::string next_hop;  // the collector or a gateway
    std::string source;
    std::uint32_t mtu = 0;
    std::uint32_t learnt_for = 0;  // seconds that a learnt MTU counts still; 0: it is not learnt
    Neighbour neighbour = Neighbour::not_needed;
    std::optional<IpsecLack> lack;
};

// Looks ways up, each once.
class Paths {
public:
    // nullptr: the collector is not known (a register).
    const Path *find(const Mirror &mirror);

    // The way of a plain packet to an address, such as an answer
    Path find(const Address &address);

private:
    Path look_up(const Statement &statement, const Address &collector);

    std::map<std::string, Path> known_;
    Ipsec ipsec_;
};

// A sentence about what keeps copies from leaving now; empty: nothing does.
std::string obstacle(const Mirror &mirror, const Path &path);

// One of that name; not up if there is none.
Device find_device(const std::string &name);

// 0: there is no such device.
std::uint32_t index_of_device(const std::string &name);

}  // namespace rmirror::tools
