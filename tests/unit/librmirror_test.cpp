// SPDX-License-Identifier: GPL-2.0-only
//
// The C interface of the shared library: objects, attributes, text, JSON, errors.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "librmirror_support.hpp"
#include "support/words.hpp"

namespace rmirror::test {
namespace {

TEST(LibrmirrorErr, IsEmptyUntilSomethingFails) {
    const Err err = make_err();
    EXPECT_STREQ(rmirror_err_message(err.get()), "");
    EXPECT_EQ(parse("rmirror to 10.0.0.5 len 13", err), nullptr);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_STREQ(rmirror_err_message(err.get()), "invalid len '13', expected 14..65535");
    EXPECT_EQ(rmirror_err_begin(err.get()), 24U);
    EXPECT_EQ(rmirror_err_end(err.get()), 26U);

    EXPECT_NE(parse("rmirror to 10.0.0.5", err), nullptr);
    EXPECT_STREQ(rmirror_err_message(err.get()), "");
    EXPECT_EQ(rmirror_err_end(err.get()), 0U);
}

TEST(LibrmirrorErr, MayBeLeftOut) {
    EXPECT_EQ(rmirror_stmt_parse(RMIRROR_FORMAT_TEXT, "rmirror", nullptr, nullptr), nullptr);
    EXPECT_EQ(errno, EINVAL);
    const Stmt empty(rmirror_stmt_alloc());
    EXPECT_EQ(rmirror_stmt_validate(empty.get(), nullptr), -1);
    EXPECT_EQ(rmirror_stmt_set_u32(empty.get(), NFTA_RMIRROR_LEN, 13, nullptr), -1);
}

TEST(LibrmirrorStmt, AFreedNullIsFine) {
    rmirror_stmt_free(nullptr);
    rmirror_err_free(nullptr);
}

TEST(LibrmirrorStmt, IsBuiltAttributeByAttribute) {
    const Stmt stmt(rmirror_stmt_alloc());
    in_addr collector{};
    inet_pton(AF_INET, "10.0.0.5", &collector);
    const Err err = make_err();
    ASSERT_EQ(rmirror_stmt_set_data(stmt.get(), NFTA_RMIRROR_ADDR, &collector, sizeof collector,
                                    err.get()),
              0);
    ASSERT_EQ(rmirror_stmt_set_str(stmt.get(), NFTA_RMIRROR_ENCAP, "erspan3", err.get()), 0);
    ASSERT_EQ(rmirror_stmt_set_u32(stmt.get(), NFTA_RMIRROR_KEY, 7, err.get()), 0);
    ASSERT_EQ(rmirror_stmt_set_str(stmt.get(), NFTA_RMIRROR_DSCP, "ef", err.get()), 0);
    ASSERT_EQ(rmirror_stmt_set_str(stmt.get(), NFTA_RMIRROR_SADDR, "10.0.0.1", err.get()), 0);
    ASSERT_EQ(rmirror_stmt_set_str(stmt.get(), NFTA_RMIRROR_OIFNAME, "eth1", err.get()), 0);
    ASSERT_EQ(rmirror_stmt_set_u32(stmt.get(), NFTA_RMIRROR_FLAGS, RMIRROR_F_PLATFORM, err.get()),
              0);
    ASSERT_EQ(rmirror_stmt_validate(stmt.get(), err.get()), 0) << rmirror_err_message(err.get());
    EXPECT_EQ(text_of(stmt),
              "rmirror to 10.0.0.5 encap erspan3 key 7 dscp ef from 10.0.0.1 device \"eth1\" "
              "platform");
}

TEST(LibrmirrorStmt, GetsWhatIsInForce) {
    const Stmt stmt = parse("rmirror to 2001:db8::5 encap vxlan key 9 device eth1");
    std::size_t size = 0;
    const void *data = rmirror_stmt_get_data(stmt.get(), NFTA_RMIRROR_ADDR, &size);
    ASSERT_EQ(size, 16U);
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, data, text.data(), text.size());
    EXPECT_STREQ(text.data(), "2001:db8::5");
    EXPECT_EQ(rmirror_stmt_get_u32(stmt.get(), NFTA_RMIRROR_ENCAP), RMIRROR_ENCAP_VXLAN);
    EXPECT_STREQ(rmirror_stmt_get_str(stmt.get(), NFTA_RMIRROR_ENCAP), "vxlan");
    EXPECT_EQ(rmirror_stmt_get_u32(stmt.get(), NFTA_RMIRROR_KEY), 9U);
    EXPECT_STREQ(rmirror_stmt_get_str(stmt.get(), NFTA_RMIRROR_OIFNAME), "eth1");

