// SPDX-License-Identifier: GPL-2.0-only
#include "answer.hpp"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <netinet/in.h>

#include "tables.hpp"

namespace rmirror::probe {

namespace {

using View = std::span<const std::uint8_t>;

constexpr std::size_t icmp_size = 8;
constexpr std::size_t ipv4_size = 20;
constexpr std::size_t ipv6_size = 40;
constexpr std::size_t quoted_payload = 8;  // RFC 792
constexpr std::uint8_t gre_key_bit = 0x20;
// RFC 4443: destination unreachable, and its codes
constexpr std::uint8_t v6_unreachable = 1;

std::uint16_t number16(View bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::uint32_t number32(View bytes, std::size_t at) {
    return std::uint32_t{number16(bytes, at)} << 16 | number16(bytes, at + 2);
}

bool is_error(bool over_ipv4, std::uint8_t type) {
    if (!over_ipv4)
        return type >= v6_unreachable && type <= ICMPV6_PARAMPROB;
    return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

// RFC 2784, RFC 2890: a key follows the first four bytes, for a copy has no checksum.
void take_payload(View payload, Answer &answer) {
    if (answer.protocol == IPPROTO_UDP)
        answer.port = number16(payload, 2);
    else if (answer.protocol == IPPROTO_GRE && (payload[0] & gre_key_bit) != 0)
        answer.key = number32(payload, 4);
}

std::string words4(std::uint8_t type, std::uint8_t code) {
    if (type == ICMP_TIME_EXCEEDED)
        return "the TTL was used up on the way";
    if (type == ICMP_PARAMETERPROB)
        return "the header is not understood";
    switch (code) {
        case ICMP_NET_UNREACH:
        case ICMP_NET_UNKNOWN:
            return "no route to the network";
        case ICMP_HOST_UNREACH:
        case ICMP_HOST_UNKNOWN:
            return "the host does not answer";
        case ICMP_PROT_UNREACH:
            return "protocol unreachable";
        case ICMP_PORT_UNREACH:
            return "port unreachable";
        case ICMP_FRAG_NEEDED:
            return "too long for the path";
        case ICMP_NET_ANO:
        case ICMP_HOST_ANO:
        case ICMP_PKT_FILTERED:
            return "a firewall forbids it";
        default:
            return "unreachable (code " + std::to_string(code) + ')';
    }
}

std::string words6(std::uint8_t type, std::uint8_t code) {
    switch (type) {
        case ICMPV6_PKT_TOOBIG:
            return "too long for the path";
        case ICMPV6_TIME_EXCEED:
            return "the hop limit was used up on the way";
        case ICMPV6_PARAMPROB:
            return code == ICMPV6_UNK_NEXTHDR ? "protocol unreachable"
                                              : "the header is not understood";
        default:
            break;
    }
    switch (code) {
        case ICMPV6_NOROUTE:
            return "no route to the network";
        case ICMPV6_ADM_PROHIBITED:
        case ICMPV6_POLICY_FAIL:
            return "a firewall forbids it";
        case ICMPV6_ADDR_UNREACH:
            return "the host does not answer";
        case ICMPV6_PORT_UNREACH:
            return "port unreachable";
        default:
            return "unreachable (code " + std::to_string(code) + ')';
    }
}

}  // namespace

std::optional<Answer> read_answer(const Address &from, View message) {
    const bool over_ipv4 = from.is_ipv4();
    const std::size_t least = icmp_size + (over_ipv4 ? ipv4_size : ipv6_size);
    if (message.size() < least || !is_error(over_ipv4, message[0]))
        return std::nullopt;
    Answer answer;
    answer.from = from;
    answer.type = message[0];
    answer.code = message[1];
    const View quoted = message.subspan(icmp_size);
    const std::size_t header = over_ipv4 ? std::size_t{quoted[0] & 0x0fU} * 4 : ipv6_size;
    answer.protocol = quoted[over_ipv4 ? 9 : 6];
    answer.collector =
        *Address::from_bytes(over_ipv4 ? quoted.subspan(16, 4) : quoted.subspan(24, 16));
    const bool is_later_fragment = over_ipv4 && (number16(quoted, 6) & 0x1fffU) != 0;
    if (header < ipv4_size || is_later_fragment || quoted.size() < header + quoted_payload)
        return std::nullopt;
    take_payload(quoted.subspan(header), answer);
    return answer;
}

bool Answer::is_about(const Statement &statement) const {
    const auto *address = std::get_if<Address>(&statement.collector);
    if (address == nullptr || *address != collector || statement.encap == RMIRROR_ENCAP_NONE)
        return false;
    const std::uint32_t own_port = statement.port.value_or(encap_row(statement.encap).port);
    if (own_port != 0)
        return protocol == IPPROTO_UDP && port == own_port;
    const bool has_key = zero_key_is_a_key(statement.encap);
    return protocol == IPPROTO_GRE && (!has_key || key == statement.key);
}

std::string Answer::words() const {
    return from.is_ipv4() ? words4(type, code) : words6(type, code);
}

}  // namespace rmirror::probe
