// SPDX-License-Identifier: GPL-2.0-only
//
// Attributes that are not what the ABI says are refused, never skipped or cut: a later front end
// must be able to trust that what the kernel accepts it also does.
#include <gtest/gtest.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/rmirror.h>
#include <linux/netlink.h>

#include <cerrno>

#include "support/address.hpp"
#include "vm/support/command.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/rule.hpp"

namespace rmirror::vm {
namespace {

// What comes after NFTA_RMIRROR_FLAGS; nf_tables shows an expression numbers up to 16.
constexpr std::uint16_t ext = 15;
constexpr std::uint16_t last = 16;
constexpr std::uint16_t nested = NLA_F_NESTED;

class AttributeTest : public ::testing::Test {
protected:
    AttributeTest() {
        require_command({"modprobe", "nft_rmirror"});
        netns_.nft("table inet t { chain c { type filter hook input priority 0; }; }");
    }

    int add(const std::vector<Attribute> &attributes) {
        std::vector<Attribute> all = {bytes(NFTA_RMIRROR_ADDR, test::ipv4("10.0.0.5"))};
        all.insert(all.end(), attributes.begin(), attributes.end());
        return append_rule(netns_, "t", "c", {{"rmirror", all}});
    }

    void expect_accepted(const std::vector<Attribute> &attributes) {
        const std::size_t before = read_counters(netns_).size();
        EXPECT_EQ(add(attributes), 0);
        EXPECT_EQ(read_counters(netns_).size(), before + 1);
    }

    // Which errno a length has is the business of whoever notices: netlink's policy or the module.
    void expect_refused(const std::vector<Attribute> &attributes) {
        const int error = add(attributes);
        EXPECT_TRUE(error == EINVAL || error == ERANGE || error == EOPNOTSUPP) << "errno " << error;
    }

    NetNs netns_;
};

// A number that is right, with what it needs; then the same with more and fewer bytes
TEST_F(AttributeTest, NumbersHaveFourBytes) {
    const Attribute vxlan = number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_VXLAN);
    const std::vector<std::vector<Attribute>> right = {
        {number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_VXLAN)},
        {number(NFTA_RMIRROR_KEY, 7)},
        {number(NFTA_RMIRROR_LEN, 60)},
        {number(NFTA_RMIRROR_MTU, RMIRROR_MTU_DROP)},
        {number(NFTA_RMIRROR_TTL, 9)},
        {number(NFTA_RMIRROR_DSCP, 8)},
        {number(NFTA_RMIRROR_MARK, 1)},
        {number(NFTA_RMIRROR_PORT, 5555), vxlan},
        {number(NFTA_RMIRROR_FLAGS, RMIRROR_F_SEQ)},
    };
    for (std::vector<Attribute> attributes : right) {
        SCOPED_TRACE("attribute " + std::to_string(attributes[0].type));
        expect_accepted(attributes);
        const test::Bytes value = attributes[0].value;
        for (const std::size_t size : {0U, 1U, 2U, 3U, 5U, 8U, 16U}) {
            SCOPED_TRACE(std::to_string(size) + " bytes");
            attributes[0].value = value;
            attributes[0].value.resize(size);
            expect_refused(attributes);
        }
    }
}

TEST_F(AttributeTest, AddressesHaveFourOrSixteenBytes) {
    expect_accepted({bytes(NFTA_RMIRROR_SADDR, test::ipv4("10.0.0.1"))});
    for (const std::size_t size : {0U, 1U, 3U, 5U, 8U, 15U, 17U, 32U}) {
        SCOPED_TRACE(std::to_string(size) + " bytes");
        const test::Bytes address(size, 10);
        expect_refused({bytes(NFTA_RMIRROR_SADDR, address)});
        EXPECT_NE(append_rule(netns_, "t", "c", {{"rmirror", {bytes(NFTA_RMIRROR_ADDR, address)}}}),
                  0);
    }
}

