// SPDX-License-Identifier: GPL-2.0-only
// ICMP and ICMPv6 errors.
#pragma once

#include <cstdint>

#include "vm/support/encapsulation.hpp"

namespace rmirror::vm {

struct IcmpError {
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::uint32_t word = 0;  ///< of the header: the MTU, if it has one
};

/** "destination unreachable: port", "packet too big" (with code 4 of IPv4's "unreachable") */
IcmpError unreachable(bool ipv6);
IcmpError too_big(bool ipv6, std::uint16_t mtu);

/** The ICMP message that quotes a packet, from its IP header on: what follows the IP header of an
 *  error that goes from one of `ends` to the other. RFC 792, RFC 4443 */
test::Bytes icmp_message(const Ends &ends, const IcmpError &error, test::ByteView quoted);

/** The same as a frame from the sender to the router. */
test::Bytes icmp_error(const Ends &ends, const IcmpError &error, test::ByteView quoted);

}  // namespace rmirror::vm
