// SPDX-License-Identifier: GPL-2.0-only
//
// Nothing that stock nft accepts changes its meaning: rmirror is a name like any other where nft
// expects a name.
#include "nft.hpp"

namespace rmirror::test {

namespace {

using PluginNames = NftTest;

// The same text, with and without the plugin, gives the same ruleset.
TEST_F(PluginNames, OfEverything) {
    const std::string text =
        "define rmirror = 22\n"
        "table inet rmirror {\n"
        "\tcounter rmirror { comment \"rmirror to 10.0.0.5\"; }\n"
        "\tset rmirror { type ipv4_addr; elements = { 10.0.0.1 }\n\t}\n"
        "\tmap rmirror_map { type inet_service : verdict; }\n"
        "\tchain rmirror {\n"
        "\t\tcounter name rmirror\n"
        "\t\tip saddr @rmirror accept\n"
        "\t\ttcp dport $rmirror accept comment \"rmirror to\"\n"
        "\t\tiifname rmirror oifname \"rmirror\" drop\n"
        "\t\tlog prefix \"rmirror to 10.0.0.5 len 60\"\n"
        "\t\t# rmirror to nowhere\n"
        "\t}\n"
        "\tchain to {\n"
        "\t\tjump rmirror\n"
        "\t\ttcp dport vmap { 22 : jump rmirror, 23 : goto rmirror }\n"
        "\t}\n"
        "\tchain rmirror-2 { }\n"
        "}\n"
        "add rule inet rmirror rmirror counter\n"
        "add rule inet rmirror to counter\n"
        "add inet rmirror to accept\n"
        "add chain inet rmirror to2\n"
        "insert rule inet rmirror rmirror goto to2\n"
        "add element inet rmirror rmirror { 10.0.0.2 }\n";
    Directory directory;
    std::string fixed = text;
    fixed.replace(fixed.find("rmirror-2 { }"), 13, "rmirror-2 {\n\t}");
    std::string file = directory.file("rules.nft", fixed);
    How plain{.plugin = false, .kernel_double = false};

    EXPECT_EQ(nft_file(file, plain).err, "");
    std::string expected = ruleset(plain);
    EXPECT_NE(expected, "");
    nft("flush ruleset", plain);
    EXPECT_EQ(nft_file(file).err, "");
    EXPECT_EQ(ruleset(), expected);
}

TEST_F(PluginNames, StatementsInAChainOfThatName) {
    EXPECT_EQ(nft("add table ip rmirror; add chain ip rmirror to; add chain ip rmirror rmirror; "
                  "add rule ip rmirror rmirror rmirror to 10.0.0.5 jump to;"
                  "add rule ip rmirror to rmirror ip to 10.0.0.6; add ip rmirror to accept")
                  .err,
              "");
    EXPECT_EQ(ruleset(),
              "table ip rmirror {\n\tchain to {\n\t\trmirror to 10.0.0.6\n\t\taccept\n\t}\n\n"
              "\tchain rmirror {\n\t\trmirror to 10.0.0.5 jump to\n\t}\n}\n");
}

// Lines without a statement are not looked at word by word; what they hold must not hide the next
// one.
TEST_F(PluginNames, StatementsAmongForeignLines) {
    const std::string foreign[] = {
        "tcp dport 22 accept; udp dport 53 accept",
        "tcp dport 22 accept comment \"rmirror to { 1\"",
        "ip saddr { 10.0.0.1,\n10.0.0.2 } accept # }, \" and rmirror to",
        "tcp dport 22 \\\n counter \\\n accept",
        "tcp dport vmap { 22 : drop,\n 23 : accept }",
        "tcp dport 22 jump {\n udp dport 7 drop\n rmirror to 10.0.0.6\n }",
    };
    std::string rules;
    for (const std::string &before : foreign)
        for (const std::string &after : foreign)
            rules.append(before)
                .append("\n\t\trmirror to 10.0.0.5 len 60\n\t\t")
                .append(after)
                .append("; rmirror to 10.0.0.7\n");
    Directory directory;
    EXPECT_EQ(nft_file(directory.file("r", "table ip t {\nchain c {\n" + rules + "}\n}\n")).err,
              "");
    const std::string listing = ruleset();
    const auto count = [&listing](const std::string &text) {
        std::size_t found = 0;
        for (std::size_t at = 0; (at = listing.find(text, at)) != listing.npos; at++)
            found++;
        return found;
    };
    EXPECT_EQ(count("rmirror to 10.0.0.5 len 60\n"), std::size(foreign) * std::size(foreign));
    // A comment hides the statement behind it in one of them.
    EXPECT_EQ(count("rmirror to 10.0.0.7\n"), (std::size(foreign) - 1) * std::size(foreign));
    EXPECT_EQ(count("rmirror to 10.0.0.6\n"), 2 * std::size(foreign));
}

// What stock nft refuses without our statement being meant, it refuses in its own words.
TEST_F(PluginNames, ErrorsOfNftAreItsOwn) {
    add_chain();
    nft("add chain inet filter rmirror");
    for (const char *command :
         {"add rule inet filter rmirror", "add rule inet filter input jump rmirror foo",
          "add rule inet filter rmirror to", "list chain inet rmirror to",
          "add rule inet filter input iifname rmirror foo", "add rmirror", "rmirror",
          "add rule inet filter input counter name rmirror foo", "delete table rmirror",
          "add rule inet filter input ip saddr @rmirror", "rmirror { to }",
          "add rule inet filter input tcp dport { rmirror, 22 }"}) {
        How plain{.plugin = false, .kernel_double = false};
        EXPECT_EQ(nft(command).err, nft(command, plain).err);
        EXPECT_EQ(nft(command).status, 1);
    }
}

}  // namespace

}  // namespace rmirror::test
