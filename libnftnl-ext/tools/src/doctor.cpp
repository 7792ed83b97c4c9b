// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror doctor: why nothing arrives.
#include <jansson.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "commands.h"
#include "doctor.hpp"
#include "options.hpp"
#include "report.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

constexpr const char *usage =
    "Usage: rmirror doctor [-j] [--probe] [MIRROR]...\n"
    "\n"
    "Looks for what keeps copies from being made or from arriving, and says what to\n"
    "type. Exit status: 0 nothing is wrong, 1 something is, 2 that cannot be told.\n"
    "\n"
    "  MIRROR       a collector, with or without a rule, a table, TABLE/CHAIN or a rule's\n"
    "               comment\n"
    "  -j, --json   as JSON\n"
    "  -p, --probe  mirror frames of its own, and tell how far they come; at the other end\n"
    "               `rmirror collector` tells if they arrive\n";

std::string_view word_of(Severity severity) {
    switch (severity) {
        case Severity::wrong:
            return "wrong";
        case Severity::unknown:
            return "unknown";
        default:
            return "note";
    }
}

void print(const Finding &finding) {
    const Colours &c = colours();
    const bool is_wrong = finding.severity == Severity::wrong;
    std::printf("%s%s%s: %s: %s", std::string(is_wrong ? c.bad : c.strong).c_str(),
                std::string(word_of(finding.severity)).c_str(), std::string(c.off).c_str(),
                finding.subject.c_str(), finding.what.c_str());
    if (!finding.remedy.empty())
        std::printf("; type: %s%s%s", std::string(c.strong).c_str(), finding.remedy.c_str(),
                    std::string(c.off).c_str());
    std::puts("");
}

json_t *json_of(const Finding &finding) {
    const std::string severity(word_of(finding.severity));
    json_t *object = json_pack("{s:s, s:s, s:s}", "severity", severity.c_str(), "subject",
                               finding.subject.c_str(), "what", finding.what.c_str());
    if (!finding.remedy.empty())
        json_object_set_new(object, "type", json_string(finding.remedy.c_str()));
    if (!finding.labels.empty()) {
        json_t *labels = json_array();
        for (const std::string &label : finding.labels)
            json_array_append_new(labels, json_string(label.c_str()));
        json_object_set_new(object, "probes", labels);
    }
    return object;
}

bool has(const Findings &findings, Severity severity) {
    return std::any_of(findings.begin(), findings.end(),
                       [severity](const Finding &finding) { return finding.severity == severity; });
}

// Without a module there is nothing to read; anything else cannot be told.
void examine_gaps(const Mirrors &mirrors, Findings &findings) {
    for (const Gap &gap : mirrors.gaps) {
        if (gap.error == ENOENT)
            continue;
        const bool denied = gap.error == EPERM || gap.error == EACCES;
        const bool root = geteuid() == 0;
        findings.push_back(
            {Severity::unknown, "host",
             "cannot read " + gap.what + ": " + std::strerror(gap.error) +
                 (denied && root ? ": this root lacks CAP_NET_ADMIN, as in a container" : ""),
             denied && !root ? "sudo rmirror doctor" : ""});
    }
}

// The mirrors that are named, and of one with a map its elements behind it; who names an element
// means its mirror, too.
std::vector<Mirror> select_with_elements(const std::vector<Mirror> &mirrors,
                                         const std::vector<std::string> &words,
                                         Findings &findings) {
    Maps maps;
    std::vector<Mirror> all;
    for (const Mirror &mirror : mirrors) {
        Elements elements = maps.elements_of(mirror);
        const bool is_named = !select({mirror}, words).empty();
        if (is_named && !mirror.collectors.empty())
            examine_map(mirror, elements, findings);
        elements.mirrors = select(std::move(elements.mirrors), words);
        if (is_named || !elements.mirrors.empty())
            all.push_back(mirror);
        all.insert(all.end(), elements.mirrors.begin(), elements.mirrors.end());
    }
    return all;
}

// An address that no rule has, or of which only root may know: what there is to say of a collector
// does not need one.
void add_addresses(const std::vector<std::string> &words, std::vector<Mirror> &mirrors,
                   Findings &findings) {
    for (const std::string &word : words) {
        const auto address = Address::from_text(word);
        const bool is_known =
            std::any_of(mirrors.begin(), mirrors.end(),
                        [&word](const Mirror &mirror) { return mirror.collector == word; });
        if (!address || is_known)
            continue;
        Mirror mirror;
        mirror.collector = address->to_text();
        mirror.encap = "gre";
        mirror.key = "-";
        mirror.statement.emplace().collector = *address;
        mirrors.push_back(std::move(mirror));
        findings.push_back(
            {Severity::note, word,
             "no rule that can be seen mirrors to it: checked as for `rmirror to " + word + '`',
             ""});
    }
}

Findings examine(const std::vector<std::string> &words, bool probe) {
    Findings findings;
    Mirrors mirrors = read_mirrors();
    Ruleset ruleset;
    examine_gaps(mirrors, findings);
    read_ruleset(ruleset);  // what cannot be read has been told
    Findings of_maps;
    mirrors.all = select_with_elements(mirrors.all, words, of_maps);
    examine_host(mirrors.all, findings);
    findings.insert(findings.end(), of_maps.begin(), of_maps.end());
    add_addresses(words, mirrors.all, findings);
    // Neighbours that nobody has asked for yet are known after it.
    const Probing probing = probe ? send_probes(mirrors.all) : Probing();
    Paths paths;
    Passage passage(ruleset);
    std::vector<const Chain *> bases;
    for (const Mirror &mirror : mirrors.all) {
        if (mirror.family.empty())
            bases.clear();
        else if (!mirror.is_element)  // which stands behind the mirror that it is of
            bases = examine_rule(mirror, passage, findings);
        if (const Path *path = paths.find(mirror))
            examine_collector(mirror, *path, bases, paths, findings);
    }
    examine_probes(probing, paths, findings);
    if (mirrors.all.empty() && !has(findings, Severity::unknown))
        findings.push_back({Severity::note, "host",
                            words.empty() ? "nothing is mirrored in this network namespace"
                                          : "there is no such mirror",
                            words.empty() ? "" : "rmirror show"});
    return findings;
}

}  // namespace

int doctor_main(int argc, char **argv) {
    int status = 0;
    const auto options = parse_options(argc, argv, "jp", usage, status);
    if (!options)
        return status;
    const Findings findings = examine(options->words, options->probe);
    if (options->json) {
        Json list(json_array());
        for (const Finding &finding : findings)
            json_array_append_new(list.get(), json_of(finding));
        print_json(list);
    } else {
        for (const Finding &finding : findings)
            print(finding);
        if (!has(findings, Severity::wrong) && !has(findings, Severity::unknown))
            std::puts("nothing is wrong");
    }
    std::fflush(stdout);
    if (has(findings, Severity::wrong))
        return 1;
    return has(findings, Severity::unknown) ? 2 : 0;
}

}  // namespace rmirror::tools
