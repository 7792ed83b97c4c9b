// SPDX-License-Identifier: GPL-2.0-only
#include "quiet.hpp"

#include <arpa/inet.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>

#include "filter.hpp"
#include "probe/frame.hpp"

namespace rmirror::collector {

namespace {

Descriptor silent(int family, int type, int protocol) {
    Descriptor socket(::socket(family, type | SOCK_CLOEXEC, protocol));
    if (!socket)
        return socket;
    Filter filter = no_packet();
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    const int yes = 1;
    if (setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
        return {};
    if (family == AF_INET6)
        setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    return socket;
}

bool bind_port(const Descriptor &socket, int family, std::uint16_t port) {
    if (family == AF_INET) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        return bind(socket.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    return bind(socket.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
}

// What the GRE module answers with: a type and code, and where the protocol of the packet stands
// that it quotes behind its eight bytes (RFC 792, RFC 4443)
struct Answer {
    std::uint8_t protocol;
    std::uint8_t type;
    std::uint8_t code;
    std::uint32_t quoted_protocol;
};
constexpr Answer answers[] = {
    {IPPROTO_ICMP, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 8 + 9},
    {IPPROTO_ICMPV6, ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH, 8 + 6},
};

tools::OwnTable::Rule rule_of(const Answer &answer) {
    return [&answer](tools::Request &rule) {
        tools::put_protocol_is(rule, answer.protocol);
        tools::put_field_is(rule, {NFT_PAYLOAD_TRANSPORT_HEADER, 0}, {answer.type, answer.code});
        tools::put_field_is(rule, {NFT_PAYLOAD_TRANSPORT_HEADER, answer.quoted_protocol},
                            {IPPROTO_GRE});
        tools::put_drop(rule);
    };
}

}  // namespace

void Quiet::open(bool gre, const Ports &ports) {
    for (const int family : {AF_INET, AF_INET6}) {
        if (gre)
            sockets_.push_back(silent(family, SOCK_RAW, IPPROTO_GRE));
        for (const std::uint16_t port : ports) {
            if (port == 0)
                continue;
            Descriptor socket = silent(family, SOCK_DGRAM, 0);
            if (socket && bind_port(socket, family, port))
                sockets_.push_back(std::move(socket));
        }
    }
    if (!gre)
        return;
    std::vector<tools::OwnTable::Rule> rules;
    std::transform(std::begin(answers), std::end(answers), std::back_inserter(rules), rule_of);
    answers_ = std::make_unique<tools::OwnTable>(
        NFPROTO_INET, "rmirror-collector-" + probe::Label::random().to_text());
    answers_->open({NF_INET_LOCAL_OUT, NF_IP_PRI_RAW, {}}, rules);
}

}  // namespace rmirror::collector
