// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror metrics: the counters of all mirrors in the text format of Prometheus.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

#include "commands.h"
#include "mirror.hpp"
#include "options.hpp"
#include "report.hpp"

namespace rmirror::tools {

namespace {

constexpr const char *usage =
    "Usage: rmirror metrics [-o FILE] [MIRROR]...\n"
    "\n"
    "Writes the counters of the mirrors for Prometheus. A FILE is replaced in one step,\n"
    "as the textfile collector of node_exporter needs it.\n"
    "\n"
    "  MIRROR            a collector, a table, TABLE/CHAIN or a rule's comment\n"
    "  -o, --output FILE\n";

std::string label(std::string_view name, std::string_view value) {
    std::string text = std::string(name) + "=\"";
    for (const char c : value) {
        if (c == '\n')
            text += "\\n";
        else if (c == '"' || c == '\\')
            text += std::string("\\") + c;
        else
            text += c;
    }
    return text + '"';
}

std::string labels_of(const Mirror &mirror) {
    std::string text = label("family", mirror.family) + ',' + label("table", mirror.table) + ',' +
                       label("chain", mirror.chain) + ',' + label("collector", mirror.collector) +
                       ',' + label("encap", mirror.encap);
    if (mirror.key != "-")
        text += ',' + label("key", mirror.key);
    if (mirror.handle)
        text += ',' + label("handle", std::to_string(*mirror.handle));
    if (!mirror.comment.empty())
        text += ',' + label("comment", mirror.comment);
    return text;
}

// Mirrors that nothing tells apart are one: a metric must not occur twice.
using Sums = std::map<std::string, Counters>;

Sums sums_of(const std::vector<Mirror> &mirrors) {
    Sums sums;
    for (const Mirror &mirror : mirrors) {
        Counters &sum = sums[labels_of(mirror)];
        for (std::size_t i = 0; i < sum.size(); i++)
            sum[i] += mirror.counters[i];
    }
    return sums;
}

void write_one(std::string &text, std::string_view name, std::string_view help, const Sums &sums,
               std::uint16_t counter) {
    text += "# HELP " + std::string(name) + ' ' + std::string(help) + "\n# TYPE " +
            std::string(name) + " counter\n";
    for (const auto &[labels, sum] : sums)
        text +=
            std::string(name) + '{' + labels + "} " + std::to_string(sum.at(counter - 1U)) + '\n';
}

void write_outcomes(std::string &text, const Sums &sums) {
    text +=
        "# HELP rmirror_outcome_packets_total What became of the matched packets.\n"
        "# TYPE rmirror_outcome_packets_total counter\n";
    for (const auto &[labels, sum] : sums)
        for (std::size_t i = 0; i < sum.size(); i++)
            if (is_outcome(static_cast<std::uint16_t>(i + 1)))
                text += "rmirror_outcome_packets_total{" + labels + ',' +
                        label("outcome", counter_names()[i]) + "} " + std::to_string(sum[i]) + '\n';
}

std::string text_of(const std::vector<Mirror> &mirrors) {
    const Sums sums = sums_of(mirrors);
    std::string text =
        "# HELP rmirror_mirrors Rules that mirror.\n"
        "# TYPE rmirror_mirrors gauge\n"
        "rmirror_mirrors " +
        std::to_string(mirrors.size()) + '\n';
    if (sums.empty())
        return text;
    write_one(text, "rmirror_matched_packets_total", "Packets that reached the statement.", sums,
              NFTA_RMIRROR_COUNTER_MATCHED);
    write_one(text, "rmirror_sent_bytes_total", "Bytes of all copies on the wire.", sums,
              NFTA_RMIRROR_COUNTER_BYTES);
    write_one(text, "rmirror_refused_total", "ICMP errors about copies.", sums,
              NFTA_RMIRROR_COUNTER_REFUSED);
    write_outcomes(text, sums);
    return text;
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(fd, text.data(), text.size());
        if (written < 0)
            return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// Readers see the old file or the new one.
bool replace_file(const std::string &file, std::string_view text) {
    const std::string fresh = file + ".new";
    const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return false;
    const bool written = write_all(fd, text) && fchmod(fd, 0644) == 0;
    const int error = errno;
    if (close(fd) == 0 && written && rename(fresh.c_str(), file.c_str()) == 0)
        return true;
    const int why = written ? errno : error;
    unlink(fresh.c_str());
    errno = why;
    return false;
}

}  // namespace

int metrics_main(int argc, char **argv) {
    int status = 0;
    const auto options = parse_options(argc, argv, "o", usage, status);
    if (!options)
        return status;
    Mirrors mirrors = read_mirrors();
    if (complain(argv[0], mirrors.gaps))
        return 2;
    const std::string text = text_of(select(std::move(mirrors.all), options->words));
    const bool written =
        options->file.empty() ? write_all(STDOUT_FILENO, text) : replace_file(options->file, text);
    if (!written)
        std::fprintf(stderr, "rmirror metrics: cannot write %s: %s\n",
                     options->file.empty() ? "the standard output" : options->file.c_str(),
                     std::strerror(errno));
    return written ? 0 : 1;
}

}  // namespace rmirror::tools
