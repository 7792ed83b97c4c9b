// SPDX-License-Identifier: GPL-2.0-only
//
// What nft does besides adding and listing.
#include "native_test.hpp"

namespace rmirror::test {
namespace {

class NativeCommand : public NativeTest {
protected:
    // What `nft monitor` and these arguments say while a rule is added
    std::string monitor(const std::vector<std::string> &arguments, const std::string &statement) {
        Directory directory;
        const std::string out = directory.path("out");
        std::string command = "exec timeout 20 '" + GetParam().path + "'";
        for (const std::string &argument : arguments)
            command += " " + argument;
        // A monitor says nothing before its first event: events are made until one is seen.
        const std::string rule = "add rule inet t c " + statement;
        const std::string script =
            command + " >'" + out +
            "' 2>&1 & monitor=$!; n=0; while [ $n -lt 100 ] && ! grep -q rmirror '" + out +
            "'; do '" + GetParam().path + "' '" + rule +
            "'; sleep 0.1; n=$((n + 1)); done; kill $monitor";
        const Outcome outcome = run({"sh", "-c", script}, {.plugin = false});
        return read_file(out) + outcome.err;
    }
};

TEST_P(NativeCommand, Monitor) {
    add_chain();
    const std::string said = monitor({"monitor"}, "rmirror to 10.0.0.5 len 60");
    EXPECT_NE(said.find("add rule inet t c rmirror to 10.0.0.5 len 60\n"), std::string::npos)
        << said;
}

TEST_P(NativeCommand, MonitorInJson) {
    add_chain();
    const std::string said = monitor({"-j", "monitor"}, "rmirror to 10.0.0.5 len 60");
    EXPECT_NE(said.find(R"({"rmirror": {"to": "10.0.0.5", "len": 60}})"), std::string::npos)
        << said;
}

TEST_P(NativeCommand, Echo) {
    add_chain();
    const Outcome text =
        nft({"-e", "-a", "add rule inet t c rmirror to ip saddr map { 10.1.0.1 : 10.0.0.5 }"});
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_NE(text.out.find("rmirror ip to ip saddr map { 10.1.0.1 : 10.0.0.5 } # handle "),
              std::string::npos)
        << text.out;
}

TEST_P(NativeCommand, OptimizeMergesNoMirrors) {
    const std::string table =
        "table inet t {\n\tchain c {\n\t\tip saddr 10.1.0.1 rmirror to 10.0.0.5 accept\n"
        "\t\tip saddr 10.1.0.2 rmirror to 10.0.0.5 accept\n\t\tip saddr 10.1.0.3 rmirror to "
        "10.0.0.6 accept\n"
        "\t}\n}\n";
    const Outcome outcome = nft({"-o", "-f", "-"}, {.input = table});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(ruleset(), table);
}

// As for every constant: numbers in place of names
TEST_P(NativeCommand, Numeric) {
    add_chain();
    add_rule("rmirror to 10.0.0.5 dscp ef");
    EXPECT_EQ(rules(), std::vector<std::string>{"rmirror to 10.0.0.5 dscp ef"});
    EXPECT_EQ(rules({"-n"}), std::vector<std::string>{"rmirror to 10.0.0.5 dscp 46"});
}

TEST_P(NativeCommand, Describe) {
    const Outcome outcome = nft({"describe", "ip", "daddr"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE((outcome.out + outcome.err).find("ipv4_addr"), std::string::npos);
}

TEST_P(NativeCommand, NetlinkDebug) {
    add_chain();
    const Outcome outcome =
        nft({"--debug=netlink",
             "add rule inet t c rmirror to 10.0.0.5 encap vxlan key 7 device \"eth0\""});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(
        (outcome.out + outcome.err).find("[ rmirror addr 10.0.0.5 encap 4 key 7 device eth0 ]"),
        std::string::npos)
        << outcome.out << outcome.err;
}

// The word is one only in front of `to`.
TEST_P(NativeCommand, NamesMayBeRmirror) {
    const std::string text =
        "table inet rmirror {\n\tset rmirror {\n\t\ttype ipv4_addr\n\t}\n\n\tchain rmirror {\n"
        "\t\trmirror to 10.0.0.5\n\t\tip saddr @rmirror accept comment \"rmirror to "
        "10.0.0.5\"\n\t}\n\n"
        "\tchain other {\n\t\tjump rmirror\n\t\tlog prefix \"rmirror to \" drop\n\t}\n}\n";
    const Outcome outcome = load("define rmirror = 10.0.0.5\n" + text +
                                 "add rule inet rmirror rmirror rmirror to $rmirror len 60\n"
                                 "add rule inet rmirror rmirror tcp dport 1 drop\ndelete rule inet "
                                 "rmirror rmirror handle 999999\n");
    EXPECT_NE(outcome.err.find("No such file or directory"), std::string::npos) << outcome.err;
    const Outcome good = load("define rmirror = 10.0.0.5\n" + text +
                              "add rule inet rmirror rmirror rmirror to $rmirror len 60\n");
    ASSERT_EQ(good.status, 0) << good.err;
    std::string expected = text;
    const std::string last = "comment \"rmirror to 10.0.0.5\"\n";
    expected.insert(expected.find(last) + last.size(), "\t\trmirror to 10.0.0.5 len 60\n");
    EXPECT_EQ(ruleset(), expected);
}

// A kernel without the module refuses; nothing is left behind.
TEST_P(NativeCommand, WithoutTheModule) {
    const Outcome outcome =
        load("table inet t {\nchain c {\nrmirror to 10.0.0.5\n}\n}\n", {.kernel_double = false});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("No such file or directory"), std::string::npos) << outcome.err;
    EXPECT_EQ(ruleset(), "");
}

RMIRROR_NATIVE_SUITE(NativeCommand);

}  // namespace
}  // namespace rmirror::test
