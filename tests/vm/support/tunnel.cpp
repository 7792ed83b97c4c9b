// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/tunnel.hpp"

#include <stdexcept>

namespace rmirror::vm {
namespace {

constexpr const char *port = "51820";

struct Keys {
    std::string secret;
    std::string open;
};

std::string line(std::string output) {
    output.erase(output.find_last_not_of('\n') + 1);
    return output;
}

Keys make_keys() {
    Keys keys;
    keys.secret = line(require_command({"wg", "genkey"}));
    keys.open = line(require_command({"wg", "pubkey"}, {.input = keys.secret}));
    return keys;
}

// What follows `ip link add DEVICE`; `mac` is that of an Ethernet device.
std::string description(const std::string &kind, const TunnelEnd &from, const TunnelEnd &to,
                        const std::string &mac) {
    const std::string ends = " local " + from.underlay + " remote " + to.underlay;
    if (kind == "ipip" || kind == "gre")
        return "type " + kind + ends;
    if (kind == "gretap")
        return "address " + mac + " type gretap" + ends;
    if (kind == "geneve")
        return "address " + mac + " mtu 1450 type geneve id 5 remote " + to.underlay;
    if (kind == "vxlan")
        return "address " + mac + " mtu 1450 type vxlan id 5 dstport 4789" + ends;
    if (kind == "wireguard")
        return "mtu 1420 type wireguard";
    throw std::runtime_error("no tunnel is called " + kind);
}

bool is_ethernet(const std::string &kind) {
    return kind == "gretap" || kind == "vxlan" || kind == "geneve";
}

void make_end(const std::string &kind, const TunnelEnd &from, const TunnelEnd &to,
              const std::string &device, const std::string &mac, const std::string &other_mac) {
    const std::string at = " dev " + device + "\n";
    std::string batch = "link add " + device + " " + description(kind, from, to, mac) +
                        "\naddr add " + from.address + "/24" + at + "link set " + device + " up\n";
    if (is_ethernet(kind))
        batch += "neigh replace " + to.address + " lladdr " + other_mac + " nud permanent" + at;
    from.netns.ip(batch);
}

void introduce(const std::string &device, const TunnelEnd &from, const Keys &own,
               const TunnelEnd &to, const Keys &other) {
    from.netns.require(
        {"wg", "set", device, "listen-port", port, "private-key", "/dev/stdin", "peer", other.open,
         "allowed-ips", "0.0.0.0/0", "endpoint", to.underlay + ":" + port},
        {.input = own.secret});
}

}  // namespace

void join_by_tunnel(const std::string &kind, const TunnelEnd &left, const TunnelEnd &right,
                    const std::string &device) {
    const std::string macs[] = {"02:00:00:00:09:01", "02:00:00:00:09:02"};
    make_end(kind, left, right, device, macs[0], macs[1]);
    make_end(kind, right, left, device, macs[1], macs[0]);
    if (kind != "wireguard")
        return;
    const Keys keys[] = {make_keys(), make_keys()};
    introduce(device, left, keys[0], right, keys[1]);
    introduce(device, right, keys[1], left, keys[0]);
}

}  // namespace rmirror::vm
