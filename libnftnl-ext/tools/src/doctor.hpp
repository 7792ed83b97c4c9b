// SPDX-License-Identifier: GPL-2.0-only
//
// What the doctor looks at, and what it finds.
#pragma once

#include <string>
#include <vector>

#include "mirror.hpp"
#include "path.hpp"
#include "ruleset.hpp"

namespace rmirror::tools {

enum class Severity {
    note,     // worth knowing
    unknown,  // cannot tell
    wrong,
};

struct Finding {
    Severity severity = Severity::note;
    std::string subject;  // "host", or the place of a mirror
    std::string what;     // and why
    std::string remedy;   // what to type; empty: nothing can be said
};

using Findings = std::vector<Finding>;

// The host: modules, whether nft shows the rules, whether they come back after a boot.
void examine_host(const std::vector<Mirror> &mirrors, Findings &findings);

// A mirror's rule: do packets reach it?
void examine_rule(const Mirror &mirror, const Ruleset &ruleset, Findings &findings);

// A mirror's collector: do copies get there, and whole?
void examine_collector(const Mirror &mirror, const Path &path, Findings &findings);

}  // namespace rmirror::tools
