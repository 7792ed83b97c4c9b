// SPDX-License-Identifier: GPL-2.0-only
#include "ipsec.hpp"

#include <linux/netlink.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "netlink/netlink.hpp"
#include "tables.hpp"

namespace rmirror::tools {

namespace {

std::span<const std::uint8_t> bytes_of(const xfrm_address_t &address, bool is_ipv4) {
    return {reinterpret_cast<const std::uint8_t *>(&address), is_ipv4 ? 4U : 16U};
}

bool has_prefix(const Address &address, const xfrm_address_t &prefix, unsigned bits) {
    const auto want = bytes_of(prefix, address.is_ipv4());
    for (unsigned bit = 0; bit < std::min<unsigned>(bits, 8 * static_cast<unsigned>(want.size()));
         bit++)
        if (((want[bit / 8] ^ address.bytes()[bit / 8]) >> (7 - bit % 8) & 1) != 0)
            return false;
    return true;
}

bool has_port(std::uint16_t port, __be16 wanted, __be16 mask) {
    return ((port ^ ntohs(wanted)) & ntohs(mask)) == 0;
}

bool is_about(const IpsecPolicy &policy, const IpsecFlow &flow) {
    const xfrm_selector &selector = policy.selector;
    return selector.family == (flow.destination.is_ipv4() ? AF_INET : AF_INET6) &&
           has_prefix(flow.destination, selector.daddr, selector.prefixlen_d) &&
           has_prefix(flow.source, selector.saddr, selector.prefixlen_s) &&
           (selector.proto == 0 || selector.proto == flow.protocol) &&
           has_port(flow.port, selector.dport, selector.dport_mask) &&
           has_port(flow.source_port, selector.sport, selector.sport_mask) &&
           (selector.ifindex == 0 || static_cast<unsigned>(selector.ifindex) == flow.ifindex) &&
           (flow.mark & policy.mark_mask) == policy.mark;
}

// In transport mode the template has no addresses.
bool serves(const IpsecState &state, const xfrm_user_tmpl &wanted, const IpsecFlow &flow) {
    const bool is_tunnel = wanted.mode == XFRM_MODE_TUNNEL || wanted.mode == XFRM_MODE_BEET;
    const bool is_ipv4 = state.family == AF_INET;
    const auto to =
        is_tunnel ? bytes_of(wanted.id.daddr, wanted.family == AF_INET) : flow.destination.bytes();
    // One without an SPI waits for the key exchange.
    return state.id.spi != 0 && state.id.proto == wanted.id.proto && state.mode == wanted.mode &&
           (wanted.reqid == 0 || state.reqid == wanted.reqid) &&
           (wanted.id.spi == 0 || state.id.spi == wanted.id.spi) &&
           std::ranges::equal(bytes_of(state.id.daddr, is_ipv4), to);
}

std::string address_text(const xfrm_address_t &address, std::uint16_t family) {
    return Address::from_bytes(bytes_of(address, family == AF_INET))->to_text();
}

std::string remedy_of(const xfrm_user_tmpl &wanted, const IpsecFlow &flow) {
    if (std::filesystem::exists("/usr/sbin/swanctl"))
        return "swanctl --initiate --child CHILD";
    const bool is_tunnel = wanted.mode == XFRM_MODE_TUNNEL;
    if (wanted.id.proto != IPPROTO_ESP || (!is_tunnel && wanted.mode != XFRM_MODE_TRANSPORT))
        return {};
    const std::string source =
        is_tunnel ? address_text(wanted.saddr, wanted.family) : flow.source.to_text();
    const std::string destination =
        is_tunnel ? address_text(wanted.id.daddr, wanted.family) : flow.destination.to_text();
    return "ip xfrm state add src " + source + " dst " + destination + " proto esp spi SPI reqid " +
           std::to_string(wanted.reqid) + " mode " + (is_tunnel ? "tunnel" : "transport") +
           " aead 'rfc4106(gcm(aes))' KEY 128";
}

std::string protocol_word(std::uint8_t protocol) {
    switch (protocol) {
        case IPPROTO_ESP:
            return "ESP";
        case IPPROTO_AH:
            return "AH";
        default:
            return "IPComp";
    }
}

// Asking would load the module.
bool is_there() {
    std::ifstream file("/proc/net/netlink");
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::string pointer;
        int protocol = -1;
        if (words >> pointer >> protocol && protocol == NETLINK_XFRM)
            return true;
    }
    return false;
}

template <typename T>
T copied(const void *from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

void take_policy(const nlmsghdr &message, std::vector<IpsecPolicy> &policies) {
    if (mnl_nlmsg_get_payload_len(&message) < sizeof(xfrm_userpolicy_info))
        return;
    const auto info = copied<xfrm_userpolicy_info>(mnl_nlmsg_get_payload(&message));
    const auto find = [&message](std::uint16_t type) {
        return find_attribute(message, sizeof(xfrm_userpolicy_info), type);
    };
    // One with an interface id is about what leaves by that interface.
    if (info.dir != XFRM_POLICY_OUT || number_of(find(XFRMA_IF_ID)) != 0)
        return;
    IpsecPolicy policy;
    policy.selector = info.sel;
    policy.priority = info.priority;
    policy.blocks = info.action == XFRM_POLICY_BLOCK;
    if (const nlattr *mark = find(XFRMA_MARK);
        mark != nullptr && mnl_attr_get_payload_len(mark) >= sizeof(xfrm_mark)) {
        const auto value = copied<xfrm_mark>(mnl_attr_get_payload(mark));
        policy.mark = value.v;
        policy.mark_mask = value.m;
    }
    if (const nlattr *list = find(XFRMA_TMPL)) {
        const auto *bytes = static_cast<const char *>(mnl_attr_get_payload(list));
        for (std::size_t at = 0; at + sizeof(xfrm_user_tmpl) <= mnl_attr_get_payload_len(list);
             at += sizeof(xfrm_user_tmpl))
            policy.templates.push_back(copied<xfrm_user_tmpl>(bytes + at));
    }
    policies.push_back(std::move(policy));
}

void take_state(const nlmsghdr &message, std::vector<IpsecState> &states) {
    if (mnl_nlmsg_get_payload_len(&message) < sizeof(xfrm_usersa_info))
        return;
    const auto info = copied<xfrm_usersa_info>(mnl_nlmsg_get_payload(&message));
    states.push_back({info.id, info.reqid, info.mode, info.family});
}

}  // namespace

IpsecFlow flow_of(const Statement &statement, const Address &source, std::uint32_t ifindex) {
    IpsecFlow flow;
    flow.destination = std::get<Address>(statement.collector);
    flow.source = statement.from.value_or(source);
    flow.mark = statement.mark.value_or(0);
    flow.ifindex = ifindex;
    const std::uint32_t port = statement.port.value_or(default_port(statement.encap));
    flow.protocol = port != 0 ? IPPROTO_UDP : IPPROTO_GRE;
    flow.port = static_cast<std::uint16_t>(port);
    if (port == 0) {  // a policy for GRE asks for a key, of which the ports are the halves
        const std::uint32_t key = statement.key.value_or(0);
        flow.source_port = static_cast<std::uint16_t>(key >> 16);
        flow.port = static_cast<std::uint16_t>(key);
    }
    return flow;
}

// Of equals the kernel takes the one that it has longer, which it also gives first.
const IpsecPolicy *find_policy(const std::vector<IpsecPolicy> &policies, const IpsecFlow &flow) {
    const IpsecPolicy *best = nullptr;
    for (const IpsecPolicy &policy : policies)
        if (is_about(policy, flow) && (best == nullptr || policy.priority < best->priority))
            best = &policy;
    return best;
}

void Ipsec::read() {
    is_read_ = true;
    if (!is_there())
        return;
    Netlink netlink(NETLINK_XFRM);
    Request policies(XFRM_MSG_GETPOLICY, NLM_F_DUMP);
    netlink.ask(policies, [this](const nlmsghdr &message) { take_policy(message, policies_); });
    Request states(XFRM_MSG_GETSA, NLM_F_DUMP);
    netlink.ask(states, [this](const nlmsghdr &message) { take_state(message, states_); });
}

std::optional<IpsecLack> Ipsec::lack(const Statement &statement, const Address &source,
                                     std::uint32_t ifindex) {
    if (statement.encap == RMIRROR_ENCAP_NONE)
        return std::nullopt;  // a bare copy is no packet of this host
    if (!is_read_)
        read();
    const IpsecFlow flow = flow_of(statement, source, ifindex);
    const IpsecPolicy *policy = find_policy(policies_, flow);
    if (policy == nullptr)
        return std::nullopt;
    const std::string to = flow.destination.to_text();
    if (policy->blocks)
        return IpsecLack{"an IPsec policy forbids packets to " + to, "ip xfrm policy list dir out"};
    for (const xfrm_user_tmpl &wanted : policy->templates) {
        const auto serves_it = [&](const IpsecState &state) { return serves(state, wanted, flow); };
        if (wanted.optional == 0 && std::none_of(states_.begin(), states_.end(), serves_it))
            return IpsecLack{"an IPsec policy wants " + protocol_word(wanted.id.proto) + " to " +
                                 to + ", and there is no security association",
                             remedy_of(wanted, flow)};
    }
    return std::nullopt;
}

}  // namespace rmirror::tools
