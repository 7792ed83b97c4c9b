// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror-rules and rmirror-nft-plugin with rules that the kernel has: what `move` takes out of a
// firewall's file mirrors the same packets, and a plugin is not taken away without a word on the
// rules that nobody sees then.
#include <gtest/gtest.h>

#include "support/paths.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/operator.hpp"

namespace rmirror::vm {
namespace {

class RulesTest : public OperatorTest {
protected:
    CommandResult at_router(const std::string &script, const std::string &input = "") const {
        return net_.router.exec(
            {"sh", "-ec", "export PATH=" RMIRROR_SOURCE_DIR "/packaging:$PATH\n" + script},
            {.input = input});
    }
    std::uint64_t matched() const { return settled_counters(net_.router)["matched"]; }
};

// The verdict behind the rule is the chain's: in front of it stands the table that is loaded later.
TEST_F(RulesTest, WhatMovesMirrorsTheSame) {
    const std::string head =
        "set -e; dir=/run/moved; file=$dir/firewall.conf; rules=\"rmirror-rules --directory "
        "$dir\"\n";
    const CommandResult before =
        at_router(head + "mkdir -p $dir; cat >$file; nft -f $file",
                  "flush ruleset\n"
                  "define PORT = { 7, 9 }\n"
                  "table inet filter {\n"
                  "    chain input {\n"
                  "        type filter hook input priority filter; policy drop;\n"
                  "        udp dport $PORT rmirror to 10.0.0.5 len 60\n"
                  "        udp dport 9 drop\n"
                  "    }\n"
                  "}\n");
    ASSERT_EQ(before.status, 0) << before.err;
    send();
    EXPECT_EQ(matched(), 1U);
    const CommandResult moved = at_router(head +
                                          "$rules --write move $file; ! grep rmirror $file; nft -f "
                                          "$file; $rules load; $rules status");
    ASSERT_EQ(moved.status, 0) << moved.out << moved.err;
    EXPECT_NE(moved.out.find("table inet mirror_filter\n"), std::string::npos) << moved.out;
    send();
    EXPECT_EQ(matched(), 1U);
    // The firewall alone, as it drops: the mirror is loaded again behind it, as the service does.
    const CommandResult again = at_router(head + "nft -f $file; ! $rules status; $rules load");
    ASSERT_EQ(again.status, 0) << again.out << again.err;
    send();
    EXPECT_EQ(matched(), 1U);
    at_router(head + "$rules unload; nft flush ruleset; rm -r $dir");
}

// Its file is gone. The guest's own ldconfig, which reads all libraries, takes its time.
TEST_F(RulesTest, APluginIsNotTakenAwayInSilence) {
    net_.router.nft(ruleset(hook("inet input"),
                            "udp dport 9 rmirror to 10.0.0.5 drop\nrmirror to 10.0.0.5 key 7"));
    const CommandResult result = net_.router.exec(
        {"unshare", "--mount", "env", "-u", "LD_LIBRARY_PATH", "sh", "-ec",
         "mount -t tmpfs none /etc/ld.so.conf.d; echo /run/own >/etc/ld.so.conf.d/00-rmirror.conf\n"
         "printf '#!/bin/sh\\n' >/run/ldconfig; chmod +x /run/ldconfig\n"
         "mount --bind /run/ldconfig $(readlink -f /sbin/ldconfig)\n"
         "bash " RMIRROR_BINARY_DIR
         "/libnftnl-ext/plugin/rmirror-nft-plugin --plugin-dir /run/own check 2>&1 || echo $?\n"
         "ls /etc/ld.so.conf.d"});
    EXPECT_EQ(result.out,
              "rmirror-nft-plugin: there is no plugin in /run/own\n"
              "rmirror-nft-plugin: warning: 2 rmirror statement(s) go on mirroring, but stock nft "
              "does not show rules with them\n"
              "rmirror-nft-plugin: warning: what stock nft saves is without these rules, their "
              "verdicts included\n"
              "rmirror-nft-plugin: disabled: nft works as before, without the statement "
              "'rmirror'\n1\n")
        << result.err;
}

}  // namespace
}  // namespace rmirror::vm
