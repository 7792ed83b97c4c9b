// SPDX-License-Identifier: GPL-2.0-only
#include "report.hpp"

#include <jansson.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace rmirror::collector {

namespace {

constexpr std::size_t most_lines = 40;

struct FreeJson {
    void operator()(json_t *json) const { json_decref(json); }
    void operator()(char *text) const { std::free(text); }
};
using Json = std::unique_ptr<json_t, FreeJson>;

// Everything that has a name and a number, in the order in which it is shown
using Numbers = std::vector<std::pair<const char *, std::uint64_t>>;

Numbers losses(const ReceiverCounts &counts, const Sequence::Counts &sequence, const Drops &drops) {
    return {
        {"lost", sequence.lost},
        {"reordered", sequence.reordered},
        {"repeated", sequence.repeated},
        {"restarts", sequence.restarts},
        {"cut", counts.cut},
        {"others", counts.others},
        {"malformed", counts.malformed},
        {"foreign", counts.foreign},
        {"merged", counts.merged},
        {"clock", counts.clock},
        {"dropped", drops.kernel},
        {"tap-dropped", drops.tap},
    };
}

void set(json_t *object, const char *name, std::uint64_t number) {
    json_object_set_new(object, name, json_integer(static_cast<json_int_t>(number)));
}

void set(json_t *object, const char *name, const std::string &text) {
    json_object_set_new(object, name, json_string(text.c_str()));
}

std::string dumped(const Json &json) {
    const std::unique_ptr<char, FreeJson> text(json_dumps(json.get(), JSON_COMPACT));
    return text ? text.get() : "";
}

Json stream_json(const Stream &stream) {
    Json json(json_object());
    set(json.get(), "from", stream.who());
    set(json.get(), "encap", std::string(encap_word(stream.encap)));
    if (stream.key)
        set(json.get(), "key", std::uint64_t{*stream.key});
    json_object_set_new(json.get(), "wanted", json_boolean(stream.wanted));
    set(json.get(), "packets", stream.packets);
    set(json.get(), "bytes", stream.bytes);
    set(json.get(), "cut", stream.cut);
    const Sequence::Counts &sequence = stream.sequence.counts();
    set(json.get(), "lost", sequence.lost);
    set(json.get(), "reordered", sequence.reordered);
    set(json.get(), "repeated", sequence.repeated);
    set(json.get(), "restarts", sequence.restarts);
    return json;
}

std::string probe_json(const ProbeCopy &probe) {
    Json json(json_object());
    set(json.get(), "probe", probe.label);
    set(json.get(), "from", probe.stream.who());
    set(json.get(), "encap", std::string(encap_word(probe.stream.encap)));
    if (probe.stream.key)
        set(json.get(), "key", std::uint64_t{*probe.stream.key});
    json_object_set_new(json.get(), "wanted", json_boolean(probe.stream.wanted));
    if (probe.packet != 0)
        set(json.get(), "packet", std::uint64_t{probe.packet});
    set(json.get(), "kept", std::uint64_t{probe.kept});
    json_object_set_new(json.get(), "cut", json_boolean(probe.cut));
    return dumped(json) + '\n';
}

std::string totals_json(const Receiver &receiver, const Drops &drops, double seconds) {
    Json json(json_object());
    json_object_set_new(json.get(), "seconds", json_real(seconds));
    const ReceiverCounts &counts = receiver.counts();
    set(json.get(), "packets", counts.packets);
    set(json.get(), "bytes", counts.bytes);
    for (const auto &[name, number] : losses(counts, sequence_counts(receiver.streams()), drops))
        set(json.get(), name, number);
    Json fragments(json_object());
    set(fragments.get(), "received", receiver.fragments().fragments);
    set(fragments.get(), "whole", receiver.fragments().whole);
    set(fragments.get(), "incomplete", receiver.fragments().incomplete);
    set(fragments.get(), "refused", receiver.fragments().refused);
    json_object_set_new(json.get(), "fragments", fragments.release());
    Json streams(json_array());
    for (const Stream &stream : receiver.streams().all())
        json_array_append_new(streams.get(), stream_json(stream).release());
    json_object_set_new(json.get(), "streams", streams.release());
    Json line(json_object());
    json_object_set_new(line.get(), "totals", json.release());
    return dumped(line) + '\n';
}

std::string with_losses(const Numbers &numbers) {
    std::string text;
    for (const auto &[name, number] : numbers)
        if (number != 0)
            text += std::string("  ") + name + " " + std::to_string(number);
    return text;
}

std::string stream_line(const Stream &stream) {
    char line[256];
    std::snprintf(line, sizeof line, "  %-15s  %-22s %12llu packets  %s", stream.who().c_str(),
                  stream.what().c_str(), static_cast<unsigned long long>(stream.packets),
                  bytes_text(static_cast<double>(stream.bytes)).c_str());
    const Sequence::Counts &sequence = stream.sequence.counts();
    return line +
           with_losses({{"lost", sequence.lost},
                        {"reordered", sequence.reordered},
                        {"repeated", sequence.repeated},
                        {"restarts", sequence.restarts},
                        {"cut", stream.cut}}) +
           '\n';
}

std::string stream_lines(const Streams &streams, bool wanted) {
    std::string text;
    std::size_t count = 0;
    for (const Stream &stream : streams.all())
        if (stream.wanted == wanted && count++ < most_lines)
            text += stream_line(stream);
    if (count > most_lines)
        text += "  and " + std::to_string(count - most_lines) + " more, which -j lists\n";
    return text;
}

std::string fragments_line(const Reassembler::Counts &counts) {
    return std::to_string(counts.fragments) + " fragments made " + std::to_string(counts.whole) +
           " packets" +
           with_losses({{"incomplete", counts.incomplete}, {"refused", counts.refused}}) + '\n';
}

std::string drops_lines(const Drops &drops) {
    std::string text;
    if (drops.kernel != 0)
        text +=
            std::to_string(drops.kernel) +
            " dropped by the kernel, because they came faster than they were taken (--buffer MIB "
            "bears longer bursts)\n";
    if (drops.tap != 0)
        text += std::to_string(drops.tap) + " dropped by the tap device\n";
    return text;
}

std::string totals_text(const Receiver &receiver, const Drops &drops, double seconds) {
    const ReceiverCounts &counts = receiver.counts();
    char head[128];
    std::snprintf(head, sizeof head, "%llu packets, %s in %.1f s\n",
                  static_cast<unsigned long long>(counts.packets),
                  bytes_text(static_cast<double>(counts.bytes)).c_str(), seconds);
    std::string text = head + stream_lines(receiver.streams(), true);
    if (counts.others != 0)
        text += "not asked for:\n" + stream_lines(receiver.streams(), false);
    if (counts.malformed != 0)
        text += std::to_string(counts.malformed) + " malformed\n";
    if (counts.clock != 0)
        text += std::to_string(counts.clock) + " with a clock more than 10 s off\n";
    if (counts.merged != 0)
        text += std::to_string(counts.merged) + " merged by GRO\n";
    if (receiver.fragments().fragments != 0)
        text += fragments_line(receiver.fragments());
    text += drops_lines(drops);
    if (counts.packets == 0 && counts.others == 0)
        text += "nothing arrived: on the mirroring host, rmirror doctor looks for the reason\n";
    return text;
}

}  // namespace

