// SPDX-License-Identifier: GPL-2.0-only
#include "support/pcap_writer.hpp"

#include <stdexcept>

namespace rmirror::test {
namespace {

constexpr std::uint32_t magic_microseconds = 0xa1b2c3d4;
constexpr std::uint32_t max_frame = 262144;
constexpr std::uint32_t linktype_ethernet = 1;

}  // namespace

PcapWriter::PcapWriter(const std::string &path) : file_(path, std::ios::binary) {
    put32(magic_microseconds);
    put16(2);  // version 2.4
    put16(4);
    put32(0);  // time zone, accuracy: always 0
    put32(0);
    put32(max_frame);
    put32(linktype_ethernet);
    if (!file_.flush())
        throw std::runtime_error("cannot write " + path);
}

void PcapWriter::write(ByteView frame, std::chrono::microseconds time) {
    put32(static_cast<std::uint32_t>(time.count() / 1'000'000));
    put32(static_cast<std::uint32_t>(time.count() % 1'000'000));
    put32(static_cast<std::uint32_t>(frame.size()));  // captured, and on the wire
    put32(static_cast<std::uint32_t>(frame.size()));
    file_.write(reinterpret_cast<const char *>(frame.data()),
                static_cast<std::streamsize>(frame.size()));
    file_.flush();
}

void PcapWriter::put32(std::uint32_t value) {
    file_.write(reinterpret_cast<const char *>(&value), sizeof(value));
}

void PcapWriter::put16(std::uint16_t value) {
    file_.write(reinterpret_cast<const char *>(&value), sizeof(value));
}

}  // namespace rmirror::test
