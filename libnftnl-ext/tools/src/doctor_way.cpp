// SPDX-License-Identifier: GPL-2.0-only
//
// What becomes of copies on their way: losses, circles, answers that do not come back.
#include <linux/rtnetlink.h>

#include <algorithm>

#include "doctor.hpp"
#include "settings.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

bool sees_what_is_sent(const Chain &base) {
    return base.hook_word() == "output" || base.hook_word() == "postrouting" ||
           base.hook_word() == "egress";
}

}  // namespace

void examine_losses(const Mirror &mirror, const std::string &device, Findings &findings) {
    const std::uint64_t matched = mirror.count(NFTA_RMIRROR_COUNTER_MATCHED);
    const auto tell = [&](std::uint16_t counter, Severity severity, const std::string &why,
                          const std::string &remedy) {
        if (mirror.count(counter) != 0)
            findings.push_back({severity, mirror.place(),
                                counted(mirror.count(counter), "packet") + " of " +
                                    std::to_string(matched) + ' ' + why,
                                remedy});
    };
    tell(NFTA_RMIRROR_COUNTER_TX_DROP, Severity::wrong,
         "not mirrored: " + (device.empty() ? "a device" : device) + " or its queue was full",
         "tc -s qdisc show" + (device.empty() ? "" : " dev " + device));
    tell(NFTA_RMIRROR_COUNTER_NO_MEMORY, Severity::wrong, "not mirrored: there was no memory",
         "cat /proc/meminfo");
    tell(NFTA_RMIRROR_COUNTER_CLEAR, Severity::note,
         "not mirrored: they are in clear only because a device encrypts them later", "");
}

// The module knows its copies again, but not in what a program has made of them.
void examine_loops(const Mirror &mirror, const Path &path, const std::vector<const Chain *> &bases,
                   Findings &findings) {
    if (path.device.kind == "tun" && std::any_of(bases.begin(), bases.end(), [](const Chain *base) {
            return sees_what_is_sent(*base);
        }))
        findings.push_back({Severity::note, mirror.place(),
                            "copies leave by " + path.device.name +
                                ", the tunnel of a program: if the rule also matches "
                                "that program's own packets, every copy makes another one. Exempt "
                                "them in the rule",
                            ""});
    const std::uint64_t nested = mirror.count(NFTA_RMIRROR_COUNTER_NESTED);
    if (nested == 0)
        return;
    const bool is_bare = mirror.encap == "none";
    findings.push_back(
        {is_bare ? Severity::wrong : Severity::note, mirror.place(),
         counted(nested, "packet") +
             (is_bare
                  ? " looked like copies that came back: " + mirror.collector +
                        " forwards them. At the collector"
                  : " looked like copies of copies, of which only headers are sent: another host "
                    "mirrors what is mirrored here. Exempt its copies in the rule"),
         is_bare ? (mirror.collector.find(':') == std::string::npos
                        ? "sysctl -w net.ipv4.ip_forward=0"
                        : "sysctl -w net.ipv6.conf.all.forwarding=0")
                 : ""});
}

// ICMP errors teach the path's MTU, and tell of refusals: do they come to this host?
void examine_answers(const Mirror &mirror, const Path &path, Paths &paths, Findings &findings) {
    const auto collector = Address::from_text(mirror.collector);
    if (!mirror.statement || !collector || mirror.encap == "none")
        return;
    constexpr const char *consequence = ": path MTU and refusals are not learnt";
    if (mirror.statement->from && paths.find(*mirror.statement->from).type != RTN_LOCAL)
        findings.push_back({Severity::note, mirror.place(),
                            "ICMP errors about copies go to " + mirror.statement->from->to_text() +
                                ", which is not an address of this host" + consequence,
                            ""});
    // A VRF has routes of its own for them.
    const bool is_vrf = find_device(mirror.statement->device).kind == "vrf";
    if (!collector->is_ipv4() || is_vrf || !is_strict_on_return(path.device.name) ||
        paths.find(*collector).ifindex == path.ifindex)
        return;
    findings.push_back({Severity::note, mirror.place(),
                        "ICMP errors about copies are dropped when they come by " +
                            path.device.name + ", which is not on the route to " +
                            mirror.collector + " (rp_filter)" + consequence,
                        "sysctl -w net.ipv4.conf." + path.device.name + ".rp_filter=2"});
}

}  // namespace rmirror::tools
