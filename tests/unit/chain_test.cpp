// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror-chain: its statement is that of the other front ends, in text and in bytes.
#include <gtest/gtest.h>
#include <linux/netfilter.h>

#include <array>
#include <cstring>

extern "C" {
#include "chain/attributes.h"
#include "chain/chain.h"
}
#include "statement_generator.hpp"
#include "support/golden_netlink.hpp"

namespace rmirror::test {
namespace {

struct Parsed {
    bool good = false;
    xt_rmirror_tginfo_v1 info{};
    std::string error;
};

Parsed parse(const std::string &text) {
    Parsed parsed;
    std::array<char, RMIRROR_TEXT_MAX> error{};
    parsed.good = statement_parse(text.c_str(), &parsed.info, error.data());
    parsed.error = error.data();
    return parsed;
}

std::string printed(const xt_rmirror_tginfo_v1 &info) {
    std::array<char, STATEMENT_TEXT_MAX> text{};
    statement_print(&info, text.data());
    return text.data();
}

Bytes attributes(const xt_rmirror_tginfo_v1 &info) {
    alignas(nlmsghdr) std::array<char, 1024> buffer{};
    nlmsghdr *nlh = mnl_nlmsg_put_header(buffer.data());
    attributes_put(nlh, &info);
    const auto *payload = static_cast<const std::uint8_t *>(mnl_nlmsg_get_payload(nlh));
    return {payload, payload + mnl_nlmsg_get_payload_len(nlh)};
}

// Reads them back, as of a dump.
bool read(const Bytes &bytes, xt_rmirror_tginfo_v1 *info) {
    alignas(nlmsghdr) std::array<char, 1024> buffer{};
    nlmsghdr *nlh = mnl_nlmsg_put_header(buffer.data());
    nlattr *nest = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
    std::memcpy(mnl_nlmsg_get_payload_tail(nlh), bytes.data(), bytes.size());
    nlh->nlmsg_len += static_cast<std::uint32_t>(bytes.size());
    mnl_attr_nest_end(nlh, nest);
    return attributes_get(nest, info);
}

class ChainGolden : public testing::TestWithParam<GoldenNetlink> {};

TEST_P(ChainGolden, EncodesToTheBytes) {
    const GoldenNetlink &golden = GetParam();
    if (golden.text.empty())
        return;
    const Parsed parsed = parse(golden.text);
    ASSERT_TRUE(parsed.good) << parsed.error;
    EXPECT_EQ(hex(attributes(parsed.info)), hex(golden.bytes)) << golden.text;
}

TEST_P(ChainGolden, DecodesToTheText) {
    const GoldenNetlink &golden = GetParam();
    xt_rmirror_tginfo_v1 info;
    ASSERT_EQ(read(golden.bytes, &info), !golden.text.empty());
    if (!golden.text.empty()) {
        EXPECT_EQ(printed(info), golden.prints);
    }
}

INSTANTIATE_TEST_SUITE_P(Files, ChainGolden, testing::ValuesIn(read_golden_netlink()),
                         [](const auto &file) { return file.param.name; });

TEST(Chain, IsTheStatementOfTheLibrary) {
    for (std::uint64_t seed = 1; seed <= 2000 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const Statement statement = Generator(seed).statement();
        const std::string text = to_text(statement);
        const Parsed parsed = parse(text);
        ASSERT_TRUE(parsed.good) << text << ": " << parsed.error;
        EXPECT_EQ(hex(attributes(parsed.info)), hex(encode(statement))) << text;
        EXPECT_EQ(printed(parsed.info), text);
    }
}

// What the library refuses is refused here, and nothing else is: texts that are nearly right.
TEST(Chain, RefusesWhatTheLibraryRefuses) {
    int refused = 0;
    for (std::uint64_t seed = 1; seed <= 4000 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Generator generator(seed);
        std::string text = to_text(generator.statement());
        // Another word in the place of one of them: other options' words and values
        const std::string other = to_text(generator.statement());
        const std::size_t from = text.rfind(' ');
        const std::size_t other_from = other.rfind(' ');
        // (A name that is a word of the language is for nft to quote.)
        if (text.rfind(" device", from - 1) == from - 7)
            continue;
        text.replace(from, std::string::npos, other, other_from, std::string::npos);
        const auto wanted = parse_text(text);
        const Parsed parsed = parse(text);
        // (A text that goes on behind the statement is the library's to accept.)
        const bool whole = wanted && wanted->span.end == text.size();
        EXPECT_EQ(parsed.good, whole) << text << ": " << parsed.error;
        refused += parsed.good ? 0 : 1;
    }
    EXPECT_GT(refused, 1000);
}

TEST(Chain, ErrorsNameTheWordAndTheRange) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", "expected 'rmirror' instead of ''"},
        {"dup to 10.0.0.5", "expected 'rmirror' instead of 'dup'"},
        {"rmirror 10.0.0.5", "expected 'to' and a collector after 'rmirror'"},
        {"rmirror ip6 10.0.0.5", "expected 'to' and a collector after 'ip6'"},
        {"rmirror ip6 to 10.0.0.5",
         "invalid collector '10.0.0.5', expected an IPv6 address after 'ip6'"},
        {"rmirror to", "missing collector, expected an IPv4 or IPv6 address"},
        {"rmirror to localhost", "invalid collector 'localhost', expected an IPv4 or IPv6 address"},
        {"rmirror to 0.0.0.0", "invalid collector '0.0.0.0', the unspecified address is nobody's"},
        {"rmirror to 10.0.0.5 len", "missing value after 'len'"},
        {"rmirror to 10.0.0.5 len 13", "invalid len '13', expected 14..65535"},
        {"rmirror to 10.0.0.5 key 1024 encap erspan",
         "invalid key '1024', expected 0..1023 with encap erspan"},
        {"rmirror to 10.0.0.5 key 1 encap tzsp",
         "'key' does not belong to encap tzsp, only to gre, erspan, erspan3, vxlan, geneve"},
        {"rmirror to 10.0.0.5 seq seq", "repeated option 'seq'"},
        {"rmirror to 10.0.0.5 to 10.0.0.6", "repeated 'to', a statement has one collector"},
        {"rmirror to 10.0.0.5 encap gretap",
         "invalid encap 'gretap', expected one of gre, erspan1, erspan, erspan3, vxlan, geneve, "
         "tzsp, none"},
        // To nft it is a wildcard.
        {"rmirror to 10.0.0.5 device \"eth*\"",
         "invalid device 'eth*', expected a name of 1..15 bytes without white space, '/', ':' and "
         "'\"'"},
        {"rmirror to 10.0.0.5 device \xff\x1b[0m",
         "invalid device '??[0m', expected a name of 1..15 bytes without white space, '/', ':' and "
         "'\"'"},
        {"rmirror to 10.0.0.5 len " + std::string(70, '1'),
         "invalid len '" + std::string(64, '1') + "...', expected 14..65535"},
        {"rmirror to 10.0.0.5 vni 7",
         "unknown option 'vni', expected one of encap, key, len, mtu, ttl, dscp, from, device, "
         "mark, port, seq, platform, metadata"},
        {"rmirror to 10.0.0.5 from 2001:db8::1",
         "invalid from '2001:db8::1', expected an IPv4 address, as the collector"},
    };
    for (const auto &[text, message] : cases) {
        const Parsed parsed = parse(text);
        EXPECT_FALSE(parsed.good) << text;
        EXPECT_EQ(parsed.error, message) << text;
    }
}