Sequence::Counts sequence_counts(const Streams &streams) {
    Sequence::Counts sum;
    for (const Stream &stream : streams.all()) {
        const Sequence::Counts &one = stream.sequence.counts();
        sum.lost += one.lost;
        sum.reordered += one.reordered;
        sum.repeated += one.repeated;
        sum.restarts += one.restarts;
    }
    return sum;
}

std::string bytes_text(double bytes) {
    static constexpr const char *units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    std::size_t unit = 0;
    while (bytes >= 1000 && unit + 1 < std::size(units)) {
        bytes /= 1000;
        unit++;
    }
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return text;
}

std::string probe_line(const ProbeCopy &probe, bool json) {
    if (json)
        return probe_json(probe);
    std::string text = "probe " + probe.label + " from " + probe.stream.who() + " by " +
                       probe.stream.what() + ": ";
    if (probe.packet != 0)
        text += std::to_string(probe.packet) + " bytes, ";
    text +=
        probe.cut ? "cut, " + std::to_string(probe.kept) + " bytes of the frame are left" : "whole";
    return text + (probe.stream.wanted ? "" : ", not what you asked for");
}

std::string Ticker::line(const Receiver &receiver, const Drops &drops, double seconds, bool json) {
    const Past now{receiver.counts(), sequence_counts(receiver.streams()), drops};
    const double packets = static_cast<double>(now.counts.packets - past_.counts.packets) / seconds;
    const double bytes = static_cast<double>(now.counts.bytes - past_.counts.bytes) / seconds;
    Numbers numbers = losses(now.counts, now.sequence, now.drops);
    if (json) {
        past_ = now;
        Json object(json_object());
        json_object_set_new(object.get(), "packets_per_second", json_real(packets));
        json_object_set_new(object.get(), "bytes_per_second", json_real(bytes));
        set(object.get(), "packets", now.counts.packets);
        set(object.get(), "bytes", now.counts.bytes);
        for (const auto &[name, number] : numbers)
            set(object.get(), name, number);
        return dumped(object) + '\n';
    }
    const Numbers before = losses(past_.counts, past_.sequence, past_.drops);
    for (std::size_t i = 0; i < numbers.size(); i++)  // `lost` may fall: what was late is there
        numbers[i].second -= std::min(numbers[i].second, before[i].second);
    past_ = now;
    char text[96];
    std::snprintf(text, sizeof text, "%.0f packets/s  %s/s", packets, bytes_text(bytes).c_str());
    return text + with_losses(numbers) + '\n';
}

std::string totals(const Receiver &receiver, const Drops &drops, double seconds, bool json) {
    return json ? totals_json(receiver, drops, seconds) : totals_text(receiver, drops, seconds);
}

}  // namespace rmirror::collector
