// SPDX-License-Identifier: GPL-2.0-only
//
// rmirror(8) in a network of its own: what it shows, and each finding of the doctor: the fault is
// made, the line is expected, and the remedy that it prints is typed and works.
#include <gtest/gtest.h>

#include <chrono>
#include <regex>

#include "vm/support/capture.hpp"
#include "vm/support/mirror.hpp"
#include "vm/support/operator.hpp"
#include "vm/support/xtables.hpp"

namespace rmirror::vm {
namespace {

const std::string tool = rmirror_program();

TEST_F(OperatorTest, ShowsWhereARuleStandsAndWhatItCounted) {
    net_.router.nft(
        "table inet mirror { chain in { type filter hook input priority 0; "
        "udp dport 9 rmirror to 10.0.0.5 encap vxlan key 7 comment \"web\"; }; }");
    send_counted();
    const CommandResult result = rmirror({"show"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("inet mirror in handle 2: rmirror to 10.0.0.5 encap vxlan key 7  # "
                              "web\n    1 packet matched, 1 mirrored, 150 bytes\n"),
              std::string::npos)
        << result.out;
    EXPECT_NE(rmirror({"show", "10.0.0.9"}).out.find("no such mirror"), std::string::npos);
    EXPECT_NE(rmirror({"show", "web"}).out.find("handle 2"), std::string::npos);
    EXPECT_NE(rmirror({"show", "mirror/in"}).out.find("handle 2"), std::string::npos);
    const CommandResult json = rmirror({"show", "-j", "-w", "0.2"});
    EXPECT_EQ(json.status, 0) << json.err;
    EXPECT_NE(json.out.find("\"handle\": 2"), std::string::npos) << json.out;
    EXPECT_NE(json.out.find("\"per-second\""), std::string::npos) << json.out;
}

TEST_F(OperatorTest, ShowsTargetsOfIptablesOfBothKinds) {
    if (const std::string missing = missing_legacy_tables(); !missing.empty())
        GTEST_SKIP() << missing;
    const Userland here;
    here.require(net_.router,
                 "iptables-legacy -A INPUT -p udp -j RMIRROR --target 10.0.0.5 --key 7");
    here.require(net_.router,
                 "iptables-nft -t mangle -A PREROUTING -p udp -j RMIRROR --target 10.0.0.5 --key 8 "
                 "--len 60");
    Capture copies(net_.collector, "eth0");
    send();
    ASSERT_EQ(copies.wait_for(2, has_ip_protocol(47)).size(), 2U);
    const CommandResult result = rmirror({"show"});
    EXPECT_NE(result.out.find("iptables filter INPUT: rmirror to 10.0.0.5 key 7\n    1 packet "),
              std::string::npos)
        << result.out;
    EXPECT_TRUE(std::regex_search(
        result.out, std::regex("iptables mangle PREROUTING handle [0-9]+: rmirror to 10.0.0.5 "
                               "key 8 len 60\n    1 packet ")))
        << result.out;
}

TEST_F(OperatorTest, TellsWhatNeedsRoot) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5"));
    const CommandResult show = net_.router.exec(
        {"setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", tool, "show"});
    EXPECT_EQ(show.status, 2);
    EXPECT_NE(show.err.find("root of this network namespace can"), std::string::npos) << show.err;
    const CommandResult doctor = net_.router.exec(
        {"setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", tool, "doctor"});
    EXPECT_EQ(doctor.status, 2) << doctor.out;
    EXPECT_NE(doctor.out.find("sudo rmirror doctor"), std::string::npos) << doctor.out;
}

// `sudo` makes nobody root who is it already: in a container without the capability.
TEST_F(OperatorTest, TellsWhatARootLacks) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5"));
    for (const char *command : {"show", "doctor"}) {
        const CommandResult result = net_.router.exec(
            {"setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", tool, command});
        EXPECT_EQ(result.status, 2);
        EXPECT_NE((result.out + result.err).find("this root lacks CAP_NET_ADMIN"),
                  std::string::npos)
            << result.out << result.err;
        EXPECT_EQ(result.out.find("sudo"), std::string::npos) << result.out;
    }
}

TEST_F(OperatorTest, TellsOfACollectorWithoutARuleAndWithoutRoot) {
    const CommandResult root = rmirror({"doctor", "10.0.0.5"});
    EXPECT_EQ(root.status, 0) << root.out;
    EXPECT_NE(root.out.find("note: 10.0.0.5: no rule that can be seen mirrors to it"),
              std::string::npos)
        << root.out;
    const CommandResult nobody =
        net_.router.exec({"setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", tool,
                          "doctor", "--probe", "192.0.2.5"});
    EXPECT_EQ(nobody.status, 1) << nobody.out;
    EXPECT_NE(nobody.out.find("wrong: 192.0.2.5: there is no route to 192.0.2.5"),
              std::string::npos)
        << nobody.out;
    EXPECT_NE(nobody.out.find("cannot listen to ICMP: Operation not permitted; type: sudo rmirror "
                              "doctor --probe"),
              std::string::npos)
        << nobody.out;
}

TEST_F(OperatorTest, TenThousandRulesInASecond) {
    std::string rules = "table inet t { chain c { type filter hook input priority 0; }; }\n";
    for (unsigned i = 0; i < 10'000; i++)
        rules += "add rule inet t c udp dport " + std::to_string(i + 1) + " rmirror to 10.0.0.5\n";
    net_.router.require({"nft", "-f", "-"}, {.input = rules, .timeout = std::chrono::minutes(5)});
    const auto start = std::chrono::steady_clock::now();
    const CommandResult result = rmirror({"show"});
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("handle 10001: "), std::string::npos);
    RecordProperty("seconds", std::to_string(time.count()));
    // An emulated processor is ten times slower than a real one, and shared.
    EXPECT_LT(time.count(), 20.0);
}

TEST_F(OperatorTest, MetricsForPrometheus) {
    net_.router.nft(
        ruleset(hook("inet input"), "udp dport 9 rmirror to 10.0.0.5 comment \"a \\b\""));
    send_counted();
    const CommandResult result = rmirror({"metrics"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("rmirror_matched_packets_total{family=\"inet\",table=\"mirror\","
                              "chain=\"input\",collector=\"10.0.0.5\",encap=\"gre\",handle=\"2\","
                              "comment=\"a \\\\b\"} 1\n"),
              std::string::npos)
        << result.out;
    EXPECT_NE(result.out.find("outcome=\"sent\"} 1\n"), std::string::npos) << result.out;
    EXPECT_EQ(result.out.find("outcome=\"bytes\""), std::string::npos);
    EXPECT_EQ(rmirror({"metrics", "-o", "/tmp/rmirror.prom"}).status, 0);
    EXPECT_EQ(net_.router.require({"cat", "/tmp/rmirror.prom"}), result.out);
    EXPECT_EQ(rmirror({"metrics", "-o", "/nowhere/rmirror.prom"}).status, 1);
}

// By Prometheus' own parser (Debian: python3-prometheus-client)
TEST_F(OperatorTest, MetricsAreParsed) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 comment \"a \\b\"") +
                    "table ip t { chain c { rmirror to 10.0.0.5 encap vxlan key 7; }; }\n");
    const std::string program =
        "import sys\n"
        "from prometheus_client.parser import text_string_to_metric_families as families\n"
        "for family in families(sys.stdin.read()):\n"
        "    print(family.name, family.type, len(family.samples))\n"
        "    for sample in family.samples[:1]:\n"
        "        print(sample.labels.get('comment', '-'), sample.labels.get('key', '-'))\n";
    const CommandResult parsed = net_.router.exec(
        {"python3", "-c", program}, {.input = net_.router.require({tool, "metrics"})});
    if (parsed.err.find("ModuleNotFoundError") != std::string::npos)
        GTEST_SKIP() << "the parser is missing: apt-get install python3-prometheus-client";
    EXPECT_EQ(parsed.status, 0) << parsed.err;
    EXPECT_EQ(parsed.out,
              "rmirror_mirrors gauge 1\n- -\n"
              "rmirror_matched_packets counter 2\na \\b -\n"
              "rmirror_sent_bytes counter 2\na \\b -\n"
              "rmirror_refused counter 2\na \\b -\n"
              "rmirror_outcome_packets counter 26\na \\b -\n");
}

