// SPDX-License-Identifier: GPL-2.0-only
//
// make_corpus DIRECTORY: the golden statements and packets as the inputs that each harness starts
// from, in DIRECTORY/carrier, text, json, netlink, rule, copy, packets, kernel_rule, kernel_packet
// and kernel_segment; and what once broke one, from tests/fuzz/found.
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "message.hpp"
#include "properties.hpp"
#include "support/golden_netlink.hpp"
#include "support/golden_packet.hpp"

namespace {

using namespace rmirror::fuzz;
using namespace std::string_literals;

class Corpus {
public:
    explicit Corpus(std::filesystem::path directory) : directory_(std::move(directory)) {}

    void add(const std::string &harness, const std::string &name, const std::string &input) {
        std::filesystem::create_directories(directory_ / harness);
        std::ofstream file(directory_ / harness / name, std::ios::binary);
        file << input;
        if (!file.flush())
            throw std::runtime_error("cannot write " + (directory_ / harness / name).string());
    }

private:
    std::filesystem::path directory_;
};

// NFTA_RULE_EXPRESSIONS with an expression of another name and the statement
std::string expressions(const std::string &element) {
    const std::string other("\x10\0\1\0\x0c\0\1\0counter\0", 16);
    const auto size = static_cast<std::uint16_t>(NLA_HDRLEN + other.size() + element.size());
    const nlattr header{size, NFTA_RULE_EXPRESSIONS | NLA_F_NESTED};
    return std::string(reinterpret_cast<const char *>(&header), sizeof header) + other + element;
}

void add_statement(Corpus &corpus, const rmirror::test::GoldenNetlink &golden) {
    const std::string bytes(golden.bytes.begin(), golden.bytes.end());
    corpus.add("netlink", golden.name, bytes);
    corpus.add("kernel_rule", golden.name, bytes);
    const auto statement = rmirror::decode(golden.bytes);
    if (!statement)
        throw std::runtime_error(golden.name + ": " + statement.error().message);
    const auto element = rmirror::c::build_element(*statement);
    const std::string rule = expressions(std::string(element.begin(), element.end()));
    corpus.add("rule", golden.name, rule);
    corpus.add("carrier", golden.name + "-rule", rule);
    if (golden.text.empty())
        return;
    corpus.add("carrier", golden.name, "add rule inet t c counter " + golden.text + " accept\n");
    corpus.add("carrier", golden.name + "-block",
               "define c = ::1\ntable inet t {\n\tchain c {\n\t\t" + golden.text +
                   "; rmirror to $c \\\n len 60\n\t\trmirror to ip saddr map {\n10.1.0.1 : "
                   "10.0.0.5 } \\\n" +
                   " len 60; jump { " + golden.text + "; }\n\t}\n}\n");
    corpus.add("text", golden.name, golden.text);
    corpus.add("text", golden.name + "-canonical", golden.prints + " accept");
    const Err err(rmirror_err_alloc());
    const Stmt stmt(
        rmirror_stmt_parse(RMIRROR_FORMAT_TEXT, golden.text.c_str(), nullptr, err.get()));
    corpus.add("json", golden.name, written(stmt, RMIRROR_FORMAT_JSON, err));
}

std::string attribute(std::uint16_t type, const std::string &payload) {
    const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + payload.size()), type};
    return std::string(reinterpret_cast<const char *>(&header), sizeof header) + payload;
}

// A rule as a dump has it, with what it has counted
void add_counters(Corpus &corpus) {
    std::string counters;
    for (std::uint16_t id = 1; id <= NFTA_RMIRROR_COUNTER_MAX; id++)
        counters += attribute(id, "\0\0\0\0\0\0\1\2"s);
    for (const std::string &some : {counters, counters.substr(0, 4 * 12)})
        corpus.add("kernel_rule", "counters-" + std::to_string(some.size()),
                   attribute(NFTA_RMIRROR_ADDR, "\12\0\0\5"s) +
                       attribute(NFTA_RMIRROR_EXT | NLA_F_NESTED,
                                 attribute(NFTA_RMIRROR_EXT_COUNTERS | NLA_F_NESTED, some)));
}

std::string as_text(const rmirror::test::Bytes &bytes) {
    return {bytes.begin(), bytes.end()};
}

// A length of two bytes, and the packet
std::string in_series(const rmirror::test::Bytes &packet) {
    const auto size = static_cast<unsigned>(packet.size());
    return std::string{static_cast<char>(size >> 8), static_cast<char>(size)} + as_text(packet);
}

constexpr std::size_t first_piece = 20 + 32;  // bytes of an IPv4 header, and of what it carries

// An IPv4 packet in two pieces, of which it has enough
std::string in_fragments(rmirror::test::Bytes packet) {
    rmirror::test::Bytes second(packet.begin(), packet.begin() + 20);
    second.insert(second.end(), packet.begin() + first_piece, packet.end());
    packet.resize(first_piece);
    packet[3] = first_piece;
    packet[2] = 0;
    packet[6] = 0x20;
    second[2] = static_cast<std::uint8_t>(second.size() >> 8);
    second[3] = static_cast<std::uint8_t>(second.size());
    second[7] = 32 / 8;
    return in_series(packet) + in_series(second);
}

