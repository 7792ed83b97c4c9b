// SPDX-License-Identifier: GPL-2.0-only
//
// What the doctor concludes from rulesets, policies and numbers that no guest has at hand.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/netfilter.h>

#include <cstring>

#include "doctor.hpp"
#include "ipsec.hpp"
#include "passage.hpp"
#include "screen.hpp"
#include "text.hpp"

namespace rmirror::tools {
namespace {

Chain base(std::uint8_t family, const std::string &table, const std::string &name,
           std::uint32_t hook, std::int32_t priority) {
    Chain chain{family, table, name};
    chain.hook = hook;
    chain.priority = priority;
    chain.type = "filter";
    return chain;
}

Rule rule_in(const Chain &chain, std::uint64_t handle) {
    return {chain.family, chain.table, chain.name, handle};
}

Ruleset with_tables(std::vector<Chain> chains, std::vector<Rule> rules) {
    Ruleset ruleset;
    for (const Chain &chain : chains)
        ruleset.tables.push_back({chain.family, chain.table});
    ruleset.chains = std::move(chains);
    ruleset.rules = std::move(rules);
    return ruleset;
}

TEST(Passage, FollowsJumpsAndMaps) {
    const Chain in = base(NFPROTO_INET, "t", "in", NF_INET_LOCAL_IN, 0);
    const Chain out = base(NFPROTO_INET, "t", "out", NF_INET_LOCAL_OUT, 0);
    const Chain middle{NFPROTO_INET, "t", "middle"};
    const Chain end{NFPROTO_INET, "t", "end"};
    const Chain other{NFPROTO_INET, "u", "end"};
    Rule jump = rule_in(in, 1);
    jump.jumps = {"middle"};
    Rule map = rule_in(middle, 2);
    map.has_verdict_map = true;
    Rule circle = rule_in(end, 3);
    circle.jumps = {"middle"};
    const Ruleset ruleset = with_tables({in, out, middle, end, other}, {jump, map, circle});
    Passage passage(ruleset);
    const Reach &reach = passage.reach_of(*passage.find_chain("inet", "t", "end"));
    ASSERT_EQ(reach.bases.size(), 1U);
    EXPECT_EQ(reach.bases[0]->name, "in");
    EXPECT_TRUE(passage.reach_of(*passage.find_chain("inet", "u", "end")).bases.empty());
    EXPECT_EQ(passage.find_chain("ip", "t", "end"), nullptr);
}

TEST(Passage, AVerdictBeforeAllJumpsBlocks) {
    const Chain in = base(NFPROTO_INET, "t", "in", NF_INET_LOCAL_IN, 0);
    const Chain side{NFPROTO_INET, "t", "side"};
    Rule first = rule_in(in, 1);
    first.jumps = {"side"};
    Rule end = rule_in(in, 2);
    end.ends_all = true;
    Rule late = rule_in(in, 3);
    late.jumps = {"side"};
    const Ruleset open = with_tables({in, side}, {first, end, late});
    EXPECT_EQ(Passage(open).reach_of(open.chains[1]).bases.size(), 1U);
    const Ruleset blocked = with_tables({in, side}, {end, late});
    Passage passage(blocked);
    const Reach &reach = passage.reach_of(blocked.chains[1]);
    EXPECT_TRUE(reach.bases.empty());
    ASSERT_NE(reach.blocked_by, nullptr);
    EXPECT_EQ(reach.blocked_by->handle, 2U);
    EXPECT_EQ(passage.end_before(blocked.chains[0], 3)->handle, 2U);
    EXPECT_EQ(passage.end_before(blocked.chains[0], 2), nullptr);
}

TEST(Passage, OnlyAnEarlierChainOfAllPacketsDropsThem) {
    const Chain mirror = base(NFPROTO_IPV4, "t", "in", NF_INET_LOCAL_IN, 0);
    const auto dropped_by = [&mirror](Chain earlier, std::vector<Rule> rules) {
        const Ruleset ruleset = with_tables({mirror, earlier}, std::move(rules));
        return Passage(ruleset).drop_before(ruleset.chains[0]) != nullptr;
    };
    Chain earlier = base(NFPROTO_INET, "u", "in", NF_INET_LOCAL_IN, -1);
    Rule drop = rule_in(earlier, 1);
    drop.ends_all = drop.drops_all = true;
    Rule accept = rule_in(earlier, 2);
    accept.may_accept = true;
    EXPECT_TRUE(dropped_by(earlier, {drop}));
    EXPECT_TRUE(dropped_by(earlier, {drop, accept}));
    EXPECT_FALSE(dropped_by(earlier, {accept, drop}));
    EXPECT_FALSE(dropped_by(earlier, {}));
    earlier.policy_drops = true;
    EXPECT_TRUE(dropped_by(earlier, {}));
    EXPECT_FALSE(dropped_by(earlier, {accept}));
    earlier.priority = 0;
    EXPECT_FALSE(dropped_by(earlier, {}));
    earlier.priority = -1;
    earlier.hook = NF_INET_LOCAL_OUT;
    EXPECT_FALSE(dropped_by(earlier, {}));
    earlier.hook = NF_INET_LOCAL_IN;
    earlier.family = NFPROTO_IPV6;
    EXPECT_FALSE(dropped_by(earlier, {}));
}

TEST(Flowtables, HideAllInHardware) {
    const Chain way = base(NFPROTO_INET, "t", "way", NF_INET_FORWARD, 0);
    Rule offload = rule_in(way, 4);
    offload.flowtable = "f";
    Ruleset ruleset = with_tables({way}, {offload});
    ruleset.flowtables = {{NFPROTO_INET, "t", "f", 0, {"lan", "wan"}, true}};
    Chain ingress = base(NFPROTO_NETDEV, "m", "c", 0, -10);
    ingress.devices = {"lan"};
    Mirror mirror;
    mirror.family = "netdev";
    mirror.table = "m";
    mirror.chain = "c";
    const auto findings = [&](const Chain &of) {
        Findings all;
        examine_flowtables(mirror, {&of}, ruleset, all);
        return all;
    };
    ASSERT_EQ(findings(ingress).size(), 1U);
    EXPECT_NE(findings(ingress)[0].what.find("to hardware, where no hook sees them"),
              std::string::npos);
    EXPECT_EQ(findings(ingress)[0].remedy, "nft delete rule inet t way handle 4");
    Chain egress = ingress;
    egress.hook = 1;
    EXPECT_EQ(findings(egress).size(), 1U);
    EXPECT_EQ(findings(base(NFPROTO_INET, "m", "in", NF_INET_LOCAL_IN, 0)).size(), 0U);
    ingress.devices = {"dmz"};
    EXPECT_EQ(findings(ingress).size(), 0U);
    ruleset.flowtables[0].in_hardware = false;
    EXPECT_EQ(findings(egress).size(), 0U);
    ingress.devices = {"wan"};
    EXPECT_EQ(findings(ingress).size(), 0U);
    ingress.priority = 1;
    EXPECT_EQ(findings(ingress).size(), 1U);
}

IpsecPolicy policy_to(const char *destination, std::uint8_t bits) {
    IpsecPolicy policy;
    const Address address = *Address::from_text(destination);
    policy.selector.family = address.is_ipv4() ? AF_INET : AF_INET6;
    std::memcpy(&policy.selector.daddr, address.bytes().data(), address.bytes().size());
    policy.selector.prefixlen_d = bits;
    return policy;
}

IpsecFlow flow(const std::string &statement) {
    return flow_of(parse_text("rmirror to " + statement)->statement,
                   *Address::from_text("10.0.0.1"), 3);
}

TEST(Ipsec, ThePolicyOfLowestPriorityCounts) {
    std::vector<IpsecPolicy> policies = {policy_to("10.0.0.0", 24), policy_to("10.0.0.5", 32),
                                         policy_to("10.0.0.4", 31)};
    policies[0].priority = 5;
    policies[1].priority = 4;
    policies[2].priority = 4;
    EXPECT_EQ(find_policy(policies, flow("10.0.0.5")), &policies[1]);
    EXPECT_EQ(find_policy(policies, flow("10.0.0.4")), &policies[2]);
    EXPECT_EQ(find_policy(policies, flow("10.0.0.6")), &policies[0]);
    EXPECT_EQ(find_policy(policies, flow("10.0.1.5")), nullptr);
}

TEST(Ipsec, SelectorsAreThoseOfTheModulesLookUp) {
    const auto is_about = [](const IpsecPolicy &policy, const std::string &statement) {
        return find_policy({policy}, flow(statement)) != nullptr;
    };
    IpsecPolicy udp = policy_to("10.0.0.5", 32);
    udp.selector.proto = IPPROTO_UDP;
    udp.selector.dport = htons(4789);
    udp.selector.dport_mask = 0xffff;
    EXPECT_TRUE(is_about(udp, "10.0.0.5 encap vxlan"));
    EXPECT_FALSE(is_about(udp, "10.0.0.5 encap vxlan port 4790"));
    EXPECT_FALSE(is_about(udp, "10.0.0.5"));
    IpsecPolicy gre = policy_to("10.0.0.5", 32);  // key 0x00010007, in its two halves
    gre.selector.proto = IPPROTO_GRE;
    gre.selector.sport = htons(1);
    gre.selector.dport = htons(7);
    gre.selector.sport_mask = gre.selector.dport_mask = 0xffff;
    EXPECT_TRUE(is_about(gre, "10.0.0.5 key 65543"));
    EXPECT_FALSE(is_about(gre, "10.0.0.5 key 7"));
    EXPECT_FALSE(is_about(gre, "10.0.0.5 encap erspan key 7"));
    gre.selector.sport = 0;
    EXPECT_TRUE(is_about(gre, "10.0.0.5 key 7"));
    EXPECT_TRUE(is_about(gre, "10.0.0.5 encap erspan key 7"));
    EXPECT_FALSE(is_about(gre, "10.0.0.5 encap erspan key 8"));
    EXPECT_FALSE(is_about(gre, "10.0.0.5 encap vxlan key 7"));
    IpsecPolicy marked = policy_to("10.0.0.5", 32);
    marked.mark = 4;
    marked.mark_mask = 0xff;
    EXPECT_TRUE(is_about(marked, "10.0.0.5 mark 0x104"));
    EXPECT_FALSE(is_about(marked, "10.0.0.5"));
    IpsecPolicy from = policy_to("10.0.0.5", 32);
    from.selector.saddr.a4 = htonl(0x0a000001);
    from.selector.prefixlen_s = 32;
    EXPECT_TRUE(is_about(from, "10.0.0.5"));
    EXPECT_FALSE(is_about(from, "10.0.0.5 from 10.0.0.2"));
    IpsecPolicy by_device = policy_to("10.0.0.5", 32);
    by_device.selector.ifindex = 4;
    EXPECT_FALSE(is_about(by_device, "10.0.0.5"));
}

std::string receiver(const std::string &encap, const std::string &words,
                     const std::string &source = "10.0.0.1") {
    Mirror mirror;
    mirror.statement = parse_text("rmirror to " + words + " encap " + encap)->statement;
    mirror.collector = std::get<Address>(mirror.statement->collector).to_text();
    mirror.encap = encap;
    mirror.key = mirror.statement->key ? std::to_string(*mirror.statement->key) : "-";
    Path path;
    path.source = source;
    return receiver_of(mirror, path);
}

TEST(Receiver, IsADeviceWhereLinuxHasOne) {
    EXPECT_EQ(receiver("gre", "10.0.0.5 key 7"),
              "rmirror collector setup --encap gre --key 7 --from 10.0.0.1 --local 10.0.0.5 --up");
    EXPECT_EQ(receiver("erspan1", "10.0.0.5"),
              "rmirror collector setup --encap erspan1 --from 10.0.0.1 --local 10.0.0.5 --up");
    EXPECT_EQ(receiver("none", "10.0.0.5"),
              "rmirror collector setup --encap none --device DEVICE --local 10.0.0.5 --up");
}

TEST(Receiver, IsTheCollectorWhereNoDeviceTakesThem) {
    EXPECT_EQ(receiver("tzsp", "10.0.0.5 port 1234"),
              "rmirror collector --encap tzsp --port 1234 --from 10.0.0.1 --tap mirror0");
    EXPECT_EQ(receiver("erspan3", "10.0.0.5 key 7 platform"),
              "rmirror collector --encap erspan3 --key 7 --from 10.0.0.1 --tap mirror0");
    EXPECT_EQ(receiver("erspan1", "2001:db8::5", "2001:db8::1"),
              "rmirror collector --encap erspan1 --from 2001:db8::1 --tap mirror0");
}

TEST(Screens, LinesAreCutBetweenCharacters) {
    EXPECT_EQ(fitted("12345", 5), "12345");
    EXPECT_EQ(fitted("123456", 5), "12345");
    EXPECT_EQ(fitted("a\xc3\xa4\xe2\x82\xac z", 3), "a\xc3\xa4\xe2\x82\xac");
    EXPECT_EQ(fitted("\xc3\xa4", 0), "");
}

TEST(Outcomes, AreThoseOfTheTable) {
    Counters counters{};
    counters[NFTA_RMIRROR_COUNTER_MATCHED - 1] = 1;
    counters[NFTA_RMIRROR_COUNTER_BYTES - 1] = 100;
    counters[NFTA_RMIRROR_COUNTER_REFUSED - 1] = 1;
    EXPECT_EQ(outcome_of(counters), 0);
    counters[NFTA_RMIRROR_COUNTER_NO_ROUTE - 1] = 1;
    EXPECT_EQ(outcome_of(counters), NFTA_RMIRROR_COUNTER_NO_ROUTE);
}

}  // namespace
}  // namespace rmirror::tools
