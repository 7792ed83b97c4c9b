// SPDX-License-Identifier: GPL-2.0-only
#include "pcapng.hpp"

#include <linux/netfilter.h>

#include <cstring>
#include <span>

namespace rmirror::collector::pcapng {

namespace {

constexpr std::uint32_t section_header = 0x0a0d0d0a;
constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint32_t interface_description = 1;
constexpr std::uint32_t interface_statistics = 5;
constexpr std::uint32_t enhanced_packet = 6;

constexpr std::uint16_t link_ethernet = 1;
constexpr std::uint16_t link_raw_ip = 101;

constexpr std::uint16_t opt_end = 0;
constexpr std::uint16_t opt_comment = 1;
constexpr std::uint16_t shb_application = 4;
constexpr std::uint16_t if_name = 2;
constexpr std::uint16_t if_resolution = 9;
constexpr std::uint16_t epb_flags = 2;
constexpr std::uint16_t epb_dropcount = 4;
constexpr std::uint16_t isb_received = 4;
constexpr std::uint16_t isb_dropped = 5;
constexpr std::uint16_t isb_dropped_by_system = 7;

constexpr std::uint8_t nanoseconds = 9;
constexpr std::uint32_t flag_inbound = 1;
constexpr std::uint32_t flag_outbound = 2;

std::size_t padded(std::size_t size) {
    return (size + 3) & ~std::size_t{3};
}

template <typename Number>
void append(Buffer &buffer, Number number) {
    const auto *bytes = reinterpret_cast<const std::uint8_t *>(&number);
    buffer.insert(buffer.end(), bytes, bytes + sizeof number);
}

// The options at the end of a block
class Options {
public:
    explicit Options(Buffer &buffer) : buffer_(buffer) {}
    Options(const Options &) = delete;
    Options &operator=(const Options &) = delete;
    ~Options() {
        if (has_options_)
            append(buffer_, std::uint32_t{opt_end});
    }

