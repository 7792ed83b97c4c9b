// SPDX-License-Identifier: GPL-2.0-only
#include "support/pcap_writer.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/hexdump.hpp"

namespace rmirror::test {
namespace {

TEST(PcapWriter, WritesHeaderAndRecord) {
    const std::string path = ::testing::TempDir() + "pcap_writer_test.pcap";
    PcapWriter(path).write(from_hex("aabbcc"), std::chrono::microseconds(2'000'003));
    std::ifstream file(path, std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(same_bytes(from_hex("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"
                                    "02000000 03000000 03000000 03000000 aabbcc"),
                           bytes));
    std::filesystem::remove(path);
}

TEST(PcapWriter, ThrowsWhereNoFileCanBe) {
    EXPECT_THROW(PcapWriter("/nonexistent/file.pcap"), std::runtime_error);
}

}  // namespace
}  // namespace rmirror::test
