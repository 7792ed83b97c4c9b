// SPDX-License-Identifier: GPL-2.0-only
//
// Do copies get to the collector, and whole?
#include <linux/rtnetlink.h>

#include <cerrno>

#include "collector/setup_plan.hpp"
#include "doctor.hpp"
#include "tables.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

constexpr std::uint32_t full_size = 1500;
constexpr std::uint32_t ipv4_header = 20;
constexpr std::uint32_t ipv6_header = 40;
constexpr std::uint32_t ethernet_header = 14;

// Bytes that a copy is longer than its IP packet: rmirror(7) has the table.
std::uint32_t added(const Statement &statement, bool over_ipv6) {
    const auto flag = [&statement](std::uint32_t bit) { return (statement.flags & bit) != 0; };
    std::uint32_t header = 0;
    switch (statement.encap) {
        case RMIRROR_ENCAP_NONE:
            return 0;
        case RMIRROR_ENCAP_GRE:
            header = 4U + (statement.key ? 4U : 0U) + (flag(RMIRROR_F_SEQ) ? 4U : 0U);
            break;
        case RMIRROR_ENCAP_ERSPAN1:
            header = 4;
            break;
        case RMIRROR_ENCAP_ERSPAN:
            header = 16;
            break;
        case RMIRROR_ENCAP_ERSPAN3:
            header = flag(RMIRROR_F_PLATFORM) ? 28 : 20;
            break;
        case RMIRROR_ENCAP_GENEVE:
            header =
                16U +
                (flag(RMIRROR_F_METADATA) ? std::uint32_t{sizeof(rmirror_geneve_metadata)} : 0U);
            break;
        case RMIRROR_ENCAP_TZSP:
            header = 23;
            break;
        case RMIRROR_ENCAP_VXLAN:
        case __RMIRROR_ENCAP_MAX:
            header = 16;
    }
    return header + ethernet_header + (over_ipv6 ? ipv6_header : ipv4_header);
}

std::string remedy_of(const Mirror &mirror, const Path &path) {
    if (path.error == ENODEV)
        return "ip link show";
    if (!path.device.name.empty() && !path.device.is_up)
        return "ip link set " + path.device.name + " up";
    if (path.error != 0 || path.type == RTN_BLACKHOLE || path.type == RTN_UNREACHABLE ||
        path.type == RTN_PROHIBIT)
        return "ip route replace " + mirror.collector + " via GATEWAY";
    if (path.type == RTN_LOCAL || path.device.is_loopback || path.type == RTN_BROADCAST)
        return "nft -a list chain " + mirror.family + ' ' + mirror.table + ' ' + mirror.chain;
    if (!path.device.has_carrier)
        return "ip link show " + path.device.name;
    if (path.lack)
        return path.lack->remedy;
    return "ping -c 3 " + path.next_hop;
}

std::string what_policy_does(const Statement &statement) {
    switch (statement.mtu) {
        case RMIRROR_MTU_DROP:
            return "is not sent (mtu drop)";
        case RMIRROR_MTU_TRUNCATE:
            return "is cut (mtu truncate)";
        case RMIRROR_MTU_FRAGMENT:
            return "goes in two fragments (mtu fragment)";
        default:
            return "goes as two TCP segments, or in two fragments if it is not TCP";
    }
}

