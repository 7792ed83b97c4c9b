// SPDX-License-Identifier: GPL-2.0-only
//
// Do the rules stay? What shows them also saves them, and something has to load them at boot.
#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "doctor.hpp"
#include "files.hpp"
#include "move.hpp"
#include "run.hpp"

namespace rmirror::tools {

namespace {

namespace fs = std::filesystem;

bool is_of_nft(const Mirror &mirror) {
    return !mirror.family.ends_with("tables");
}

// What nft does not show it does not save either.
void examine_listing(const std::vector<Mirror> &mirrors, Findings &findings) {
    const auto first = std::find_if(mirrors.begin(), mirrors.end(), is_of_nft);
    if (first == mirrors.end())
        return;
    const std::string listing =
        output_of({"nft", "list", "chain", first->family, first->table, first->chain});
    if (listing.find("rmirror to") != std::string::npos ||
        listing.find("rmirror ip") != std::string::npos)
        return;
    if (listing.empty())
        findings.push_back({Severity::unknown, "host",
                            "cannot run `nft list chain`: whether nft shows and saves the rules "
                            "is not known",
                            ""});
    else
        findings.push_back({Severity::wrong, "host",
                            "nft does not know the statement: it neither shows the rules nor "
                            "saves them",
                            "rmirror-nft-plugin enable"});
}

// The extension writes the help of its target.
void examine_extension(const std::vector<Mirror> &mirrors, Findings &findings) {
    const auto first = std::find_if(mirrors.begin(), mirrors.end(), [](const Mirror &mirror) {
        return mirror.family == "iptables" || mirror.family == "ip6tables";
    });
    if (first == mirrors.end())
        return;
    const std::string help = output_of({first->family, "-j", RMIRROR_XT_TARGET, "-h"});
    if (help.empty() || help.find(std::string(RMIRROR_XT_TARGET) + " target") != std::string::npos)
        return;
    findings.push_back({Severity::wrong, "host",
                        first->family + " does not find libxt_RMIRROR.so: it neither shows the "
                                        "rules as they are nor saves them",
                        "packaging/install"});
}

// A unit that starts at boot has a link in some target's directory.
bool is_enabled(const std::string &unit) {
    std::error_code error;
    for (const char *root : {"/etc/systemd/system", "/run/systemd/system"})
        for (const auto &entry : fs::directory_iterator(root, error))
            if (fs::exists(fs::symlink_status(entry.path() / unit, error)))
                return true;
    return false;
}

// The files of nft that services load at boot, as one text
std::string nft_rules_at_boot() {
    std::string text;
    std::error_code error;
    if (is_enabled("nftables.service")) {
        text += text_of_file("/etc/nftables.conf") + text_of_file("/etc/sysconfig/nftables.conf");
        for (const auto &entry : fs::directory_iterator("/etc/nftables.d", error))
            text += text_of_file(entry.path());
    }
    if (is_enabled("rmirror.service"))
        for (const auto &entry : fs::directory_iterator("/etc/rmirror", error))
            if (entry.path().extension() == ".nft")
                text += text_of_file(entry.path());
    return text;
}

// Those of iptables or ip6tables
std::string iptables_rules_at_boot(const std::string &family) {
    const bool is_ipv4 = family == "iptables";
    std::string text;
    if (is_enabled("netfilter-persistent.service"))
        text += text_of_file(is_ipv4 ? "/etc/iptables/rules.v4" : "/etc/iptables/rules.v6");
    if (is_enabled(family + ".service"))
        text += text_of_file("/etc/sysconfig/" + family);
    return text;
}

// "table inet mirror" with any blanks, as a whole
bool declares(const std::string &rules, const Mirror &mirror) {
    std::istringstream words(rules);
    std::string first;
    std::string second;
    for (std::string third; words >> third; first = std::move(second), second = std::move(third))
        if (first == "table" && second == mirror.family &&
            (third == mirror.table || third == mirror.table + '{'))
            return true;
    return false;
}

// Only for the host's own network namespace: nothing loads the others' at boot.
bool is_first_namespace() {
    std::error_code error;
    const auto mine = fs::read_symlink("/proc/self/ns/net", error);
    const auto first = fs::read_symlink("/proc/1/ns/net", error);
    return !error && mine == first;
}

Finding lost_table(const Mirror &mirror, const std::string &table) {
    return {Severity::wrong, "host",
            "no service loads table " + table + " at boot: it will be gone after the next one",
            is_plain(mirror.table)
                ? "mkdir -p /etc/rmirror && nft list table " + table + " >/etc/rmirror/" +
                      mirror.table + ".nft && systemctl enable rmirror"
                : ""};
}

// Only a rule with a handle is one of iptables-nft.
Finding lost_rules(const Mirror &mirror) {
    const bool is_ipv4 = mirror.family == "iptables";
    const std::string save = mirror.family + (mirror.handle ? "-nft-save" : "-legacy-save");
    return {Severity::wrong, "host",
            "no service loads the rules of " + mirror.family +
                " at boot: they will be gone after the next one (Debian's package "
                "iptables-persistent has one)",
            "mkdir -p /etc/iptables && " + save + " >/etc/iptables/rules.v" +
                (is_ipv4 ? "4" : "6") + " && systemctl enable netfilter-persistent"};
}

void examine_boot(const std::vector<Mirror> &mirrors, Findings &findings) {
    if (!is_first_namespace())
        return;
    const std::string rules = nft_rules_at_boot();
    std::set<std::string> told;
    for (const Mirror &mirror : mirrors) {
        if (is_of_nft(mirror)) {
            const std::string table = mirror.family + ' ' + mirror.table;
            // firewalld makes its table anew from its own files.
            if (mirror.table != "firewalld" && !declares(rules, mirror) &&
                told.insert(table).second)
                findings.push_back(lost_table(mirror, table));
        } else if ((mirror.family == "iptables" || mirror.family == "ip6tables") &&
                   told.insert(mirror.family).second &&
                   iptables_rules_at_boot(mirror.family).find(RMIRROR_XT_TARGET) ==
                       std::string::npos) {
            findings.push_back(lost_rules(mirror));
        }
    }
}

// Tables that rmirror-rules has loaded and something has deleted, as `flush ruleset` does
void examine_loaded(Findings &findings) {
    const std::string gone = ": was loaded, and is gone";
    std::istringstream lines(output_of({"rmirror-rules", "status"}));
    for (std::string line; std::getline(lines, line);)
        if (line.ends_with(gone))
            findings.push_back({Severity::wrong, "host",
                                line.substr(0, line.size() - gone.size()) +
                                    " of /etc/rmirror is gone: something has flushed the ruleset, "
                                    "such as `nft -f /etc/nftables.conf`",
                                "rmirror-rules load"});
}

// Mirrors in files that hold a firewall
void examine_firewall(Findings &findings) {
    if (!is_first_namespace())
        return;
    std::istringstream lines(output_of({"rmirror-rules", "firewall"}));
    std::set<std::string> told;
    for (std::string line; std::getline(lines, line);) {
        const std::string place = line.substr(0, line.find(": "));
        if (!told.insert(place.substr(0, place.rfind(':'))).second)
            continue;
        findings.push_back({Severity::note, "host",
                            place + " mirrors: without the module the file is refused as a whole, "
                                    "the firewall with it. Mirrors belong into /etc/rmirror; see "
                                    "`rmirror-rules move`",
                            ""});
    }
}

}  // namespace

void examine_keeping(const std::vector<Mirror> &mirrors, Findings &findings) {
    examine_listing(mirrors, findings);
    examine_extension(mirrors, findings);
    examine_boot(mirrors, findings);
    examine_loaded(findings);
    examine_firewall(findings);
}

}  // namespace rmirror::tools