TEST_F(OperatorTest, WatchWritesLinesWithoutATerminal) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5"));
    const CommandResult result = net_.router.exec({"timeout", "3", tool, "watch", "-w", "0.5"});
    EXPECT_NE(result.out.find("inet mirror input handle 2: to 10.0.0.5\n"), std::string::npos)
        << result.out << result.err;
    EXPECT_EQ(result.out.find('\033'), std::string::npos);
}

TEST_F(OperatorTest, NothingIsWrong) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5"));
    const CommandResult result = rmirror({"doctor"});
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    EXPECT_NE(result.out.find("nothing is wrong"), std::string::npos) << result.out;
}

TEST_F(OperatorTest, AChainWithoutAHook) {
    net_.router.nft(
        "table inet t { chain base { type filter hook input priority 0; }; "
        "chain side { rmirror to 10.0.0.5; }; }");
    type_remedy("chain side has no hook, and no rule leads to it");
    send_counted();
    EXPECT_EQ(only_counters(net_.router)["sent"], 1U);
}

TEST_F(OperatorTest, ATableWithoutAnyHook) {
    net_.router.nft("table inet t { chain side { rmirror to 10.0.0.5; }; }");
    type_remedy("chain side has no hook, and no rule leads to it");
    send_counted();
    EXPECT_EQ(only_counters(net_.router)["sent"], 1U);
}