void add_packet(Corpus &corpus, const rmirror::test::GoldenPacket &golden) {
    const rmirror::test::Bytes packet = rmirror::test::fill(golden.copy, {});
    const bool ipv4 = packet[0] >> 4 == 4;
    const bool gre = packet[ipv4 ? 9 : 6] == 47;
    const std::string payload = as_text(packet).substr(ipv4 ? 20 : 40);
    corpus.add("copy", golden.name, std::string(1, gre ? 0 : 1) + payload);
    for (char kind = 2; kind < 5 && !gre; kind++)
        corpus.add("copy", golden.name + '-' + std::to_string(+kind),
                   std::string(1, kind) + payload.substr(8));
    corpus.add("packets", golden.name, in_series(packet) + in_series(packet));
    if (ipv4 && packet.size() > first_piece)
        corpus.add("packets", golden.name + "-fragments", in_fragments(packet));
}

// A frame at a hook of the kernel: what stands before it is struct scene_input of kernel/scene.h.
std::string at_hook(char hook, char device, const std::string &frame) {
    const char ethernet = 14;
    const char linear = 127;
    const char headroom = 32;
    return std::string{hook, device, device, 0, 0, ethernet, linear, 0, headroom} +
           std::string(8, '\0') + frame;
}

// Longer than one buffer of a copy, in pages
std::string long_frame(const std::string &frame) {
    constexpr std::size_t rest = 3000;
    return frame + std::string(rest, 'x');
}

// Anywhere a guest may have its checksum start: struct superframe_input of kernel/segment.c
const std::string hostile = "\1\0\0\0\0\2\0\0\74\1\0\0\0\0\0\0\0\0\0\0\42\20"s;

// The frame that is mirrored, and the copy as a frame, at an ingress, a bridge and a hook of IP
void add_frames(Corpus &corpus, const rmirror::test::GoldenPacket &golden) {
    const rmirror::test::Bytes copy = rmirror::test::fill(golden.copy, {});
    const std::string type = copy[0] >> 4 == 4 ? "\x08" : "\x86\xdd";
    const std::string outer = std::string(12, '\2') + type + (type.size() == 1 ? "\0"s : ""s);
    const std::string frame = as_text(rmirror::test::fill(golden.send, {}));
    if (golden.name == "gre") {
        corpus.add("kernel_packet", "long", at_hook(0, 1, long_frame(frame)));
        const std::string past_head = hostile.substr(0, hostile.size() - 2) + "\310\74";
        corpus.add("kernel_segment", "long", past_head + at_hook(0, 1, long_frame(frame)));
    }
    for (const char hook : {'\0', '\5', '\12', '\17'}) {
        const std::string name = golden.name + '-' + std::to_string(+hook);
        corpus.add("kernel_packet", name, at_hook(hook, 1, frame));
        corpus.add("kernel_packet", name + "-copy", at_hook(hook, 9, outer + as_text(copy)));
        corpus.add("kernel_segment", name, hostile + at_hook(hook, 1, frame));
    }
}

// Sound superframes: struct superframe_input of kernel/segment.c, and a payload
void add_superframes(Corpus &corpus) {
    constexpr std::size_t payload = 700;
    for (const char sort : {'\0', '\2', '\4', '\6', '\10', '\20', '\32'}) {
        const std::string input = sort + "\1\1\1\17\0\144\0\120\1\0\0\144\10\1\2\3\4\0\1\0\0"s;
        corpus.add("kernel_segment", "sound-" + std::to_string(+sort),
                   input + std::string(payload, 'x'));
    }
}

// Bytes in hexadecimal, a comment behind a `#`
std::string read_hex(const std::filesystem::path &path) {
    std::ifstream file(path);
    std::string bytes;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line.substr(0, line.find('#')));
        for (unsigned byte = 0; words >> std::hex >> byte;)
            bytes += static_cast<char>(byte);
        if (!words.eof())
            throw std::runtime_error(path.string() + ": no byte: " + line);
    }
    return bytes;
}

// What broke a harness once: HARNESS-WHY.hex
void add_found(Corpus &corpus) {
    for (const auto &entry :
         std::filesystem::directory_iterator(RMIRROR_SOURCE_DIR "/tests/fuzz/found")) {
        const std::string name = entry.path().stem();
        corpus.add(name.substr(0, name.find('-')), name, read_hex(entry.path()));
    }
}

}  // namespace

int main(int argc, char *argv[]) {
    if (argc != 2) {
        std::cerr << "usage: make_corpus DIRECTORY\n";
        return 2;
    }
    try {
        Corpus corpus(argv[1]);
        const auto all = rmirror::test::read_golden_netlink();
        for (const auto &golden : all)
            add_statement(corpus, golden);
        for (const auto &golden : rmirror::test::read_golden_packets()) {
            add_packet(corpus, golden);
            add_frames(corpus, golden);
        }
        add_counters(corpus);
        add_superframes(corpus);
        add_found(corpus);
        return all.empty() ? 1 : 0;
    } catch (const std::exception &error) {
        std::cerr << "make_corpus: " << error.what() << '\n';
        return 1;
    }
}
