// SPDX-License-Identifier: GPL-2.0-only
#include "setup_plan.hpp"

#include <algorithm>

#include "decode.hpp"
#include "words.hpp"

namespace rmirror::collector {

namespace {

// Suricata and others read as much of a frame as the device's MTU has.
constexpr const char *device_mtu = "9000";

using Words = std::vector<std::string>;

// What each receiver takes from the wire itself, without a device, with whole frames in the copies
struct Direct {
    rmirror_encap encap;
    const char *receivers;
};
constexpr Direct direct_receivers[] = {
    {RMIRROR_ENCAP_GRE, "Suricata, Snort 3, Zeek, Arkime"},
    {RMIRROR_ENCAP_ERSPAN1, "Suricata (decoder.erspan.typeI.enabled), Zeek, Arkime"},
    {RMIRROR_ENCAP_ERSPAN, "Suricata, Snort 3, Zeek, Arkime"},
    {RMIRROR_ENCAP_ERSPAN3, "Zeek, Arkime; Snort 3 with platform"},
    {RMIRROR_ENCAP_VXLAN, "Suricata, Snort 3, Zeek, Arkime"},
    {RMIRROR_ENCAP_GENEVE, "Suricata, Snort 3, Zeek, Arkime"},
    {RMIRROR_ENCAP_TZSP, "Arkime, with its reader tzsp"},
};

bool is_ipv6(const SetupOptions &options) {
    const auto &known = options.local ? options.local : options.from;
    return known && !known->is_ipv4();
}

Error needs(const std::string &option, const SetupOptions &options, const char *what) {
    return {
        option + " is needed with encap " + std::string(encap_word(*options.encap)) + ": " + what,
        {}};
}

void add(Words &words, std::initializer_list<std::string> more) {
    words.insert(words.end(), more.begin(), more.end());
}

void add_ends(Words &words, const SetupOptions &options) {
    if (options.local)
        add(words, {"local", options.local->to_text()});
    if (options.from)
        add(words, {"remote", options.from->to_text()});
}

// The device that takes the copies, behind `ip link add NAME type`
Result<Words> gre_device(const SetupOptions &options) {
    if (!options.local)
        return needs("--local", options, "the address of this host that the mirror sends to");
    Words words{is_ipv6(options) ? "ip6gretap" : "gretap"};
    add_ends(words, options);
    if (options.key)
        add(words, {"key", std::to_string(*options.key)});
    return words;
}

// `seq` would drop what overtakes; of what the device sends, which is nothing, the kernel wants
// numbers.
Result<Words> erspan_device(const SetupOptions &options) {
    if (!options.local)
        return needs("--local", options, "the address of this host that the mirror sends to");
    const bool ipv6 = is_ipv6(options);
    Words words{ipv6 ? "ip6erspan" : "erspan"};
    add_ends(words, options);
    if (options.encap == RMIRROR_ENCAP_ERSPAN1) {
        if (ipv6)
            return Error{"Linux has no device for erspan1 over IPv6", {}};
        add(words, {"erspan_ver", "0"});
        return words;
    }
    if (options.platform)
        return Error{"no Linux device knows the sub-header of platform", {}};
    add(words, {"key", std::to_string(options.key.value_or(0)), "oseq"});
    if (options.encap == RMIRROR_ENCAP_ERSPAN)
        add(words, {"erspan_ver", "1"});
    else
        add(words, {"erspan_ver", "2", "erspan_dir", "ingress", "erspan_hwid", "0"});
    return words;
}

Result<Words> udp_device(const SetupOptions &options) {
    Words words{std::string(encap_word(*options.encap)), "id",
                std::to_string(options.key.value_or(0))};
    const std::uint16_t port = options.port.value_or(default_ports()[*options.encap]);
    if (options.encap == RMIRROR_ENCAP_GENEVE) {
        if (!options.from)
            return needs("--from", options, "the address of the host that mirrors");
        add(words, {"remote", options.from->to_text()});
    } else {
        // Without `local` the kernel takes IPv4 only.
        if (!options.local)
            return needs("--local", options, "the address of this host that the mirror sends to");
        add(words, {"local", options.local->to_text(), "nolearning"});
    }
    add(words, {"dstport", std::to_string(port)});
    return words;
}

Result<Words> device_of(const SetupOptions &options) {
    switch (*options.encap) {
        case RMIRROR_ENCAP_GRE:
            return gre_device(options);
        case RMIRROR_ENCAP_ERSPAN1:
        case RMIRROR_ENCAP_ERSPAN:
        case RMIRROR_ENCAP_ERSPAN3:
            return erspan_device(options);
        case RMIRROR_ENCAP_VXLAN:
        case RMIRROR_ENCAP_GENEVE:
            return udp_device(options);
        case RMIRROR_ENCAP_TZSP:
        case RMIRROR_ENCAP_NONE:
        case __RMIRROR_ENCAP_MAX:
            break;
    }
    return Error{"no Linux device takes " + std::string(encap_word(*options.encap)), {}};
}

// The way without a device of the kernel's
std::string instead(const SetupOptions &options) {
    std::string command = "rmirror collector --encap " + std::string(encap_word(*options.encap));
    if (options.key)
        command += " --key " + std::to_string(*options.key);
    if (options.port)
        command += " --port " + std::to_string(*options.port);
    if (options.from)
        command += " --from " + options.from->to_text();
    return command + " --tap " + options.name;
}

std::string nic(const SetupOptions &options) {
    return options.device.empty() ? "DEVICE" : options.device;
}

// Does the kernel hand copies of another key to another device, or to none?
bool is_told_by_key(rmirror_encap encap) {
    switch (encap) {
        case RMIRROR_ENCAP_GRE:
        case RMIRROR_ENCAP_ERSPAN:
        case RMIRROR_ENCAP_ERSPAN3:
            return true;
        case RMIRROR_ENCAP_ERSPAN1:
        case RMIRROR_ENCAP_VXLAN:
        case RMIRROR_ENCAP_GENEVE:
        case RMIRROR_ENCAP_TZSP:
        case RMIRROR_ENCAP_NONE:
        case __RMIRROR_ENCAP_MAX:
            break;
    }
    return false;
}

void add_notes(const SetupOptions &options, Plan &plan) {
    plan.notes.push_back("GRO merges copies before the device sees them; on the NIC: ethtool -K " +
                         nic(options) + " gro off");
    if (options.encap == RMIRROR_ENCAP_GRE && !options.key)
        plan.notes.push_back(
            "copies with a key are not for this device, but for one with that key");
    if (is_told_by_key(options.encap.value_or(RMIRROR_ENCAP_NONE)))
        plan.notes.push_back(
            "as long as no device has the mirror's key, this host answers each copy with an ICMP "
            "error");
}

// The kernel decapsulates: neither addresses nor protocols of this host belong on the device.
Plan device_plan(const SetupOptions &options, const Words &device) {
    const std::string &name = options.name;
    Plan plan;
    Words link{"ip", "link", "add", name, "type"};
    link.insert(link.end(), device.begin(), device.end());
    plan.up.push_back({link, ""});
    plan.up.push_back(
        {{"ip", "link", "set", name, "alias", setup_alias}, "by which --down knows it"});
    plan.up.push_back({{"sysctl", "-q", "-w", "net.ipv6.conf." + name + ".disable_ipv6=1"},
                       "no IPv6 on it: this host has nothing to say there"});
    plan.up.push_back(
        {{"ip", "link", "set", name, "mtu", device_mtu, "arp", "off", "multicast", "off"},
         "receivers read as much of a frame as the MTU has"});
    plan.up.push_back({{"ip", "link", "set", name, "up"}, ""});
    plan.down.push_back({{"ip", "link", "del", name}, ""});
    plan.listen = name;
    plan.is_made = true;
    add_notes(options, plan);
    return plan;
}

// Packets as they are arrive for the addresses of others: a host that forwards would send them on.
Plan bare_plan(const SetupOptions &options) {
    Plan plan;
    const std::string device = options.device;
    plan.up.push_back({{"sysctl", "-q", "-w", "net.ipv4.conf." + device + ".forwarding=0"},
                       "mirrored packets are not sent on to where they were going"});
    plan.up.push_back({{"sysctl", "-q", "-w", "net.ipv6.conf." + device + ".forwarding=0"}, ""});
    plan.down.push_back({{"sh", "-c",
                          "sysctl -q -w net.ipv4.conf." + device +
                              ".forwarding=$(sysctl -n net.ipv4.conf.all.forwarding)"},
                         "as on the other devices"});
    plan.down.push_back({{"sh", "-c",
                          "sysctl -q -w net.ipv6.conf." + device +
                              ".forwarding=$(sysctl -n net.ipv6.conf.all.forwarding)"},
                         ""});
    plan.notes.push_back("packets arrive as they are, behind this host's own link address");
    plan.listen = device;
    return plan;
}

bool needs_quotes(const std::string &word) {
    return word.find_first_of(" $()'\"") != std::string::npos;
}

std::string receivers_text(const Plan &plan) {
    const std::string &device = plan.listen;
    return "# Suricata\n"
           "suricata -c /etc/suricata/suricata.yaml --af-packet=" +
           device +
           "\n"
           "# Snort 3\n"
           "snort -c /etc/snort/snort.lua --daq afpacket -i " +
           device +
           " -s 65535\n"
           "# Zeek: in node.cfg\n"
           "interface=af_packet::" +
           device +
           "\n"
           "# Arkime: in config.ini\n"
           "interface=" +
           device + "\n";
}

}  // namespace

const char *const setup_alias = "rmirror collector setup";

std::string Step::to_text() const {
    std::string text;
    for (const std::string &word : command) {
        text += text.empty() ? "" : " ";
        text += needs_quotes(word) ? "'" + word + "'" : word;
    }
    return text;
}

Result<Plan> make_plan(const SetupOptions &options) {
    Plan plan;
    if (options.encap == RMIRROR_ENCAP_NONE) {
        plan = bare_plan(options);
    } else {
        const auto device = device_of(options);
        if (!device) {
            // Which option is missing, or the way without a device
            if (device.error().message.find(" is needed ") != std::string::npos)
                return device.error();
            return Error{device.error().message + ": " + instead(options) + " makes one", {}};
        }
        plan = device_plan(options, *device);
    }
    for (const Direct &direct : direct_receivers)
        if (direct.encap == *options.encap)
            plan.receivers = direct.receivers;
    return plan;
}

std::string plan_text(const SetupOptions &options, const Plan &plan) {
    std::string text;
    for (const Step &step : plan.up) {
        if (!step.why.empty())
            text += "# " + step.why + '\n';
        text += step.to_text() + '\n';
    }
    for (const std::string &note : plan.notes)
        text += "# " + note + '\n';
    text += '\n' + receivers_text(plan);
    if (!plan.receivers.empty())
        text +=
            "\n# Without the device, from " + nic(options) + " itself: " + plan.receivers + '\n';
    return text;
}

}  // namespace rmirror::collector
