// SPDX-License-Identifier: GPL-2.0-only
//
// Each golden copy becomes the frame that made it.
#include "support/golden_packet.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "collector/support.hpp"
#include "support/hexdump.hpp"
#include "support/words.hpp"

namespace rmirror::collector {
namespace {

// The word behind an option of the statement, or a default
std::string word_behind(const std::string &statement, const std::string &option,
                        const std::string &otherwise) {
    std::istringstream words(statement);
    for (std::string word; words >> word;)
        if (word == option && words >> word)
            return word;
    return otherwise;
}

bool has_word(const std::string &statement, const std::string &wanted) {
    std::istringstream words(statement);
    for (std::string word; words >> word;)
        if (word == wanted)
            return true;
    return false;
}

std::string expected_stream(const std::string &statement) {
    const bool ipv6 = statement.find(" to fd00::5") != std::string::npos;
    const std::string encap = word_behind(statement, "encap", "gre");
    const std::uint32_t bit = test::encap_bit(encap);
    const bool is_gre_key = (bit & RMIRROR_E_GRE_KEY) != 0;
    const std::string key = word_behind(statement, "key", is_gre_key ? "" : "0");
    std::string text = word_behind(statement, "from", ipv6 ? "fd00::1" : "10.0.0.1") + " " + encap;
    if ((bit & RMIRROR_E_KEY) == 0 || key.empty())
        return text;
    if (is_gre_key)
        return text + " key " + key;
    return text + (encap.starts_with("erspan") ? " session " : " vni ") + key;
}

class CollectorGolden : public ::testing::TestWithParam<test::GoldenPacket> {};

TEST_P(CollectorGolden, CopyIsTheFrame) {
    const test::GoldenPacket &golden = GetParam();
    ReceiverOptions options;
    const std::string port = word_behind(golden.statement, "port", "");
    for (unsigned i = 0; i < options.ports.size() && !port.empty(); i++)
        if (word_behind(golden.statement, "encap", "gre") ==
            encap_word(static_cast<rmirror_encap>(i)))
            options.ports[i] = static_cast<std::uint16_t>(std::stoul(port));
    Bench bench(options);
    const test::Bytes packet = test::fill(golden.copy, {});
    bench.packet(packet, 1'700'000'000'000'000'000);
    ASSERT_EQ(bench.sink.frames.size(), 1U) << bench.receiver.counts().malformed << " malformed";

    const KeptFrame &frame = bench.sink.frames[0];
    const test::Bytes sent = test::fill(golden.send, {});
    ASSERT_LE(frame.bytes.size(), sent.size());
    EXPECT_TRUE(test::same_bytes(test::ByteView(sent).first(frame.bytes.size()), frame.bytes));
    EXPECT_EQ(frame.stream, expected_stream(golden.statement));
    // Of a cut frame the outer header, or the IP header in it, tells; not of one that ends before.
    if (frame.bytes.size() > 20) {
        EXPECT_EQ(frame.cut, frame.bytes.size() < sent.size());
        EXPECT_EQ(frame.original_length, sent.size());
    }
    const bool metadata = has_word(golden.statement, "metadata");
    EXPECT_EQ(frame.direction, has_word(golden.statement, "erspan3") || metadata
                                   ? Direction::in
                                   : Direction::unknown);
    // The golden times are 0.
    EXPECT_EQ(bench.notices.empty(), !metadata &&
                                         frame.stream.find("erspan3") == std::string::npos &&
                                         frame.stream.find("tzsp") == std::string::npos);
}

// However short it is, it is refused or a shorter frame, and never read beyond (AddressSanitizer
// sees it).
TEST_P(CollectorGolden, EveryShorterPacketIsHandled) {
    const test::Bytes packet = test::fill(GetParam().copy, {});
    for (std::size_t size = 0; size < packet.size(); size++) {
        Bench bench;
        const test::Bytes shorter(packet.begin(),
                                  packet.begin() + static_cast<std::ptrdiff_t>(size));
        bench.packet(shorter);
        // The outer header says how long it is.
        EXPECT_TRUE(bench.sink.frames.empty()) << size;
        EXPECT_EQ(bench.receiver.counts().malformed, 1U) << size;
    }
}

INSTANTIATE_TEST_SUITE_P(Files, CollectorGolden, ::testing::ValuesIn(test::read_golden_packets()),
                         [](const auto &param_info) { return param_info.param.name; });

}  // namespace
}  // namespace rmirror::collector
