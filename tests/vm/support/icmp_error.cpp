// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/icmp_error.hpp"

#include <netinet/in.h>

namespace rmirror::vm {

IcmpError unreachable(bool ipv6) {
    return ipv6 ? IcmpError{.type = 1, .code = 4} : IcmpError{.type = 3, .code = 3};
}

IcmpError too_big(bool ipv6, std::uint16_t mtu) {
    return ipv6 ? IcmpError{.type = 2, .word = mtu} : IcmpError{.type = 3, .code = 4, .word = mtu};
}

test::Bytes icmp_message(const Ends &ends, const IcmpError &error, test::ByteView quoted) {
    test::Bytes message = {error.type, error.code, 0, 0};
    for (const unsigned shift : {24U, 16U, 8U, 0U})
        message.push_back(static_cast<std::uint8_t>(error.word >> shift));
    message.insert(message.end(), quoted.begin(), quoted.end());
    test::Bytes sum;
    if (ends.ipv6) {
        for (const std::string &address : {ends.source, ends.destination}) {
            const test::Ipv6Address one = test::ipv6(address);
            sum.insert(sum.end(), one.begin(), one.end());
        }
        sum.insert(sum.end(), {0, 0, static_cast<std::uint8_t>(message.size() >> 8U),
                               static_cast<std::uint8_t>(message.size()), 0, 0, 0, IPPROTO_ICMPV6});
    }
    sum.insert(sum.end(), message.begin(), message.end());
    const std::uint16_t checksum = test::internet_checksum(sum);
    message[2] = static_cast<std::uint8_t>(checksum >> 8U);
    message[3] = static_cast<std::uint8_t>(checksum);
    return message;
}

test::Bytes icmp_error(const Ends &ends, const IcmpError &error, test::ByteView quoted) {
    const int protocol = ends.ipv6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP};
    return from_sender(ends, static_cast<std::uint8_t>(protocol))
        .payload(icmp_message(ends, error, quoted))
        .build();
}

}  // namespace rmirror::vm
