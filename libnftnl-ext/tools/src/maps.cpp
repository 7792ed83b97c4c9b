// SPDX-License-Identifier: GPL-2.0-only
#include "maps.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <set>

#include "netlink/netlink.hpp"
#include "ruleset.hpp"

namespace rmirror::tools {

namespace {

// More than a balancer's map has sensors; one of all clients has as few, many times each.
constexpr std::size_t most_elements = 64;

// The bytes of an element's value, if there are so many
std::string_view value_of(const nlattr *element, std::size_t size) {
    const nlattr *value =
        find_attribute(find_attribute(element, NFTA_SET_ELEM_DATA), NFTA_DATA_VALUE);
    if (value == nullptr || mnl_attr_get_payload_len(value) < size)
        return {};
    return {static_cast<const char *>(mnl_attr_get_payload(value)), size};
}

Mirror with_collector(const Mirror &mirror, const Address &address) {
    Mirror element = mirror;
    element.collector = address.to_text();
    element.statement->collector = address;
    element.collectors.clear();
    element.is_element = true;
    element.counters = {};
    return element;
}

}  // namespace

bool is_anonymous(std::string_view map) {
    return map.starts_with("__");
}

Maps::Collectors Maps::read(const Mirror &mirror) {
    const auto family = std::get<Register>(mirror.statement->collector).family;
    const std::size_t size = family == NFPROTO_IPV4 ? 4 : 16;
    Request request(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM, NLM_F_DUMP);
    request.extra<nfgenmsg>().nfgen_family = family_number(mirror.family);
    request.put(NFTA_SET_ELEM_LIST_TABLE, mirror.table);
    request.put(NFTA_SET_ELEM_LIST_SET, mirror.collectors);
    Collectors collectors;
    std::set<std::string, std::less<>> seen;
    const auto begin = [&] {
        collectors.addresses.clear();
        seen.clear();
    };
    collectors.error = dump(NETLINK_NETFILTER, request, begin, [&](const nlmsghdr &message) {
        const nlattr *elements =
            find_attribute(message, sizeof(nfgenmsg), NFTA_SET_ELEM_LIST_ELEMENTS);
        for (const nlattr *element : attributes_of(elements)) {
            const std::string_view value = value_of(element, size);
            if (!value.empty() && seen.emplace(value).second)
                collectors.addresses.push_back(*Address::from_bytes(
                    {reinterpret_cast<const std::uint8_t *>(value.data()), size}));
        }
    });
    return collectors;
}

Elements Maps::elements_of(const Mirror &mirror) {
    Elements elements;
    if (mirror.collectors.empty())
        return elements;
    const std::string key = mirror.family + '\0' + mirror.table + '\0' + mirror.collectors;
    const auto found = known_.find(key);
    const Collectors &collectors =
        (found != known_.end() ? found : known_.emplace(key, read(mirror)).first)->second;
    const std::size_t taken = std::min(collectors.addresses.size(), most_elements);
    elements.error = collectors.error;
    elements.too_many = collectors.addresses.size() - taken;
    for (std::size_t i = 0; i < taken; i++)
        elements.mirrors.push_back(with_collector(mirror, collectors.addresses[i]));
    return elements;
}

std::string obstacle_now(const Mirror &mirror, Paths &paths, Maps &maps) {
    if (const Path *path = paths.find(mirror))
        return obstacle(mirror, *path);
    for (const Mirror &element : maps.elements_of(mirror).mirrors)
        if (std::string what = obstacle(element, *paths.find(element)); !what.empty())
            return "to " + element.collector + ": " + what;
    return {};
}

}  // namespace rmirror::tools
