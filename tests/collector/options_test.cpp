// SPDX-License-Identifier: GPL-2.0-only
//
// Command lines: what is taken, and what is said of what is not.
#include "collector/options.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "collector/setup_plan.hpp"
#include "support/words.hpp"

namespace rmirror::collector {
namespace {

// The words of a text, as a shell without quotes would give them
struct Words {
    explicit Words(const std::string &text) {
        std::istringstream stream(text);
        for (std::string word; stream >> word;)
            words.push_back(word);
        for (const std::string &word : words)
            pointers.push_back(word.c_str());
    }
    std::vector<std::string> words;
    std::vector<const char *> pointers;
};

Result<Options> parse(const std::string &text) {
    return parse_options(Words(text).pointers);
}

std::string refusal(const std::string &text) {
    const auto options = parse(text);
    return options ? "taken" : options.error().message;
}

std::string setup_refusal(const std::string &text) {
    const auto options = parse_setup(Words(text).pointers);
    return options ? "taken" : options.error().message;
}

TEST(CollectorOptions, AreRead) {
    const auto options = parse(
        "--encap vxlan --key 42 --port=4790 --from 10.0.0.1 --device eth0 --pcapng a.pcapng "
        "--rotate-size 10 --rotate-time 60 --files 5 --buffer 64 --time arrival --count 9 -j");
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_EQ(options->wanted.encap, RMIRROR_ENCAP_VXLAN);
    EXPECT_EQ(options->wanted.key, 42U);
    EXPECT_EQ(options->ports[RMIRROR_ENCAP_VXLAN], 4790);
    EXPECT_EQ(options->wanted.from, std::vector<Address>{*Address::from_text("10.0.0.1")});
    EXPECT_EQ(options->device, "eth0");
    ASSERT_TRUE(options->file);
    EXPECT_EQ(options->file->path, "a.pcapng");
    EXPECT_EQ(options->file->rotate_bytes, 10U << 20);
    EXPECT_EQ(options->file->rotate_seconds, 60U);
    EXPECT_EQ(options->file->files, 5U);
    EXPECT_EQ(options->buffer_mib, 64U);
    EXPECT_FALSE(options->sender_time);
    EXPECT_EQ(options->count, 9U);
    EXPECT_TRUE(options->json);
    EXPECT_FALSE(options->stats);
}

TEST(CollectorOptions, NumbersAreWhatIsLeftWithoutAPlaceForFrames) {
    EXPECT_TRUE(parse("")->stats);
    EXPECT_FALSE(parse("--tap mirror0")->stats);
    EXPECT_TRUE(parse("--tap mirror0 --stats")->stats);
}

TEST(CollectorOptions, AKeyIsOfItsEncapsulation) {
    EXPECT_EQ(parse("--encap gre --key 0xffffffff")->wanted.key, 0xffffffffU);
    EXPECT_EQ(refusal("--encap erspan --key 1024"),
              "invalid --key '1024', expected 0..1023 with encap erspan");
    EXPECT_EQ(refusal("--key 16777216 --encap geneve"),
              "invalid --key '16777216', expected 0..16777215 with encap geneve");
    EXPECT_EQ(refusal("--encap tzsp --key 1"), "--key has no meaning with encap tzsp");
    EXPECT_EQ(refusal("--encap gre --port 99"), "--port has no meaning with encap gre");
    EXPECT_EQ(refusal("--port 99"), "--port needs --encap: which encapsulation has the port?");
}

TEST(CollectorOptions, RefusalsNameWordAndRange) {
    EXPECT_EQ(refusal("--encap gra"),
              "invalid --encap 'gra', expected one of " + test::listed_encaps());
    EXPECT_EQ(refusal("--key 4294967296"), "invalid --key '4294967296', expected 0..4294967295");
    EXPECT_EQ(refusal("--key -1"), "invalid --key '-1', expected 0..4294967295");
    EXPECT_EQ(refusal("--key 7x"), "invalid --key '7x', expected 0..4294967295");
    EXPECT_EQ(refusal("--key="), "invalid --key '', expected 0..4294967295");
    EXPECT_EQ(refusal("--encap vxlan --port 0"), "invalid --port '0', expected 1..65535");
    EXPECT_EQ(
        refusal("--from 10.0.0.256"),
        "invalid --from '10.0.0.256', expected an IPv4 or IPv6 address, or a name that has one");
    EXPECT_EQ(
        refusal("--tap a/b"),
        "invalid --tap 'a/b', expected a name of 1..15 bytes without white space, '/', ':' and "
        "'%'");
    EXPECT_EQ(refusal("--device sixteen_letters_"),
              "invalid --device 'sixteen_letters_', expected a name of 1..15 bytes without white "
              "space, '/', ':' and '%'");
    EXPECT_EQ(refusal("--buffer 0"), "invalid --buffer '0', expected 1..4095");
    EXPECT_EQ(refusal("--time now"), "invalid --time 'now', expected sender or arrival");
    EXPECT_EQ(refusal("--key"), "missing value after --key");
    EXPECT_EQ(refusal("--key 1 --key 2"), "repeated option --key");
    EXPECT_EQ(refusal("-j --json"), "repeated option --json");
    EXPECT_EQ(refusal("--stats=1"), "--stats takes no value");
    EXPECT_TRUE(
        refusal("--kee 1").starts_with("unknown option '--kee', expected one of --encap, "));
    EXPECT_TRUE(refusal("eth0").starts_with("unknown option 'eth0', "));
}

TEST(CollectorOptions, WhatDoesNotGoTogether) {
    EXPECT_EQ(refusal("--encap none"),
              "--encap none needs --device: which device do the packets arrive on?");
    EXPECT_EQ(refusal("--encap none --device eth0 --from 10.0.0.1"),
              "--from has no meaning with encap none: the source is that of the packet");
    EXPECT_EQ(refusal("--encap none --device eth0"), "taken");
    const std::string rotation =
        "--rotate-size and --rotate-time need --pcapng with the name of a file";
    EXPECT_EQ(refusal("--rotate-size 5"), rotation);
    EXPECT_EQ(refusal("--rotate-time 5 --pcapng -"), rotation);
    EXPECT_EQ(refusal("--files 5 --pcapng a"), "--files needs --rotate-size or --rotate-time");
}

struct Setup {
    const char *words;
    const char *command;  // the first one
};

class CollectorSetup : public ::testing::TestWithParam<Setup> {};

TEST_P(CollectorSetup, MakesTheDevice) {
    const auto options = parse_setup(Words(GetParam().words).pointers);
    ASSERT_TRUE(options) << options.error().message;
    const auto plan = make_plan(*options);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->up[0].to_text(), GetParam().command);
    const std::string text = plan_text(*options, *plan);
    for (const char *part : {"mtu 9000", "disable_ipv6=1", "gro off", "suricata ", "snort ",
                             "af_packet::mirror0", "interface=mirror0"})
        EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
    EXPECT_EQ(plan->down[0].to_text(), "ip link del mirror0");
}

// The guest makes each of them: tests/vm/collector_test.cpp.
INSTANTIATE_TEST_SUITE_P(
    Devices, CollectorSetup,
    ::testing::Values(
        Setup{"--encap gre --key 7 --local 10.0.0.5 --from 10.0.0.1",
              "ip link add mirror0 type gretap local 10.0.0.5 remote 10.0.0.1 key 7"},
        Setup{"--encap gre --local fd00::5", "ip link add mirror0 type ip6gretap local fd00::5"},
        Setup{"--encap erspan1 --local 10.0.0.5",
              "ip link add mirror0 type erspan local 10.0.0.5 erspan_ver 0"},
        Setup{"--encap erspan --key 9 --local 10.0.0.5",
              "ip link add mirror0 type erspan local 10.0.0.5 key 9 oseq erspan_ver 1"},
        Setup{"--encap erspan3 --local fd00::5",
              "ip link add mirror0 type ip6erspan local fd00::5 key 0 oseq erspan_ver 2 erspan_dir "
              "ingress erspan_hwid 0"},
        Setup{"--encap vxlan --key 42 --local 10.0.0.5 --port 4790",
              "ip link add mirror0 type vxlan id 42 local 10.0.0.5 nolearning dstport 4790"},
        Setup{"--encap geneve --from fd00::1",
              "ip link add mirror0 type geneve id 0 remote fd00::1 dstport 6081"}));

std::string no_plan(const std::string &words) {
    const auto options = parse_setup(Words(words).pointers);
    if (!options)
        return "refused: " + options.error().message;
    const auto plan = make_plan(*options);
    return plan ? "a plan" : plan.error().message;
}

TEST(CollectorSetupPlan, WithoutADeviceSaysWhatDoesIt) {
    EXPECT_EQ(no_plan("--encap tzsp --from 10.0.0.1 --name m1"),
              "no Linux device takes tzsp: rmirror collector --encap tzsp --from 10.0.0.1 --tap m1 "
              "makes one");
    EXPECT_EQ(no_plan("--encap erspan3 --platform --key 3 --local 10.0.0.5"),
              "no Linux device knows the sub-header of platform: rmirror collector --encap erspan3 "
              "--key 3 --tap mirror0 makes one");
    EXPECT_EQ(no_plan("--encap erspan1 --local fd00::5"),
              "Linux has no device for erspan1 over IPv6: rmirror collector --encap erspan1 --tap "
              "mirror0 makes one");
}

TEST(CollectorSetupPlan, SaysWhatIsMissing) {
    EXPECT_EQ(
        no_plan("--encap gre"),
        "--local is needed with encap gre: the address of this host that the mirror sends to");
    EXPECT_EQ(no_plan("--encap geneve --local 10.0.0.5"),
              "--from is needed with encap geneve: the address of the host that mirrors");
}

TEST(CollectorSetupPlan, BarePacketsAreNotForwarded) {
    const auto options = parse_setup(Words("--encap none --device eth1").pointers);
    ASSERT_TRUE(options);
    const auto plan = make_plan(*options);
    ASSERT_TRUE(plan);
    const std::string text = plan_text(*options, *plan);
    EXPECT_NE(text.find("sysctl -q -w net.ipv4.conf.eth1.forwarding=0"), std::string::npos);
    EXPECT_NE(text.find("--af-packet=eth1"), std::string::npos);
}

TEST(CollectorSetupOptions, Refusals) {
    EXPECT_TRUE(setup_refusal("").starts_with("missing --encap, expected one of gre, "));
    EXPECT_EQ(setup_refusal("--encap gre --up --down"), "--up and --down exclude each other");
    EXPECT_EQ(setup_refusal("--encap gre --local 10.0.0.5 --from fd00::1"),
              "--local and --from are of different families");
    EXPECT_EQ(setup_refusal("--encap gre --platform"),
              "--platform has no meaning but with encap erspan3");
    EXPECT_EQ(setup_refusal("--encap gre --from host"),
              "invalid --from 'host', expected an IPv4 or IPv6 address");
    EXPECT_EQ(setup_refusal("--encap erspan --key 2000"),
              "invalid --key '2000', expected 0..1023 with encap erspan");
}

}  // namespace
}  // namespace rmirror::collector