TEST(Chain, ALineIsAPlaceAndAStatement) {
    chain line;
    std::array<char, CHAIN_ERROR_MAX> error{};
    ASSERT_TRUE(
        chain_parse(" netdev rmirror mirror-lan-1\trmirror to 10.0.0.5\n", &line, error.data()))
        << error.data();
    EXPECT_EQ(line.family, NFPROTO_NETDEV);
    EXPECT_STREQ(line.table, "rmirror");
    EXPECT_STREQ(line.name, "mirror-lan-1");
    EXPECT_EQ(printed(line.statement), "rmirror to 10.0.0.5");

    const std::vector<std::pair<std::string, std::string>> cases = {
        {"ipx t c rmirror to 10.0.0.5",
         "invalid family 'ipx', expected ip, ip6, inet, arp, bridge or netdev"},
        {"inet", "invalid name of a table ''"},
        {"inet 1t c rmirror to 10.0.0.5", "invalid name of a table '1t'"},
        {"inet t c{ rmirror to 10.0.0.5", "invalid name of a chain 'c{'"},
        {"inet t " + std::string(256, 'c') + " rmirror to 10.0.0.5", "invalid name of a chain"},
        {"inet t c", "expected 'rmirror' instead of ''"},
    };
    for (const auto &[text, message] : cases) {
        EXPECT_FALSE(chain_parse(text.c_str(), &line, error.data())) << text;
        EXPECT_NE(std::string(error.data()).find(message), std::string::npos) << error.data();
    }
}

}  // namespace
}  // namespace rmirror::test
