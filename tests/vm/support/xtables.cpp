// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/xtables.hpp"

#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "support/paths.hpp"
#include "vm/support/module.hpp"

namespace rmirror::vm {

namespace {

std::vector<std::string> words(const std::string &line) {
    std::istringstream stream(line);
    std::vector<std::string> all;
    for (std::string word; std::getline(stream, word, ' ');)
        all.push_back(word);
    return all;
}

}  // namespace

std::string Userland::missing() const {
    if (name_ != "here") {
        const std::string dir = RMIRROR_BINARY_DIR "/userlands/" + name_;
        return std::filesystem::exists(dir + "/xtables/libxt_RMIRROR.so")
                   ? ""
                   : "its iptables is missing: tests/vm/userland " + name_;
    }
    if (!std::filesystem::exists(RMIRROR_BINARY_DIR "/xtables/libxt_RMIRROR.so"))
        return "libxt_RMIRROR.so is not built: apt-get install libxtables-dev";
    if (!std::filesystem::exists("/usr/sbin/iptables-nft"))
        return "iptables is missing: apt-get install iptables";
    return "";
}

std::string missing_legacy_tables() {
    const std::string missing = missing_modules(
        {"ip_tables", "iptable_filter", "iptable_mangle", "ip6_tables", "ip6table_filter"});
    return missing.empty() ? "" : "this kernel has no" + missing;
}

std::vector<std::string> Userland::argv(const std::string &line) const {
    std::vector<std::string> argv = words(line);
    if (name_ != "here") {
        argv[0] = RMIRROR_BINARY_DIR "/userlands/" + name_ + "/bin/" + argv[0];
        return argv;
    }
    // The distribution's extensions after ours, from where it has them.
    const std::string path =
        std::string("XTABLES_LIBDIR=") + RMIRROR_BINARY_DIR "/xtables:" + RMIRROR_XTLIBDIR;
    argv.insert(argv.begin(), {"env", "-u", "LD_LIBRARY_PATH", path});
    return argv;
}

CommandResult Userland::exec(const NetNs &netns, const std::string &line,
                             const CommandOptions &options) const {
    return netns.exec(argv(line), options);
}

std::string Userland::require(const NetNs &netns, const std::string &line,
                              const CommandOptions &options) const {
    return netns.require(argv(line), options);
}

std::vector<std::string> lines_with(const std::string &text, const std::string &word) {
    std::istringstream stream(text);
    std::vector<std::string> found;
    for (std::string line; std::getline(stream, line);)
        if (line.find(word) != std::string::npos)
            found.push_back(line);
    return found;
}

::testing::AssertionResult complains(const CommandResult &result, const std::string &words) {
    if (result.status == 0)
        return ::testing::AssertionFailure() << "it was taken";
    if (result.err.find(words) == std::string::npos)
        return ::testing::AssertionFailure() << "no word of " << words << " in\n" << result.err;
    return ::testing::AssertionSuccess();
}

}  // namespace rmirror::vm
