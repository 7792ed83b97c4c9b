// SPDX-License-Identifier: GPL-2.0-only
//
// The modules: are they there for this kernel, and does it take them?
#include <sys/utsname.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "doctor.hpp"
#include "files.hpp"
#include "run.hpp"

namespace rmirror::tools {

namespace {

namespace fs = std::filesystem;

constexpr const char *signature = "~Module signature appended~\n";
constexpr const char *key = "/var/lib/dkms/mok.key";
constexpr const char *certificate = "/var/lib/dkms/mok.pub";

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
            return text_of_file(entry.path()).ends_with('\1');
    return false;
}

// What wants modules to be signed; empty: nothing does. The mode of lockdown in force is in
// brackets.
std::string why_signed() {
    const std::string lockdown = text_of_file("/sys/kernel/security/lockdown");
    if (is_secure_boot())
        return "Secure Boot is on";
    if (lockdown.find('[') != std::string::npos && lockdown.find("[none]") == std::string::npos)
        return "the kernel is locked down";
    if (text_of_file("/sys/module/module/parameters/sig_enforce").starts_with('Y'))
        return "the kernel accepts signed modules only";
    return {};
}

std::string sign_command(const fs::path &file) {
    return "/lib/modules/" + release() + "/build/scripts/sign-file sha256 " + key + ' ' +
           certificate + ' ' + file.string();
}

// Of a compressed module nothing can be said here.
void examine_signature(const fs::path &file, Findings &findings) {
    const std::string why = why_signed();
    if (why.empty() || file.extension() != ".ko")
        return;
    if (!text_of_file(file).ends_with(signature)) {
        findings.push_back({Severity::wrong, "host",
                            why + ", and " + file.string() + " has no signature",
                            sign_command(file)});
        return;
    }
    const std::string enrolled =
        fs::exists(certificate) ? output_of({"mokutil", "--test-key", certificate}) : "";
    if (enrolled.find("not enrolled") != std::string::npos)
        findings.push_back({Severity::wrong, "host",
                            why + ", and the key that dkms signs with is not enrolled. Enrol it, "
                                  "and start the machine again",
                            std::string("mokutil --import ") + certificate});
}

// A container's root file system is not that of the kernel.
bool is_in_user_namespace() {
    std::istringstream map(text_of_file("/proc/self/uid_map"));
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
    map >> inside >> outside >> count;
    return count != 0 && !(inside == 0 && outside == 0 && count == 0xffffffffU);
}

void examine_loading(bool has_mirrors, Findings &findings) {
    if (is_in_user_namespace()) {
        findings.push_back({Severity::unknown, "host",
                            "the modules are not loaded: load them outside of this user namespace",
                            "modprobe -a nft_rmirror xt_RMIRROR"});
        return;
    }
    const fs::path file = module_file("rmirror_core");
    if (file.empty()) {
        const bool dkms = fs::exists("/usr/sbin/dkms");
        findings.push_back({Severity::wrong, "host",
                            "the modules are not installed for the running kernel " + release(),
                            dkms ? "dkms autoinstall" : "packaging/install"});
        return;
    }
    const std::size_t before = findings.size();
    examine_signature(file, findings);
    if (!has_mirrors && findings.size() == before)
        findings.push_back({Severity::note, "host",
                            "the modules are installed, but not loaded: the first rule does that",
                            ""});
}

// What the kernel says of a loaded module stands in its file, too: a mark of what was built.
bool is_the_installed(const std::string &module) {
    const std::string mark = text_of_file("/sys/module/" + module + "/notes/.note.gnu.build-id");
    const fs::path file = module_file(module);
    // Of a compressed module nothing can be said here.
    return mark.empty() || file.extension() != ".ko" ||
           text_of_file(file).find(mark) != std::string::npos;
}

void examine_upgrade(bool has_mirrors, Findings &findings) {
    for (const char *module : {"rmirror_core", "nft_rmirror", "xt_RMIRROR"}) {
        if (is_the_installed(module))
            continue;
        const std::string change = "modprobe -qr xt_RMIRROR; modprobe -r nft_rmirror";
        findings.push_back(
            {Severity::note, "host",
             std::string("the loaded ") + module +
                 " is not the installed one, which comes into use with the next "
                 "boot, or when no rule needs a module",
             has_mirrors ? "rmirror-rules unload; " + change + "; rmirror-rules load" : change});
        return;
    }
}

}  // namespace

void examine_host(const std::vector<Mirror> &mirrors, Findings &findings) {
    if (!fs::exists("/sys/module/rmirror_core"))
        examine_loading(!mirrors.empty(), findings);
    else
        examine_upgrade(!mirrors.empty(), findings);
    examine_keeping(mirrors, findings);
}

}  // namespace rmirror::tools
