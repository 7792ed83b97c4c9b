// SPDX-License-Identifier: GPL-2.0-only
#include "settings.hpp"

#include <linux/netfilter.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace rmirror::tools {

namespace fs = std::filesystem;

std::string setting(const std::string &path) {
    std::ifstream file("/proc/sys/" + path);
    std::string value;
    std::getline(file, value);
    return value;
}

bool does_forward(std::uint8_t family) {
    const fs::path root = family == NFPROTO_IPV4 ? "net/ipv4/conf" : "net/ipv6/conf";
    std::error_code error;
    for (const auto &entry : fs::directory_iterator(fs::path("/proc/sys") / root, error)) {
        const fs::path name = entry.path().filename();
        if (name != "default" && setting((root / name / "forwarding").string()) == "1")
            return true;
    }
    return false;
}

bool hands_bridged_to_ip() {
    return setting("net/bridge/bridge-nf-call-iptables") == "1" ||
           setting("net/bridge/bridge-nf-call-ip6tables") == "1";
}

// The higher one of all and of the device counts; 2 is loose.
bool is_strict_on_return(const std::string &device) {
    const auto value = [](const std::string &of) {
        return std::atoi(setting("net/ipv4/conf/" + of + "/rp_filter").c_str());
    };
    return std::max(value("all"), value(device)) == 1;
}

}  // namespace rmirror::tools