TEST_F(AttributeTest, RegistersHaveFourBytes) {
    const auto add_register = [this](std::size_t size, std::size_t family_size) {
        Attribute sreg = number(NFTA_RMIRROR_SREG_ADDR, NFT_REG32_00);
        Attribute family = number(NFTA_RMIRROR_FAMILY, 2);
        sreg.value.resize(size);
        family.value.resize(family_size);
        const Expression load = {
            "immediate",
            {number(NFTA_IMMEDIATE_DREG, NFT_REG32_00),
             bytes(NFTA_IMMEDIATE_DATA | nested, test::from_hex("08 00 01 00 0a 00 00 05"))}};
        return append_rule(netns_, "t", "c", {load, {"rmirror", {sreg, family}}});
    };
    EXPECT_EQ(add_register(4, 4), 0);
    EXPECT_NE(add_register(8, 4), 0);
    EXPECT_NE(add_register(4, 8), 0);
    EXPECT_NE(add_register(4, 2), 0);
}

TEST_F(AttributeTest, NamesEndInTheirBytes) {
    const auto name = [](test::ByteView value) { return bytes(NFTA_RMIRROR_OIFNAME, value); };
    expect_accepted({name(test::from_hex("65 74 68 30 00"))});
    expect_refused({name({})});
    expect_refused({name(test::Bytes(64, 'a'))});
    // Two names in one
    expect_refused({name(test::from_hex("65 74 68 30 00 65 74 68 31 00"))});
}

TEST_F(AttributeTest, UnknownOnesAreRefused) {
    const test::Bytes value(5, 0xff);
    expect_refused({bytes(last, value)});
    expect_refused({bytes(last, {})});
    expect_refused({bytes(last | nested, {})});
    expect_refused({number(last, 0)});
    expect_refused({number(NFTA_RMIRROR_FLAGS, 1U << 31)});
}

// Where what is new is: of the nest nothing is overlooked
TEST_F(AttributeTest, TheExtensionIsStrict) {
    const auto inside = [](const char *hex) { return bytes(ext | nested, test::from_hex(hex)); };
    expect_accepted({bytes(ext | nested, {})});
    expect_refused({bytes(ext, {})});
    for (const char *hex : {
             "04 00 01 00",              // attribute 1, empty
             "08 00 01 00 00 00 00 00",  // attribute 1, a number
             "04 00 00 00",              // attribute 0
             "04 00 01 80",              // attribute 1, a nest
             "08 00 ff 3f 00 00 00 00",  // an attribute far above
             "ff ff ff ff ff",           // no attribute
             "00",                       // less than an attribute's header
             "40 00 01 00",              // one that says it is longer than there is
         }) {
        SCOPED_TRACE(hex);
        expect_refused({inside(hex)});
        expect_refused({bytes(ext, test::from_hex(hex))});
    }
}

// As a multicast group, a link-local address needs a device to mean anything.
TEST_F(AttributeTest, LinkLocalCollectorsNeedADevice) {
    for (const char *address : {"fe80::1", "fe80::ff:fe00:5", "febf:ffff::1", "ff02::1"}) {
        SCOPED_TRACE(address);
        const Attribute to = bytes(NFTA_RMIRROR_ADDR, test::ipv6(address));
        EXPECT_EQ(append_rule(netns_, "t", "c", {{"rmirror", {to}}}), EADDRNOTAVAIL);
        EXPECT_EQ(append_rule(netns_, "t", "c",
                              {{"rmirror", {to, number(NFTA_RMIRROR_ENCAP, RMIRROR_ENCAP_NONE)}}}),
                  EADDRNOTAVAIL);
        EXPECT_EQ(
            append_rule(netns_, "t", "c", {{"rmirror", {to, text(NFTA_RMIRROR_OIFNAME, "eth0")}}}),
            0);
    }
    // fec0::/10 was "site local" once; routes lead there.
    EXPECT_EQ(append_rule(netns_, "t", "c",
                          {{"rmirror", {bytes(NFTA_RMIRROR_ADDR, test::ipv6("fec0::1"))}}}),
              0);
}

}  // namespace
}  // namespace rmirror::vm
