// SPDX-License-Identifier: GPL-2.0-only
//
// What the doctor looks at, and what it finds.
#pragma once

#include <string>
#include <vector>

#include "mirror.hpp"
#include "path.hpp"
#include "probe.hpp"
#include "ruleset.hpp"

namespace rmirror::tools {

enum class Severity {
    note,     // worth knowing
    unknown,  // cannot tell
    wrong,
};

struct Finding {
    Severity severity = Severity::note;
    std::string subject;                   // "host", or the place of a mirror
    std::string what;                      // and why
    std::string remedy;                    // what to type; empty: nothing can be said
    std::vector<std::string> labels = {};  // of the probes that told it
};

using Findings = std::vector<Finding>;

// The host: modules, whether nft shows the rules, whether they come back after a boot.
void examine_host(const std::vector<Mirror> &mirrors, Findings &findings);

// A mirror's rule: do packets reach it?
void examine_rule(const Mirror &mirror, const Ruleset &ruleset, Findings &findings);

// A mirror's collector: do copies get there, and whole?
void examine_collector(const Mirror &mirror, const Path &path, Findings &findings);

// What became of probes.
void examine_probes(const Probing &probing, Paths &paths, Findings &findings);

// A word for the subject of a finding about several mirrors: the first one's place, and how many
// more there are.
std::string place_of(const std::vector<const Mirror *> &mirrors);

// What takes a mirror's copies, to be typed at its collector.
std::string receiver_of(const Mirror &mirror, const Path &path);

}  // namespace rmirror::tools
