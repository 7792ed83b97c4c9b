// SPDX-License-Identifier: GPL-2.0-only
#include "probe.hpp"

#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>
#include <utility>

#include "collector/descriptor.hpp"
#include "listener.hpp"
#include "probe_table.hpp"

namespace rmirror::tools {

namespace {

using collector::Descriptor;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t most_probes = 64;
// A copy waits for its neighbour for up to three seconds.
constexpr milliseconds longest_wait{4000};
constexpr milliseconds between_looks{20};
// The longest that refusals take: an error is a round trip away.
constexpr milliseconds for_answers{1000};

std::optional<Statement> statement_of(const Mirror &mirror) {
    std::optional<Statement> statement = mirror.statement;
    if (!statement) {
        const auto parsed = parse_text(mirror.text());
        if (parsed)
            statement = parsed->statement;
    }
    if (!statement || !std::holds_alternative<Address>(statement->collector))
        return std::nullopt;
    if (statement->key_register) {
        statement->key_register.reset();
        statement->key = 0;
    }
    return statement;
}

Probe probe_of(const Statement &statement) {
    Probe probe;
    probe.statement = statement;
    probe.shots.push_back({.label = {}, .size = probe::small_size});
    if (!statement.len || *statement.len > probe::small_size + probe::ethernet_size)
        probe.shots.push_back({.label = {}, .size = probe::full_size});
    return probe;
}

// The last byte of a label is the number of the frame.
void give_labels(std::vector<Probe> &probes) {
    probe::Label label = probe::Label::random();
    label.bytes.back() = 0;
    for (Probe &probe : probes)
        for (Shot &shot : probe.shots) {
            label.bytes.back()++;
            shot.label = label;
        }
}

void plan(const std::vector<Mirror> &mirrors, Probing &probing) {
    for (const Mirror &mirror : mirrors) {
        const auto statement = statement_of(mirror);
        if (!statement) {
            if (mirror.collectors.empty())
                probing.left_out.push_back(&mirror);
            continue;
        }
        auto found = std::find_if(
            probing.probes.begin(), probing.probes.end(),
            [&statement](const Probe &probe) { return probe.statement == *statement; });
        if (found == probing.probes.end()) {
            if (probing.probes.size() >= most_probes) {
                probing.too_many++;
                continue;
            }
            found = probing.probes.insert(found, probe_of(*statement));
        }
        found->mirrors.push_back(&mirror);
    }
    give_labels(probing.probes);
}

int send_frames(const std::vector<Probe> &probes) {
    const Descriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    if (!socket)
        return errno;
    sockaddr_ll loopback{};
    loopback.sll_family = AF_PACKET;
    loopback.sll_ifindex = static_cast<int>(if_nametoindex("lo"));
    for (const Probe &probe : probes) {
        const bool is_ipv4 = std::get<Address>(probe.statement.collector).is_ipv4();
        for (const Shot &shot : probe.shots) {
            const auto frame = probe::make_frame(
                shot.label, is_ipv4 ? probe::Family::ipv4 : probe::Family::ipv6, shot.size);
            if (sendto(socket.get(), frame.data(), frame.size(), 0,
                       reinterpret_cast<const sockaddr *>(&loopback), sizeof loopback) < 0)
                return errno;
        }
    }
    return 0;
}

int read_counters(const ProbeTable &table, std::vector<Probe> &probes) {
    std::vector<Counters> all;
    if (const int error = table.read(all))
        return error;
    auto next = all.begin();
    for (Probe &probe : probes)
        for (Shot &shot : probe.shots)
            if (next != all.end())
                shot.counters = *next++;
    return 0;
}

bool are_all_known(const std::vector<Probe> &probes) {
    return std::all_of(probes.begin(), probes.end(), [](const Probe &probe) {
        return std::all_of(probe.shots.begin(), probe.shots.end(),
                           [](const Shot &shot) { return shot.outcome() != 0; });
    });
}

void listen(const Listener &listener, std::vector<Probe> &probes, milliseconds time) {
    listener.listen(time, [&probes](const probe::Answer &answer) {
        for (Probe &probe : probes)
            if (!probe.answer && answer.is_about(probe.statement))
                probe.answer = answer;
    });
}

int wait_for_outcomes(const ProbeTable &table, const Listener &listener,
                      std::vector<Probe> &probes) {
    const auto end = steady_clock::now() + longest_wait;
    do {
        listen(listener, probes, between_looks);
        if (const int error = read_counters(table, probes))
            return error;
    } while (!are_all_known(probes) && steady_clock::now() < end);
    listen(listener, probes, for_answers);
    return read_counters(table, probes);
}

std::vector<ProbeRule> rules_of(const std::vector<Probe> &probes) {
    std::vector<ProbeRule> rules;
    for (const Probe &probe : probes)
        for (const Shot &shot : probe.shots)
            rules.push_back({shot.label, probe.statement});
    return rules;
}

}  // namespace

bool Shot::has_left() const {
    switch (outcome()) {
        case NFTA_RMIRROR_COUNTER_SENT:
        case NFTA_RMIRROR_COUNTER_RESEGMENTED:
        case NFTA_RMIRROR_COUNTER_FRAGMENTED:
        case NFTA_RMIRROR_COUNTER_TRUNCATED:
        case NFTA_RMIRROR_COUNTER_NESTED:
            return true;
        default:
            return false;
    }
}

bool Probe::was_refused() const {
    return answer || std::any_of(shots.begin(), shots.end(), [](const Shot &shot) {
               return shot.counters.at(NFTA_RMIRROR_COUNTER_REFUSED - 1) != 0;
           });
}

Probing send_probes(const std::vector<Mirror> &mirrors) {
    Probing probing;
    plan(mirrors, probing);
    if (probing.probes.empty())
        return probing;
    Listener listener;
    ProbeTable table;
    const std::pair<const char *, std::function<int()>> steps[] = {
        {"listen to ICMP", [&] { return listener.open(); }},
        {"make a table for a probe", [&] { return table.open(rules_of(probing.probes)); }},
        {"send a probe by the loopback device", [&] { return send_frames(probing.probes); }},
        {"read what became of a probe",
         [&] { return wait_for_outcomes(table, listener, probing.probes); }},
    };
    for (const auto &[what, step] : steps) {
        probing.error = step();
        probing.what = what;
        if (probing.error != 0)
            break;
    }
    return probing;
}

}  // namespace rmirror::tools
