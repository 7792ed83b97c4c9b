// SPDX-License-Identifier: GPL-2.0-only
//
// `nft-parser-patch/build --install` and `--uninstall`, in a mount namespace in which what is
// written to /usr, /etc and /var goes to a file system in memory.
#include <filesystem>

#include "native_test.hpp"
#include "support/paths.hpp"

namespace rmirror::test {
namespace {

class NativeInstall : public NativeTest {
protected:
    void SetUp() override {
        NativeTest::SetUp();
        if (!IsSkipped() && in_overlay("true").status != 0)
            GTEST_SKIP() << "needs overlayfs, for a copy of /usr that may be changed";
    }

    // script: may write everywhere; $build installs what has been built, $memory is empty
    Outcome in_overlay(const std::string &script) const {
        const std::string work =
            std::filesystem::path(GetParam().path).parent_path().parent_path().parent_path();
        const std::string head = R"(
set -e
memory=$PWD/memory
mkdir -p $memory; mount --make-rprivate /; mount -t tmpfs memory $memory
for d in usr etc var; do
	mkdir -p $memory/$d $memory/work/$d
	mount -t overlay overlay -o lowerdir=/$d,upperdir=$memory/$d,workdir=$memory/work/$d /$d
done
set +e
work=)" + work +
                                 "\nbuild() { " RMIRROR_SOURCE_DIR
                                 R"(/nft-parser-patch/build --no-build --work $work "$@"; }
state() {
	sha256sum /usr/sbin/nft /usr/lib/*/libnftables.so.1*
	dpkg-divert --list | grep rmirror-nft
	find /usr/local/sbin /usr/local/lib /usr/lib/rmirror-nft 2>/dev/null | grep rmirror
}
mirrors() { # NFT
	unshare --net env LD_PRELOAD=)" RMIRROR_DOUBLE R"( sh -c "
		$1 'add table ip t; add chain ip t c; add rule ip t c rmirror to ip saddr map { 10.0.0.1 : 10.0.0.5 }' &&
		$1 list ruleset | grep -c rmirror"
}
state >$memory/before
)";
        return run({"unshare", "--mount", "bash", "-c",
                    "cd " + directory_.path() + " || exit\n" + head + script},
                   {.plugin = false, .kernel_double = false});
    }

private:
    Directory directory_;
};

TEST_P(NativeInstall, BesideTheDistributions) {
    const Outcome outcome = in_overlay(R"(
DESTDIR=$memory/image build --install beside; echo $?
(cd $memory/image && find . -type l -o -name nft) | sort | grep -v libnftables
state | cmp - $memory/before && echo untouched
DESTDIR=$memory/image build --uninstall; (cd $memory/image && find . -type f -o -type l)

build --install beside; build --install beside; echo $?
sha256sum --quiet -c <(head -n 2 $memory/before) && echo untouched
mirrors /usr/local/sbin/nft-rmirror
nft 'add table t'; nft-rmirror list tables
build --uninstall; echo $?
state | cmp - $memory/before && echo restored
)");
    EXPECT_EQ(outcome.out,
              "0\n./usr/local/lib/rmirror-nft/sbin/nft\n./usr/local/sbin/nft-rmirror\nuntouched\n"
              "0\nuntouched\n1\ntable ip t\n0\nrestored\n")
        << outcome.err;
}

TEST_P(NativeInstall, InPlaceOfTheDistributions) {
    const Outcome outcome = in_overlay(R"(
build --install replace; build --install replace; echo $?
mirrors nft
python3 -c 'import ctypes; l = ctypes.CDLL("libnftables.so.1"); l.nft_ctx_new.restype = ctypes.c_void_p
l.nft_ctx_set_dry_run.argtypes = (ctypes.c_void_p, ctypes.c_bool)
l.nft_run_cmd_from_buffer.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
c = l.nft_ctx_new(0); l.nft_ctx_set_dry_run(c, True)
print(l.nft_run_cmd_from_buffer(c, b"add rule ip t c rmirror to 1"))' 2>&1 | head -n 1
dpkg-divert --list | grep -c rmirror-nft
build --uninstall; echo $?
state | cmp - $memory/before && echo restored
ldconfig; state | cmp - $memory/before && echo restored
build --uninstall; state | cmp - $memory/before && echo restored
)");
    EXPECT_EQ(outcome.out,
              "0\n1\nError: invalid collector '1', expected an IPv4 or IPv6 address\n2\n0\n"
              "restored\nrestored\nrestored\n")
        << outcome.err;
}

// The distribution's new nft goes where its old one is, and is there after --uninstall.
TEST_P(NativeInstall, OutlivesAnUpgradeOfThePackage) {
    const Outcome outcome = in_overlay(R"(
build --install replace
mkdir -p $memory/deb/DEBIAN $memory/deb/usr/sbin
printf '%s\n' 'Package: nftables' 'Version: 99' 'Architecture: all' 'Maintainer: M <m@example.org>' \
	'Description: upgraded' >$memory/deb/DEBIAN/control
echo upgraded >$memory/deb/usr/sbin/nft
dpkg-deb --build $memory/deb >&2
dpkg --force-all --install $memory/deb.deb >&2; echo $?
mirrors nft
build --uninstall; cat /usr/sbin/nft
)");
    EXPECT_EQ(outcome.out, "0\n1\nupgraded\n") << outcome.err;
}

// What does not run never takes the place of what does.
TEST_P(NativeInstall, KeepsTheDistributionsIfOursDoesNotRun) {
    const Outcome outcome = in_overlay(R"(
cp -r $work/usr $memory/broken-usr; mkdir $memory/broken; mv $memory/broken-usr $memory/broken/usr
work=$memory/broken
for file in $work/usr/lib/libnftables.so.1.*; do echo junk >$file; done
build --install replace; echo $?
state | cmp - $memory/before && echo restored
printf '#!/bin/sh\n[ "$1" = --version ]\n' >$work/usr/sbin/nft
build --install replace; echo $?
state | cmp - $memory/before && echo restored
rm -r $work/usr; build --install beside; echo $?
DESTDIR=$memory/image build --install replace; echo $?
)");
    EXPECT_EQ(outcome.out, "1\nrestored\n1\nrestored\n1\n1\n") << outcome.err;
}

RMIRROR_NATIVE_SUITE(NativeInstall);

}  // namespace
}  // namespace rmirror::test
