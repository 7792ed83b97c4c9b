// SPDX-License-Identifier: GPL-2.0-only
//
// Statements that a program put together.
#include <gtest/gtest.h>

#include <functional>

#include "statement_support.hpp"
#include "support/words.hpp"

namespace rmirror::test {
namespace {

struct Change {
    std::function<void(Statement &)> make;
    std::string message;  // empty: still valid
};

void PrintTo(const Change &change, std::ostream *out) {
    *out << test_label(change.message);
}

class Validate : public testing::TestWithParam<Change> {};

TEST_P(Validate, SaysWhatIsWrong) {
    Statement statement = statement_of("rmirror to 10.0.0.5");
    GetParam().make(statement);
    const auto error = validate(statement);
    EXPECT_EQ(error ? error->message : "", GetParam().message);
    if (error) {
        EXPECT_EQ(error->span, Span{});
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, Validate,
    testing::Values(
        Change{[](Statement &) {}, ""},
        Change{[](Statement &s) { s.collector = Address(); },
               "missing collector, expected an IPv4 or IPv6 address"},
        Change{[](Statement &s) { s.collector = *Address::from_text("::"); },
               "invalid collector '::', the unspecified address is nobody's"},
        Change{[](Statement &s) {
                   s.collector = Register{1, 10};
               },
               ""},
        Change{[](Statement &s) {
                   s.collector = Register{23, 2};
               },
               ""},
        Change{[](Statement &s) {
                   s.collector = Register{20, 10};
               },
               ""},
        Change{[](Statement &s) {
                   s.collector = Register{0, 2};
               },
               "invalid collector, there is no register 0"},
        Change{[](Statement &s) {
                   s.collector = Register{5, 2};
               },
               "invalid collector, there is no register 5"},
        Change{[](Statement &s) {
                   s.collector = Register{24, 2};
               },
               "invalid collector, there is no register 24"},
        Change{[](Statement &s) {
                   s.collector = Register{1, 7};
               },
               "invalid collector, family 7 is neither IPv4 nor IPv6"},
        Change{[](Statement &s) {
                   s.collector = Register{1, 10};
                   s.from = Address::from_text("10.0.0.1");
               },
               "invalid from '10.0.0.1', expected an IPv6 address, as the collector"},
        Change{[](Statement &s) { s.encap = static_cast<rmirror_encap>(__RMIRROR_ENCAP_MAX); },
               "invalid encap '" + std::to_string(__RMIRROR_ENCAP_MAX) + "', expected one of " +
                   listed_encaps()},
        Change{[](Statement &s) { s.mtu = static_cast<rmirror_mtu>(4); },
               "invalid mtu '4', expected one of resegment, fragment, truncate, drop"},
        Change{[](Statement &s) { s.flags = RMIRROR_F_MASK + 1; },
               "unknown flags " + std::to_string(RMIRROR_F_MASK + 1)},
        Change{[](Statement &s) { s.flags = RMIRROR_F_PLATFORM; },
               "'platform' does not belong to encap gre, only to erspan3"},
        Change{[](Statement &s) { s.ttl = 0; }, "invalid ttl '0', expected 1..255"},
        Change{[](Statement &s) { s.port = 4789; },
               "'port' does not belong to encap gre, only to " + listed_encaps(RMIRROR_E_UDP)},
        Change{[](Statement &s) { s.device = "a\"b"; },
               "invalid device 'a\"b', expected a name of 1..15 bytes without white space, '/', "
               "':' and '\"'"},
        // In UTF-8 the letter has byte 0xa0, which is white space to the kernel.
        Change{[](Statement &s) { s.device = "voil\u00e0"; },
               "invalid device 'voil\u00e0', expected a name of 1..15 bytes without white space, "
               "'/', ':' and '\"'"},
        Change{[](Statement &s) { s.device = "voil\u00e9"; }, ""},
        Change{[](Statement &s) {
                   s.encap = RMIRROR_ENCAP_ERSPAN;
                   s.key = 1023;
                   s.flags = RMIRROR_F_SEQ;
               },
               ""}));

TEST(Canonical, LeavesAnUnknownEncapsulationAlone) {
    Statement statement = statement_of("rmirror to 10.0.0.5");
    statement.encap = static_cast<rmirror_encap>(__RMIRROR_ENCAP_MAX + 1);
    statement.ttl = 255;
    EXPECT_EQ(canonical(statement), statement);
}

TEST(Canonical, IsIdempotent) {
    Statement statement = statement_of("rmirror to 10.0.0.5");
    statement.encap = RMIRROR_ENCAP_ERSPAN3;
    statement.key = 0;
    statement.ttl = 255;
    statement.dscp = 0;
    statement.mark = 0;
    statement.flags = RMIRROR_F_SEQ | RMIRROR_F_PLATFORM;
    const Statement once = canonical(statement);
    EXPECT_EQ(once, statement_of("rmirror to 10.0.0.5 encap erspan3 platform"));
    EXPECT_EQ(canonical(once), once);
}

}  // namespace
}  // namespace rmirror::test
