// SPDX-License-Identifier: GPL-2.0-only
//
// The attribute of the key's register in the patched libnftnl: a C program like any other, linked
// with it.
#include "native_test.hpp"
#include "support/paths.hpp"

namespace rmirror::test {
namespace {

class NativeLibnftnl : public testing::TestWithParam<NativeNft> {};

TEST_P(NativeLibnftnl, HasTheRegisterOfTheKey) {
    const std::string &nft = GetParam().path;
    const std::string prefix = nft.substr(0, nft.rfind("/sbin/nft"));
    const Directory directory;
    const std::string program = directory.path("program");
    const How how{.plugin = false, .kernel_double = false};
    const Outcome built =
        run({"sh", "-c",
             "PKG_CONFIG_PATH='" + prefix +
                 "/lib/pkgconfig' && export PKG_CONFIG_PATH && cc -Wall "
                 "-Wextra -Werror -o '" +
                 program +
                 "' '" RMIRROR_SOURCE_DIR
                 "/tests/native/libnftnl.c' $(pkg-config --cflags --libs --static libnftnl)"},
            how);
    ASSERT_EQ(built.status, 0) << built.err;
    EXPECT_EQ(run({program}, how).out,
              "without: addr 10.0.0.5 \n"
              "set: addr 10.0.0.5 len 60 key reg 2 (register 2)\n"
              "two bytes: refused\n"
              "behind the last: refused\n"
              "built: addr 10.0.0.5 len 60 key reg 2 (register 2)\n"
              "counters only: addr 10.0.0.5 \n"
              "register and counters: addr 10.0.0.5 key reg 3 (register 3)\n");
}

RMIRROR_NATIVE_SUITE(NativeLibnftnl);

}  // namespace
}  // namespace rmirror::test
