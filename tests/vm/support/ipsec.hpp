// SPDX-License-Identifier: GPL-2.0-only
// IPsec between two namespaces, with keys that are no secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vm/support/file_descriptor.hpp"
#include "vm/support/netns.hpp"

namespace rmirror::vm {

enum class IpsecProtocol { esp, ah, esp_in_udp };

/** A security association of one direction. */
struct Ipsec {
    IpsecProtocol protocol = IpsecProtocol::esp;
    std::string mode = "transport";  ///< or "tunnel"
    std::string source;              ///< outside; with a colon: IPv6
    std::string destination;

    /** The modules it takes. */
    std::vector<std::string> modules() const;
    /** The first of them that this kernel does not have. */
    std::optional<std::string> missing_module() const;
    /** The IP protocol that is on the wire. */
    std::uint8_t wire_protocol() const;
    /** The kernel has it from here on. */
    void add_state(const NetNs &netns) const;
    /** What matches the selector ("proto udp") has to use it. */
    void add_policy(const NetNs &netns, const std::string &selector) const;
    /** Who receives esp_in_udp needs a socket for it; empty with the others. */
    FileDescriptor listen(const NetNs &netns) const;
};

}  // namespace rmirror::vm
