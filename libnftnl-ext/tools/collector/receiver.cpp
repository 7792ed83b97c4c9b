// SPDX-License-Identifier: GPL-2.0-only
#include "receiver.hpp"

#include <netinet/in.h>

#include <algorithm>

#include "probe/frame.hpp"

namespace rmirror::collector {

namespace {

constexpr unsigned most_notices = 32;
// In a second: whoever floods us with probes does not fill the screen.
constexpr unsigned most_probes = 32;
constexpr std::uint64_t second_ns = 1'000'000'000;
// A sender whose clock is further off than this has its frames at the time of their arrival.
constexpr std::uint64_t believable_ns = 10'000'000'000;

constexpr unsigned type_ipv4 = 0x0800;
constexpr unsigned type_ipv6 = 0x86dd;
constexpr unsigned type_vlan = 0x8100;
constexpr unsigned type_qinq = 0x88a8;
constexpr unsigned type_pppoe = 0x8864;
constexpr int most_tags = 8;

std::uint32_t ip_length(ByteView packet) {
    Reader reader(packet);
    const unsigned version = reader.u8() >> 4;
    reader.skip(1);
    const std::uint32_t second = reader.u16();
    if (version == 4)
        return reader.ok() ? second : 0;
    const std::uint32_t payload = reader.u16();
    // 0 is a jumbogram's, whose length is elsewhere.
    return version == 6 && reader.ok() && payload != 0 ? payload + 40 : 0;
}

}  // namespace

std::uint32_t length_by_header(Link link, ByteView frame) {
    if (link == Link::ip)
        return ip_length(frame);
    Reader reader(frame);
    reader.skip(12);
    unsigned type = reader.u16();
    for (int i = 0; i < most_tags && (type == type_vlan || type == type_qinq); i++) {
        reader.skip(2);
        type = reader.u16();
    }
    const auto header = static_cast<std::uint32_t>(frame.size() - reader.rest().size());
    if (type == type_ipv4 || type == type_ipv6) {
        const std::uint32_t length = reader.ok() ? ip_length(reader.rest()) : 0;
        return length != 0 ? header + length : 0;
    }
    if (type == type_pppoe) {
        reader.skip(4);
        const std::uint32_t length = reader.u16();
        return reader.ok() ? header + 6 + length : 0;
    }
    return 0;
}

Receiver::Receiver(ReceiverOptions options, std::vector<Sink *> sinks, Notice notice)
    : options_(std::move(options)),
      sinks_(std::move(sinks)),
      notice_(std::move(notice)),
      streams_(options_.wanted) {}

void Receiver::packet(ByteView packet, std::uint64_t arrival_ns, bool merged) {
    if (merged) {
        counts_.merged++;
        notice_once(told_merged_,
                    "frames arrive merged by GRO: ethtool -K DEVICE gro off, for the device that "
                    "they arrive on, keeps them as they were sent");
    }
    if (options_.bare) {
        bare(packet, arrival_ns);
        return;
    }
    const std::optional<OuterPacket> outer = read_outer(packet);
    if (!outer) {
        counts_.malformed++;
        return;
    }
    if (!outer->fragment) {
        payload(*outer, arrival_ns);
        return;
    }
    // Of IPv6 the protocol of a later fragment is not sure: all wait for the first.
    if (outer->source.is_ipv4() && outer->protocol != IPPROTO_GRE && outer->protocol != IPPROTO_UDP)
        return;
    if (const auto whole = reassembler_.add(*outer, arrival_ns))
        payload(*whole, arrival_ns);
}

void Receiver::payload(const OuterPacket &outer, std::uint64_t arrival_ns) {
    // Behind IPv6's extension headers anything may come; the filter does not look there.
    if (outer.protocol != IPPROTO_GRE && outer.protocol != IPPROTO_UDP)
        return;
    const Decoded decoded = outer.protocol == IPPROTO_GRE
                                ? decode_gre(outer.payload)
                                : decode_udp(outer.payload, options_.ports);
    switch (decoded.outcome) {
        case Outcome::copy:
            copy(outer.source, decoded.copy, arrival_ns);
            break;
        case Outcome::foreign:
            counts_.foreign++;
            break;
        case Outcome::malformed:
            counts_.malformed++;
            break;
    }
}

// What is for this host itself is its own traffic.
void Receiver::bare(ByteView packet, std::uint64_t arrival_ns) {
    const std::optional<OuterPacket> outer = read_outer(packet);
    if (!outer) {
        counts_.malformed++;
        return;
    }
    const Address to = outer->destination.address();
    if (to.is_multicast() || to.is_broadcast() ||
        std::find(options_.local.begin(), options_.local.end(), to) != options_.local.end()) {
        counts_.foreign++;
        return;
    }
    Copy whole;
    whole.encap = RMIRROR_ENCAP_NONE;
    whole.link = Link::ip;
    whole.frame = packet;
    copy(Host(), whole, arrival_ns);
}

void Receiver::copy(const Host &source, const Copy &copy, std::uint64_t arrival_ns) {
    const Streams::Found found = streams_.find(source, copy);
    look_for_probe(found.stream, copy, arrival_ns);
    if (found.stream.wanted) {
        deliver(found.stream, copy, arrival_ns);
        return;
    }
    counts_.others++;
    found.stream.packets++;
    found.stream.bytes += copy.frame.size();
    if (found.is_new)
        tell_of_other(found.stream);
}

void Receiver::look_for_probe(const Stream &stream, const Copy &copy, std::uint64_t arrival_ns) {
    const auto label =
        copy.link == Link::ip ? probe::read_packet(copy.frame) : probe::read_frame(copy.frame);
    if (!label || !probe_notice_)
        return;
    if (arrival_ns - probes_since_ns_ >= second_ns) {
        probes_since_ns_ = arrival_ns;
        told_probes_ = 0;
    }
    if (told_probes_++ >= most_probes)
        return;
    const std::uint32_t header = copy.link == Link::ip ? 0 : probe::ethernet_size;
    const std::uint32_t length = length_by_header(copy.link, copy.frame);
    const auto kept = static_cast<std::uint32_t>(copy.frame.size());
    probe_notice_({.label = label->to_text(),
                   .stream = stream,
                   .packet = length > header ? length - header : 0,
                   .kept = kept,
                   .cut = copy.truncated || length == 0 || length > kept});
}

void Receiver::deliver(Stream &stream, const Copy &copy, std::uint64_t arrival_ns) {
    if (finished())
        return;
    const auto size = static_cast<std::uint32_t>(copy.frame.size());
    Frame frame{.copy = copy, .stream = stream};
    frame.original_length =
        std::max({size, copy.original_length.value_or(0), length_by_header(copy.link, copy.frame)});
    frame.cut = copy.truncated || frame.original_length > size;
    frame.time_ns = time_of(copy, arrival_ns);
    if (copy.sequence && !stream.rest)
        frame.lost_before = stream.sequence.add(*copy.sequence);

    stream.packets++;
    stream.bytes += size;
    stream.cut += frame.cut ? 1 : 0;
    counts_.packets++;
    counts_.bytes += size;
    counts_.cut += frame.cut ? 1 : 0;
    for (Sink *sink : sinks_)
        sink->write(frame);
}

std::uint64_t Receiver::time_of(const Copy &copy, std::uint64_t arrival_ns) {
    if (!options_.sender_time || !copy.stamp)
        return arrival_ns;
    const std::uint64_t sent = copy.stamp->near(arrival_ns);
    const std::uint64_t off = sent > arrival_ns ? sent - arrival_ns : arrival_ns - sent;
    if (off <= believable_ns)
        return sent;
    counts_.clock++;
    notice_once(
        told_clock_,
        "the clock of a sender is more than 10 s off: its frames get the time of their arrival");
    return arrival_ns;
}

void Receiver::tell_of_other(const Stream &stream) {
    if (told_others_ > most_notices)
        return;
    if (told_others_++ == most_notices) {
        notice_("more arrives that you did not ask for: the totals list it");
        return;
    }
    notice_(stream.what() + " arrives from " + stream.who() + ", you asked for " +
            streams_.wanted().to_text());
}

void Receiver::notice_once(bool &told, const char *text) {
    if (!told)
        notice_(text);
    told = true;
}

}  // namespace rmirror::collector
