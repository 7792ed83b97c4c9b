// SPDX-License-Identifier: GPL-2.0-only
//
// iptables' own test runners on our .t and .txlate files, both backends.
#include <gtest/gtest.h>

#include "support/paths.hpp"
#include "vm/support/command.hpp"
#include "vm/support/xtables.hpp"

namespace rmirror::vm {
namespace {

TEST(XtSuiteTest, OfIptables) {
    if (const std::string missing = Userland().missing(); !missing.empty())
        GTEST_SKIP() << missing;
    const CommandResult result =
        run_command({RMIRROR_SOURCE_DIR "/tests/vm/iptables_suite", "run", RMIRROR_XTLIBDIR},
                    {.timeout = std::chrono::minutes(20)});
    if (result.status == 77)
        GTEST_SKIP() << result.err;
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    // It says so itself, too, and of how many.
    EXPECT_EQ(lines_with(result.out, ", 0 passed").size(), 0U) << result.out;
    EXPECT_NE(result.out.find("0 tests failed, 0 errors"), std::string::npos) << result.out;
}

}  // namespace
}  // namespace rmirror::vm
