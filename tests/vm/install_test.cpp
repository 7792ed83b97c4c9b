// SPDX-License-Identifier: GPL-2.0-only
//
// What doc/install.md says of a build by hand, on a machine that has just started: the guest's root
// is its own, so that nothing of it outlives the guest.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/paths.hpp"
#include "vm/support/command.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/netns.hpp"

namespace rmirror::vm {
namespace {

constexpr const char *tool = "/usr/sbin/rmirror-nft-plugin";

class InstallTest : public ::testing::Test {
protected:
    static CommandResult plain(std::vector<std::string> argv) {
        argv.insert(argv.begin(), {"env", "-u", "LD_LIBRARY_PATH"});
        return run_command(argv, {.timeout = std::chrono::minutes(3)});
    }

    void TearDown() override {
        if (std::filesystem::exists(tool))
            plain({tool, "disable"});
        // Later tests find the guest as it was; the modules have been there.
        std::ifstream installed(RMIRROR_BINARY_DIR "/install_manifest.txt");
        for (std::string file; std::getline(installed, file);)
            if (!file.ends_with(".ko"))
                std::filesystem::remove(file);
    }
};

TEST_F(InstallTest, InstalledPluginServesEveryNftUntilItIsDisabled) {
    const std::vector<std::string> add = {"nft", "-c",
                                          "add table inet t; add chain inet t c; "
                                          "add rule inet t c rmirror to 10.0.0.5 len 60"};
    const NetNs netns;
    const NetNs::Entered entered(netns);
    ASSERT_NE(plain(add).status, 0);

    const CommandResult install = plain({"cmake", "--install", RMIRROR_BINARY_DIR});
    ASSERT_EQ(install.status, 0) << install.out << install.err;
    const CommandResult enable = plain({tool, "enable"});
    ASSERT_EQ(enable.status, 0) << enable.out << enable.err;
    const CommandResult added = plain(add);
    EXPECT_EQ(added.status, 0) << added.err;
    EXPECT_EQ(plain({tool, "status"}).status, 0);

    const CommandResult disable = plain({tool, "disable"});
    EXPECT_EQ(disable.status, 0) << disable.out << disable.err;
    EXPECT_NE(plain(add).status, 0);
    EXPECT_EQ(plain({"nft", "list", "ruleset"}).status, 0);
}

}  // namespace
}  // namespace rmirror::vm