    void put(std::uint16_t code, const void *data, std::size_t size) {
        append(buffer_, code);
        append(buffer_, static_cast<std::uint16_t>(size));
        const auto *bytes = static_cast<const std::uint8_t *>(data);
        buffer_.insert(buffer_.end(), bytes, bytes + size);
        buffer_.resize(buffer_.size() + padded(size) - size);
        has_options_ = true;
    }
    template <typename Number>
    void put_number(std::uint16_t code, Number number) {
        put(code, &number, sizeof number);
    }
    void put_text(std::uint16_t code, std::string_view text) {
        put(code, text.data(), text.size());
    }

private:
    Buffer &buffer_;
    bool has_options_ = false;
};

// A block from its type to its second length, which the destructor fills in; options of its own
// have to end before.
class Block {
public:
    Block(Buffer &buffer, std::uint32_t type) : buffer_(buffer), start_(buffer.size()) {
        append(buffer_, type);
        append(buffer_, std::uint32_t{0});
    }
    Block(const Block &) = delete;
    Block &operator=(const Block &) = delete;
    ~Block() {
        const auto size = static_cast<std::uint32_t>(buffer_.size() - start_ + 4);
        std::memcpy(buffer_.data() + start_ + 4, &size, sizeof size);
        append(buffer_, size);
    }

private:
    Buffer &buffer_;
    std::size_t start_;
};

// What stands before the bytes of a packet
struct PacketHeader {
    std::uint32_t type;
    std::uint32_t size;
    std::uint32_t interface;
    std::uint32_t time_high;
    std::uint32_t time_low;
    std::uint32_t captured;
    std::uint32_t original;
};

// "inet input", by the numbers of netfilter; the numbers, where they have no name
std::string hook_text(const Metadata &metadata) {
    static constexpr const char *ip_hooks[] = {"prerouting", "input",       "forward",
                                               "output",     "postrouting", "ingress"};
    static constexpr const char *arp_hooks[] = {"input", "output", "forward"};
    static constexpr const char *netdev_hooks[] = {"ingress", "egress"};
    const auto name = [&metadata](const char *family, std::span<const char *const> hooks) {
        return std::string(family) + " " +
               (metadata.hook < hooks.size() ? hooks[metadata.hook]
                                             : "hook " + std::to_string(metadata.hook));
    };
    switch (metadata.family) {
        case NFPROTO_INET:
            return name("inet", ip_hooks);
        case NFPROTO_IPV4:
            return name("ip", ip_hooks);
        case NFPROTO_IPV6:
            return name("ip6", ip_hooks);
        case NFPROTO_BRIDGE:
            return name("bridge", ip_hooks);
        case NFPROTO_ARP:
            return name("arp", arp_hooks);
        case NFPROTO_NETDEV:
            return name("netdev", netdev_hooks);
        default:
            return name(("family " + std::to_string(metadata.family)).c_str(), {});
    }
}

// What a capture has no field for
std::string comment(const Frame &frame) {
    std::string text;
    const auto add = [&text](const std::string &part) { text += (text.empty() ? "" : " ") + part; };
    if (const auto &metadata = frame.copy.metadata) {
        add(hook_text(*metadata));
        if (metadata->in_ifindex != 0)
            add("in " + std::to_string(metadata->in_ifindex));
        if (metadata->out_ifindex != 0)
            add("out " + std::to_string(metadata->out_ifindex));
        if (metadata->mark != 0)
            add("mark " + std::to_string(metadata->mark));
    }
    // Only the T bit says so: the length cannot.
    if (frame.cut && frame.original_length == frame.copy.frame.size())
        add("cut by the mirror");
    return text;
}

void add_packet_options(Buffer &buffer, const Frame &frame) {
    const Copy &copy = frame.copy;
    Options options(buffer);
    if (copy.direction != Direction::unknown)
        options.put_number(epb_flags,
                           copy.direction == Direction::out ? flag_outbound : flag_inbound);
    if (frame.lost_before != 0)
        options.put_number(epb_dropcount, std::uint64_t{frame.lost_before});
    if (!copy.metadata && !frame.cut)
        return;
    const std::string text = comment(frame);
    if (!text.empty())
        options.put_text(opt_comment, text);
}

}  // namespace

void add_section(Buffer &buffer) {
    const Block block(buffer, section_header);
    append(buffer, byte_order_magic);
    append(buffer, std::uint16_t{1});
    append(buffer, std::uint16_t{0});
    append(buffer, ~std::uint64_t{0});  // the length of the section is not known
    Options(buffer).put_text(shb_application, "rmirror collector " RMIRROR_VERSION);
}

void add_interface(Buffer &buffer, Link link, std::string_view name) {
    const Block block(buffer, interface_description);
    append(buffer, link == Link::ip ? link_raw_ip : link_ethernet);
    append(buffer, std::uint16_t{0});
    append(buffer, std::uint32_t{0});  // frames have no limit
    Options options(buffer);
    options.put_text(if_name, name);
    options.put_number(if_resolution, nanoseconds);
}

void add_packet(Buffer &buffer, std::uint32_t interface, const Frame &frame) {
    const Copy &copy = frame.copy;
    const std::size_t data = padded(copy.frame.size());
    PacketHeader header{.type = enhanced_packet,
                        .size = 0,
                        .interface = interface,
                        .time_high = static_cast<std::uint32_t>(frame.time_ns >> 32),
                        .time_low = static_cast<std::uint32_t>(frame.time_ns),
                        .captured = static_cast<std::uint32_t>(copy.frame.size()),
                        .original = frame.original_length};
    const std::size_t start = buffer.size();
    // Most packets have no options: they are written at once.
    buffer.resize(start + sizeof header + data);
    std::memcpy(buffer.data() + start + sizeof header, copy.frame.data(), copy.frame.size());
    add_packet_options(buffer, frame);
    header.size = static_cast<std::uint32_t>(buffer.size() - start + sizeof header.size);
    std::memcpy(buffer.data() + start, &header, sizeof header);
    append(buffer, header.size);
}

void add_statistics(Buffer &buffer, std::uint32_t interface, std::uint64_t time_ns,
                    const Summary &summary) {
    const Block block(buffer, interface_statistics);
    append(buffer, interface);
    append(buffer, static_cast<std::uint32_t>(time_ns >> 32));
    append(buffer, static_cast<std::uint32_t>(time_ns));
    Options options(buffer);
    options.put_number(isb_received, summary.received);
    options.put_number(isb_dropped, summary.lost);
    options.put_number(isb_dropped_by_system, summary.dropped);
}

}  // namespace rmirror::collector::pcapng
