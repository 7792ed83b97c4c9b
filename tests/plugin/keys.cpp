// SPDX-License-Identifier: GPL-2.0-only
//
// Keys, of the packet and of a map for the collector, as each version of nft and each machine has
// them: they are taken and come back as written, or are refused.
#include "expressions.hpp"

namespace rmirror::test {

namespace {

// There a number of 8 or 16 bits is in the upper bits of its register. It is shifted into another
// one, which a listing does not show; a shift of the user's stays in its register.
TEST_F(PluginExpressions, OnBigEndianMachinesShortKeysAreShifted) {
    struct Key {
        const char *expression;
        const char *shift;  // nullptr: none
    };
    const How how{.plugin_dir = RMIRROR_BIG_ENDIAN_DIR};
    for (const auto &[expression, shift] :
         {Key{"th dport", "10"}, Key{"meta l4proto", "18"}, Key{"@th,0,8", "18"},
          Key{"iif", nullptr}, Key{"iif map @k", nullptr}, Key{"meta mark >> 8", nullptr},
          Key{"jhash iif mod 8", nullptr}}) {
        for (const char *collector : {"10.0.0.5", "ip saddr map @m"}) {
            const std::string rule =
                std::string("rmirror to ") + collector + " key " + expression + " len 60 accept";
            const std::string sent = nft("-c --debug=netlink add rule inet t c " + rule, how).out;
            const std::size_t at = sent.rfind("[ bitwise reg");
            const std::string line =
                at == sent.npos ? std::string() : sent.substr(at, sent.find('\n', at) - at);
            // libnftnl 1.3 prints numbers in network order where nothing says that they are not.
            if (shift)
                EXPECT_TRUE(line.ends_with(std::string(" >> 0x000000") + shift + " ) ]") ||
                            line.ends_with(std::string(" >> 0x") + shift + "000000 ) ]"))
                    << sent;
            else
                EXPECT_EQ(line.find(">> 0x00000010") + line.find(">> 0x00000018"), 2 * line.npos)
                    << sent;
            nft("flush chain inet t c");
            EXPECT_EQ(nft("add rule inet t c " + rule, how).err, "");
            EXPECT_EQ(listed("inet"), as_listed({"inet", rule.c_str()}) + '\n');
            // In JSON, and by a plugin that would not have sent it
            const std::string before = ruleset();
            How json = how;
            json.input = nft("-j list ruleset", how).out;
            nft("flush ruleset");
            EXPECT_EQ(nft("-j -f -", json).err, "");
            EXPECT_EQ(ruleset(), before);
        }
    }
}

// A key of some bits: nft 1.0.6 masks them, 1.1 does not and would look up something else.
TEST_F(PluginExpressions, KeysOfSomeBitsAreMaskedOrRefused) {
    Outcome outcome = nft("add rule ip t c rmirror to ip dscp map { 5 : 10.0.0.5 }");
    if (outcome.status == 0) {
        EXPECT_EQ(listed("ip"), "rmirror ip to ip dscp map { 0x05 : 10.0.0.5 }\n");
        EXPECT_NE(sent("ip", "rmirror to ip dscp map { 5 : 10.0.0.5 }").find("bitwise"),
                  std::string::npos);
    } else {
        EXPECT_EQ(
            outcome.err,
            "Error: rmirror: this nft cannot take some bits of a header (vlan id, ip dscp) for "
            "the key of a collector: write a rule for each value; nothing was applied\n");
        EXPECT_EQ(listed("ip"), "");
    }
}

constexpr const char *mask_and_shift =
    "nft does not list (FIELD & MASK) >> NUMBER, which some bits of a header are, too, as it reads "
    "them: take one operation, on whole bytes; nothing was applied\n";

// What depends on the version of nft: it is refused, or what is listed loads again.
TEST_F(PluginExpressions, WhatOneNftCannotSayIsRefusedByIt) {
    const std::pair<const char *, std::string> cases[] = {
        {"rmirror to fib saddr type map { local : 10.0.0.5 }",
         " (a stock nft does not take the collector from this)\n"},
        {"rmirror to 10.0.0.5 key (tcp sport & 0xff0) >> 4", mask_and_shift},
    };
    for (const auto &[rule, why] : cases) {
        const Outcome outcome = nft(std::string("add rule inet t c ") + rule);
        const std::string listing = listed("inet");
        if (outcome.status == 0) {
            nft("flush chain inet t c");
            EXPECT_EQ(nft("add rule inet t c " + listing).err, "");
            EXPECT_EQ(listed("inet"), listing);
            nft("flush chain inet t c");
        } else {
            EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
            EXPECT_EQ(listing, "");
        }
    }
}

// nft 1.1 says in a line of its own what it expected.
TEST_F(PluginExpressions, KeysThatNftCannotReadAreRefused) {
    const std::string before = "add rule inet t c rmirror to 10.0.0.5 key ";
    std::string err = nft(before + "ct").err;
    EXPECT_EQ(first_line(err), "Error: syntax error, the key is not complete");
    EXPECT_TRUE(err.ends_with(before + "ct\n" + std::string(before.size() + 1, ' ') + "^\n"))
        << err;
    err = nft(before + "iif lne 60").err;
    EXPECT_EQ(first_line(err), "Error: syntax error, unexpected string");
    EXPECT_TRUE(
        err.ends_with(before + "iif lne 60\n" + std::string(before.size() + 4, ' ') + "^^^\n"))
        << err;
}

TEST_F(PluginExpressions, KeysThatAreNoNumbersAreRefused) {
    const std::string what = "Error: rmirror: ";
    for (const char *key : {"iifname", "ct bytes", "ip6 saddr"})
        EXPECT_EQ(nft(std::string("add rule inet t c rmirror to 10.0.0.5 key ") + key).err,
                  what +
                      "the key is a number of 8, 16 or 32 bits, which this is not; nothing was "
                      "applied\n")
            << key;
    EXPECT_EQ(nft("add rule bridge t c rmirror to 10.0.0.5 encap vxlan key vlan id").err,
              what +
                  "this nft cannot take some bits of a header (vlan id, ip dscp) for a key: "
                  "write a rule for each value; nothing was applied\n");
    // nft shifts these as they stand in the header.
    for (const char *key : {"@th,0,12", "@th,4,8"}) {
        const std::string err =
            nft(std::string("add rule inet t c rmirror to 10.0.0.5 key ") + key).err;
        EXPECT_TRUE(err == what +
                               "this nft cannot take some bits of a header (vlan id, ip dscp) for "
                               "a key: write a rule for each value; nothing was applied\n" ||
                    err == what + mask_and_shift)
            << err;
    }
    EXPECT_EQ(listed("inet") + listed("bridge"), "");
}

}  // namespace

}  // namespace rmirror::test
