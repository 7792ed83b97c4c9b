// SPDX-License-Identifier: GPL-2.0-only
//
// How far did a probe come?
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "doctor.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

std::string left_words(const Shot &shot, const Statement &statement) {
    switch (shot.outcome()) {
        case NFTA_RMIRROR_COUNTER_FRAGMENTED:
            return "left in fragments";
        case NFTA_RMIRROR_COUNTER_TRUNCATED:
            return "left cut to fit the path";
        case NFTA_RMIRROR_COUNTER_NESTED:
            return "left as a header only";
        default:
            break;
    }
    const bool is_cut = statement.len && *statement.len < shot.size + probe::ethernet_size;
    return is_cut ? "left cut by len" : "left whole";
}

std::string fate_of(const Shot &shot, const Statement &statement) {
    const std::uint16_t outcome = shot.outcome();
    if (shot.has_left())
        return left_words(shot, statement);
    if (outcome != 0)
        return "not sent (" + std::string(counter_names()[outcome - 1U]) + ": " +
               std::string(loss_words(outcome)) + ')';
    return shot.was_seen() ? "still waits for the next hop" : "did not come to its rule";
}

// "probe 3f9a1c7701 of 84 bytes left whole, 3f9a1c7702 of 1500 bytes left in fragments"
std::string words_of(const Probe &probe) {
    std::string text = "probe ";
    for (std::size_t i = 0; i < probe.shots.size(); i++) {
        const Shot &shot = probe.shots[i];
        const std::string fate = fate_of(shot, probe.statement);
        text += shot.label.to_text() + " of " + std::to_string(shot.size) + " bytes ";
        const bool is_last = i + 1 == probe.shots.size();
        if (!is_last && fate == fate_of(probe.shots[i + 1], probe.statement))
            text += "and ";
        else
            text += fate + (is_last ? "" : ", ");
    }
    return text;
}

std::string way_of(const Mirror &mirror, const Path &path) {
    std::string text = "for " + mirror.collector;
    if (!path.device.name.empty())
        text += " by " + path.device.name;
    if (path.next_hop != mirror.collector)
        text += " and " + path.next_hop;
    return text;
}

struct Verdict {
    Severity severity = Severity::note;
    std::string words;
    std::string remedy;
};

Verdict verdict_of_refused(const Probe &probe, const Path &path) {
    const Mirror &mirror = *probe.mirrors.front();
    Verdict verdict{Severity::wrong, "an ICMP error came back", "tracepath -n " + mirror.collector};
    if (!probe.answer)
        return verdict;
    const std::string who = probe.answer->from.to_text();
    verdict.words = who + " answered: " + probe.answer->words();
    if (who == mirror.collector) {
        verdict.words += ". To receive copies, at the collector";
        verdict.remedy = receiver_of(mirror, path);
    }
    return verdict;
}

// What is wrong with the way is another finding.
Verdict verdict_of(const Probe &probe, const Path &path) {
    if (probe.was_refused())
        return verdict_of_refused(probe, path);
    Verdict verdict;
    for (const Shot &shot : probe.shots)
        if (!shot.has_left())
            verdict.severity = shot.was_seen() ? Severity::wrong : Severity::unknown;
    if (verdict.severity != Severity::note)
        return verdict;
    verdict.words = "no ICMP error within a second. To see probes arrive, run at the collector";
    verdict.remedy = "rmirror collector --encap " + probe.mirrors.front()->encap;
    if (probe.statement.encap == RMIRROR_ENCAP_NONE)
        verdict.remedy += " --device DEVICE";
    if (probe.statement.port)
        verdict.remedy += " --port " + std::to_string(*probe.statement.port);
    return verdict;
}

void examine_one(const Probe &probe, const Path &path, Findings &findings) {
    const Mirror &mirror = *probe.mirrors.front();
    Verdict verdict = verdict_of(probe, path);
    Finding finding{verdict.severity, place_of(probe.mirrors), {}, std::move(verdict.remedy)};
    for (const Shot &shot : probe.shots)
        finding.labels.push_back(shot.label.to_text());
    finding.what = words_of(probe) + ", " + way_of(mirror, path);
    if (mirror.key == "register")
        finding.what += " with key 0, for the packet decides on the key";
    if (!verdict.words.empty())
        finding.what += "; " + verdict.words;
    findings.push_back(std::move(finding));
}

void examine_failure(const Probing &probing, Findings &findings) {
    const bool denied = probing.error == EPERM || probing.error == EACCES;
    std::string remedy;
    if (denied && geteuid() != 0)
        remedy = "sudo rmirror doctor --probe";
    else if (probing.error == ENETDOWN)
        remedy = "ip link set lo up";
    findings.push_back({Severity::unknown, "host",
                        "cannot " + probing.what + ": " + std::strerror(probing.error), remedy});
}

}  // namespace

std::string place_of(const std::vector<const Mirror *> &mirrors) {
    std::string text = mirrors.front()->place();
    if (mirrors.size() > 1)
        text += " and " + counted(mirrors.size() - 1, "mirror") + " more";
    return text;
}

void examine_probes(const Probing &probing, Paths &paths, Findings &findings) {
    if (probing.error != 0) {
        examine_failure(probing, findings);
        return;
    }
    for (const Probe &probe : probing.probes)
        if (const Path *path = paths.find(*probe.mirrors.front()))
            examine_one(probe, *path, findings);
    if (!probing.left_out.empty())
        findings.push_back({Severity::note, place_of(probing.left_out),
                            "not probed: the packet decides on the collector", ""});
    if (probing.too_many != 0)
        findings.push_back({Severity::note, "host",
                            counted(probing.too_many, "mirror") +
                                " not probed: there are too many, name those that are to be",
                            "rmirror doctor --probe MIRROR"});
}

}  // namespace rmirror::tools
