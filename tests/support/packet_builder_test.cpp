// SPDX-License-Identifier: GPL-2.0-only
// The golden bytes were checked with tshark, which found every checksum and length right.
#include "support/packet_builder.hpp"

#include <gtest/gtest.h>

#include "support/hexdump.hpp"

namespace rmirror::test {
namespace {

struct GoldenPacket {
    const char *name;
    PacketBuilder builder;
    const char *hex;
};

PacketBuilder frame() {
    return PacketBuilder().eth(mac("02:00:00:00:01:01"), mac("02:00:00:00:01:02"));
}

const Ipv4Fields ipv4_fields{.source = ipv4("10.1.0.1"),
                             .destination = ipv4("10.0.0.5"),
                             .id = 0x1234,
                             .dont_fragment = true};
const Ipv6Fields ipv6_fields{.source = ipv6("fd00:1::1"),
                             .destination = ipv6("fd00::5"),
                             .traffic_class = 0xb8,
                             .flow_label = 0x12345};

const GoldenPacket golden_packets[] = {
    {"Ipv4UdpOddLength", frame().ipv4(ipv4_fields).udp(1000, 53).payload(5),
     "020000000102 020000000101 0800"
     "45000021123440004011 1492 0a010001 0a000005"
     "03e8 0035 000d e1ac 0001020304"},
    {"VlanIpv4TcpWithOptions",
     frame()
         .vlan(7, 3)
         .ipv4(ipv4_fields)
         .tcp({.source = 1,
               .destination = 80,
               .sequence = 0x01020304,
               .acknowledgement = 0x05060708,
               .flags = 0x18,
               .options = from_hex("020405b4")})
         .payload(3),
     "020000000102 020000000101 8100 6007 0800"
     "4500002f123440004006 148f 0a010001 0a000005"
     "0001 0050 01020304 05060708 6018 ffff 71a1 0000 020405b4 000102"},
    {"QinqIpv6Udp", frame().vlan(100, 0, 0x88a8).vlan(7).ipv6(ipv6_fields).udp(1000, 53).payload(4),
     "020000000102 020000000101 88a8 0064 8100 0007 86dd"
     "6b812345 000c 11 40 fd000001000000000000000000000001 fd000000000000000000000000000005"
     "03e8 0035 000c ffac 00010203"},
    {"Ipv4Icmp", frame().ipv4(ipv4_fields).icmp_echo(1, 2).payload(8),
     "020000000102 020000000101 0800"
     "45000024123440004001 149f 0a010001 0a000005"
     "0800 ebec 0001 0002 0001020304050607"},
    {"Ipv6Icmp", frame().ipv6(ipv6_fields).icmp_echo(1, 2).payload(8),
     "020000000102 020000000101 86dd"
     "6b812345 0010 3a 40 fd000001000000000000000000000001 fd000000000000000000000000000005"
     "8000 7999 0001 0002 0001020304050607"},
    {"GreWithKeyAndInnerFrame",
     frame()
         .ipv4(ipv4_fields)
         .gre({.key = 5u, .sequence = 9u})
         .eth(mac("02:00:00:00:01:02"), mac("02:00:00:00:01:01"))
         .ipv6(ipv6_fields)
         .tcp({.source = 1, .destination = 2}),
     "020000000102 020000000101 0800"
     "4500006a12344000402f 142b 0a010001 0a000005"
     "3000 6558 00000005 00000009"
     "020000000101 020000000102 86dd"
     "6b812345 0014 06 40 fd000001000000000000000000000001 fd000000000000000000000000000005"
     "0001 0002 00000000 00000000 5010 ffff b5c9 0000"},
};

class PacketBuilderGolden : public ::testing::TestWithParam<GoldenPacket> {};

TEST_P(PacketBuilderGolden, BuildsTheBytes) {
    EXPECT_TRUE(same_bytes(from_hex(GetParam().hex), GetParam().builder.build()));
}

INSTANTIATE_TEST_SUITE_P(All, PacketBuilderGolden, ::testing::ValuesIn(golden_packets),
                         [](const auto &test) { return std::string(test.param.name); });

TEST(PacketBuilder, LeavesGivenTypesAlone) {
    const Bytes packet = PacketBuilder()
                             .eth(mac("02:00:00:00:00:01"), mac("02:00:00:00:00:02"), 0x1234)
                             .payload(from_hex("aa"))
                             .build();
    EXPECT_TRUE(same_bytes(from_hex("020000000002 020000000001 1234 aa"), packet));
}

TEST(PacketBuilder, UdpWithoutChecksumHasNone) {
    const Bytes packet = PacketBuilder().ipv4(ipv4_fields).udp_without_checksum(1, 2).build();
    EXPECT_TRUE(same_bytes(from_hex("0001 0002 0008 0000"), ByteView(packet).subspan(20)));
}

// The example of RFC 1071, section 3: the sum of 0001 f203 f4f5 f6f7 is ddf2.
TEST(InternetChecksum, AgreesWithRfc1071) {
    EXPECT_EQ(internet_checksum(from_hex("0001f203f4f5f6f7")), 0xffff - 0xddf2);
}

}  // namespace
}  // namespace rmirror::test
