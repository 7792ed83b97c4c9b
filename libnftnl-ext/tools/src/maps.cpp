// SPDX-License-Identifier: GPL-2.0-only
#include "targets.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>

#include "netlink/netlink.hpp"
#include "ruleset.hpp"

namespace rmirror::tools {

namespace {

// More than a balancer's map has sensors; one of all clients has as few, many times each.
constexpr std::size_t most_targets = 64;

void take_element(const nlattr *element, std::size_t size, std::vector<Address> &addresses) {
    const nlattr *value =
        find_attribute(find_attribute(element, NFTA_SET_ELEM_DATA), NFTA_DATA_VALUE);
    if (value == nullptr || mnl_attr_get_payload_len(value) < size)
        return;
    const auto address =
        Address::from_bytes({static_cast<const std::uint8_t *>(mnl_attr_get_payload(value)), size});
    if (address && std::find(addresses.begin(), addresses.end(), *address) == addresses.end())
        addresses.push_back(*address);
}

Mirror with_collector(const Mirror &mirror, const Address &address) {
    Mirror target = mirror;
    target.collector = address.to_text();
    target.statement->collector = address;
    target.collectors.clear();
    target.is_target = true;
    target.counters = {};
    return target;
}

}  // namespace

Targets read_targets(const Mirror &mirror) {
    Targets targets;
    if (mirror.collectors.empty())
        return targets;
    const auto family = std::get<Register>(mirror.statement->collector).family;
    const std::size_t size = family == NFPROTO_IPV4 ? 4 : 16;
    Request request(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM, NLM_F_DUMP);
    request.extra<nfgenmsg>().nfgen_family = family_number(mirror.family);
    request.put(NFTA_SET_ELEM_LIST_TABLE, mirror.table);
    request.put(NFTA_SET_ELEM_LIST_SET, mirror.collectors);
    std::vector<Address> addresses;
    targets.error = Netlink(NETLINK_NETFILTER).ask(request, [&](const nlmsghdr &message) {
        const nlattr *elements =
            find_attribute(message, sizeof(nfgenmsg), NFTA_SET_ELEM_LIST_ELEMENTS);
        for (const nlattr *element : attributes_of(elements))
            take_element(element, size, addresses);
    });
    const std::size_t taken = std::min(addresses.size(), most_targets);
    targets.too_many = addresses.size() - taken;
    for (std::size_t i = 0; i < taken; i++)
        targets.mirrors.push_back(with_collector(mirror, addresses[i]));
    return targets;
}

std::string obstacle_now(const Mirror &mirror, Paths &paths) {
    if (const Path *path = paths.find(mirror))
        return obstacle(mirror, *path);
    for (const Mirror &target : read_targets(mirror).mirrors)
        if (std::string what = obstacle(target, *paths.find(target)); !what.empty())
            return "to " + target.collector + ": " + what;
    return {};
}

}  // namespace rmirror::tools