TEST_F(OperatorTest, AVerdictBeforeIt) {
    net_.router.nft(ruleset(hook("inet input"), "counter accept; rmirror to 10.0.0.5"));
    type_remedy("the rule with handle 2 before it takes all packets out of the chain");
    send_counted();
    EXPECT_EQ(only_counters(net_.router)["sent"], 1U);
}

TEST_F(OperatorTest, NoRoute) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 192.0.2.5"));
    EXPECT_EQ(rmirror({"show"}).out.substr(0, 2), "* ");
    type_remedy("there is no route to 192.0.2.5", "GATEWAY", "10.0.0.5");
    send_counted();
    EXPECT_EQ(only_counters(net_.router)["sent"], 1U);
}

TEST_F(OperatorTest, ARouteThatRefuses) {
    net_.router.ip("route add blackhole 192.0.2.5\n");
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 192.0.2.5"));
    const std::string line = finding("192.0.2.5");
    EXPECT_TRUE(line.find("no route") != std::string::npos ||
                line.find("refuses packets") != std::string::npos)
        << line;
}

TEST_F(OperatorTest, ADeviceThatIsDown) {
    net_.router.ip(
        "link add spare type dummy\nlink set spare up\n"
        "route add 192.0.2.5 dev spare\nlink set spare down\n");
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 192.0.2.5 device spare"));
    type_remedy("the device spare is down");
    EXPECT_TRUE(net_.router.is_running("spare"));
}

TEST_F(OperatorTest, ADeviceThatIsNotThere) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 device nix"));
    EXPECT_NE(finding("there is no device nix"), "");
}

TEST_F(OperatorTest, TheCollectorIsThisHost) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.1"));
    EXPECT_NE(finding("the collector 10.0.0.1 is this host itself"), "");
}

TEST_F(OperatorTest, ANeighbourThatIsSilent) {
    net_.router.nft(ruleset(hook("inet input"), "udp dport 9 rmirror to 10.0.0.77"));
    send_counted();
    EXPECT_NE(finding("10.0.0.77 does not answer on mon"), "");
    net_.collector.ip("address add 10.0.0.77/24 dev eth0\n");
    type_remedy("10.0.0.77 does not answer on mon");
    send_counted();
    EXPECT_EQ(only_counters(net_.router)["sent"], 1U);
}

TEST_F(OperatorTest, CopiesTooLongForThePath) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 encap vxlan mtu drop"));
    send_counted(1472);
    EXPECT_EQ(only_counters(net_.router)["too-big"], 1U);
    const std::string line = finding("has an MTU of 1500, a packet of 1500 bytes needs 1550");
    const std::string remedy = line.substr(line.find("; type: ") + 8);
    net_.router.require({"sh", "-c", remedy});
    net_.collector.ip("link set eth0 mtu 1550\n");
    send_counted(1472);
    EXPECT_EQ(only_counters(net_.router)["sent"], 1U);
}

TEST_F(OperatorTest, TheCollectorRefuses) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5 encap vxlan key 7 port 4790"));
    send_counted();
    for (int i = 0; i < 100 && only_counters(net_.router)["refused"] == 0; i++)
        usleep(50'000);
    const std::string line =
        finding("1 ICMP error came back about copies: nothing takes vxlan at 10.0.0.5");
    const std::string remedy = line.substr(line.find("; type: ") + 8);
    EXPECT_EQ(remedy,
              "rmirror collector setup --encap vxlan --key 7 --port 4790 --from 10.0.0.1 "
              "--local 10.0.0.5 --up");
    net_.collector.require({"sh", "-c", "PATH=${0%/*}:$PATH; " + remedy, tool});
    Capture copies(net_.collector, "mirror0");
    send_counted();
    EXPECT_EQ(copies.wait_for(1, has_ip_protocol(17)).size(), 1U);
}

TEST_F(OperatorTest, AnNftThatDoesNotKnowTheStatement) {
    net_.router.nft(ruleset(hook("inet input"), "rmirror to 10.0.0.5"));
    const CommandResult result = net_.router.exec({"env", "-u", "LD_LIBRARY_PATH", tool, "doctor"});
    EXPECT_EQ(result.status, 1) << result.out;
    EXPECT_NE(result.out.find("nft does not know the statement"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("rmirror-nft-plugin enable"), std::string::npos) << result.out;
    // What that does is to put the plugin in front, as every other nft of these tests has it.
    EXPECT_EQ(rmirror({"doctor"}).status, 0);
}

}  // namespace
}  // namespace rmirror::vm