void examine_mtu(const Mirror &mirror, const Path &path, Findings &findings) {
    const Statement statement = mirror.statement.value_or(Statement{});
    const bool over_ipv6 = mirror.collector.find(':') != std::string::npos;
    const std::uint32_t needed = full_size + added(statement, over_ipv6);
    if (path.mtu == 0 || path.mtu >= needed || (statement.len && *statement.len + 100 < path.mtu))
        return;
    const std::uint64_t lost =
        mirror.count(NFTA_RMIRROR_COUNTER_TOO_BIG) + mirror.count(NFTA_RMIRROR_COUNTER_TRUNCATED);
    const std::uint64_t all = lost + mirror.count(NFTA_RMIRROR_COUNTER_RESEGMENTED) +
                              mirror.count(NFTA_RMIRROR_COUNTER_FRAGMENTED);
    std::string what = "the path to " + mirror.collector + " has an MTU of " +
                       std::to_string(path.mtu) + ", a packet of 1500 bytes needs " +
                       std::to_string(needed) + ": it " + what_policy_does(statement);
    if (all != 0)
        what += "; that was so for " + counted(all, "packet") + " of " +
                std::to_string(mirror.count(NFTA_RMIRROR_COUNTER_MATCHED));
    if (path.learnt_for != 0)
        what += "; the MTU was learnt from ICMP and counts for " +
                counted(path.learnt_for, "second") + " more";
    // What was learnt of a router on the way cannot be mended here.
    const bool is_of_device = path.learnt_for == 0 && path.mtu == path.device.mtu;
    findings.push_back(
        {lost != 0 ? Severity::wrong : Severity::note, mirror.place(), what,
         is_of_device ? "ip link set " + path.device.name + " mtu " + std::to_string(needed) : ""});
}

void examine_refusals(const Mirror &mirror, const Path &path, Findings &findings) {
    const std::uint64_t refused = mirror.count(NFTA_RMIRROR_COUNTER_REFUSED);
    if (refused == 0)
        return;
    findings.push_back({Severity::wrong, mirror.place(),
                        counted(refused, "ICMP error") + " came back about copies: nothing takes " +
                            mirror.encap + " at " + mirror.collector +
                            ", or a firewall on the way refuses it. At the collector",
                        receiver_of(mirror, path)});
}

// Whether `rmirror collector setup` knows a device of Linux's that takes the copies
bool has_device(const std::vector<std::string> &words) {
    std::vector<const char *> pointers;
    pointers.reserve(words.size());
    for (const std::string &word : words)
        pointers.push_back(word.c_str());
    const auto options = collector::parse_setup(pointers);
    return options && collector::make_plan(*options);
}

std::string joined(const std::vector<std::string> &words) {
    std::string text;
    for (const std::string &word : words)
        text += ' ' + word;
    return text;
}

}  // namespace

std::string receiver_of(const Mirror &mirror, const Path &path) {
    const Statement statement = mirror.statement.value_or(Statement{});
    std::vector<std::string> words{"--encap", mirror.encap};
    const auto add = [&words](const char *option, const std::string &value) {
        words.insert(words.end(), {option, value});
    };
    if (mirror.key != "-" && mirror.key != "register")
        add("--key", mirror.key);
    if (statement.port)
        add("--port", std::to_string(*statement.port));
    // A bare copy has the source of its packet.
    if (mirror.encap == encap_row(RMIRROR_ENCAP_NONE).word)
        add("--device", "DEVICE");
    else if (!path.source.empty())
        add("--from", path.source);
    std::vector<std::string> device = words;
    if ((statement.flags & RMIRROR_F_PLATFORM) != 0)
        device.emplace_back("--platform");
    device.insert(device.end(), {"--local", mirror.collector, "--up"});
    if (has_device(device))
        return "rmirror collector setup" + joined(device);
    return "rmirror collector" + joined(words) + " --tap mirror0";
}

void examine_collector(const Mirror &mirror, const Path &path,
                       const std::vector<const Chain *> &bases, Paths &paths, Findings &findings) {
    if (const std::string what = obstacle(mirror, path); !what.empty()) {
        findings.push_back({Severity::wrong, mirror.place(), what, remedy_of(mirror, path)});
        return;
    }
    examine_mtu(mirror, path, findings);
    examine_refusals(mirror, path, findings);
    examine_losses(mirror, path.device.name, findings);
    examine_loops(mirror, path, bases, findings);
    examine_answers(mirror, path, paths, findings);
}

}  // namespace rmirror::tools
