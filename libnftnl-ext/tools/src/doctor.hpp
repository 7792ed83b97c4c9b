// SPDX-License-Identifier: GPL-2.0-only
//
// What the doctor looks at, and what it finds.
#pragma once

#include <string>
#include <vector>

#include "maps.hpp"
#include "mirror.hpp"
#include "passage.hpp"
#include "path.hpp"
#include "probe.hpp"

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
// A part of it: whether the rules stay
void examine_keeping(const std::vector<Mirror> &mirrors, Findings &findings);

// A mirror's rule: do packets reach it? Returns the base chains from which they come.
std::vector<const Chain *> examine_rule(const Mirror &mirror, Passage &passage, Findings &findings);

// Are there flows that go by its hooks, `bases`, in a flowtable?
void examine_flowtables(const Mirror &mirror, const std::vector<const Chain *> &bases,
                        const Ruleset &ruleset, Findings &findings);

// A mirror's collector: do copies get there, and whole? `bases`: from which packets come to the
// rule.
void examine_collector(const Mirror &mirror, const Path &path,
                       const std::vector<const Chain *> &bases, Paths &paths, Findings &findings);

// Parts of it: what was lost (by a device, if it is known which), what may come again, whether
// answers come back.
void examine_losses(const Mirror &mirror, const std::string &device, Findings &findings);
void examine_loops(const Mirror &mirror, const Path &path, const std::vector<const Chain *> &bases,
                   Findings &findings);
void examine_answers(const Mirror &mirror, const Path &path, Paths &paths, Findings &findings);

// A mirror with a map of collectors, of which each is examined by itself, too.
void examine_map(const Mirror &mirror, const Elements &elements, Findings &findings);

// What became of probes.
void examine_probes(const Probing &probing, Paths &paths, Findings &findings);

// A word for the subject of a finding about several mirrors: the first one's place, and how many
// more there are.
std::string place_of(const std::vector<const Mirror *> &mirrors);

// What takes a mirror's copies, to be typed at its collector.
std::string receiver_of(const Mirror &mirror, const Path &path);

}  // namespace rmirror::tools
