// SPDX-License-Identifier: GPL-2.0-only
//
// Flows that a flowtable has taken over go by most hooks, and those in hardware by all.
#include <linux/netfilter.h>

#include <algorithm>

#include "doctor.hpp"
#include "move.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

// Room for chains in between
constexpr std::int32_t before_flowtable = 10;

bool is_at_ingress(const Chain &base) {
    return (base.family == NFPROTO_NETDEV && base.hook == NF_NETDEV_INGRESS) ||
           (base.family == NFPROTO_INET && base.hook == NF_INET_INGRESS);
}

bool shares_device(const Chain &base, const Flowtable &flowtable) {
    return std::any_of(base.devices.begin(), base.devices.end(), [&flowtable](const auto &device) {
        return std::find(flowtable.devices.begin(), flowtable.devices.end(), device) !=
               flowtable.devices.end();
    });
}

// Only forwarded packets are offloaded, and of these egress sees those that hardware does not
// forward.
bool is_hidden(const Chain &base, const Flowtable &flowtable) {
    if (is_at_ingress(base))
        return shares_device(base, flowtable) &&
               (flowtable.in_hardware || base.priority > flowtable.priority);
    if (base.family == NFPROTO_NETDEV)
        return flowtable.in_hardware && shares_device(base, flowtable);
    if (base.family == NFPROTO_ARP || base.family == NFPROTO_BRIDGE)
        return false;
    switch (base.hook.value_or(NF_INET_NUMHOOKS)) {
        case NF_INET_PRE_ROUTING:
        case NF_INET_FORWARD:
        case NF_INET_POST_ROUTING:
            return true;
        default:
            return false;
    }
}

const Flowtable *find(const Rule &rule, const Ruleset &ruleset) {
    for (const Flowtable &flowtable : ruleset.flowtables)
        if (flowtable.family == rule.family && flowtable.table == rule.table &&
            flowtable.name == rule.flowtable)
            return &flowtable;
    return nullptr;
}

std::string remedy_of(const Mirror &mirror, const Rule &rule, const Flowtable &flowtable) {
    if (flowtable.in_hardware)
        return "nft delete rule " + family_word(rule.family) + ' ' + rule.table + ' ' + rule.chain +
               " handle " + std::to_string(rule.handle);
    Chain ingress{NFPROTO_NETDEV, mirror.table, "ingress"};
    if (mirror.family == "netdev")
        ingress.name += "_of_" + mirror.chain;
    ingress.hook = NF_NETDEV_INGRESS;
    ingress.priority = flowtable.priority - before_flowtable;
    ingress.devices = flowtable.devices;
    return move_to_new(mirror, ingress);
}

}  // namespace

void examine_flowtables(const Mirror &mirror, const std::vector<const Chain *> &bases,
                        const Ruleset &ruleset, Findings &findings) {
    for (const Rule &rule : ruleset.rules) {
        const Flowtable *flowtable = rule.flowtable.empty() ? nullptr : find(rule, ruleset);
        if (flowtable == nullptr ||
            std::none_of(bases.begin(), bases.end(),
                         [flowtable](const Chain *base) { return is_hidden(*base, *flowtable); }))
            continue;
        const std::string where = "rule " + family_word(rule.family) + ' ' + printable(rule.table) +
                                  ' ' + printable(rule.chain) + " handle " +
                                  std::to_string(rule.handle);
        findings.push_back(
            {Severity::wrong, mirror.place(),
             "packets of flows in a flowtable do not come here (" + where + " offloads them" +
                 (flowtable->in_hardware
                      ? " to hardware, where no hook sees them): do not offload what is mirrored"
                      : "): mirror them at netdev ingress, before the flowtable"),
             remedy_of(mirror, rule, *flowtable)});
        return;
    }
}

}  // namespace rmirror::tools
