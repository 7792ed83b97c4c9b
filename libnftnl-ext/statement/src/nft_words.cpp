// SPDX-License-Identifier: GPL-2.0-only
//
// Where the words come from: src/parser_bison.y and src/scanner.l of nftables 1.0.6 to 1.1.6. The
// statement words are the first tokens of `stmt` and what `rule` allows after them; the expression
// words are the first tokens of `selector_expr`, with the unqualified keys of meta. To be added: a
// word with which a later nft starts a statement. Not to be added: words only known inside
// another one (`saddr`, `rate`, `prefix`), and `mark`, which after `to` is an option of ours.
#include "nft_words.hpp"

#include <algorithm>
#include <iterator>

namespace rmirror {

namespace {

constexpr std::string_view statement_words[] = {
    // verdicts
    "accept",
    "drop",
    "continue",
    "jump",
    "goto",
    "return",
    "queue",
    "reject",
    // stateful
    "counter",
    "last",
    "limit",
    "quota",
    // nat and other changes
    "snat",
    "dnat",
    "masquerade",
    "redirect",
    "tproxy",
    "synproxy",
    "notrack",
    // copies and redirections
    "dup",
    "fwd",
    "flow",
    // sets, maps, objects
    "set",
    "add",
    "update",
    "delete",
    "meter",
    "tunnel",
    // others
    "log",
    "reset",
    "xt",
    "comment",
    // this one again: a rule may mirror to several collectors
    "rmirror",
};

constexpr std::string_view expression_words[] = {
    // link and network headers
    "ether",
    "vlan",
    "arp",
    "ip",
    "ip6",
    "icmp",
    "icmpv6",
    "igmp",
    // IPsec and transport headers
    "ah",
    "esp",
    "comp",
    "udp",
    "udplite",
    "tcp",
    "dccp",
    "sctp",
    "th",
    // tunnels
    "gre",
    "gretap",
    "vxlan",
    "geneve",
    // IPv6 extension headers
    "exthdr",
    "hbh",
    "rt",
    "rt0",
    "rt2",
    "srh",
    "frag",
    "dst",
    "mh",
    // not from the packet
    "meta",
    "ct",
    "socket",
    "fib",
    "osf",
    "ipsec",
    "numgen",
    "jhash",
    "symhash",
    // keys of meta that need no `meta`
    "iif",
    "iifname",
    "iiftype",
    "iifgroup",
    "oif",
    "oifname",
    "oiftype",
    "oifgroup",
    "skuid",
    "skgid",
    "nftrace",
    "rtclassid",
    "ibriport",
    "ibrname",
    "obriport",
    "obrname",
    "pkttype",
    "cpu",
    "cgroup",
    "time",
    "day",
    "hour",
};

template <typename Words>
bool contains(const Words &words, std::string_view word) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace

bool starts_nft_statement(std::string_view word) {
    return contains(statement_words, word);
}

// A raw payload (`@th,16,16`), a set reference and a parenthesis start one, too.
bool starts_nft_expression(std::string_view word) {
    return word.starts_with('@') || word.starts_with('(') || contains(expression_words, word);
}

}  // namespace rmirror
