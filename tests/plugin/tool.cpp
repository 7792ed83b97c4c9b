// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror-nft-plugin, on a copy of /etc in a mount namespace.
#include "nft.hpp"

namespace rmirror::test {

namespace {

class PluginTool : public NftTest {
protected:
    void SetUp() override {
        NftTest::SetUp();
        if (!IsSkipped() && !std::string(RMIRROR_TEST_PRELOAD).empty())
            GTEST_SKIP() << "needs a plugin without a sanitizer: its runtime is not preloaded";
    }

    // script: commands after which the namespace is gone; $tool, $plugin and $broken are set
    Outcome in_copy_of_etc(const std::string &script) {
        const std::string head =
            "set -e; mount --make-rprivate /; cp -a /etc " + directory_.path("etc") +
            "; mount --bind " + directory_.path("etc") +
            " /etc; mount -t tmpfs none /var/lib; ldconfig; cp /etc/ld.so.cache /etc/cache.before; "
            "set +e\n"
            "tool='bash " RMIRROR_TOOL "'; plugin=" RMIRROR_PLUGIN_DIR "; broken=" +
            directory_.path() + "\nnames() { ls -A /etc /etc/ld.so.conf.d | grep rmirror; }\n";
        How how{.plugin = false, .kernel_double = false};
        return run({"unshare", "--mount", "bash", "-c", head + script}, how);
    }
    Directory directory_;
};

TEST_F(PluginTool, EnablesAndDisables) {
    Outcome outcome = in_copy_of_etc(R"(
$tool --plugin-dir $plugin status >&2; echo $?
$tool --plugin-dir $plugin enable >&2; echo $?
$tool --plugin-dir $plugin enable; echo $?
$tool --plugin-dir $plugin status >&2; echo $?
names
env -i /usr/sbin/nft -c 'add rule inet t c rmirror to 10.0.0.500' 2>&1
$tool --plugin-dir $plugin disable; echo $?
$tool --plugin-dir $plugin disable; echo $?
$tool --plugin-dir $plugin status >&2; echo $?
names
cmp /etc/cache.before /etc/ld.so.cache && echo same
)");
    EXPECT_EQ(outcome.out,
              "3\n0\nrmirror-nft-plugin: is enabled already\n0\n0\n00-rmirror.conf\n"
              "Error: invalid collector '10.0.0.500', expected an IPv4 or IPv6 address\n"
              "add rule inet t c rmirror to 10.0.0.500\n"
              "                             ^^^^^^^^^^\n"
              "rmirror-nft-plugin: disabled\n0\nrmirror-nft-plugin: is not enabled\n0\n3\nsame\n")
        << outcome.err;
}

// Whatever is wrong, nft goes on as before.
TEST_F(PluginTool, RefusesABrokenPlugin) {
    Outcome outcome = in_copy_of_etc(R"(
attempt() {
	$tool --plugin-dir $broken enable >/dev/null 2>&1; echo $?
	names
	cmp /etc/cache.before /etc/ld.so.cache
	nft --version >/dev/null || echo nft is broken
}
echo absent; attempt
echo junk; echo junk >$broken/libnftables.so.1; attempt
echo no hook; cp )" RMIRROR_UNHOOKED_DIR R"(/libnftables.so.1 $broken; attempt
echo another library; cp /usr/lib/*/libmnl.so.0 $broken/libnftables.so.1; attempt
)");
    EXPECT_EQ(outcome.out, "absent\n1\njunk\n1\nno hook\n1\nanother library\n1\n") << outcome.err;
}

// The loader finds something else than what was tested: undone.
TEST_F(PluginTool, UndoesWhatDoesNotTakeEffect) {
    Outcome outcome = in_copy_of_etc(R"(
mkdir /etc/bin; printf '#!/bin/sh\n[ -e /etc/ld.so.conf.d/00-rmirror.conf ] && exit 1\nexec /sbin/ldconfig.real "$@"' >/etc/bin/ldconfig
chmod +x /etc/bin/ldconfig
real=$(readlink -f /sbin/ldconfig); mount --bind $real /etc/cache.before.bin 2>/dev/null
touch /etc/real; cp $real /etc/real; sed -i 's|/sbin/ldconfig.real|/etc/real|' /etc/bin/ldconfig; chmod +x /etc/real
mount --bind /etc/bin/ldconfig $real
$tool --plugin-dir $plugin enable 2>&1 >/dev/null | tail -1; echo ${PIPESTATUS[0]}
names
cmp /etc/cache.before /etc/ld.so.cache && echo same
nft --version >/dev/null && echo works
)");
    EXPECT_EQ(outcome.out,
              "rmirror-nft-plugin: not enabled; everything is as it was\n1\nsame\nworks\n")
        << outcome.err;
}

// Gone without having been disabled, or damaged; a boot, or an upgrade of libnftables1, which runs
// ldconfig, follows.
TEST_F(PluginTool, NftWorksWithoutThePlugin) {
    Outcome outcome = in_copy_of_etc(R"(
dir=/etc/own-plugin; mkdir $dir; cp $plugin/libnftables.so.1 $dir
tool="$tool --plugin-dir $dir"
works() { unshare --net env -i /usr/sbin/nft list ruleset && echo works; }
$tool enable >&2; $tool check; echo checked $?; names
rm $dir/libnftables.so.1; works
ldconfig; works
$tool check 2>&1; echo checked $?; names; works
cp $plugin/libnftables.so.1 $dir; $tool enable >&2
echo junk >$dir/libnftables.so.1
works 2>/dev/null || echo broken
$tool check 2>/dev/null; echo checked $?; names; works
cp $plugin/libnftables.so.1 $dir; $tool enable >&2
echo junk >$dir/libnftables.so.1; ldconfig 2>/dev/null; works
$tool check 2>/dev/null; echo checked $?; names; works
$tool check; echo checked $?
)");
    EXPECT_EQ(outcome.out,
              "checked 0\n00-rmirror.conf\nworks\nworks\n"
              "rmirror-nft-plugin: there is no plugin in /etc/own-plugin\n"
              "rmirror-nft-plugin: disabled: nft works as before, without the statement 'rmirror'\n"
              "checked 1\nworks\nbroken\nchecked 1\nworks\nworks\nchecked 1\nworks\nchecked 0\n")
        << outcome.err;
}

// A container that must not make network namespaces, lacks a tool or has no /proc: that nothing can
// be tried is no fault of the plugin. What can be seen without it is.
TEST_F(PluginTool, LeavesWhatCannotBeTried) {
    Outcome outcome = in_copy_of_etc(R"(
dir=/etc/own-plugin; mkdir $dir; cp $plugin/libnftables.so.1 $dir
tool="$tool --plugin-dir $dir"
contained() { setpriv --bounding-set -sys_admin --inh-caps -sys_admin -- "$@"; }
touch /etc/no-tool
lacking() { unshare --mount bash -c 'mount --bind /etc/no-tool /usr/bin/unshare; "$@"' - "$@"; }
without_proc() { unshare --mount bash -c 'mount -t tmpfs none /proc; "$@"' - "$@"; }
echo off
for kind in contained lacking without_proc; do $kind $tool enable >&2; echo $?; names; done
echo on; $tool enable >&2
for kind in contained lacking without_proc; do
	for command in check enable; do $kind $tool $command >&2; echo $?; names; done
done
contained $tool check 2>&1 | grep -c 'the plugin cannot be tried here: nft fails'
echo broken; echo junk >$dir/libnftables.so.1
contained $tool check 2>/dev/null; echo $?; names
)");
    const std::string on = "0\n00-rmirror.conf\n";
    EXPECT_EQ(outcome.out, "off\n4\n4\n4\non\n" + on + on + on + on + on + on + "1\nbroken\n1\n")
        << outcome.err;
}

// What was tried a moment ago is refused now, as by a limit on namespaces: no fault of the plugin.
TEST_F(PluginTool, LeavesWhatFailsWithoutThePluginToo) {
    Outcome outcome = in_copy_of_etc(R"(
cp /usr/bin/unshare /etc/real-unshare; echo 1 >/etc/tries
printf '#!/bin/sh\nread -r tries </etc/tries\necho $((tries - 1)) >/etc/tries\n[ $tries -gt 0 ] || exit 1\nexec /etc/real-unshare "$@"\n' >/etc/unshare
chmod +x /etc/unshare; mount --bind /etc/unshare /usr/bin/unshare
tool="$tool --plugin-dir $plugin"
$tool enable 2>&1 | grep -c 'cannot be tried here'; echo ${PIPESTATUS[0]}; names
echo 99 >/etc/tries; $tool enable >&2; echo $?; names
echo 1 >/etc/tries; $tool check 2>&1 | grep -c 'cannot be tried here'; echo ${PIPESTATUS[0]}; names
)");
    EXPECT_EQ(outcome.out, "1\n4\n0\n00-rmirror.conf\n1\n0\n00-rmirror.conf\n") << outcome.err;
}

// What the next boot was to do is done, or not wanted any more.
TEST_F(PluginTool, TakesTheNoteAway) {
    Outcome outcome = in_copy_of_etc(R"(
tool="$tool --plugin-dir $plugin"
mkdir /var/lib/rmirror
for command in disable enable enable disable; do
	touch /var/lib/rmirror/enable-plugin; $tool $command >&2; ls /var/lib/rmirror
done
touch /var/lib/rmirror/enable-plugin
setpriv --bounding-set -sys_admin --inh-caps -sys_admin -- $tool enable >&2; echo $?; ls /var/lib/rmirror
)");
    EXPECT_EQ(outcome.out, "4\nenable-plugin\n") << outcome.err;
}

// It says that the plugin is disabled only if it is.
TEST_F(PluginTool, CannotChangeAReadOnlyEtc) {
    Outcome outcome = in_copy_of_etc(R"(
dir=/var/tmp/own-plugin.$$; mkdir $dir; cp $plugin/libnftables.so.1 $dir
tool="$tool --plugin-dir $dir"
mount -o remount,bind,ro /etc
$tool enable 2>&1; names
mount -o remount,bind,rw /etc
$tool enable >&2
mount -o remount,bind,ro /etc
$tool check; echo $?
$tool disable 2>&1; echo $?; names; $tool status >&2; echo $?
echo junk >$dir/libnftables.so.1
$tool check 2>&1 | tail -1; names
mount -o remount,bind,rw /etc
$tool check 2>&1 | tail -1; names
rm -r $dir
)");
    EXPECT_EQ(outcome.out,
              "rmirror-nft-plugin: cannot write to /etc/ld.so.conf.d: Read-only file system\n"
              "rmirror-nft-plugin: not enabled\n0\n"
              "rmirror-nft-plugin: cannot write to /etc/ld.so.conf.d: Read-only file system\n"
              "rmirror-nft-plugin: not disabled\n1\n00-rmirror.conf\n0\n"
              "rmirror-nft-plugin: cannot remove /etc/ld.so.conf.d/00-rmirror.conf from the "
              "loader's list\n00-rmirror.conf\n"
              "rmirror-nft-plugin: disabled: nft works as before, without the statement "
              "'rmirror'\n")
        << outcome.err;
}

// Half of it is nothing: the cache of the loader cannot be made.
TEST_F(PluginTool, StaysEnabledIfTheLoaderCannotBeTold) {
    Outcome outcome = in_copy_of_etc(R"(
tool="$tool --plugin-dir $plugin"
$tool enable >&2
printf '#!/bin/sh\n[ "$1" = -p ] || exit 1\nexec /etc/real -p\n' >/etc/ldconfig
real=$(readlink -f /sbin/ldconfig); cp $real /etc/real; chmod +x /etc/real /etc/ldconfig
mount --bind /etc/ldconfig $real
$tool disable 2>&1; echo $?; names; $tool status >&2; echo $?
)");
    EXPECT_EQ(outcome.out,
              "rmirror-nft-plugin: cannot remove /etc/ld.so.conf.d/00-rmirror.conf from the "
              "loader's list\n1\n00-rmirror.conf\n0\n")
        << outcome.err;
}

// Root of a user namespace, and one that must not ask the kernel for rules.
TEST_F(PluginTool, SaysWhatItCannotDoAsThatRoot) {
    Outcome outcome = in_copy_of_etc(R"(
tool="$tool --plugin-dir $plugin"
as_user() { setpriv --reuid 1000 --regid 1000 --clear-groups -- unshare -Urn "$@"; }
if as_user true; then as_user $tool enable 2>&1; echo $?; names; fi
echo enabled; $tool enable >&2
setpriv --bounding-set -net_admin --inh-caps -net_admin -- $tool disable 2>&1 | grep -c 'cannot tell whether rules mirror: stock'
names
)");
    const std::size_t enabled = outcome.out.find("enabled\n1\n");
    ASSERT_NE(enabled, std::string::npos) << outcome.out << outcome.err;
    if (outcome.out.starts_with("enabled\n1\n"))
        GTEST_SKIP() << "users cannot make user namespaces here";
    EXPECT_EQ(outcome.out,
              "rmirror-nft-plugin: cannot write to /etc/ld.so.conf.d: Permission denied\n"
              "rmirror-nft-plugin: root of a user namespace cannot change what all programs get; "
              "for one command: LD_LIBRARY_PATH=" RMIRROR_PLUGIN_DIR
              " nft ..\nrmirror-nft-plugin: not enabled\n1\nenabled\n1\n")
        << outcome.err;
}

// Rules that only an nft with the plugin shows.
TEST_F(PluginTool, DisableCaresForRules) {
    Outcome outcome = in_copy_of_etc(R"(
tool="$tool --plugin-dir $plugin"
$tool enable >/dev/null 2>&1
export LD_PRELOAD=)" RMIRROR_DOUBLE R"(
nft 'add table ip t; add chain ip t c; add rule ip t c rmirror to ::1 drop'
nft 'add rule ip t c tcp dport 1 rmirror to ::2 comment "rmirror to ::3"'
$tool --save /nowhere/x disable 2>&1 </dev/null; echo $?; names
$tool --save $broken/saved disable 2>&1 </dev/null; echo $?; names
stat -c %a $broken/saved; cat $broken/saved
$tool enable >/dev/null 2>&1
mount -t tmpfs none /proc
$tool disable 2>&1 </dev/null | grep 'to save'; names
)");
    const std::string warning =
        "rmirror-nft-plugin: warning: 2 rmirror statement(s) go on mirroring, but stock nft does "
        "not "
        "show rules with them\n"
        "rmirror-nft-plugin: warning: what stock nft saves is without these rules, their verdicts "
        "included\n";
    std::string out = outcome.out;
    std::size_t listing = out.find("#!");
    EXPECT_NE(out.find("rmirror-nft-plugin: cannot save the ruleset to /nowhere/x\n"
                       "rmirror-nft-plugin: not disabled\n1\n00-rmirror.conf\n" +
                       warning + "rmirror-nft-plugin: saved the ruleset to "),
              std::string::npos)
        << out << outcome.err;
    EXPECT_EQ(out.substr(0, warning.size()), warning);
    EXPECT_TRUE(out.substr(0, listing).ends_with("rmirror-nft-plugin: disabled\n0\n600\n")) << out;
    EXPECT_NE(out.find("\t\trmirror to ::1 drop\n"
                       "\t\ttcp dport 1 rmirror to ::2 comment \"rmirror to ::3\"\n",
                       listing),
              std::string::npos)
        << out;
    EXPECT_NE(out.find("to save them: enable, then 'rmirror-nft-plugin --save FILE disable'\n"),
              std::string::npos)
        << out;
}

TEST_F(PluginTool, Usage) {
    How how{.plugin = false, .kernel_double = false};
    EXPECT_EQ(run({"bash", RMIRROR_TOOL}, how).status, 2);
    EXPECT_EQ(run({"bash", RMIRROR_TOOL, "enable", "disable"}, how).status, 2);
    EXPECT_EQ(run({"bash", RMIRROR_TOOL, "frobnicate"}, how).status, 2);
    Outcome help = run({"bash", RMIRROR_TOOL, "--help"}, how);
    EXPECT_EQ(help.status, 0);
    EXPECT_EQ(help.out.substr(0, 24), "Usage: rmirror-nft-plugi");
}

}  // namespace

}  // namespace rmirror::test
