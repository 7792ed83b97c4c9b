// SPDX-License-Identifier: GPL-2.0-only
//
// An expression as collector or key. Its carrier is an assignment of stock nft to something of the
// type that an address or a number has, so that nft itself evaluates the expression, and makes its
// sets:
//
//   rmirror to symhash mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 } len 60
//   quota name"M1" ip daddr set symhash mod 2 map { 0 : 10.0.0.5, 1 : 10.0.0.6 }
//
//   rmirror to 10.0.0.5 encap vxlan key ct mark map @tenants
//   quota name"M2" meta mark set ct mark map @tenants
//
//   rmirror to 10.0.0.5 key iif
//   quota name"M3" meta mark set jhash iif mod 1
//
//   rmirror to ip saddr map @collectors len 60 key iif
//   quota name"M4" ip daddr set ip saddr map @collectors quota name"M5" meta mark set jhash iif mod
//   1
//
// Of that nft makes a reference to the quota, for an address a check that the packet has such a
// header, what computes the expression, and the write. Of these the reference, which becomes the
// rmirror expression, takes the place of the write and its register. The check stays only if the
// expression reads that header itself: rmirror writes to no packet, and mirrors others, too.
//
// A packet's mark takes no other type than its own, but is set to a hash of anything: of that the
// bytes that are hashed are taken, and their number is known. In JSON the hash is compared with 0
// instead, because nft does not take `fib` and others in an assignment there.
//
// nft computes each expression from the first register on. Of two the key's is moved to the
// registers behind the collector's, where the native grammar has it, too.
//
// The field of an address belongs to a protocol, and nft refuses another one in the same rule. What
// it says of that errors.cpp explains; where the family of the table alone is in the way, a match
// that tells nft another protocol, and goes with the check, helps.
#pragma once

#include <bit>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "registry.hpp"
#include "scan.hpp"

struct nlmsghdr;
struct nftnl_expr;
struct nftnl_rule;

namespace rmirror::plugin {

struct Run;

// nf_tables has numbers of 8 and 16 bits at the beginning of a register, of whose 32 bits the
// kernel makes the key. Where these are the upper ones, the number is shifted into another
// register.
inline constinit bool begins_with_upper_bits = std::endian::native == std::endian::big;

// How the field is named: text is up to `set`, json what `mangle` has as `key`, json_match a
// statement before it, or empty.
struct Field {
    std::string_view text;
    std::string_view json;
    std::string_view json_match;
};
// What is around an expression of which only a hash can be assigned
inline constexpr std::string_view hash_begin = "jhash ";
inline constexpr std::string_view hash_end = " mod 1";
// In JSON up to where an assignment would end
inline constexpr std::string_view match_begin_json =
    R"({"match": {"op": "==", "right": 0, "left": {"jhash": {"mod": 1, "expr": )";
inline constexpr std::string_view match_end_json = "}}";
// For a key, and for the collector that the statement has
inline constexpr Field key_field{"meta mark", R"({"meta": {"key": "mark"}})", {}};
Field field_for(TableFamily table, const Statement &statement);

// The assignments of the rules that a command sends, while nft builds them.
class Assignments {
public:
    Assignments();
    ~Assignments();

    // nft adds an expression to a rule.
    void add(Run &run, nftnl_rule *rule, nftnl_expr *expression);
    // nft puts all expressions of a rule into its message, which has the names already.
    void end_rule(Run &run, const nlmsghdr &message);

private:
    struct Free {
        void operator()(nftnl_expr *expression) const;
    };
    using Expression = std::unique_ptr<nftnl_expr, Free>;

    void begin(Run &run, nftnl_expr *expression);
    void finish(Run &run);
    void check_bits(Run &run) const;
    void remember_maps();
    // Is what is held that of the key, and not of the collector?
    bool is_key() const {
        return !collector_.empty() || !std::holds_alternative<Register>(statement_.collector);
    }
    bool any_held(bool (*has_it)(const nftnl_expr *)) const;
    // is_read: the key reads the IP header, too.
    void put_collector(Run &run, bool is_read);
    void put_key(Run &run);
    bool shifts_header() const;
    bool is_in_network_order(std::size_t before) const;
    void add_to_rule(Run &run, nftnl_expr *expression);
    // The expressions held that are a check, two each; they are at the beginning.
    std::vector<std::size_t> find_checks() const;
    // The write that ends the assignment
    bool is_write(const nftnl_expr *expression) const;
    bool is_our_match(const nftnl_expr *expression) const;
    bool is_check(const nftnl_expr *load, const nftnl_expr *compare) const;
    bool has_check(std::size_t check) const;
    // The table is of the other family than the collector: there is no such header.
    bool is_foreign() const;

    // Is nft in the middle of an assignment?
    bool is_incomplete() const { return mark_ != nullptr; }

    nftnl_rule *rule_ = nullptr;
    nftnl_expr *mark_ = nullptr;  // of the assignment that nft is in, null: of none
    Statement statement_;
    std::uint32_t family_ = 0;  // of the last collector that was an expression
    std::vector<Expression> held_;
    std::vector<Expression> collector_;  // while that of its key is held
    // nft takes it for granted in the rest of this rule that the packet was checked, and is wrong.
    bool is_unchecked_ = false;
    const nftnl_expr *last_ = nullptr;  // in rule_
    std::vector<std::string> maps_;     // of this rule, that give collectors and keys
    // nft knows their addresses until the command ends.
    std::vector<Expression> unused_;
};

}  // namespace rmirror::plugin
