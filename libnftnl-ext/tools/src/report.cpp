// SPDX-License-Identifier: GPL-2.0-only
#include "report.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "text.hpp"

namespace rmirror::tools {

namespace {

// A cut that was asked for, and what counts no packets, are no losses that something can be done
// about.
bool is_trouble(std::uint16_t counter) {
    return !loss_words(counter).empty() && counter != NFTA_RMIRROR_COUNTER_LOOP &&
           counter != NFTA_RMIRROR_COUNTER_NESTED;
}

std::string key_of(const Mirror &mirror) {
    return mirror.place() + '\0' + mirror.text();
}

}  // namespace

std::string Rates::text() const {
    return with_unit(count(NFTA_RMIRROR_COUNTER_MATCHED), "packets/s") + ", " +
           with_unit(8 * count(NFTA_RMIRROR_COUNTER_BYTES), "bit/s");
}

std::string Rates::loss() const {
    std::uint16_t worst = 0;
    for (std::uint16_t counter = 1; counter <= NFTA_RMIRROR_COUNTER_MAX; counter++)
        if (is_trouble(counter) && count(counter) > (worst == 0 ? 0 : count(worst)))
            worst = counter;
    if (worst == 0)
        return {};
    return with_unit(count(worst), "packets/s: ") + std::string(loss_words(worst));
}

std::vector<Rates> rates_between(const std::vector<Mirror> &before, const std::vector<Mirror> &now,
                                 double seconds) {
    std::multimap<std::string, const Mirror *> old;
    for (const Mirror &mirror : before)
        old.emplace(key_of(mirror), &mirror);
    std::vector<Rates> all;
    for (const Mirror &mirror : now) {
        const auto found = old.find(key_of(mirror));
        Rates &rates = all.emplace_back();
        for (std::size_t i = 0; i < mirror.counters.size(); i++) {
            const std::uint64_t was = found == old.end() ? 0 : found->second->counters[i];
            // Somebody may have reset them.
            const std::uint64_t is = mirror.counters[i];
            rates.per_second[i] = static_cast<double>(is >= was ? is - was : is) / seconds;
        }
        if (found != old.end())
            old.erase(found);
    }
    return all;
}

std::vector<std::string> losses(const Mirror &mirror) {
    std::vector<std::string> lines;
    for (std::uint16_t counter = 1; counter <= NFTA_RMIRROR_COUNTER_MAX; counter++)
        if (mirror.count(counter) != 0 && !loss_words(counter).empty())
            lines.push_back(std::to_string(mirror.count(counter)) + ' ' +
                            std::string(counter_names()[counter - 1U]) + ": " +
                            std::string(loss_words(counter)));
    return lines;
}

json_t *to_json(const Mirror &mirror, const Rates *rates, const std::string &wrong) {
    json_t *object =
        json_pack("{s:s%, s:s%, s:s%, s:s, s:s, s:s}", "family", mirror.family.data(),
                  mirror.family.size(), "table", mirror.table.data(), mirror.table.size(), "chain",
                  mirror.chain.data(), mirror.chain.size(), "statement", mirror.text().c_str(),
                  "collector", mirror.collector.c_str(), "encap", mirror.encap.c_str());
    if (mirror.key == "register")
        json_object_set_new(object, "key", json_string("register"));
    else if (mirror.key != "-")
        json_object_set_new(object, "key", json_integer(std::atoll(mirror.key.c_str())));
    if (mirror.handle)
        json_object_set_new(object, "handle",
                            json_integer(static_cast<json_int_t>(*mirror.handle)));
    if (!mirror.comment.empty())
        json_object_set_new(object, "comment", json_string(mirror.comment.c_str()));
    json_t *counters = json_object();
    json_t *per_second = rates == nullptr ? nullptr : json_object();
    for (std::uint16_t counter = 1; counter <= NFTA_RMIRROR_COUNTER_MAX; counter++) {
        const char *name = counter_names()[counter - 1U].data();  // literals, with a NUL
        json_object_set_new(counters, name,
                            json_integer(static_cast<json_int_t>(mirror.count(counter))));
        if (per_second != nullptr)
            json_object_set_new(per_second, name, json_real(rates->count(counter)));
    }
    json_object_set_new(object, "counters", counters);
    if (per_second != nullptr)
        json_object_set_new(object, "per-second", per_second);
    if (!wrong.empty())
        json_object_set_new(object, "wrong", json_string(wrong.c_str()));
    return object;
}

bool print_json(const Json &value) {
    const bool written = json_dumpf(value.get(), stdout, JSON_INDENT(2)) == 0;
    std::puts("");
    return std::fflush(stdout) == 0 && written;
}

// No module, or no nf_tables: there are no mirrors of that kind.
bool is_failure(const Gap &gap) {
    return gap.error != ENOENT && gap.error != EPROTONOSUPPORT && gap.error != EINVAL;
}

bool complain(std::string_view command, const std::vector<Gap> &gaps) {
    bool complained = false;
    for (const Gap &gap : gaps) {
        if (!is_failure(gap))
            continue;
        const bool is_denied = gap.error == EPERM || gap.error == EACCES;
        const char *who = geteuid() == 0 ? " (this root lacks CAP_NET_ADMIN, as in a container)"
                                         : " (root of this network namespace can)";
        std::fprintf(stderr, "rmirror %s: cannot read %s: %s%s\n", std::string(command).c_str(),
                     gap.what.c_str(), std::strerror(gap.error), is_denied ? who : "");
        complained = true;
    }
    return complained;
}

}  // namespace rmirror::tools
