// SPDX-License-Identifier: GPL-2.0-only
//
// The limits of the numbers, in each of the three forms. Written down here once more so that a
// change of the tables is a change of this test.
#include <gtest/gtest.h>

#include "statement_support.hpp"

namespace rmirror::test {
namespace {

struct Limits {
    const char *option;
    std::uint16_t attribute;
    const char *encap;
    rmirror_encap encap_id;
    std::uint32_t min;
    std::uint32_t max;
    const char *expected;
};

std::ostream &operator<<(std::ostream &out, const Limits &limits) {
    return out << limits.option << " with encap " << limits.encap;
}

class Range : public testing::TestWithParam<Limits> {
protected:
    // The message in each form, empty when the number is accepted.
    static std::string text_error(std::uint64_t number) {
        const auto parsed =
            parse_text("rmirror to 10.0.0.5 encap " + std::string(GetParam().encap) + " " +
                       GetParam().option + " " + std::to_string(number));
        return parsed ? "" : parsed.error().message;
    }

    static std::string json_error(std::int64_t number) {
        const Json json =
            json_from(R"({"to": "10.0.0.5", "encap": ")" + std::string(GetParam().encap) +
                      R"(", ")" + GetParam().option + R"(": )" + std::to_string(number) + "}");
        const auto parsed = parse_json(json.get());
        return parsed ? "" : parsed.error().message;
    }

    static std::string netlink_error(std::uint32_t number) {
        const auto decoded = decode(Attributes()
                                        .collector()
                                        .number(NFTA_RMIRROR_ENCAP, GetParam().encap_id)
                                        .number(GetParam().attribute, number)
                                        .build());
        return decoded ? "" : decoded.error().message;
    }

    static std::string refusal(const std::string &number) {
        return "invalid " + std::string(GetParam().option) + " '" + number + "', expected " +
               GetParam().expected;
    }
};

TEST_P(Range, TakesItsLimits) {
    for (const std::uint32_t number : {GetParam().min, GetParam().max}) {
        EXPECT_EQ(text_error(number), "");
        EXPECT_EQ(json_error(number), "");
        EXPECT_EQ(netlink_error(number), "");
    }
}

TEST_P(Range, RefusesWhatIsOutside) {
    const std::int64_t below = std::int64_t{GetParam().min} - 1;
    const std::int64_t above = std::int64_t{GetParam().max} + 1;
    EXPECT_EQ(text_error(static_cast<std::uint64_t>(above)), refusal(std::to_string(above)));
    EXPECT_EQ(json_error(below), refusal(std::to_string(below)));
    EXPECT_EQ(json_error(above), refusal(std::to_string(above)));
    if (below >= 0) {
        EXPECT_EQ(text_error(static_cast<std::uint64_t>(below)), refusal(std::to_string(below)));
        EXPECT_NE(netlink_error(static_cast<std::uint32_t>(below))
                      .find(": " + refusal(std::to_string(below))),
                  std::string::npos);
    }
    if (above <= 0xffffffff) {
        EXPECT_NE(netlink_error(static_cast<std::uint32_t>(above))
                      .find(": " + refusal(std::to_string(above))),
                  std::string::npos);
    }
}

#define ENCAP(name, ID) name, RMIRROR_ENCAP_##ID
INSTANTIATE_TEST_SUITE_P(
    All, Range,
    testing::Values(
        Limits{"key", NFTA_RMIRROR_KEY, ENCAP("gre", GRE), 0, 0xffffffff, "0..4294967295"},
        Limits{"key", NFTA_RMIRROR_KEY, ENCAP("erspan", ERSPAN), 0, 1023,
               "0..1023 with encap erspan"},
        Limits{"key", NFTA_RMIRROR_KEY, ENCAP("erspan3", ERSPAN3), 0, 1023,
               "0..1023 with encap erspan3"},
        Limits{"key", NFTA_RMIRROR_KEY, ENCAP("vxlan", VXLAN), 0, 0xffffff,
               "0..16777215 with encap vxlan"},
        Limits{"key", NFTA_RMIRROR_KEY, ENCAP("geneve", GENEVE), 0, 0xffffff,
               "0..16777215 with encap geneve"},
        Limits{"len", NFTA_RMIRROR_LEN, ENCAP("gre", GRE), 14, 65535, "14..65535"},
        Limits{"len", NFTA_RMIRROR_LEN, ENCAP("none", NONE), 20, 65535,
               "20..65535 with encap none"},
        Limits{"ttl", NFTA_RMIRROR_TTL, ENCAP("erspan1", ERSPAN1), 1, 255, "1..255"},
        Limits{"dscp", NFTA_RMIRROR_DSCP, ENCAP("gre", GRE), 0, 63,
               "0..63 or a name such as cs1, af11, ef"},
        Limits{"mark", NFTA_RMIRROR_MARK, ENCAP("none", NONE), 0, 0xffffffff, "0..4294967295"},
        Limits{"port", NFTA_RMIRROR_PORT, ENCAP("vxlan", VXLAN), 1, 65535, "1..65535"},
        Limits{"port", NFTA_RMIRROR_PORT, ENCAP("geneve", GENEVE), 1, 65535, "1..65535"},
        Limits{"port", NFTA_RMIRROR_PORT, ENCAP("tzsp", TZSP), 1, 65535, "1..65535"}));
#undef ENCAP

}  // namespace
}  // namespace rmirror::test
