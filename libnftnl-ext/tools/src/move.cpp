// SPDX-License-Identifier: GPL-2.0-only
#include "move.hpp"

#include <algorithm>
#include <cctype>

#include "run.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

std::string place_of(const Mirror &mirror) {
    return mirror.family + ' ' + mirror.table + ' ' + mirror.chain;
}

// Names of nft's own grammar, which a shell leaves alone; over netlink a name may be anything.
bool has_plain_names(const Mirror &mirror) {
    const std::string names = mirror.table + mirror.chain;
    return std::all_of(names.begin(), names.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
    });
}

// The rule as nft writes it; empty: it does not.
std::string rule_text(const Mirror &mirror) {
    if (!has_plain_names(mirror))
        return {};
    const std::string mark = " # handle " + std::to_string(mirror.handle.value_or(0)) + '\n';
    const std::string listing =
        output_of({"nft", "-a", "list", "chain", mirror.family, mirror.table, mirror.chain});
    const std::size_t end = listing.find(mark);
    if (end == std::string::npos)
        return {};
    const std::size_t line = listing.rfind('\n', end) + 1;
    const std::size_t begin = listing.find_first_not_of(" \t", line);
    const std::string rule = listing.substr(begin, end - begin);
    return is_plain(rule) ? rule : std::string();
}

// The family of nf_tables in which iptables-nft and its kin keep their rules
std::string nft_family(const std::string &family) {
    constexpr std::pair<const char *, const char *> families[] = {
        {"iptables", "ip"}, {"ip6tables", "ip6"}, {"ebtables", "bridge"}, {"arptables", "arp"}};
    for (const auto &[kin, name] : families)
        if (family == kin)
            return name;
    return family;
}

std::string devices_text(const Chain &base) {
    if (base.devices.empty())
        return {};
    std::string text = " devices = { ";
    for (const std::string &device : base.devices)
        text += (&device == &base.devices.front() ? "" : ", ") + device;
    return text + " }";
}

}  // namespace

bool is_plain(const std::string &text) {
    return text.find('\'') == std::string::npos && printable(text) == text;
}

std::string deletion_of(const Mirror &mirror) {
    if (!mirror.handle || !has_plain_names(mirror))
        return {};
    return "nft delete rule " + nft_family(mirror.family) + ' ' + mirror.table + ' ' +
           mirror.chain + " handle " + std::to_string(*mirror.handle);
}

std::string move_to_head(const Mirror &mirror) {
    const std::string rule = rule_text(mirror);
    if (rule.empty())
        return {};
    return "nft insert rule " + place_of(mirror) + " '" + rule + "' && " + deletion_of(mirror);
}

std::string add_base(const Chain &base) {
    return "nft add chain " + base.text() + " '{ type filter hook " + base.hook_word() +
           devices_text(base) + " priority " + std::to_string(base.priority) + "; }'";
}

std::string move_to_new(const Mirror &mirror, const Chain &base) {
    const std::string rule = rule_text(mirror);
    if (rule.empty())
        return {};
    const std::string table = family_word(base.family) + ' ' + base.table;
    const std::string new_table =
        table == mirror.family + ' ' + mirror.table ? "" : "nft add table " + table + " && ";
    return new_table + add_base(base) + " && nft add rule " + base.text() + " '" + rule + "' && " +
           deletion_of(mirror);
}

}  // namespace rmirror::tools
