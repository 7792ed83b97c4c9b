// SPDX-License-Identifier: GPL-2.0-only
//
// The host: modules, whether nft shows the rules, whether they come back after a boot.
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "doctor.hpp"
#include "run.hpp"

namespace rmirror::tools {

namespace {

namespace fs = std::filesystem;

constexpr const char *signature = "~Module signature appended~\n";

std::string text_of(const fs::path &file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return std::move(text).str();
}

std::string release() {
    utsname names{};
    uname(&names);
    return static_cast<const char *>(names.release);
}

// Where the module is for the running kernel, by depmod's list; empty: nowhere.
fs::path module_file(const std::string &name) {
    const fs::path root = "/lib/modules/" + release();
    std::ifstream list(root / "modules.dep");
    for (std::string line; std::getline(list, line);) {
        const std::string path = line.substr(0, line.find(':'));
        if (fs::path(path).filename().string().starts_with(name + ".ko"))
            return root / path;
    }
    return {};
}

// The last byte of the variable says so.
bool is_secure_boot() {
    std::error_code error;
    for (const auto &entry : fs::directory_iterator("/sys/firmware/efi/efivars", error))
        if (entry.path().filename().string().starts_with("SecureBoot-"))
            return text_of(entry.path()).ends_with('\1');
    return false;
}

void examine_modules(bool has_mirrors, Findings &findings) {
    if (fs::exists("/sys/module/rmirror_core"))
        return;
    const fs::path file = module_file("rmirror_core");
    if (file.empty()) {
        const bool dkms = fs::exists("/usr/sbin/dkms");
        findings.push_back({Severity::wrong, "host",
                            "the modules are not installed for the running kernel " + release(),
                            dkms ? "dkms autoinstall" : "packaging/install"});
        return;
    }
    if (is_secure_boot() && file.extension() == ".ko" && !text_of(file).ends_with(signature))
        findings.push_back({Severity::wrong, "host",
                            "Secure Boot is on and " + file.string() + " has no signature",
                            "mokutil --import /var/lib/dkms/mok.pub"});
    else if (!has_mirrors)
        findings.push_back({Severity::note, "host",
                            "the modules are installed, but not loaded: the first rule does that",
                            ""});
}

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
    if (listing.find("rmirror to") != std::string::npos)
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

// A unit that starts at boot has a link in some target's directory.
bool is_enabled(const std::string &unit) {
    std::error_code error;
    for (const char *root : {"/etc/systemd/system", "/run/systemd/system"})
        for (const auto &entry : fs::directory_iterator(root, error))
            if (fs::exists(fs::symlink_status(entry.path() / unit, error)))
                return true;
    return false;
}

// The files that services load at boot, as one text.
std::string boot_rules() {
    std::string text;
    std::error_code error;
    if (is_enabled("nftables.service")) {
        text += text_of("/etc/nftables.conf") + text_of("/etc/sysconfig/nftables.conf");
        for (const auto &entry : fs::directory_iterator("/etc/nftables.d", error))
            text += text_of(entry.path());
    }
    if (is_enabled("rmirror.service"))
        for (const auto &entry : fs::directory_iterator("/etc/rmirror", error))
            if (entry.path().extension() == ".nft")
                text += text_of(entry.path());
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

void examine_boot(const std::vector<Mirror> &mirrors, Findings &findings) {
    if (!is_first_namespace())
        return;
    const std::string rules = boot_rules();
    std::set<std::string> told;
    for (const Mirror &mirror : mirrors) {
        const std::string table = mirror.family + ' ' + mirror.table;
        // firewalld makes its table anew from its own files.
        if (!is_of_nft(mirror) || mirror.table == "firewalld" || declares(rules, mirror) ||
            !told.insert(table).second)
            continue;
        findings.push_back(
            {Severity::wrong, "host",
             "no service loads table " + table + " at boot: it will be gone after the next one",
             "mkdir -p /etc/rmirror && nft list table " + table + " >/etc/rmirror/" + mirror.table +
                 ".nft && systemctl enable rmirror"});
    }
}

}  // namespace

void examine_host(const std::vector<Mirror> &mirrors, Findings &findings) {
    examine_modules(!mirrors.empty(), findings);
    examine_listing(mirrors, findings);
    examine_boot(mirrors, findings);
}

}  // namespace rmirror::tools
