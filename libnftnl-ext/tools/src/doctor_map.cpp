// SPDX-License-Identifier: GPL-2.0-only
//
// A mirror with a map: what can be said of it as a whole.
#include <cerrno>
#include <cstring>

#include "doctor.hpp"
#include "move.hpp"
#include "text.hpp"

namespace rmirror::tools {

namespace {

std::string name_of_map(const Mirror &mirror) {
    return is_anonymous(mirror.collectors) ? "its map" : "map " + printable(mirror.collectors);
}

std::string remedy_of_empty(const Mirror &mirror) {
    return is_plain(mirror.collectors) ? "nft add element " + mirror.family + ' ' + mirror.table +
                                             ' ' + mirror.collectors + " '{ KEY : COLLECTOR }'"
                                       : std::string();
}

}  // namespace

void examine_map(const Mirror &mirror, const Elements &elements, Findings &findings) {
    const auto tell = [&](Severity severity, const std::string &what, const std::string &remedy) {
        findings.push_back({severity, mirror.place(), what, remedy});
    };
    if (elements.error != 0)
        tell(Severity::unknown,
             "cannot read " + name_of_map(mirror) + ": " + std::strerror(elements.error), "");
    else if (elements.mirrors.empty())
        tell(Severity::wrong, "no packet is mirrored: " + name_of_map(mirror) + " is empty",
             remedy_of_empty(mirror));
    if (elements.too_many != 0)
        tell(Severity::note,
             counted(elements.too_many, "collector") + " of " + name_of_map(mirror) +
                 " not examined: there are too many",
             "");
    examine_losses(mirror, "", findings);
    if (const std::uint64_t refused = mirror.count(NFTA_RMIRROR_COUNTER_REFUSED))
        tell(Severity::wrong,
             counted(refused, "ICMP error") + " came back about copies: nothing takes " +
                 mirror.encap +
                 " at one of the collectors, or a firewall on the way refuses it. "
                 "To see which",
             "rmirror doctor --probe " + mirror.table + '/' + mirror.chain);
}

}  // namespace rmirror::tools
