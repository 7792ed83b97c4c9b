// SPDX-License-Identifier: GPL-2.0-only
//
// Does any packet get as far as the statement?
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>

#include <algorithm>

#include "doctor.hpp"
#include "move.hpp"
#include "path.hpp"
#include "settings.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

// Before addresses are translated, as in the chain itself
constexpr std::int32_t nat_priority_distance = 1;

using Bases = std::vector<const Chain *>;

bool all(const Bases &bases, bool (*is)(const Chain &)) {
    return !bases.empty() &&
           std::all_of(bases.begin(), bases.end(), [is](const Chain *base) { return is(*base); });
}

void tell_wrong(const Mirror &mirror, const std::string &why, const std::string &remedy,
                Findings &findings) {
    findings.push_back({Severity::wrong, mirror.place(), "no packet comes here: " + why, remedy});
}

// A chain with a hook that leads to this one; netdev would need a device.
std::string new_base(const Chain &chain) {
    if (chain.family == NFPROTO_NETDEV || !is_plain(chain.table + chain.name))
        return {};
    Chain base{chain.family, chain.table, "to_" + chain.name};
    base.hook =
        chain.family == NFPROTO_ARP ? std::uint32_t{NF_ARP_IN} : std::uint32_t{NF_INET_PRE_ROUTING};
    return add_base(base) + " && nft add rule " + base.text() + " jump " + chain.name;
}

void examine_table(const Mirror &mirror, const Chain &chain, const Passage &passage,
                   Findings &findings) {
    const Table *table = passage.find_table(chain);
    if (table == nullptr || !table->is_dormant)
        return;
    const std::string name = mirror.family + ' ' + printable(mirror.table);
    tell_wrong(mirror, "table " + name + " is dormant", "nft add table " + name, findings);
}

void examine_reach(const Mirror &mirror, const Chain &chain, Passage &passage, Findings &findings) {
    const Reach &reach = passage.reach_of(chain);
    if (!reach.bases.empty())
        return;
    const Chain *base = passage.base_beside(chain);
    const std::string jump = base == nullptr
                                 ? new_base(chain)
                                 : "nft insert rule " + base->text() + " jump " + chain.name;
    if (reach.blocked_by != nullptr)
        tell_wrong(mirror,
                   "the rule with handle " + std::to_string(reach.blocked_by->handle) +
                       " of chain " + printable(reach.blocked_by->chain) +
                       " takes all packets before one leads to chain " + printable(chain.name),
                   jump, findings);
    else
        tell_wrong(mirror,
                   "chain " + printable(chain.name) + " has no hook, and no rule leads to it", jump,
                   findings);
}

void examine_verdicts(const Mirror &mirror, const Chain &chain, const Passage &passage,
                      Findings &findings) {
    if (const Rule *end = passage.end_before(chain, mirror.handle.value_or(0)))
        tell_wrong(mirror,
                   "the rule with handle " + std::to_string(end->handle) +
                       " before it takes all packets out of the chain",
                   move_to_head(mirror), findings);
}

// Another chain for the rule, of the same hook
Chain beside(const Chain &base, const std::string &prefix, std::int32_t priority) {
    Chain chain{base.family, base.table, prefix + base.name};
    chain.hook = base.hook;
    chain.priority = priority;
    chain.devices = base.devices;
    return chain;
}

void examine_drops(const Mirror &mirror, const Passage &passage, const Bases &bases,
                   Findings &findings) {
    const Chain *drop = nullptr;
    for (const Chain *base : bases)
        if ((drop = passage.drop_before(*base)) == nullptr)
            return;
    if (drop != nullptr)
        tell_wrong(mirror,
                   "chain " + printable(drop->text()) + " (priority " +
                       std::to_string(drop->priority) + ") drops all packets before",
                   move_to_new(mirror, beside(*bases.front(), "early_", drop->priority - 1)),
                   findings);
}

// Address translation asks such chains once for each connection, and not at all where none is
// tracked.
constexpr const char *first_packet_only = "only the first packet of each connection can come ";

void examine_type(const Mirror &mirror, const Bases &bases, Findings &findings) {
    if (!all(bases, [](const Chain &base) { return base.type == "nat"; }))
        return;
    const Chain &base = *bases.front();
    findings.push_back(
        {Severity::wrong, mirror.place(),
         std::string(first_packet_only) + "here: chain " + printable(base.text()) +
             " is of the type nat",
         move_to_new(mirror, beside(base, "filter_", base.priority - nat_priority_distance))});
}

void examine_target(const Mirror &mirror, Findings &findings) {
    if (mirror.family.ends_with("tables") && mirror.table == "nat")
        findings.push_back({Severity::wrong, mirror.place(),
                            std::string(first_packet_only) + "to table nat: use -t mangle", ""});
}

void examine_forwarding(const Mirror &mirror, const Bases &bases, Findings &findings) {
    const bool is_forward = all(bases, [](const Chain &base) {
        return base.hook == NF_INET_FORWARD && base.family != NFPROTO_NETDEV &&
               base.family != NFPROTO_BRIDGE && base.family != NFPROTO_ARP;
    });
    if (!is_forward || hands_bridged_to_ip())
        return;
    const std::uint8_t family = bases.front()->family;
    if ((family != NFPROTO_IPV6 && does_forward(NFPROTO_IPV4)) ||
        (family != NFPROTO_IPV4 && does_forward(NFPROTO_IPV6)))
        return;
    tell_wrong(mirror, "this host does not forward packets",
               family == NFPROTO_IPV6 ? "sysctl -w net.ipv6.conf.all.forwarding=1"
                                      : "sysctl -w net.ipv4.ip_forward=1",
               findings);
}

void examine_devices(const Mirror &mirror, const Bases &bases, Findings &findings) {
    std::string down;
    for (const Chain *base : bases) {
        if (base->devices.empty())
            return;
        for (const std::string &name : base->devices) {
            const Device device = find_device(name);
            if (device.is_up && device.has_carrier)
                return;
            if (down.empty() || !device.is_up)
                down = name;
        }
    }
    if (down.empty())
        return;
    if (find_device(down).is_up)
        tell_wrong(mirror, "device " + printable(down) + " has no carrier", "ip link show " + down,
                   findings);
    else
        tell_wrong(mirror, "device " + printable(down) + " is down", "ip link set " + down + " up",
                   findings);
}

}  // namespace

Bases examine_rule(const Mirror &mirror, Passage &passage, Findings &findings) {
    const Chain *chain = passage.find_chain(mirror.family, mirror.table, mirror.chain);
    // x_tables has no chain without a hook.
    Bases bases = chain == nullptr ? Bases() : passage.reach_of(*chain).bases;
    const std::size_t before = findings.size();
    if (chain != nullptr) {
        examine_table(mirror, *chain, passage, findings);
        examine_reach(mirror, *chain, passage, findings);
        examine_verdicts(mirror, *chain, passage, findings);
        examine_drops(mirror, passage, bases, findings);
        examine_devices(mirror, bases, findings);
        examine_forwarding(mirror, bases, findings);
        examine_type(mirror, bases, findings);
        examine_flowtables(mirror, bases, passage.ruleset(), findings);
    } else {
        examine_target(mirror, findings);
    }
    if (mirror.count(NFTA_RMIRROR_COUNTER_MATCHED) == 0 && findings.size() == before)
        findings.push_back({Severity::note, mirror.place(), "no packet has matched so far", ""});
    return bases;
}

}  // namespace rmirror::tools
