// SPDX-License-Identifier: GPL-2.0-only
//
// The doctor on the host itself: modules, signatures, rules that do not come back. The guest's root
// is its own; what hides a part of it does so in a mount namespace.
#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <filesystem>

#include "support/paths.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/operator.hpp"
#include "vm/support/xtables.hpp"

namespace rmirror::vm {
namespace {

namespace fs = std::filesystem;

// Ours, and the distribution's
const std::string extensions = RMIRROR_BINARY_DIR "/xtables:" RMIRROR_XTLIBDIR;

class HostFinding : public OperatorTest {
protected:
    // Where the host's own rules are, unlike those of the test network
    static CommandResult on_host(const std::string &script) {
        return run_command({"sh", "-c", script, rmirror_program()});
    }
    // Before the script no module is loaded, as far as files tell.
    static CommandResult without_modules(const std::string &script) {
        return run_command({"unshare", "-m", "sh", "-c",
                            "set -e\nmount -t tmpfs none /sys/module\n" + script,
                            rmirror_program()});
    }
    static std::string line_with(const CommandResult &result, const std::string &text) {
        for (const std::string &line : lines_with(result.out, text))
            return line;
        ADD_FAILURE() << "no finding has '" << text << "':\n" << result.out << result.err;
        return {};
    }
    static void add_unit(const std::string &name, const std::string &source) {
        require_command(
            {"sh", "-c", "mkdir -p /etc/systemd/system && cat >/etc/systemd/system/$0", name},
            {.input = source});
    }
};

TEST_F(HostFinding, NoServiceLoadsTheTable) {
    require_command(
        {"cp", RMIRROR_SOURCE_DIR "/packaging/systemd/rmirror.service", "/etc/systemd/system/"});
    require_command({"nft",
                     "add table inet kept; add chain inet kept c { type filter hook input "
                     "priority 0; }; add rule inet kept c udp dport 9 rmirror to 192.0.2.9"});
    const std::string text = "no service loads table inet kept at boot";
    const CommandResult before = on_host("$0 doctor");
    EXPECT_EQ(before.status, 1);
    const CommandResult typed = on_host(remedy_of(line_with(before, text)));
    EXPECT_EQ(typed.status, 0) << typed.err;
    EXPECT_EQ(on_host("$0 doctor").out.find(text), std::string::npos);
    // What was saved loads.
    require_command({"nft", "delete table inet kept"});
    require_command({"nft", "-f", "/etc/rmirror/kept.nft"});
    EXPECT_NE(on_host("$0 show").out.find("inet kept c handle"), std::string::npos);
    require_command({"sh", "-c",
                     "nft delete table inet kept; systemctl disable rmirror; rm -r "
                     "/etc/rmirror /etc/systemd/system/rmirror.service"});
}

TEST_F(HostFinding, NoServiceLoadsTheRulesOfIptables) {
    add_unit("netfilter-persistent.service",
             "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n");
    const std::string tables = "export XTABLES_LIBDIR=" + extensions + "; ";
    require_command(
        {"sh", "-c", tables + "iptables-nft -A INPUT -p udp -j RMIRROR --target 192.0.2.9"});
    const std::string text = "no service loads the rules of iptables at boot";
    const CommandResult typed =
        on_host(tables + remedy_of(line_with(on_host(tables + "$0 doctor"), text)));
    EXPECT_EQ(typed.status, 0) << typed.err;
    EXPECT_EQ(on_host(tables + "$0 doctor").out.find(text), std::string::npos);
    require_command({"sh", "-c",
                     "iptables-nft -F; systemctl disable netfilter-persistent; rm -r "
                     "/etc/iptables"});
}

TEST_F(HostFinding, AnIptablesWithoutTheExtension) {
    const Userland here;
    here.require(net_.router, "iptables-nft -A INPUT -p udp -j RMIRROR --target 10.0.0.5");
    const CommandResult without =
        net_.router.exec({"env", "XTABLES_LIBDIR=" RMIRROR_XTLIBDIR, rmirror_program(), "doctor"});
    line_with(without, "iptables does not find libxt_RMIRROR.so");
    const CommandResult with =
        net_.router.exec({"env", "XTABLES_LIBDIR=" + extensions, rmirror_program(), "doctor"});
    EXPECT_EQ(with.out.find("libxt_RMIRROR"), std::string::npos) << with.out;
}

TEST_F(HostFinding, ModulesOfAnotherKernel) {
    const std::string hide = "mount -t tmpfs none /lib/modules/$(uname -r)\n";
    const CommandResult result = without_modules(hide + "exec \"$0\" doctor");
    EXPECT_EQ(result.status, 1) << result.out;
    line_with(result, "the modules are not installed for the running kernel ");
    EXPECT_NE(without_modules("exec \"$0\" doctor")
                  .out.find("the modules are installed, but not "
                            "loaded: the first rule does that"),
              std::string::npos);
}

// The file of another build: this one with other marks
TEST_F(HostFinding, AModuleOfBeforeTheUpgrade) {
    require_command({"modprobe", "nft_rmirror"});
    const std::string text = "the loaded rmirror_core is not the installed one";
    EXPECT_EQ(on_host("$0 doctor").out.find(text), std::string::npos);
    const std::string other =
        "file=$(modinfo -n rmirror_core); tr '\\000-\\377' '\\001-\\377\\000' <$file "
        ">/run/other.ko; mount --bind /run/other.ko $file; ";
    const CommandResult upgraded =
        run_command({"unshare", "-m", "sh", "-c", other + "\"$0\" doctor", rmirror_program()});
    const std::string line = line_with(upgraded, text);
    EXPECT_TRUE(line.starts_with("note: ")) << line;
    EXPECT_EQ(remedy_of(line), "modprobe -qr xt_RMIRROR; modprobe -r nft_rmirror");
}

// Whether the modules go or not, as while other rules need them: the mirrors are there again.
TEST_F(HostFinding, AModuleOfBeforeTheUpgradeAndItsRules) {
    const std::string path = "export PATH=" RMIRROR_SOURCE_DIR "/packaging:$PATH; ";
    require_command(
        {"sh", "-c", path + "mkdir /etc/rmirror; cat >/etc/rmirror/a.nft; rmirror-rules load"},
        {.input = "table inet kept { chain c { type filter hook input priority 0; "
                  "rmirror to 192.0.2.9; }; }\n"});
    const std::string other =
        "file=$(modinfo -n rmirror_core); echo >/run/other.ko; "
        "mount --bind /run/other.ko $file; ";
    const std::string remedy = remedy_of(line_with(
        run_command({"unshare", "-m", "sh", "-c", other + "\"$0\" doctor", rmirror_program()}),
        "the loaded rmirror_core is not the installed one"));
    for (const bool is_needed : {false, true}) {
        if (is_needed)
            net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5"));
        on_host(path + remedy);
        EXPECT_NE(on_host("$0 show").out.find("inet kept c handle"), std::string::npos) << remedy;
    }
    require_command({"sh", "-c", path + "rmirror-rules unload; rm -r /etc/rmirror"});
}

// As `nft -f /etc/nftables.conf` by hand does, which begins with `flush ruleset`
TEST_F(HostFinding, ATableThatWasFlushed) {
    const std::string path = "export PATH=" RMIRROR_SOURCE_DIR "/packaging:$PATH; ";
    require_command(
        {"sh", "-c", path + "mkdir /etc/rmirror; cat >/etc/rmirror/a.nft; rmirror-rules load"},
        {.input = "table inet kept { chain c { type filter hook input priority 0; "
                  "rmirror to 192.0.2.9; }; }\n"});
    const std::string text = "table inet kept of /etc/rmirror is gone";
    EXPECT_EQ(on_host(path + "$0 doctor").out.find(text), std::string::npos);
    require_command({"nft", "flush ruleset"});
    const CommandResult gone = on_host(path + "$0 doctor");
    EXPECT_EQ(gone.status, 1);
    on_host(path + remedy_of(line_with(gone, text)));
    EXPECT_EQ(on_host(path + "$0 doctor").out.find(text), std::string::npos);
    EXPECT_NE(on_host("$0 show").out.find("inet kept c handle"), std::string::npos);
    require_command({"sh", "-c", path + "rmirror-rules unload; rm -r /etc/rmirror"});
}

// After `su`, or with a `sudo` whose PATH is the user's
TEST_F(HostFinding, NftOutsideOfPath) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5"));
    const CommandResult result =
        net_.router.exec({"env", "PATH=/usr/bin:/bin", rmirror_program(), "doctor"});
    EXPECT_EQ(result.out.find("cannot run `nft list chain`"), std::string::npos) << result.out;
}

// It says where. Tables, chains, comments and strings may have the name.
TEST_F(HostFinding, AFirewallWhoseFileMirrors) {
    require_command(
        {"sh", "-c",
         "cat >/etc/nftables.conf; mkdir -p /etc/iptables; printf '*filter\n-A INPUT -p udp -j "
         "RMIRROR --target 192.0.2.9\nCOMMIT\n' >/etc/iptables/rules.v4"},
        {.input = "table inet rmirror {\n"
                  "    chain c { # rmirror to nobody\n"
                  "        log prefix \"rmirror to \"\n"
                  "        udp dport 9 rmirror to 192.0.2.9 accept\n"
                  "    }\n}\n"});
    const std::string path = "export PATH=" RMIRROR_SOURCE_DIR "/packaging:$PATH; ";
    const CommandResult result = on_host(path + "$0 doctor");
    const std::string what = " mirrors: without the module the file is refused as a whole";
    EXPECT_EQ(lines_with(result.out, what),
              (std::vector<std::string>{
                  "note: host: /etc/nftables.conf:4" + what +
                      ", the firewall with it. Mirrors belong into /etc/rmirror; see "
                      "`rmirror-rules move`",
                  "note: host: /etc/iptables/rules.v4:2" + what +
                      ", the firewall with it. Mirrors belong into /etc/rmirror; see "
                      "`rmirror-rules move`"}))
        << result.out << result.err;
    require_command({"rm", "-r", "/etc/nftables.conf", "/etc/iptables"});
    EXPECT_EQ(on_host(path + "$0 doctor").out.find(what), std::string::npos);
}

// A copy of the module, so that nobody loads what has been signed for the test
const std::string copied =
    "tree=/lib/modules/$(uname -r)\n"
    "core=$(sed -n 's,^\\([^ :]*/rmirror_core\\.ko\\):.*,\\1,p' $tree/modules.dep)\n"
    "cp $tree/$core /run/rmirror_core.ko\n"
    "mount -t tmpfs none $tree\n"
    "mkdir -p $tree/updates\n"
    "mv /run/rmirror_core.ko $tree/updates/\n"
    "echo updates/rmirror_core.ko: >$tree/modules.dep\n"
    "mkdir -p /sys/module/module/parameters\n"
    "echo Y >/sys/module/module/parameters/sig_enforce\n";

TEST_F(HostFinding, AModuleWithoutASignature) {
    const CommandResult result = without_modules(copied + "exec \"$0\" doctor");
    EXPECT_EQ(result.status, 1) << result.out << result.err;
    const std::string line =
        line_with(result, "the kernel accepts signed modules only, and /lib/modules/");
    EXPECT_NE(line.find("/updates/rmirror_core.ko has no signature"), std::string::npos) << line;
    // The kernel's own tool is among its headers, which a guest does not have. One that does as
    // much as is looked at:
    const CommandResult after = without_modules(
        copied +
        "mkdir -p $tree/build/scripts\n"
        "printf '#!/bin/sh\\nprintf \"~Module signature appended~\\\\n\" >>\"$4\"\\n' "
        ">$tree/build/scripts/sign-file\n"
        "chmod +x $tree/build/scripts/sign-file\n" +
        remedy_of(line) + "\nexec \"$0\" doctor");
    EXPECT_EQ(after.status, 0) << after.out << after.err;
}

// A mokutil that knows what was imported
TEST_F(HostFinding, AKeyThatIsNotEnrolled) {
    const std::string signed_copy =
        copied +
        "printf '~Module signature appended~\\n' >>$tree/updates/rmirror_core.ko\n"
        "mkdir -p /var/lib/dkms /run/bin; touch /var/lib/dkms/mok.pub; rm -f /run/enrolled\n"
        "cat >/run/bin/mokutil <<'END'\n"
        "#!/bin/sh\n"
        "case $1 in\n"
        "--import) touch /run/enrolled ;;\n"
        "--test-key) [ -e /run/enrolled ] && echo \"$2 is already enrolled\" || echo \"$2 is not "
        "enrolled\" ;;\n"
        "esac\n"
        "END\n"
        "chmod +x /run/bin/mokutil; PATH=/run/bin:$PATH\n";
    const CommandResult before = without_modules(signed_copy + "exec \"$0\" doctor");
    EXPECT_EQ(before.status, 1) << before.out << before.err;
    const std::string line =
        line_with(before, "the key that dkms signs with is not enrolled. Enrol it");
    const CommandResult after =
        without_modules(signed_copy + remedy_of(line) + "\nexec \"$0\" doctor");
    EXPECT_EQ(after.status, 0) << after.out << after.err;
    fs::remove_all("/var/lib/dkms");
}

TEST_F(HostFinding, AUserNamespaceWithoutModules) {
    const CommandResult result = without_modules("unshare -Urn \"$0\" doctor");
    EXPECT_EQ(result.status, 2) << result.out;
    const std::string line = line_with(result, "load them outside of this user namespace");
    require_command({"sh", "-c", remedy_of(line)});
    const CommandResult loaded = run_command({"unshare", "-Urn", rmirror_program(), "doctor"});
    EXPECT_EQ(loaded.status, 0) << loaded.out << loaded.err;
}

}  // namespace
}  // namespace rmirror::vm