    // defaults
    EXPECT_EQ(rmirror_stmt_get_u32(stmt.get(), NFTA_RMIRROR_PORT), 4789U);
    EXPECT_EQ(rmirror_stmt_get_u32(stmt.get(), NFTA_RMIRROR_TTL), 255U);
    EXPECT_EQ(rmirror_stmt_get_u32(stmt.get(), NFTA_RMIRROR_LEN), 0U);
    EXPECT_STREQ(rmirror_stmt_get_str(stmt.get(), NFTA_RMIRROR_MTU), "resegment");
    EXPECT_EQ(rmirror_stmt_get_data(stmt.get(), NFTA_RMIRROR_SADDR, &size), nullptr);
    EXPECT_EQ(size, 0U);

    // of another type, or unknown
    EXPECT_EQ(rmirror_stmt_get_u32(stmt.get(), NFTA_RMIRROR_OIFNAME), 0U);
    EXPECT_EQ(rmirror_stmt_get_str(stmt.get(), NFTA_RMIRROR_KEY), nullptr);
    EXPECT_EQ(rmirror_stmt_get_data(stmt.get(), NFTA_RMIRROR_KEY, nullptr), nullptr);
    EXPECT_EQ(rmirror_stmt_get_u32(stmt.get(), 999), 0U);
}

TEST(LibrmirrorStmt, EveryAttributeIsSetAndUnset) {
    const Stmt full = parse(
        "rmirror to 10.0.0.5 encap erspan3 key 1 len 60 mtu drop ttl 9 dscp 1 from 10.0.0.1 "
        "device eth0 mark 1 platform");
    for (std::uint16_t attr = NFTA_RMIRROR_ADDR; attr <= NFTA_RMIRROR_FLAGS; ++attr) {
        SCOPED_TRACE(attr);
        const bool given = attr != NFTA_RMIRROR_SREG_ADDR && attr != NFTA_RMIRROR_FAMILY &&
                           attr != NFTA_RMIRROR_PORT;
        EXPECT_EQ(rmirror_stmt_is_set(full.get(), attr), given);
        const Stmt less(rmirror_stmt_clone(full.get()));
        rmirror_stmt_unset(less.get(), attr);
        EXPECT_FALSE(rmirror_stmt_is_set(less.get(), attr));
        EXPECT_EQ(rmirror_stmt_equal(less.get(), full.get()), !given);
    }
    EXPECT_FALSE(rmirror_stmt_is_set(full.get(), NFTA_RMIRROR_FLAGS + 1));
    rmirror_stmt_unset(full.get(), NFTA_RMIRROR_FLAGS + 1);
}

TEST(LibrmirrorStmt, EqualMeansTheSame) {
    const Stmt plain = parse("rmirror to 10.0.0.5");
    const Stmt wordy = parse("rmirror ip to 10.0.0.5 ttl 255 encap gre");
    EXPECT_TRUE(rmirror_stmt_equal(plain.get(), wordy.get()));
    EXPECT_FALSE(rmirror_stmt_equal(plain.get(), parse("rmirror to 10.0.0.5 key 0").get()));
    const Stmt set(rmirror_stmt_clone(plain.get()));
    ASSERT_EQ(rmirror_stmt_set_u32(set.get(), NFTA_RMIRROR_TTL, 255, nullptr), 0);
    EXPECT_TRUE(rmirror_stmt_equal(plain.get(), set.get()));
}

TEST(LibrmirrorStmt, ACollectorInARegisterTakesTheAddressesPlace) {
    const Stmt stmt = parse("rmirror to 10.0.0.5 len 60");
    ASSERT_EQ(rmirror_stmt_set_u32(stmt.get(), NFTA_RMIRROR_SREG_ADDR, NFT_REG_1, nullptr), 0);
    EXPECT_FALSE(rmirror_stmt_is_set(stmt.get(), NFTA_RMIRROR_ADDR));
    EXPECT_EQ(rmirror_stmt_validate(stmt.get(), nullptr), -1);
    ASSERT_EQ(rmirror_stmt_set_u32(stmt.get(), NFTA_RMIRROR_FAMILY, NFPROTO_IPV6, nullptr), 0);
    EXPECT_EQ(rmirror_stmt_validate(stmt.get(), nullptr), 0);
    EXPECT_EQ(rmirror_stmt_get_u32(stmt.get(), NFTA_RMIRROR_SREG_ADDR), NFT_REG_1);
    EXPECT_EQ(rmirror_stmt_get_u32(stmt.get(), NFTA_RMIRROR_FAMILY), NFPROTO_IPV6);
    EXPECT_EQ(rmirror_stmt_get_data(stmt.get(), NFTA_RMIRROR_ADDR, nullptr), nullptr);
    ASSERT_EQ(rmirror_stmt_set_str(stmt.get(), NFTA_RMIRROR_ADDR, "10.0.0.6", nullptr), 0);
    EXPECT_EQ(text_of(stmt), "rmirror to 10.0.0.6 len 60");
}

TEST(LibrmirrorStmt, AKeyInARegisterTakesTheKeysPlace) {
    constexpr std::uint16_t in_register = RMIRROR_STMT_EXT(NFTA_RMIRROR_EXT_SREG_KEY);
    const Stmt stmt = parse("rmirror to 10.0.0.5 encap vxlan key 7");
    EXPECT_FALSE(rmirror_stmt_is_set(stmt.get(), in_register));
    ASSERT_EQ(rmirror_stmt_set_u32(stmt.get(), in_register, NFT_REG_1, nullptr), 0);
    EXPECT_EQ(rmirror_stmt_validate(stmt.get(), nullptr), 0);
    EXPECT_FALSE(rmirror_stmt_is_set(stmt.get(), NFTA_RMIRROR_KEY));
    EXPECT_EQ(rmirror_stmt_get_u32(stmt.get(), in_register), NFT_REG_1);
    EXPECT_EQ(text_of(stmt), "rmirror to 10.0.0.5 encap vxlan key reg 1");
    ASSERT_EQ(rmirror_stmt_set_u32(stmt.get(), NFTA_RMIRROR_KEY, 8, nullptr), 0);
    EXPECT_EQ(text_of(stmt), "rmirror to 10.0.0.5 encap vxlan key 8");
    ASSERT_EQ(rmirror_stmt_set_u32(stmt.get(), in_register, NFT_REG_2, nullptr), 0);
    ASSERT_EQ(rmirror_stmt_set_str(stmt.get(), NFTA_RMIRROR_KEY, "9", nullptr), 0);
    EXPECT_EQ(text_of(stmt), "rmirror to 10.0.0.5 encap vxlan key 9");
    ASSERT_EQ(rmirror_stmt_set_u32(stmt.get(), in_register, 99, nullptr), 0);
    EXPECT_EQ(rmirror_stmt_validate(stmt.get(), nullptr), -1);
    rmirror_stmt_unset(stmt.get(), in_register);
    EXPECT_EQ(text_of(stmt), "rmirror to 10.0.0.5 encap vxlan");
}

struct Refusal {
    std::uint16_t attr;
    const char *word;  // null: set_u32 with number
    std::uint32_t number;
    int code;
    std::string message;
};

TEST(LibrmirrorStmt, SettersRefuseWithRangeOrChoices) {
    const Refusal refusals[] = {
        {NFTA_RMIRROR_LEN, nullptr, 13, ERANGE, "invalid len '13', expected 14..65535"},
        {NFTA_RMIRROR_TTL, "256", 0, ERANGE, "invalid ttl '256', expected 1..255"},
        {NFTA_RMIRROR_TTL, "x", 0, EINVAL, "invalid ttl 'x', expected 1..255"},
        {NFTA_RMIRROR_ENCAP, "gtp", 0, EINVAL,
         "invalid encap 'gtp', expected one of " + listed_encaps()},
        {NFTA_RMIRROR_MTU, nullptr, __RMIRROR_MTU_MAX, ERANGE,
         "invalid mtu '4', expected one of resegment, fragment, truncate, drop"},
        {NFTA_RMIRROR_FLAGS, nullptr, RMIRROR_F_MASK + 1, ERANGE,
         "unknown flags " + std::to_string(RMIRROR_F_MASK + 1)},
        {NFTA_RMIRROR_ADDR, "10.0.0.500", 0, EINVAL,
         "invalid collector '10.0.0.500', expected an IPv4 or IPv6 address"},
        {NFTA_RMIRROR_SADDR, "eth0", 0, EINVAL,
         "invalid from 'eth0', expected an IPv4 or IPv6 address"},
        {NFTA_RMIRROR_OIFNAME, "a/b", 0, EINVAL,
         "invalid device 'a/b', expected a name of 1..15 bytes without white space, '/', ':' and "
         "'\"'"},
        {NFTA_RMIRROR_OIFNAME, nullptr, 1, EINVAL, "attribute 11 is not a number"},
        {NFTA_RMIRROR_ADDR, nullptr, 1, EINVAL, "attribute 1 is not a number"},
        {NFTA_RMIRROR_FLAGS, "seq", 0, EINVAL, "attribute 14 is not a word"},
        {99, nullptr, 1, EINVAL, "attribute 99 is not a number"},
    };
    const Stmt stmt(rmirror_stmt_alloc());
    const Err err = make_err();
    for (const Refusal &refusal : refusals) {
        SCOPED_TRACE(refusal.message);
        errno = 0;
        EXPECT_EQ(refusal.word == nullptr
                      ? rmirror_stmt_set_u32(stmt.get(), refusal.attr, refusal.number, err.get())
                      : rmirror_stmt_set_str(stmt.get(), refusal.attr, refusal.word, err.get()),
                  -1);
        EXPECT_EQ(errno, refusal.code);
        EXPECT_EQ(rmirror_err_message(err.get()), refusal.message);
    }
    EXPECT_TRUE(rmirror_stmt_equal(stmt.get(), Stmt(rmirror_stmt_alloc()).get()));

    EXPECT_EQ(rmirror_stmt_set_data(stmt.get(), NFTA_RMIRROR_ADDR, "abc", 3, err.get()), -1);
    EXPECT_STREQ(rmirror_err_message(err.get()), "invalid address, expected 4 or 16 bytes, got 3");
    EXPECT_EQ(rmirror_stmt_set_data(stmt.get(), NFTA_RMIRROR_LEN, "abcd", 4, err.get()), -1);
    EXPECT_STREQ(rmirror_err_message(err.get()), "attribute 6 is not an address");
}

TEST(LibrmirrorStmt, ValidateSeesWhatDoesNotGoTogether) {
    const Err err = make_err();
    const Stmt stmt = parse("rmirror to 10.0.0.5 encap erspan");
    ASSERT_EQ(rmirror_stmt_set_u32(stmt.get(), NFTA_RMIRROR_KEY, 1024, nullptr), 0);
    EXPECT_EQ(rmirror_stmt_validate(stmt.get(), err.get()), -1);
    EXPECT_STREQ(rmirror_err_message(err.get()),
                 "invalid key '1024', expected 0..1023 with encap erspan");
    ASSERT_EQ(rmirror_stmt_set_str(stmt.get(), NFTA_RMIRROR_ENCAP, "tzsp", nullptr), 0);
    EXPECT_EQ(rmirror_stmt_validate(stmt.get(), err.get()), -1);
    EXPECT_EQ(rmirror_err_message(err.get()),
              "'key' does not belong to encap tzsp, only to " + listed_encaps(RMIRROR_E_KEY));
}

TEST(LibrmirrorText, StopsWhereTheStatementEnds) {
    const Err err = make_err();
    std::size_t end = 0;
    const Stmt stmt(rmirror_stmt_parse(RMIRROR_FORMAT_TEXT, "  rmirror to 10.0.0.5 len 60 accept",
                                       &end, err.get()));
    ASSERT_NE(stmt, nullptr) << rmirror_err_message(err.get());
    EXPECT_EQ(end, 28U);
    EXPECT_EQ(parse("rmirror to 10.0.0.5 len 60 accept", err), nullptr);
    EXPECT_STREQ(rmirror_err_message(err.get()), "unexpected text after the statement");
    EXPECT_EQ(rmirror_err_begin(err.get()), 27U);
    EXPECT_NE(parse("\t rmirror to 10.0.0.5 len 60 \n", err), nullptr);
    EXPECT_EQ(parse("", err), nullptr);
    EXPECT_EQ(parse("  ", err), nullptr);
}

TEST(LibrmirrorText, IsCutAsBySnprintf) {
    const Stmt stmt = parse("rmirror to 10.0.0.5");
    std::array<char, 8> buffer{};
    EXPECT_EQ(rmirror_stmt_snprintf(nullptr, 0, stmt.get(), RMIRROR_FORMAT_TEXT), 19);
    EXPECT_EQ(rmirror_stmt_snprintf(buffer.data(), buffer.size(), stmt.get(), RMIRROR_FORMAT_TEXT),
              19);
    EXPECT_STREQ(buffer.data(), "rmirror");
    EXPECT_EQ(rmirror_stmt_snprintf(buffer.data(), 1, stmt.get(), RMIRROR_FORMAT_TEXT), 19);
    EXPECT_STREQ(buffer.data(), "");
    EXPECT_EQ(text_of(Stmt(rmirror_stmt_alloc())), "rmirror to ");
}

TEST(LibrmirrorJson, GoesBothWays) {
    const std::string json = R"({"rmirror": {"to": "10.0.0.5", "encap": "erspan", "key": 7}})";
    const Err err = make_err();
    const Stmt stmt(rmirror_stmt_parse(RMIRROR_FORMAT_JSON, json.c_str(), nullptr, err.get()));
    ASSERT_NE(stmt, nullptr) << rmirror_err_message(err.get());
    EXPECT_EQ(text_of(stmt), "rmirror to 10.0.0.5 encap erspan key 7");
    EXPECT_EQ(written(stmt, RMIRROR_FORMAT_JSON), json);

    std::size_t end = 0;
    const std::string more = json + ", {}]";
    const Stmt first(rmirror_stmt_parse(RMIRROR_FORMAT_JSON, more.c_str(), &end, err.get()));
    ASSERT_NE(first, nullptr) << rmirror_err_message(err.get());
    EXPECT_EQ(end, json.size());
    EXPECT_TRUE(rmirror_stmt_equal(first.get(), stmt.get()));
}

TEST(LibrmirrorJson, SaysWhatIsWrong) {
    const std::pair<const char *, const char *> refusals[] = {
        {"", "invalid JSON: "},
        {"{\"rmirror\": {\"to\": 5}", "invalid JSON: "},
        {"[]", "invalid statement, expected an object with the one member 'rmirror'"},
        {R"({"log": null})", "invalid statement, expected an object"},
        {R"({"rmirror": {"to": "10.0.0.5"}, "log": null})", "invalid statement"},
        {R"({"rmirror": {"to": "10.0.0.5", "to": "10.0.0.6"}})", "invalid JSON: "},
        {R"({"rmirror": {"to": "10.0.0.5", "len": 13}})", "invalid len '13', expected 14..65535"},
        {R"({"rmirror": {"to": "10.0.0.5"}} x)", "unexpected text after the statement"},
    };
    const Err err = make_err();
    for (const auto &[json, message] : refusals) {
        SCOPED_TRACE(json);
        EXPECT_EQ(rmirror_stmt_parse(RMIRROR_FORMAT_JSON, json, nullptr, err.get()), nullptr);
        EXPECT_EQ(errno, EINVAL);
        EXPECT_EQ(std::string(rmirror_err_message(err.get())).find(message), 0U)
            << rmirror_err_message(err.get());
        EXPECT_LE(rmirror_err_end(err.get()), std::strlen(json));
    }
}

TEST(Librmirror, HasAVersion) {
    EXPECT_STREQ(rmirror_version(), RMIRROR_VERSION);
}

}  // namespace
}  // namespace rmirror::test
