// SPDX-License-Identifier: GPL-2.0-only
// Tables in which rules have expressions as collectors and keys.
#pragma once

#include <sstream>
#include <string>

#include "nft.hpp"

namespace rmirror::test {

class PluginExpressions : public NftTest {
protected:
    void SetUp() override {
        NftTest::SetUp();
        if (IsSkipped())
            return;
        std::string tables;
        for (std::string family : {"inet", "ip", "ip6", "arp", "bridge", "netdev"})
            tables += "add table " + family + " t\nadd chain " + family + " t c\n";
        for (std::string family : {"inet", "ip", "bridge", "netdev"})
            tables += "add map " + family +
                      " t m { type ipv4_addr : ipv4_addr; elements = { 10.1.0.1 : 10.0.0.9 }; }\n";
        tables += "add map inet t m6 { type ipv6_addr : ipv6_addr; }\n";
        tables += "add map inet t k { type iface_index : mark; elements = { \"lo\" : 7 }; }\n";
        ASSERT_EQ(run({"nft", "-f", "-"}, {.input = tables}).err, "");
    }

    // The rule of the chain, as listed: the chain holds one.
    std::string listed(const std::string &family) {
        std::istringstream lines(nft("list chain " + family + " t c").out);
        std::string line, rules;
        while (std::getline(lines, line))
            if (line.starts_with("\t\t"))
                rules += line.substr(2) + '\n';
        return rules;
    }

    // What the kernel was sent for the rule, one expression a line, registers and all
    std::string sent(const std::string &family, const std::string &rule) {
        std::istringstream lines(nft("-c --debug=netlink add rule " + family + " t c " + rule).out);
        std::string line, expressions;
        while (std::getline(lines, line))
            if (line.starts_with("  [ "))
                expressions += line.substr(2) + '\n';
        return expressions;
    }
};

struct Rule {
    const char *family;
    const char *written;
    const char *listed = nullptr;  // without `rmirror to` made to `rmirror ip to`
};

inline std::string as_listed(const Rule &rule) {
    if (rule.listed)
        return rule.listed;
    std::string text = rule.written;
    const std::string before = "rmirror to ";
    const std::size_t at = text.find(before);
    if (at != text.npos && std::isdigit(static_cast<unsigned char>(text[at + before.size()])) == 0)
        text.replace(at, before.size(), "rmirror ip to ");
    return text;
}

inline std::string first_line(const std::string &text) {
    return text.substr(0, text.find('\n'));
}

}  // namespace rmirror::test
