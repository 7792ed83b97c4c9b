// SPDX-License-Identifier: GPL-2.0-only
//
// make_corpus DIRECTORY: the golden statements and packets as the inputs that each harness starts
// from, in DIRECTORY/carrier, text, json, netlink, rule, copy and packets.
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "message.hpp"
#include "properties.hpp"
#include "support/golden_netlink.hpp"
#include "support/golden_packet.hpp"

namespace {

using namespace rmirror::fuzz;

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
        for (const auto &golden : rmirror::test::read_golden_packets())
            add_packet(corpus, golden);
        return all.empty() ? 1 : 0;
    } catch (const std::exception &error) {
        std::cerr << "make_corpus: " << error.what() << '\n';
        return 1;
    }
}
